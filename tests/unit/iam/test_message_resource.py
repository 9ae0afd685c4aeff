"""What a denial's message says of the resource."""

import pytest

from harness.iam.message_resource import on_resource
from harness.model.principal import Principal, PrincipalKind
from harness.model.request import Context, Request

A = "111111111111"
IAM = f"arn:aws:iam::{A}:"
POLICY = f"{IAM}policy/team/p"
IN_REGION = {"aws:RequestedRegion": "us-west-2"}


def said(action, resource, context=IN_REGION):
    caller = Principal(PrincipalKind.USER, f"{IAM}user/ann", A)
    text = on_resource(Request(caller, action, resource, A, Context.of(context)))
    return text.removeprefix(" on resource: ") if text else None


@pytest.mark.parametrize(
    ("action", "resource", "shown"),
    [
        ("iam:GetRole", f"{IAM}role/team/r", "role r"),
        ("iam:PutRolePolicy", f"{IAM}role/r", "role r"),
        ("iam:UpdateAssumeRolePolicy", f"{IAM}role/r", "role r"),
        ("iam:CreateAccessKey", f"{IAM}user/u", "user u"),
        ("iam:AddUserToGroup", f"{IAM}group/g", "group g"),
        ("iam:GetInstanceProfile", f"{IAM}instance-profile/i", "instance profile i"),
        ("iam:GetPolicy", POLICY, f"policy {POLICY}"),
        ("iam:CreatePolicyVersion", POLICY, f"policy {POLICY}"),
        ("iam:CreatePolicy", POLICY, "policy p"),
    ],
)
def test_iam_calls_what_is_there_by_its_kind(action, resource, shown):
    assert said(action, resource) == shown


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:CreateRole", f"{IAM}role/r"),
        ("iam:CreateUser", f"{IAM}user/u"),
        ("iam:TagRole", f"{IAM}role/r"),
        ("iam:PassRole", f"{IAM}role/r"),
        ("iam:GetUser", None),
        ("iam:ListAccountAliases", "*"),
        ("kms:ListKeys", "*"),
        ("lambda:ListFunctions", "*"),
        ("dynamodb:PutItem", f"arn:aws:dynamodb:us-west-2:{A}:table/T"),
        ("ec2:CreateVpc", "arn:aws:ec2:::vpc/*"),
        ("ec2:Any", None),
    ],
)
def test_everything_else_is_called_by_what_was_decided_upon(action, resource):
    assert said(action, resource) == (resource or "*")


@pytest.mark.parametrize(
    ("action", "shown"),
    [
        ("iam:ListUsers", f"{IAM}user/"),
        ("iam:ListRoles", f"{IAM}role/"),
        ("iam:ListPolicies", "policy path /"),
        ("sqs:ListQueues", f"arn:aws:sqs:us-west-2:{A}:"),
        ("dynamodb:ListTables", f"arn:aws:dynamodb:us-west-2:{A}:table/*"),
        ("sns:ListTopics", f"arn:aws:sns:us-west-2:{A}:*"),
        ("states:ListStateMachines", f"arn:aws:states:us-west-2:{A}:stateMachine:*"),
    ],
)
def test_a_list_of_everything_has_an_arn_of_its_service(action, shown):
    assert said(action, "*") == shown
    assert said(action, "*", context={}) == "*"
    assert said(action, None) == "*"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("ec2:DescribeVpcs", "*"),
        ("cloudwatch:PutMetricData", "*"),
        ("s3:ListAllMyBuckets", "*"),
        ("secretsmanager:ListSecrets", "*"),
    ],
)
def test_some_actions_name_no_resource(action, resource):
    assert said(action, resource) is None


def test_s3_puts_its_resource_into_quotes():
    assert said("s3:GetObject", "arn:aws:s3:::b/k") == '"arn:aws:s3:::b/k"'
