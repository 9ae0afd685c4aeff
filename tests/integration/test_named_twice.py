"""Requests that name their resource twice, once harmlessly: nothing happens to the other resource, and honest requests still work."""

import http.server
import json
import queue
import threading
from contextlib import contextmanager

import pytest
from aws import REGION, A, allow, fresh, refusal, trust, user

PASS = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
RULE = {"IpPermissions": [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}


def arn(service, rest):
    return f"arn:aws:{service}:{REGION}:{A}:{rest}"


def deny(action, resource):
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def also_saying(client, operation, **params):
    """The client, whose requests for the operation say this besides, though the service's model knows it not."""
    client.meta.events.register(
        f"before-call.ec2.{operation}", lambda params, extra=params, **_: params["body"].update(extra)
    )
    return client


def denied(call, **params):
    return refusal(call, **params)[0] in DENIED


# EC2


class Groups:
    """Two security groups, of which a user may do everything to one."""

    def __init__(self, a):
        self.root = a("ec2")
        self.ok_name, self.no_name = fresh("group-ok"), fresh("group-no")
        self.ok, self.no = (
            self.root.create_security_group(GroupName=name, Description="d")["GroupId"]
            for name in (self.ok_name, self.no_name)
        )
        self.keys = user(a, allow("ec2:*", arn("ec2", f"security-group/{self.ok}")))
        self.user = a("ec2", **self.keys)
        everything_but = (allow("ec2:*"), deny("ec2:*", arn("ec2", f"security-group/{self.no}")))
        self.barred = a("ec2", **user(a, *everything_but))

    def rules(self, identifier, direction="IpPermissions"):
        return self.root.describe_security_groups(GroupIds=[identifier])["SecurityGroups"][0][direction]


@pytest.fixture
def groups(a):
    return Groups(a)


def test_a_groups_name_beside_a_groups_id_opens_nothing(groups):
    named = ({"GroupName": groups.no_name}, {"GroupName": groups.no})
    for beside in named:
        assert denied(groups.user.authorize_security_group_ingress, GroupId=groups.ok, **beside, **RULE)
        assert denied(groups.user.delete_security_group, GroupId=groups.ok, **beside)
    assert groups.rules(groups.no) == []

    groups.root.authorize_security_group_ingress(GroupId=groups.no, **RULE)
    for beside in named:
        assert denied(groups.user.revoke_security_group_ingress, GroupId=groups.ok, **beside, **RULE)
        assert denied(groups.user.update_security_group_rule_descriptions_ingress, GroupId=groups.ok, **beside, **RULE)
        assert denied(groups.user.update_security_group_rule_descriptions_egress, GroupId=groups.ok, **beside, **RULE)
    assert len(groups.rules(groups.no)) == 1

    groups.user.authorize_security_group_ingress(GroupId=groups.ok, **RULE)
    groups.user.authorize_security_group_egress(
        GroupId=groups.ok, IpPermissions=[{"IpProtocol": "udp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    )  # fmt: skip
    groups.user.update_security_group_rule_descriptions_ingress(GroupId=groups.ok, **RULE)
    groups.user.revoke_security_group_ingress(GroupId=groups.ok, **RULE)
    groups.user.delete_security_group(GroupId=groups.ok)


def test_a_security_group_s_name_is_no_id(groups):
    refused = refusal(groups.root.create_security_group, GroupName="sg-0123456789abcdef0", Description="d")

    assert refused[0] == "InvalidParameterValue"
    groups.root.create_security_group(GroupName=fresh("group"), Description="d")


def test_a_groups_name_that_the_model_does_not_know_is_not_read(a, groups):
    named = also_saying(a("ec2", **groups.keys), "AuthorizeSecurityGroupEgress", GroupName=groups.no_name)
    before = groups.rules(groups.no, "IpPermissionsEgress")

    named.authorize_security_group_egress(GroupId=groups.ok, **RULE)

    assert groups.rules(groups.no, "IpPermissionsEgress") == before
    assert len(groups.rules(groups.ok, "IpPermissionsEgress")) == 2
    groups.user.revoke_security_group_egress(GroupId=groups.ok, **RULE)
    assert len(groups.rules(groups.ok, "IpPermissionsEgress")) == 1


def test_a_name_for_a_groups_id_is_no_way_round_a_deny(groups):
    assert denied(groups.barred.authorize_security_group_ingress, GroupId=groups.no, **RULE)
    assert denied(groups.barred.authorize_security_group_ingress, GroupId=groups.no_name, **RULE)
    assert denied(groups.barred.authorize_security_group_ingress, GroupName=groups.no_name, **RULE)
    assert groups.rules(groups.no) == []
    groups.root.authorize_security_group_ingress(GroupId=groups.no, **RULE)
    rule = groups.root.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [groups.no]}])
    ingress = next(one["SecurityGroupRuleId"] for one in rule["SecurityGroupRules"] if not one["IsEgress"])
    changed = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 65535, "CidrIpv4": "0.0.0.0/0"}
    modified = {"SecurityGroupRules": [{"SecurityGroupRuleId": ingress, "SecurityGroupRule": changed}]}
    assert denied(groups.barred.modify_security_group_rules, GroupId=groups.no_name, **modified)
    assert groups.rules(groups.no)[0]["ToPort"] == 22

    groups.barred.authorize_security_group_ingress(GroupId=groups.ok, **RULE)
    groups.root.modify_security_group_rules(GroupId=groups.no, **modified)
    assert groups.rules(groups.no)[0]["ToPort"] == 65535


def test_a_group_may_be_named_by_whoever_may_do_it_to_all(a, groups):
    every = a("ec2", **user(a, allow("ec2:*")))

    every.authorize_security_group_ingress(GroupName=groups.no_name, **RULE)

    assert len(groups.rules(groups.no)) == 1
    every.delete_security_group(GroupName=groups.no_name)


def test_an_ip_beside_an_allocation_takes_no_other_address(a):
    root = a("ec2")
    vpc = root.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = root.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    at = {
        "NetworkInterfaceId": root.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    }
    ok, no = root.allocate_address(Domain="vpc"), root.allocate_address(Domain="vpc")
    interfaces = allow("ec2:*", arn("ec2", "network-interface/*"))
    ec2 = a("ec2", **user(a, interfaces, allow("ec2:*", arn("ec2", f"elastic-ip/{ok['AllocationId']}"))))
    twice = {"AllocationId": ok["AllocationId"], "PublicIp": no["PublicIp"]}

    assert denied(ec2.associate_address, AllocationId=no["AllocationId"], **at)
    assert denied(ec2.associate_address, **twice, **at)
    assert denied(ec2.associate_address, PublicIp=no["PublicIp"], **at)
    assert denied(ec2.release_address, **twice)
    root.associate_address(AllocationId=no["AllocationId"], **at)
    assert denied(ec2.disassociate_address, PublicIp=no["PublicIp"])
    held = root.describe_addresses(AllocationIds=[no["AllocationId"]])["Addresses"][0]
    assert held["NetworkInterfaceId"] == at["NetworkInterfaceId"]

    root.disassociate_address(AssociationId=held["AssociationId"])
    ec2.associate_address(AllocationId=ok["AllocationId"], **at)
    ec2.release_address(AllocationId=ok["AllocationId"])
    a("ec2", **user(a, allow("ec2:ReleaseAddress"))).release_address(PublicIp=no["PublicIp"])


# Step Functions


@pytest.fixture
def machine(a):
    """Makes a state machine with a version: both ARNs."""
    role = a("iam").create_role(RoleName=fresh("Machine"), AssumeRolePolicyDocument=trust("states.amazonaws.com"))

    def make():
        made = a("stepfunctions").create_state_machine(
            name=fresh("machine"), definition=PASS, roleArn=role["Role"]["Arn"], publish=True
        )
        return made["stateMachineArn"], made["stateMachineVersionArn"]

    return make


def to(*versions):
    return [{"stateMachineVersionArn": version, "weight": 100 // len(versions)} for version in versions]


def test_a_map_run_beside_a_machine_lists_nothing_of_the_machine(a, machine):
    (ok, _), (no, _) = machine(), machine()
    run = arn("states", "mapRun:ok/label:1")
    a("stepfunctions").start_execution(stateMachineArn=no, name="hidden")
    states = a("stepfunctions", **user(a, allow("states:*", [run, ok])))

    assert denied(states.list_executions, stateMachineArn=no)
    assert denied(states.list_executions, stateMachineArn=no, mapRunArn=run)

    assert states.list_executions(stateMachineArn=ok)["executions"] == []
    assert states.list_executions(stateMachineArn=ok, mapRunArn=run)["executions"] == []


def test_an_alias_is_turned_to_no_other_machine(a, machine):
    (ok, ok_version), (no, no_version) = machine(), machine()
    states = a("stepfunctions", **user(a, allow("states:*", [ok, f"{ok}:*"])))
    alias = states.create_state_machine_alias(name="alias", routingConfiguration=to(ok_version))["stateMachineAliasArn"]

    assert denied(states.start_execution, stateMachineArn=no_version)
    assert denied(states.create_state_machine_alias, name=fresh("alias"), routingConfiguration=to(no_version))
    for client in (states, a("stepfunctions")):  # whoever asks: an alias is of one machine
        mixed = {"name": fresh("alias"), "routingConfiguration": to(ok_version, no_version)}
        assert refusal(client.create_state_machine_alias, **mixed)[0] == "ValidationException"
        turned = {"stateMachineAliasArn": alias, "routingConfiguration": to(no_version)}
        assert refusal(client.update_state_machine_alias, **turned)[0] == "ValidationException"
    assert ":execution:" + ok.rpartition(":")[2] in states.start_execution(stateMachineArn=alias)["executionArn"]

    later = a("stepfunctions").publish_state_machine_version(stateMachineArn=ok)["stateMachineVersionArn"]
    states.update_state_machine_alias(stateMachineAliasArn=alias, routingConfiguration=to(later))
    states.update_state_machine_alias(stateMachineAliasArn=alias, description="d")
    assert no not in states.start_execution(stateMachineArn=alias)["executionArn"]


# CloudFormation


def test_a_stack_set_beside_a_stack_tells_nothing_of_the_stack(a):
    template = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Metadata": {}, "Description": "hidden"})
    name = fresh("stack")
    stack = a("cloudformation").create_stack(StackName=name, TemplateBody=template)["StackId"]
    # LocalStack knows a stack's template only once its own thread has begun with it.
    a("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    stack_set = arn("cloudformation", "stackset/ok:*")
    only_set = a("cloudformation", **user(a, allow("cloudformation:*", stack_set)))
    only_stack = a("cloudformation", **user(a, allow("cloudformation:*", stack)))

    assert denied(only_set.get_template_summary, StackName=name)
    assert denied(only_set.get_template_summary, StackName=name, StackSetName="ok")
    assert denied(only_set.get_template_summary, StackName=stack, StackSetName="ok")

    assert only_stack.get_template_summary(StackName=name)["ResourceTypes"] == ["AWS::SQS::Queue"]


# IAM


def test_nobody_is_renamed_to_what_the_caller_has_no_say_about(a):
    iam, old, new = a("iam"), fresh("old"), fresh("new")
    iam.create_user(UserName=old)
    users = [f"arn:aws:iam::{A}:user/{old}", f"arn:aws:iam::{A}:user/{new}"]
    source, both = (a("iam", **user(a, allow("iam:*", some))) for some in (users[:1], users))

    assert denied(source.update_user, UserName=old, NewUserName=new)
    assert denied(source.update_user, UserName=old, NewPath="/admins/")
    assert denied(source.update_user, UserName=old, NewUserName=new, NewPath="/admins/")
    assert denied(both.update_user, UserName=old, NewPath="/admins/")
    assert iam.get_user(UserName=old)["User"]["Arn"] == users[0]

    source.update_user(UserName=old, NewPath="/")
    both.update_user(UserName=old, NewUserName=new)
    assert iam.get_user(UserName=new)["User"]["Arn"] == users[1]


def test_a_group_becomes_no_group_that_the_caller_has_no_say_about(a):
    iam, old, new = a("iam"), fresh("Old"), fresh("New")
    iam.create_group(GroupName=old)
    group = f"arn:aws:iam::{A}:group"
    source = a("iam", **user(a, allow("iam:*", f"{group}/{old}")))
    both = a("iam", **user(a, allow("iam:UpdateGroup", [f"{group}/{old}", f"{group}/x/{new}"])))

    assert denied(source.update_group, GroupName=old, NewGroupName=new)
    assert denied(source.update_group, GroupName=old, NewGroupName=new, NewPath="/x/")
    assert denied(both.update_group, GroupName=old, NewGroupName=new)

    both.update_group(GroupName=old, NewGroupName=new, NewPath="/x/")
    assert iam.get_group(GroupName=new)["Group"]["Arn"] == f"{group}/x/{new}"


def test_a_server_certificate_is_decided_with_its_path(a):
    name = fresh("Certificate")
    a("iam").upload_server_certificate(ServerCertificateName=name, Path="/web/", CertificateBody="c", PrivateKey="k")
    certificate = f"arn:aws:iam::{A}:server-certificate"
    barred = a("iam", **user(a, allow("iam:*"), deny("iam:*", f"{certificate}/web/{name}")))
    without_path = a("iam", **user(a, allow("iam:*", f"{certificate}/{name}")))
    allowed = a("iam", **user(a, allow("iam:*", f"{certificate}/web/{name}")))

    for iam in (barred, without_path):
        assert denied(iam.get_server_certificate, ServerCertificateName=name)
        assert denied(iam.delete_server_certificate, ServerCertificateName=name)
    assert denied(allowed.update_server_certificate, ServerCertificateName=name, NewServerCertificateName="other")

    got = allowed.get_server_certificate(ServerCertificateName=name)["ServerCertificate"]
    assert got["ServerCertificateMetadata"]["Arn"] == f"{certificate}/web/{name}"
    allowed.delete_server_certificate(ServerCertificateName=name)


# SNS


@contextmanager
def subscriber():
    """An endpoint's URL, and what SNS posts to it."""
    posted = queue.Queue()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            posted.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", posted
        finally:
            server.shutdown()
            thread.join()


def pending(a, topic):
    (subscription,) = a("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    told = a("sns").get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])["Attributes"]
    return told["PendingConfirmation"]


def test_a_token_confirms_nothing_under_another_topics_name(a):
    ok, no = (a("sns").create_topic(Name=fresh("topic"))["TopicArn"] for _ in range(2))
    only_ok, only_no = (a("sns", **user(a, allow("sns:*", topic))) for topic in (ok, no))
    with subscriber() as (url, posted):
        a("sns").subscribe(TopicArn=no, Protocol="http", Endpoint=url)
        token = posted.get(timeout=60)["Token"]

        assert denied(only_ok.confirm_subscription, TopicArn=no, Token=token)
        assert denied(only_ok.confirm_subscription, TopicArn=ok, Token=token)
        assert pending(a, no) == "true"

        assert only_no.confirm_subscription(TopicArn=no, Token=token)["SubscriptionArn"].startswith(f"{no}:")
        assert pending(a, no) == "false"
        # A token of nobody's is the service's to refuse.
        assert refusal(only_ok.confirm_subscription, TopicArn=ok, Token=token[::-1])[0] == "InvalidParameter"


def test_a_topic_beside_a_telephone_or_an_endpoint_sends_to_none_of_them(a):
    topic, other = (a("sns").create_topic(Name=fresh("topic"))["TopicArn"] for _ in range(2))
    application = a("sns").create_platform_application(
        Name=fresh("app"), Platform="APNS", Attributes={"PlatformPrincipal": "p", "PlatformCredential": "c"}
    )["PlatformApplicationArn"]
    endpoint = a("sns").create_platform_endpoint(PlatformApplicationArn=application, Token="t")["EndpointArn"]
    sns = a("sns", **user(a, allow("sns:*", topic)))

    assert denied(sns.publish, TopicArn=topic, PhoneNumber="+4915112345678", Message="m")
    assert denied(sns.publish, TopicArn=topic, TargetArn=endpoint, Message="m")
    assert denied(sns.publish, TopicArn=topic, TargetArn=other, Message="m")

    sns.publish(TopicArn=topic, Message="m")
    sns.publish(TargetArn=topic, Message="m")
    a("sns", **user(a, allow("sns:Publish"))).publish(PhoneNumber="+4915112345678", Message="m")
