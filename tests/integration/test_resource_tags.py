"""aws:ResourceTag of every kind of resource that keeps its tags here, and kinds whose tags are not known."""

import json

import pytest
from aws import REGION, A, allow, fresh, refusal, trust, user

DENIED = {"AccessDenied", "AccessDeniedException"}
OURS = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "ours"}}}
TAGS = [{"Key": "team", "Value": "ours"}]
PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
DOCUMENT = json.dumps({"schemaVersion": "2.2", "description": "d", "mainSteps": []})
ALARM = {
    "Namespace": "N", "MetricName": "m", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0, "Statistic": "Sum",
    "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip


def arn(service, rest):
    return f"arn:aws:{service}:{REGION}:{A}:{rest}"


class Callers:
    """One who may do everything to what is ours, and one who may do everything but that."""

    def __init__(self, a, service, prefix):
        self.of_ours = a(service, **user(a, allow(f"{prefix}:*", **OURS)))
        self.of_others = a(service, **user(a, allow(f"{prefix}:*"), {**allow(f"{prefix}:*"), "Effect": "Deny", **OURS}))

    def see(self, operation, *, ours, others):
        """The tags decide, both ways."""
        getattr(self.of_ours, operation)(**ours)
        getattr(self.of_others, operation)(**others)
        assert refusal(getattr(self.of_ours, operation), **others)[0] in DENIED
        assert refusal(getattr(self.of_others, operation), **ours)[0] in DENIED


@pytest.fixture(scope="module")
def ssm(a):
    return Callers(a, "ssm", "ssm")


def test_documents(a, ssm):
    names = fresh("document"), fresh("document")
    for name, tags in zip(names, (TAGS, []), strict=True):
        made = {"Content": DOCUMENT, "Name": name, "DocumentType": "Command", "DocumentFormat": "JSON"}
        a("ssm").create_document(**made, Tags=tags)

    ssm.see("get_document", ours={"Name": names[0]}, others={"Name": names[1]})

    a("ssm").add_tags_to_resource(ResourceType="Document", ResourceId=names[1], Tags=TAGS)
    ssm.of_ours.get_document(Name=names[1])
    a("ssm").delete_document(Name=names[0])
    a("ssm").create_document(**made | {"Name": names[0]})
    assert refusal(ssm.of_ours.get_document, Name=names[0])[0] in DENIED


def test_a_parameter_of_a_documents_name_lends_it_no_tags(a, ssm):
    name = fresh("document")
    a("ssm").put_parameter(Name=name, Value="v", Type="String", Tags=TAGS)
    a("ssm").create_document(Content=DOCUMENT, Name=name, DocumentType="Command", DocumentFormat="JSON")

    assert refusal(ssm.of_ours.get_document, Name=name)[0] in DENIED
    assert ssm.of_ours.get_parameter(Name=name)["Parameter"]["Value"] == "v"


def test_maintenance_windows(a, ssm):
    def make(**tags):
        window = {"Schedule": "rate(1 day)", "Duration": 2, "Cutoff": 1, "AllowUnassociatedTargets": True}
        return {"WindowId": a("ssm").create_maintenance_window(Name=fresh("window"), **window, **tags)["WindowId"]}

    ssm.see("get_maintenance_window", ours=make(Tags=TAGS), others=make())


def test_schedule_groups(a):
    callers, groups = Callers(a, "scheduler", "scheduler"), a("scheduler")
    ours, others = ({"Name": fresh("group")} for _ in range(2))
    groups.create_schedule_group(**ours, Tags=TAGS)
    groups.create_schedule_group(**others)

    callers.see("get_schedule_group", ours=ours, others=others)

    groups.tag_resource(ResourceArn=arn("scheduler", f"schedule-group/{others['Name']}"), Tags=TAGS)
    callers.of_ours.get_schedule_group(**others)
    groups.delete_schedule_group(**ours)
    groups.create_schedule_group(**ours)
    assert refusal(callers.of_ours.get_schedule_group, **ours)[0] in DENIED


def test_alarms(a):
    callers, alarms = Callers(a, "cloudwatch", "cloudwatch"), a("cloudwatch")
    ours, others = fresh("alarm"), fresh("alarm")
    state = {"StateValue": "OK", "StateReason": "r"}
    alarms.put_metric_alarm(AlarmName=ours, **ALARM, Tags=TAGS)
    alarms.put_metric_alarm(AlarmName=others, **ALARM)
    alarms.put_metric_alarm(AlarmName=others, **ALARM, Tags=TAGS)  # an update has no tags

    callers.see("set_alarm_state", ours={"AlarmName": ours, **state}, others={"AlarmName": others, **state})

    assert alarms.list_tags_for_resource(ResourceARN=arn("cloudwatch", f"alarm:{ours}"))["Tags"] == TAGS
    alarms.tag_resource(ResourceARN=arn("cloudwatch", f"alarm:{others}"), Tags=TAGS)
    callers.of_ours.set_alarm_state(AlarmName=others, **state)
    alarms.delete_alarms(AlarmNames=[ours])
    alarms.put_metric_alarm(AlarmName=ours, **ALARM)
    assert refusal(callers.of_ours.set_alarm_state, AlarmName=ours, **state)[0] in DENIED


def test_composite_alarms(a):
    callers, alarms, under = Callers(a, "cloudwatch", "cloudwatch"), a("cloudwatch"), fresh("alarm")
    alarms.put_metric_alarm(AlarmName=under, **ALARM)
    names = [fresh("composite") for _ in range(2)]
    for name, tags in zip(names, (TAGS, []), strict=True):
        alarms.put_composite_alarm(AlarmName=name, AlarmRule=f'ALARM("{under}")', Tags=tags)

    state = {"StateValue": "OK", "StateReason": "r"}
    ours, others = ({"AlarmName": name, **state} for name in names)
    callers.see("set_alarm_state", ours=ours, others=others)


def test_an_alarm_that_is_tagged_before_it_is_made_begins_without(a):
    name = fresh("alarm")
    a("cloudwatch").tag_resource(ResourceARN=arn("cloudwatch", f"alarm:{name}"), Tags=TAGS)
    a("cloudwatch").put_metric_alarm(AlarmName=name, **ALARM)

    assert a("cloudwatch").list_tags_for_resource(ResourceARN=arn("cloudwatch", f"alarm:{name}"))["Tags"] == []


def test_event_buses_and_rules(a):
    callers, events = Callers(a, "events", "events"), a("events")
    ours, others = fresh("bus"), fresh("bus")
    events.create_event_bus(Name=ours, Tags=TAGS)
    events.create_event_bus(Name=others)
    callers.see("describe_event_bus", ours={"Name": ours}, others={"Name": others})

    rules = [{"Name": fresh("rule"), "EventBusName": bus} for bus in (ours, "default", others)]
    for rule, tags in zip(rules, (TAGS, TAGS, []), strict=True):
        events.put_rule(**rule, EventPattern='{"source": ["s"]}', Tags=tags)
    callers.see("describe_rule", ours=rules[0], others=rules[2])
    callers.see("describe_rule", ours=rules[1], others=rules[2])


def test_log_groups(a):
    callers, logs = Callers(a, "logs", "logs"), a("logs")
    ours, others = fresh("group"), fresh("group")
    logs.create_log_group(logGroupName=ours)
    logs.create_log_group(logGroupName=others)

    logs.tag_resource(resourceArn=arn("logs", f"log-group:{ours}:*"), tags={"team": "ours"})

    callers.see("describe_log_streams", ours={"logGroupName": ours}, others={"logGroupName": others})
    for end in ("", ":*"):
        listed = logs.list_tags_for_resource(resourceArn=arn("logs", f"log-group:{ours}{end}"))
        assert listed["tags"] == {"team": "ours"}
    logs.tag_log_group(logGroupName=others, tags={"team": "ours"})
    callers.of_ours.describe_log_streams(logGroupName=others)
    logs.untag_resource(resourceArn=arn("logs", f"log-group:{ours}"), tagKeys=["team"])
    assert refusal(callers.of_ours.describe_log_streams, logGroupName=ours)[0] in DENIED


def test_a_log_group_that_is_not_there_gets_no_tags(a):
    name, logs = fresh("group"), a("logs")
    for call, named in (
        (logs.tag_resource, {"resourceArn": arn("logs", f"log-group:{name}")}),
        (logs.tag_log_group, {"logGroupName": name}),
    ):
        assert refusal(call, **named, tags={"team": "ours"})[0] == "ResourceNotFoundException"
    logs.create_log_group(logGroupName=name)
    assert logs.list_tags_log_group(logGroupName=name)["tags"] == {}
    elsewhere = arn("logs", f"log-group:{name}").replace(REGION, "nowhere")
    assert refusal(logs.tag_resource, resourceArn=elsewhere, tags={"team": "ours"})[0] == "ResourceNotFoundException"


def test_executions_have_their_machines_tags(a):
    callers, machines = Callers(a, "stepfunctions", "states"), a("stepfunctions")
    role = a("iam").create_role(RoleName=fresh("Machine"), AssumeRolePolicyDocument=trust("states.amazonaws.com"))

    def start(**tags):
        machine = machines.create_state_machine(
            name=fresh("machine"), definition=PASS, roleArn=role["Role"]["Arn"], **tags
        )
        started = machines.start_execution(stateMachineArn=machine["stateMachineArn"])
        return {"executionArn": started["executionArn"]}

    callers.see("describe_execution", ours=start(tags=[{"key": "team", "value": "ours"}]), others=start())


def test_what_tags_an_activity_has_is_not_known(a):
    callers, machines = Callers(a, "stepfunctions", "states"), a("stepfunctions")
    named = {"name": fresh("activity"), "tags": [{"key": "team", "value": "ours"}]}
    activity = machines.create_activity(**named)["activityArn"]

    for client in (callers.of_ours, callers.of_others):
        assert refusal(client.describe_activity, activityArn=activity)[0] in DENIED
    machines.describe_activity(activityArn=activity)


def test_policies_and_instance_profiles(a):
    callers, iam = Callers(a, "iam", "iam"), a("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("sqs:*")]})

    def policy(**tags):
        return {
            "PolicyArn": iam.create_policy(PolicyName=fresh("policy"), PolicyDocument=document, **tags)["Policy"]["Arn"]
        }

    def profile(**tags):
        name = {"InstanceProfileName": fresh("profile")}
        iam.create_instance_profile(**name, **tags)
        return name

    callers.see("get_policy", ours=policy(Tags=TAGS), others=policy())
    callers.see("get_instance_profile", ours=profile(Tags=TAGS), others=profile())


def test_identity_providers_and_devices(a):
    callers, iam = Callers(a, "iam", "iam"), a("iam")

    def provider(**tags):
        made = iam.create_open_id_connect_provider(Url=f"https://{fresh('issuer')}.example.com", **tags)
        return {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}

    def device(**tags):
        made = iam.create_virtual_mfa_device(VirtualMFADeviceName=fresh("device"), **tags)
        return {"SerialNumber": made["VirtualMFADevice"]["SerialNumber"]}

    callers.see("get_open_id_connect_provider", ours=provider(Tags=TAGS), others=provider())
    callers.see("list_mfa_device_tags", ours=device(Tags=TAGS), others=device())
