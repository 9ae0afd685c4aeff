"""Requests that name their resource twice: what is executed is asked for, or the resource is unknown, never the harmless one alone."""

import pytest
from facts import NoFacts

from harness.actions import Operation, calls

A, REGION = "111111111111", "us-west-2"
EC2 = f"arn:aws:ec2:{REGION}:{A}"
IAM = f"arn:aws:iam::{A}"
MACHINES = f"arn:aws:states:{REGION}:{A}:stateMachine"
RUN = f"arn:aws:states:{REGION}:{A}:mapRun:ok/label:1"
STACKS = f"arn:aws:cloudformation:{REGION}:{A}"
TOPICS = f"arn:aws:sns:{REGION}:{A}"
ON_GROUPS = (
    "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress",
    "UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress", "DeleteSecurityGroup",
)  # fmt: skip


class Facts(NoFacts):
    """Of an account with paths and a subscription that waits."""

    def iam_path(self, kind, name):
        return {("user", "ann"): "/team/", ("server-certificate", "cert"): "/web/"}.get((kind, name), "/")

    def arn(self, kind, name):
        return {("subscription-token", "waits"): f"{TOPICS}:no"}.get((kind, name))


def asked(service, name, params):
    prefix = {"stepfunctions": "states"}.get(service, service)
    return [
        (call.action, call.resource)
        for call in calls(Operation(service, prefix, name, params, REGION, A, None), Facts())
    ]


def resources(service, name, params):
    found = asked(service, name, params)
    assert {action.partition(":")[2] for action, _ in found} == {name}
    return [resource for _, resource in found]


@pytest.mark.parametrize("name", ON_GROUPS)
def test_a_security_group_is_known_by_its_id_alone(name):
    assert resources("ec2", name, {"GroupId": "sg-0a"}) == [f"{EC2}:security-group/sg-0a"]
    assert resources("ec2", name, {"GroupId": "sg-0a", "GroupName": "no"}) == [None]
    assert resources("ec2", name, {"GroupId": "sg-0a", "GroupName": "sg-0b"}) == [None]
    assert resources("ec2", name, {"GroupName": "no"}) == [None]
    assert resources("ec2", name, {"GroupId": "no"}) == [None]
    assert resources("ec2", name, {"GroupId": "sg-a name"}) == [None]
    assert resources("ec2", name, {}) == [None]


def test_a_name_for_a_group_id_is_unknown_where_rules_are_modified_too():
    rules = {"SecurityGroupRules": [{"SecurityGroupRuleId": "sgr-1"}]}

    by_id = resources("ec2", "ModifySecurityGroupRules", {"GroupId": "sg-0a", **rules})
    by_name = resources("ec2", "ModifySecurityGroupRules", {"GroupId": "no", **rules})

    assert by_id == [f"{EC2}:security-group/sg-0a", f"{EC2}:security-group-rule/sgr-1"]
    assert by_name == [None, f"{EC2}:security-group-rule/sgr-1"]


def test_an_address_is_known_by_its_allocation_alone():
    allocation, ip = {"AllocationId": "eipalloc-1"}, {"PublicIp": "192.0.2.1"}
    at = {"NetworkInterfaceId": "eni-1", "InstanceId": "i-1"}
    given = [f"{EC2}:instance/i-1", f"{EC2}:network-interface/eni-1"]

    assert resources("ec2", "ReleaseAddress", allocation) == [f"{EC2}:elastic-ip/eipalloc-1"]
    assert resources("ec2", "ReleaseAddress", allocation | ip) == [None]
    assert resources("ec2", "ReleaseAddress", ip) == [None]
    assert resources("ec2", "AssociateAddress", allocation | at) == [f"{EC2}:elastic-ip/eipalloc-1", *given]
    assert resources("ec2", "AssociateAddress", allocation | ip | at) == [None, *given]
    assert resources("ec2", "AssociateAddress", ip | at) == [None, *given]
    # It has no row: an association does not tell whose address it is.
    assert resources("ec2", "DisassociateAddress", {"AssociationId": "eipassoc-1", **ip}) == [None]


def test_the_executions_of_a_machine_and_of_a_map_run_are_two_questions():
    machine, run = {"stateMachineArn": f"{MACHINES}:no"}, {"mapRunArn": RUN}

    assert resources("stepfunctions", "ListExecutions", machine) == [f"{MACHINES}:no"]
    assert resources("stepfunctions", "ListExecutions", run) == [RUN]
    assert resources("stepfunctions", "ListExecutions", machine | run) == [f"{MACHINES}:no", RUN]


def test_an_alias_is_decided_on_every_machine_that_it_leads_to():
    def routed(*machines):
        return {"routingConfiguration": [{"stateMachineVersionArn": f"{MACHINES}:{name}:1"} for name in machines]}

    alias = {"stateMachineAliasArn": f"{MACHINES}:ok:alias"}
    ok, no = f"{MACHINES}:ok", f"{MACHINES}:no"

    assert resources("stepfunctions", "UpdateStateMachineAlias", alias) == [ok]
    assert resources("stepfunctions", "UpdateStateMachineAlias", alias | routed("ok", "ok")) == [ok]
    assert resources("stepfunctions", "UpdateStateMachineAlias", alias | routed("no")) == [ok, no]
    assert resources("stepfunctions", "UpdateStateMachineAlias", alias | routed("ok", "no")) == [ok, no]
    assert resources("stepfunctions", "CreateStateMachineAlias", routed("ok")) == [ok]
    assert resources("stepfunctions", "CreateStateMachineAlias", routed("ok", "no")) == [ok, no]


def test_a_test_case_is_no_part_of_a_machines_name():
    assert resources("stepfunctions", "StartExecution", {"stateMachineArn": f"{MACHINES}:no#case"}) == [
        f"{MACHINES}:no"
    ]


def test_a_summary_is_decided_on_everything_that_it_may_be_of():
    stack, stacks, body = {"StackName": "no"}, {"StackSetName": "ok"}, {"TemplateBody": "{}"}
    of_stack, of_set = f"{STACKS}:stack/no/*", f"{STACKS}:stackset/ok:*"

    assert resources("cloudformation", "GetTemplateSummary", stack) == [of_stack]
    assert resources("cloudformation", "GetTemplateSummary", stacks) == [of_set]
    assert resources("cloudformation", "GetTemplateSummary", body) == ["*"]
    assert resources("cloudformation", "GetTemplateSummary", stack | stacks) == [of_stack, of_set]
    assert resources("cloudformation", "GetTemplateSummary", stacks | body) == [of_set, "*"]


def test_who_renames_is_asked_about_the_old_and_the_new():
    ann = f"{IAM}:user/team/ann"

    assert resources("iam", "UpdateUser", {"UserName": "ann"}) == [ann]
    assert resources("iam", "UpdateUser", {"UserName": "ann", "NewPath": "/team/"}) == [ann]
    assert resources("iam", "UpdateUser", {"UserName": "ann", "NewUserName": "bob"}) == [ann, f"{IAM}:user/team/bob"]
    assert resources("iam", "UpdateUser", {"UserName": "ann", "NewPath": "/x/"}) == [ann, f"{IAM}:user/x/ann"]
    both = {"GroupName": "ok", "NewGroupName": "admins", "NewPath": "/x/"}
    assert resources("iam", "UpdateGroup", both) == [f"{IAM}:group/ok", f"{IAM}:group/x/admins"]
    renamed = {"ServerCertificateName": "cert", "NewServerCertificateName": "new"}
    assert resources("iam", "UpdateServerCertificate", renamed) == [
        f"{IAM}:server-certificate/web/cert",
        f"{IAM}:server-certificate/web/new",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "GetServerCertificate", "DeleteServerCertificate", "ListServerCertificateTags", "TagServerCertificate",
        "UntagServerCertificate", "UpdateServerCertificate",
    ],
)  # fmt: skip
def test_a_server_certificate_has_its_path(name):
    assert resources("iam", name, {"ServerCertificateName": "cert"}) == [f"{IAM}:server-certificate/web/cert"]


def test_a_confirmation_is_decided_on_the_topic_of_its_token():
    assert resources("sns", "ConfirmSubscription", {"TopicArn": f"{TOPICS}:ok", "Token": "waits"}) == [f"{TOPICS}:no"]
    assert resources("sns", "ConfirmSubscription", {"TopicArn": f"{TOPICS}:ok", "Token": "other"}) == [f"{TOPICS}:ok"]


def test_a_message_is_decided_on_everyone_that_it_may_go_to():
    topic, phone = {"TopicArn": f"{TOPICS}:ok"}, {"PhoneNumber": "+4915112345678"}
    endpoint = {"TargetArn": f"{TOPICS}:endpoint/GCM/app/1"}

    assert resources("sns", "Publish", topic) == [f"{TOPICS}:ok"]
    assert resources("sns", "Publish", {"TargetArn": f"{TOPICS}:ok"}) == [f"{TOPICS}:ok"]
    assert resources("sns", "Publish", topic | {"TargetArn": f"{TOPICS}:ok"}) == [f"{TOPICS}:ok"]
    assert resources("sns", "Publish", phone) == ["+4915112345678"]
    assert resources("sns", "Publish", {"PhoneNumber": f"{TOPICS}:ok"}) == [None]
    assert resources("sns", "Publish", topic | phone) == [f"{TOPICS}:ok", "+4915112345678"]
    assert resources("sns", "Publish", topic | endpoint) == [f"{TOPICS}:ok", endpoint["TargetArn"]]
