"""LocalStack's own calls: each is decided as the service or role it is made for, in this account and across accounts.

A source sends to two targets at once, which differ by their policy only; the journal says who asked and which statement decided.
"""

import json
import secrets
import time
import uuid

import pytest
from aws import REGION, A, B, allow, client, counted, document, fresh, function_code, keys_of, trust
from sealed import say

from harness.scenario import eventually
from harness.wire import Message, open_answer, seal

ECHO = function_code("def f(event, context):\n    return event\ndef fail(event, context):\n    raise KeyError\n")


def may(service, action, source, account):
    """A resource policy's statement for a service that acts for one resource of one account."""
    condition = {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": account}}
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Sid": "Right", **allow(action, Principal=principal, Condition=condition)}


class Account:
    """Makes targets, the right ones with a policy for the source, the wrong ones with a policy for another source."""

    def __init__(self, clients, account_id):
        self.clients = clients
        self.id = account_id

    def queue(self, service, source, account):
        url = self.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{self.id}:{url.rpartition('/')[2]}"
        statement = {**may(service, "sqs:SendMessage", source, account), "Resource": arn}
        self.clients("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})
        return arn

    def topic(self, service, source, account):
        arn = self.clients("sns").create_topic(Name=fresh("topic"))["TopicArn"]
        statement = {**may(service, "sns:Publish", source, account), "Resource": arn}
        self.clients("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=document(statement)
        )
        return arn

    def role(self, service, *statements, **more):
        name = fresh("role")
        iam = self.clients("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(f"{service}.amazonaws.com", **more))
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return f"arn:aws:iam::{self.id}:role/{name}"

    def function(self, service, source, account, role=None, handler="f.f", **more):
        name = fresh("function")
        role = role or self.role("lambda", allow("logs:*"))
        arn = self.clients("lambda").create_function(
            FunctionName=name,
            Role=role,
            Runtime="python3.13",
            Handler=handler,
            Code={"ZipFile": ECHO},
            Timeout=30,
            **more,
        )["FunctionArn"]
        if service:
            self.clients("lambda").add_permission(
                FunctionName=name, StatementId="Right", Action="lambda:InvokeFunction",
                Principal=f"{service}.amazonaws.com", SourceArn=source, SourceAccount=account,
            )  # fmt: skip
        return arn

    def bus(self, service, source, account):
        name = fresh("bus")
        arn = self.clients("events").create_event_bus(Name=name)["EventBusArn"]
        statement = {**may(service, "events:PutEvents", source, account), "Resource": arn}
        self.clients("events").put_permission(EventBusName=name, Policy=document(statement))
        return arn


@pytest.fixture(scope="module")
def here(a):
    return Account(a, A)


@pytest.fixture(scope="module")
def there(b):
    return Account(b, B)


def decided(journals, principal, resource):
    """The last decision on what the principal asks of the resource, once there is one."""
    return eventually(
        f"{principal} asks for {resource}",
        lambda: journals.lines(kind="decision", principal=principal, resource=resource),
        within=60,
    )[-1]


def assert_decided(journals, service, resource, source, account, allowed):
    line = decided(journals, f"{service}.amazonaws.com", resource)
    assert line["home"] == account
    assert (line["context"]["aws:sourcearn"], line["context"]["aws:sourceaccount"]) == (source, account)
    if allowed:
        assert (line["decision"], line["because"][0]["sid"]) == ("allowed", "Right")
    else:
        assert (line["decision"], line["because"]) == ("implicit_deny", [{"layer": "resource", "missing": "allow"}])


# -- EventBridge, SNS and S3, to each kind of target, in the same account and in another one


def rule_to(account, targets):
    """A rule of the account with these targets, and the ARN that it will act for."""
    events, name = account.clients("events"), fresh("rule")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    arn = f"arn:aws:events:{REGION}:{account.id}:rule/{name}"
    made = targets(arn)
    failed = events.put_targets(Rule=name, Targets=[{"Id": str(i), "Arn": each} for i, each in enumerate(made)])
    assert failed["FailedEntryCount"] == 0
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
    return arn, made


def topic_to(account, targets):
    topic = account.clients("sns").create_topic(Name=fresh("source"))["TopicArn"]
    made = targets(topic)
    for each in made:
        account.clients("sns").subscribe(TopicArn=topic, Protocol=each.split(":")[2], Endpoint=each)
    account.clients("sns").publish(TopicArn=topic, Message="x")
    return topic, made


CROSSING = {
    "a rule to a queue": ("events", rule_to, "queue"),
    "a rule to a topic": ("events", rule_to, "topic"),
    "a rule to a function": ("events", rule_to, "function"),
    "a rule to a bus": ("events", rule_to, "bus"),
    "a topic to a queue": ("sns", topic_to, "queue"),
    "a topic to a function": ("sns", topic_to, "function"),
}


@pytest.mark.parametrize("across", [False, True], ids=["in one account", "from B to A"])
@pytest.mark.parametrize("what", CROSSING)
def test_a_service_is_decided_by_its_target(journals, here, there, what, across):
    service, send, kind = CROSSING[what]
    source = there if across else here

    def targets(arn):
        return [getattr(here, kind)(service, of, source.id) for of in (arn, f"{arn}x")]

    arn, (right, wrong) = send(source, targets)

    assert_decided(journals, service, right, arn, source.id, allowed=True)
    assert_decided(journals, service, wrong, arn, source.id, allowed=False)


def test_what_is_allowed_arrives_and_what_is_denied_does_not(a, b, here, there):
    arn, (right, wrong) = topic_to(there, lambda topic: [here.queue("sns", of, B) for of in (topic, f"{topic}x")])

    def messages(queue):
        url = a("sqs").get_queue_url(QueueName=queue.rpartition(":")[2])["QueueUrl"]
        return a("sqs").receive_message(QueueUrl=url).get("Messages")

    received = eventually("the message arrives", lambda: messages(right), within=60)
    assert json.loads(received[0]["Body"])["TopicArn"] == arn
    assert messages(wrong) is None


# -- S3 and Logs look at the target's policy when they are told of it


@pytest.mark.parametrize("across", [False, True], ids=["in one account", "from B to A"])
@pytest.mark.parametrize("kind", ["queue", "topic", "function"])
def test_a_bucket_notifies_whom_it_may(journals, here, there, kind, across):
    source, bucket = there if across else here, fresh("bucket")
    arn, s3 = f"arn:aws:s3:::{bucket}", source.clients("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    right, wrong = (getattr(here, kind)("s3", of, source.id) for of in (arn, f"{arn}x"))
    key, name = {
        "queue": ("QueueConfigurations", "QueueArn"),
        "topic": ("TopicConfigurations", "TopicArn"),
        "function": ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
    }[kind]

    def tell(target):
        wanted = {key: [{name: target, "Events": ["s3:ObjectCreated:*"]}]}
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)

    with pytest.raises(s3.exceptions.ClientError, match="Unable to validate the following destination"):
        tell(wrong)
    assert_decided(journals, "s3", wrong, arn, source.id, allowed=False)
    tell(right)
    before = len(journals.lines(principal="s3.amazonaws.com", resource=right))
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    eventually(
        "S3 asks again", lambda: journals.lines(principal="s3.amazonaws.com", resource=right)[before:], within=60
    )
    assert_decided(journals, "s3", right, arn, source.id, allowed=True)


def test_a_bucket_announces_on_the_bus_without_anybodys_leave(journals, here):
    bucket, s3 = fresh("bucket"), here.clients("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    rule, queue = fresh("rule"), None
    here.clients("events").put_rule(Name=rule, EventPattern=json.dumps({"detail": {"bucket": {"name": [bucket]}}}))
    arn = f"arn:aws:events:{REGION}:{A}:rule/{rule}"
    queue = here.queue("events", arn, A)
    here.clients("events").put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": queue}])

    s3.put_object(Bucket=bucket, Key="k", Body=b"x")

    assert_decided(journals, "events", queue, arn, A, allowed=True)


def test_a_log_group_invokes_whom_it_may(journals, here):
    logs, group = here.clients("logs"), fresh("/group")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    arn = f"arn:aws:logs:{REGION}:{A}:log-group:{group}:*"
    right, wrong = (here.function("logs", of, A) for of in (arn, f"{arn}x"))

    def tell(function):
        logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", destinationArn=function)

    with pytest.raises(logs.exceptions.InvalidParameterException):
        tell(wrong)
    assert_decided(journals, "logs", wrong, arn, A, allowed=False)
    tell(right)
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}])
    assert_decided(journals, "logs", right, arn, A, allowed=True)


def test_a_rule_and_a_log_group_put_records_as_their_roles(journals, a, here):
    rule, group = fresh("rule"), fresh("/group")
    logs, events, kinesis = a("logs"), a("events"), a("kinesis")
    kinesis.create_stream(StreamName="records", ShardCount=1)
    stream = f"arn:aws:kinesis:{REGION}:{A}:stream/records"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    for_logs = {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:logs:{REGION}:{A}:*"}}}
    right = {
        service: here.role(service, allow("kinesis:PutRecord", stream), **more)
        for service, more in (("events", {}), ("logs", for_logs))
    }
    wrong = {service: here.role(service, allow("kinesis:PutRecord", f"{stream}x")) for service in right}

    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    targets = [
        {"Id": str(number), "Arn": stream, "RoleArn": each["events"]} for number, each in enumerate((right, wrong))
    ]
    events.put_targets(Rule=rule, Targets=targets)
    events.put_events(Entries=[{"Source": rule, "DetailType": "d", "Detail": "{}"}])

    def tell(role):
        logs.put_subscription_filter(
            logGroupName=group, filterName="f", filterPattern="", destinationArn=stream, roleArn=role
        )

    with pytest.raises(logs.exceptions.InvalidParameterException):
        tell(wrong["logs"])
    tell(right["logs"])
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": 1, "message": "m"}])

    for service in right:
        assert by_role(journals, right[service], stream)["decision"] == "allowed"
        assert by_role(journals, wrong[service], stream)["decision"] == "implicit_deny"


def test_a_rule_writes_to_a_log_group_whose_accounts_policy_lets_it(journals, a):
    rule, logs, events = fresh("rule"), a("logs"), a("events")
    arn = f"arn:aws:events:{REGION}:{A}:rule/{rule}"
    right, wrong = f"{rule}-right", f"{rule}-wrong"
    for group in (right, wrong):
        logs.create_log_group(logGroupName=group)
    base = f"arn:aws:logs:{REGION}:{A}:log-group:"
    statement = may("events", ["logs:CreateLogStream", "logs:PutLogEvents"], arn, A)
    logs.put_resource_policy(policyName="p", policyDocument=document({**statement, "Resource": f"{base}{right}:*"}))
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    events.put_targets(Rule=rule, Targets=[{"Id": group, "Arn": f"{base}{group}"} for group in (right, wrong)])
    events.put_events(Entries=[{"Source": rule, "DetailType": "d", "Detail": "{}"}])

    def asked(group):
        lines = journals.lines(kind="decision", principal="events.amazonaws.com", service="logs")
        return [line for line in lines if f":{group}:" in line["resource"]]

    eventually("the event is written", lambda: logs.filter_log_events(logGroupName=right)["events"], within=60)
    assert {line["decision"] for line in asked(right)} == {"allowed"}
    refused = eventually("the other is refused", lambda: asked(wrong), within=60)
    assert {line["decision"] for line in refused} == {"implicit_deny"}


# -- what CloudWatch and Secrets Manager leave unmarked in LocalStack


def test_an_alarm_is_the_services_word(journals, here):
    watch, name = here.clients("cloudwatch"), fresh("alarm")
    arn = f"arn:aws:cloudwatch:{REGION}:{A}:alarm:{name}"
    right, wrong = (here.topic("cloudwatch", of, A) for of in (arn, f"{arn}x"))
    function = here.function("lambda.alarms.cloudwatch", arn, A)
    for actions, of in (([function, right], name), ([wrong], f"{name}y")):
        watch.put_metric_alarm(
            AlarmName=of, AlarmActions=actions, MetricName="m", Namespace="n", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="r")

    assert_decided(journals, "cloudwatch", right, arn, A, allowed=True)
    assert_decided(journals, "lambda.alarms.cloudwatch", function, arn, A, allowed=True)
    watch.set_alarm_state(AlarmName=f"{name}y", StateValue="ALARM", StateReason="r")
    assert_decided(journals, "cloudwatch", wrong, f"{arn}y", A, allowed=False)


def test_a_secret_is_rotated_by_whom_it_may(journals, here):
    manager = here.clients("secretsmanager")
    secret = manager.create_secret(Name=fresh("secret"), SecretString="x")["ARN"]
    right, wrong = (here.function("secretsmanager", of, A) for of in (secret, f"{secret}x"))

    def rotate(function):
        manager.rotate_secret(SecretId=secret, RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 1})

    with pytest.raises(manager.exceptions.ClientError):
        rotate(wrong)
    assert_decided(journals, "secretsmanager", wrong, secret, A, allowed=False)
    rotate(right)
    assert_decided(journals, "secretsmanager", right, secret, A, allowed=True)


# -- roles: the service assumes the role, and what it then does is decided as the role


def by_role(journals, role, resource, **wanted):
    """The last decision on what the role's session asks of the resource, once there is one."""
    name = role.rpartition("/")[2]

    def find():
        return [
            line
            for line in journals.lines(kind="decision", resource=resource, **wanted)
            if line["principal"].startswith(f"arn:aws:sts::{A}:assumed-role/{name}/")
        ]

    return eventually(f"{name} asks for {resource}", find, within=60)[-1]


def test_a_rule_with_a_role_acts_as_the_role(journals, here):
    name = fresh("rule")
    arn = f"arn:aws:events:{REGION}:{A}:rule/{name}"
    for_the_rule = {"Condition": {"ArnEquals": {"aws:SourceArn": arn}, "StringEquals": {"aws:SourceAccount": A}}}
    for_another = {"Condition": {"ArnEquals": {"aws:SourceArn": f"{arn}x"}}}
    machines = [
        here.clients("stepfunctions").create_state_machine(
            name=fresh("machine"), roleArn=here.role("states"),
            definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
        )["stateMachineArn"]
        for _ in range(2)
    ]  # fmt: skip
    right = here.role("events", allow("states:StartExecution", machines[0]), **for_the_rule)
    untrusting = here.role("events", allow("states:StartExecution"), **for_another)
    events = here.clients("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    pairs = [(right, machines[0]), (right, machines[1]), (untrusting, machines[0])]
    targets = [{"Id": str(i), "Arn": machine, "RoleArn": role} for i, (role, machine) in enumerate(pairs)]
    assert events.put_targets(Rule=name, Targets=targets)["FailedEntryCount"] == 0
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])

    assert by_role(journals, right, machines[0])["decision"] == "allowed"
    assert by_role(journals, right, machines[1])["decision"] == "implicit_deny"
    assumed = decided(journals, "events.amazonaws.com", right)
    assert (assumed["action"], assumed["decision"], assumed["context"]["aws:sourcearn"]) == (
        "sts:AssumeRole",
        "allowed",
        arn,
    )
    assert decided(journals, "events.amazonaws.com", untrusting)["decision"] == "implicit_deny"


def test_a_state_machine_acts_as_its_role(journals, here):
    queue = here.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{A}:{queue.rpartition('/')[2]}"
    state = {
        "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
        "Parameters": {"QueueUrl": queue, "MessageBody": "x"},
    }  # fmt: skip
    machines, name = here.clients("stepfunctions"), fresh("machine")
    its_own = {"Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:states:{REGION}:{A}:stateMachine:{name}-*"}}}
    ends = {}
    for resource in (arn, f"{arn}x"):
        role = here.role("states", allow("sqs:SendMessage", resource), **its_own)
        machine = machines.create_state_machine(
            name=fresh(f"{name}-"), roleArn=role, definition=json.dumps({"StartAt": "S", "States": {"S": state}})
        )["stateMachineArn"]
        run = machines.start_execution(stateMachineArn=machine)["executionArn"]
        ended = eventually(
            "the execution ends",
            lambda run=run: (found := machines.describe_execution(executionArn=run))["status"] != "RUNNING" and found,
            within=60,
        )
        ends[by_role(journals, role, arn)["decision"]] = ended["status"]

    assert ends == {"allowed": "SUCCEEDED", "implicit_deny": "FAILED"}


def test_a_service_is_known_by_its_name_in_the_region_of_its_call(journals, here):
    """As older Terraform writes trust policies for Step Functions."""
    machines, decisions = here.clients("stepfunctions"), {}
    definition = json.dumps({"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "q", "MessageBody": "x"}, "End": True}}})  # fmt: skip
    for region in (REGION, "eu-central-1"):
        role = here.role(f"states.{region}", allow("*"))
        machine = machines.create_state_machine(name=fresh("machine"), roleArn=role, definition=definition)
        machines.start_execution(stateMachineArn=machine["stateMachineArn"])
        line = decided(journals, "states.amazonaws.com", role)
        decisions[region] = (line["decision"], line["because"][0].get("effect"))

    assert decisions == {REGION: ("allowed", "Allow"), "eu-central-1": ("implicit_deny", None)}


@pytest.mark.timeout(120)
def test_a_mapping_reads_its_queue_as_the_functions_role(journals, here):
    queues = [here.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"] for _ in range(3)]
    arns = [f"arn:aws:sqs:{REGION}:{A}:{url.rpartition('/')[2]}" for url in queues]
    looking = allow("sqs:GetQueueAttributes")
    reader = here.role("lambda", allow("logs:*"), looking, allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], arns[0]))
    blind = here.role("lambda", allow("logs:*"))
    functions = here.clients("lambda")

    def map_to(role, arn):
        function = here.function(None, None, None, role=role)
        functions.create_event_source_mapping(FunctionName=function, EventSourceArn=arn)

    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="execution role does not have perm"):
        map_to(blind, arns[2])
    for arn in arns[:2]:
        map_to(reader, arn)
    for url in queues:
        here.clients("sqs").send_message(QueueUrl=url, MessageBody="x")

    def deletes():
        return [line for line in journals.lines(resource=arns[0]) if line.get("action") == "sqs:DeleteMessage"]

    eventually("the message was taken and deleted", deletes, within=60)
    # Each queue is looked at before it is read, which is allowed of both.
    reads = [by_role(journals, reader, arn, action="sqs:ReceiveMessage")["decision"] for arn in arns[:2]]
    assert reads == ["allowed", "implicit_deny"]


@pytest.mark.timeout(120)
def test_a_destination_and_a_dead_letter_queue_are_the_functions_roles(a, journals, here):
    queues = [here.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"] for _ in range(2)]
    good, bad = (f"arn:aws:sqs:{REGION}:{A}:{url.rpartition('/')[2]}" for url in queues)
    role = here.role(
        "lambda", allow("logs:*"), allow("sqs:SendMessage", [good, bad])
    )  # else Lambda takes no function with it
    functions = here.clients("lambda")
    made = []
    for succeeds, fails in ((good, bad), (bad, good)):
        function = here.function(None, None, None, role=role)
        functions.put_function_event_invoke_config(
            FunctionName=function, DestinationConfig={"OnSuccess": {"Destination": succeeds}}
        )
        failing = here.function(None, None, None, role=role, handler="f.fail", DeadLetterConfig={"TargetArn": fails})
        functions.put_function_event_invoke_config(FunctionName=failing, MaximumRetryAttempts=0)
        made += [function, failing]
    here.clients("iam").put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="p",
        PolicyDocument=document(allow("logs:*"), allow("sqs:SendMessage", good)),
    )
    for each in made:
        functions.invoke(FunctionName=each, InvocationType="Event", Payload=b"{}")

    def decisions(queue):
        lines = [
            line
            for line in journals.lines(resource=queue)
            if f"/{role.rpartition('/')[2]}/" in line.get("principal", "")
        ]
        return lines if len(lines) == 2 else None

    assert [line["decision"] for line in eventually("two messages", lambda: decisions(good), within=60)] == [
        "allowed"
    ] * 2
    assert [line["decision"] for line in eventually("two refusals", lambda: decisions(bad), within=60)] == [
        "implicit_deny"
    ] * 2
    into_good, left_to_bad, into_bad, left_to_good = (arn.rpartition(":")[2] for arn in made)
    wanted = {
        "DestinationDeliveryFailures": {into_good: 0, into_bad: 1, left_to_bad: 0, left_to_good: 0},
        "DeadLetterErrors": {into_good: 0, into_bad: 0, left_to_bad: 1, left_to_good: 0},
    }

    def failures():
        return {
            metric: {name: counted(a, "AWS/Lambda", metric, {"FunctionName": name}) for name in names}
            for metric, names in wanted.items()
        }

    eventually("what was refused is counted, and nothing else", lambda: failures() == wanted, within=60)


# -- dead letters


def test_a_refused_delivery_is_counted_and_goes_to_the_subscriptions_dead_letter_queue(a, journals, here):
    topic = here.clients("sns").create_topic(Name=fresh("source"))["TopicArn"]
    wrong, dead = here.queue("sns", f"{topic}x", A), here.queue("sns", topic, A)
    here.clients("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=wrong,
        Attributes={"RedrivePolicy": json.dumps({"deadLetterTargetArn": dead})},
    )  # fmt: skip
    here.clients("sns").publish(TopicArn=topic, Message="x")

    assert_decided(journals, "sns", wrong, topic, A, allowed=False)
    assert_decided(journals, "sns", dead, topic, A, allowed=True)
    for metric in ("NumberOfNotificationsFailed", "NumberOfNotificationsRedrivenToDlq"):
        named = {"TopicName": topic.rpartition(":")[2]}
        eventually(f"{metric} is one", lambda: counted(a, "AWS/SNS", metric, named) == 1, within=60)  # noqa: B023 - asked at once


def test_a_failed_delivery_of_a_rule_is_counted_and_goes_to_its_dead_letter_queue(a, journals, here):
    events, name = here.clients("events"), fresh("rule")
    arn = f"arn:aws:events:{REGION}:{A}:rule/{name}"
    wrong, dead, shut = (
        here.queue("events", f"{arn}x", A),
        here.queue("events", arn, A),
        here.queue("events", f"{arn}x", A),
    )
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    targets = [{"Id": queue[-6:], "Arn": wrong, "DeadLetterConfig": {"Arn": queue}} for queue in (dead, shut)]
    events.put_targets(Rule=name, Targets=targets)
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])

    assert_decided(journals, "events", wrong, arn, A, allowed=False)
    assert_decided(journals, "events", dead, arn, A, allowed=True)
    assert_decided(journals, "events", shut, arn, A, allowed=False)
    url = a("sqs").get_queue_url(QueueName=dead.rpartition(":")[2])["QueueUrl"]
    (letter,) = eventually(
        "the letter arrives",
        lambda: a("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"),
        within=60,
    )
    assert json.loads(letter["Body"])["source"] == name
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "AccessDenied"
    assert letter["MessageAttributes"]["RULE_ARN"]["StringValue"] == arn

    failed = ("AWS/Events", "FailedInvocations", {"RuleName": name})
    eventually("both failures are counted", lambda: counted(a, *failed) == 2, within=60)


def test_a_states_credentials_are_assumed_by_the_executions_role(journals, here, there):
    """And not by Step Functions, which every state machine's role trusts; in another account as in its own."""
    machines = there.clients("stepfunctions")
    for target, owner in ((here, A), (there, B)):
        queue = target.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{owner}:{queue.rpartition('/')[2]}"
        only_states = target.role("states", allow("sqs:SendMessage", arn))
        execution = there.role("states", allow("sts:AssumeRole"))
        trusting = fresh("role")
        statement = {"Effect": "Allow", "Principal": {"AWS": execution}, "Action": "sts:AssumeRole"}
        target.clients("iam").create_role(RoleName=trusting, AssumeRolePolicyDocument=document(statement))
        target.clients("iam").put_role_policy(
            RoleName=trusting, PolicyName="p", PolicyDocument=document(allow("sqs:SendMessage", arn))
        )
        for role, ends in ((only_states, "FAILED"), (f"arn:aws:iam::{owner}:role/{trusting}", "SUCCEEDED")):
            state = {
                "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
                "Parameters": {"QueueUrl": queue, "MessageBody": "x"}, "Credentials": {"RoleArn": role},
            }  # fmt: skip
            machine = machines.create_state_machine(
                name=fresh("machine"),
                roleArn=execution,
                definition=json.dumps({"StartAt": "S", "States": {"S": state}}),
            )["stateMachineArn"]
            run = machines.start_execution(stateMachineArn=machine)["executionArn"]
            ended = eventually(
                "the execution ends",
                lambda run=run: (
                    (found := machines.describe_execution(executionArn=run))["status"] != "RUNNING" and found
                ),
                within=60,
            )
            assert ended["status"] == ends, (owner, role, ended)
            (line,) = journals.lines(action="sts:AssumeRole", resource=role)
            assert line["principal"].startswith(f"arn:aws:sts::{B}:assumed-role/{execution.rpartition('/')[2]}/")


# -- attacks


def test_a_client_that_speaks_as_a_service_speaks_for_itself(accounts, journals, here):
    queue = here.queue("events", f"arn:aws:events:{REGION}:{A}:rule/chosen", A)
    url = f"{accounts['one']['endpoint_url']}/queue/{REGION}/{A}/{queue.rpartition(':')[2]}"
    iam, name = here.clients("iam"), fresh("user")
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    keys = keys_of(made)
    for door in ("one", "two"):
        sqs = client(accounts[door], "sqs", **keys)

        def speak(params, **_):
            source = {"service_principal": "events", "source_arn": f"arn:aws:events:{REGION}:{A}:rule/chosen"}
            params["headers"] |= {
                "x-localstack-data": json.dumps(source), "x-harness-caller": "events", "x-harness-internal": "0" * 64
            }  # fmt: skip

        sqs.meta.events.register("before-call.sqs.*", speak)
        with pytest.raises(sqs.exceptions.ClientError, match=rf"user/{name} is not authorized"):
            sqs.send_message(QueueUrl=url, MessageBody="x")


def test_no_role_is_handed_to_a_service_of_another_account(here, there):
    """Every function's role trusts Lambda: a service of B's that could assume one of A's would have all of A."""
    role, events, name = here.role("events", allow("*")), there.clients("events"), fresh("rule")
    queue = there.queue("events", "*", B)
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))

    with pytest.raises(events.exceptions.ClientError, match="Cross-account pass role is not allowed"):
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": queue, "RoleArn": role}])


@pytest.fixture
def sealed(sandbox, accounts):
    """Speaks on A's peer port with the launch key, as if B's instance did."""
    record = json.loads(next((sandbox.folder.parent / "state").glob("harness/*/sandbox/run.json")).read_text())
    port = record["accounts"]["one"]["peer_port"]
    key = bytes.fromhex(record["launch_key"])

    def ask(kind, data, body=b""):
        message = Message(kind, B, A, secrets.token_hex(16), time.time(), str(uuid.uuid4()), data, body)
        question = seal(key, message)
        return message.request_id, open_answer(key, say(port, question), question=question, sender=A, receiver=B)

    return ask


def test_a_ticket_nobody_issued_is_nobodys_word(sealed, journals, here):
    """Even with the launch key: the owner asks the sender's instance for whom it calls, which knows nothing of it."""
    rule = f"arn:aws:events:{REGION}:{B}:rule/r"
    queue = here.queue("events", rule, B)
    body = json.dumps({"QueueUrl": f"http://x/queue/{REGION}/{A}/{queue.rpartition(':')[2]}", "MessageBody": "x"})
    source = json.dumps({"service_principal": "events.amazonaws.com", "source_arn": rule})
    scope = f"__internal_call__/20260101/{REGION}/sqs/aws4_request"
    headers = [
        ("host", "x"), ("x-amz-target", "AmazonSQS.SendMessage"), ("content-type", "application/x-amz-json-1.0"),
        ("x-localstack-data", source), ("x-harness-internal", "0" * 64),
        ("authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
    ]  # fmt: skip
    head = {"method": "POST", "target": "/", "headers": headers, "client_address": "127.0.0.1", "vpc_endpoint": None}

    for ticket in ("0" * 32, None):
        request_id, answered = sealed("forward", {**head, "ticket": ticket}, body.encode())
        assert answered.data["status"] in {400, 403}
        (line,) = journals.lines(request_id=request_id)
        assert (line["kind"], line["decision"]) == ("authentication", "refused")
    assert not journals.lines(principal="events.amazonaws.com", resource=queue)


def test_what_a_service_reads_for_its_caller_the_caller_may_read(accounts, here):
    """A function's code in S3, and a secret behind a parameter: reading them for somebody who may not would be a way around."""
    here.clients("secretsmanager").create_secret(Name="behind", SecretString="hidden")
    bucket, name = fresh("bucket"), fresh("user")
    here.clients("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    here.clients("s3").put_object(Bucket=bucket, Key="code.zip", Body=ECHO)
    role, iam = here.role("lambda"), here.clients("iam")
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    keys = keys_of(made)
    ssm, functions = (client(accounts["one"], service, **keys) for service in ("ssm", "lambda"))
    asking = allow(["ssm:GetParameter*", "lambda:*", "iam:PassRole"])

    def attempts():
        yield lambda: ssm.get_parameter(Name="/aws/reference/secretsmanager/behind", WithDecryption=True)
        yield lambda: ssm.get_parameters(Names=["/aws/reference/secretsmanager/behind"], WithDecryption=True)
        yield lambda: functions.create_function(
            FunctionName=name, Role=role, Runtime="python3.13", Handler="f.f",
            Code={"S3Bucket": bucket, "S3Key": "code.zip"},
        )  # fmt: skip

    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(asking))
    for attempt in attempts():
        with pytest.raises(ssm.exceptions.ClientError, match="is not authorized to perform: (secretsm|s3)"):
            attempt()
    reading = allow(["secretsmanager:GetSecretValue", "s3:GetObject"])
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(asking, reading))
    for attempt in attempts():
        attempt()


@pytest.mark.timeout(120)
def test_a_mapping_reads_on_when_its_session_ends_while_the_role_trusts_lambda(sealed, journals, here):
    """The last test: it moves the clock."""
    url = here.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{A}:{url.rpartition('/')[2]}"
    role = here.role("lambda", allow("logs:*"), allow("sqs:*", arn))
    function = here.function(None, None, None, role=role)
    here.clients("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=arn)

    def deletes():
        return [line for line in journals.lines(resource=arn) if line.get("action") == "sqs:DeleteMessage"]

    here.clients("sqs").send_message(QueueUrl=url, MessageBody="x")
    eventually("the first message is taken", lambda: len(deletes()) == 1, within=60)
    sealed("clock", {"seconds": 5000})
    here.clients("sqs").send_message(QueueUrl=url, MessageBody="y")
    eventually("the second message is taken", lambda: len(deletes()) == 2, within=60)

    name = role.rpartition("/")[2]
    here.clients("iam").update_assume_role_policy(RoleName=name, PolicyDocument=trust("ec2.amazonaws.com"))
    sealed("clock", {"seconds": 5000})
    eventually(
        "Lambda is refused the role",
        lambda: journals.lines(principal="lambda.amazonaws.com", resource=role, decision="implicit_deny"),
        within=60,
    )
