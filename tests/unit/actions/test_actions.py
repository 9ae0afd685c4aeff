"""From operations to IAM calls: actions, resources and keys for what the example and Terraform call, unknown for the rest."""

from collections.abc import Mapping

import pytest

from harness.actions import Operation, SeveralOwners, calls, modelled_operations, owner

A, B = "111111111111", "222222222222"


class Facts:
    def iam_path(self, kind, name):
        return "/team/" if name == "pathed" else "/"

    def boundary(self, kind, name):
        return "the boundary" if name == "bounded" else None

    def hash_key(self, table, index=None):
        return {"T": "id", "i": "owner"}.get(index or table)

    def object_tags(self, bucket, name):
        return {"Stage": "prod"} if name == "tagged" else {}

    def arn(self, kind, name):
        return {("secret", "known"): f"{SECRET}:known-AbCdEf", ("kms-alias", "alias/a"): KEY}.get((kind, name))

    def tags(self, arn) -> Mapping[str, str] | None:
        return {"Stage": "prod"} if arn.endswith("/tagged") else {}


def operation(service, name, account=A, user=None, **params):
    return Operation(
        service, {"stepfunctions": "states"}.get(service, service), name, params, "us-west-2", account, user
    )


def asked(*args, **params):
    return [(call.action, call.resource) for call in calls(operation(*args, **params), Facts())]


TOPIC = f"arn:aws:sns:us-west-2:{A}:t"
SECRET = f"arn:aws:secretsmanager:us-west-2:{A}:secret"
KEY = f"arn:aws:kms:us-west-2:{A}:key/12345678-1234-1234-1234-123456789012"
FUNCTION = f"arn:aws:lambda:us-west-2:{A}:function:bar"
TABLE = f"arn:aws:dynamodb:us-west-2:{A}:table/T"
ROLE = f"arn:aws:iam::{A}:role/r"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (operation("iam", "GetRole", RoleName="pathed"), [("iam:GetRole", f"arn:aws:iam::{A}:role/team/pathed")]),
        (operation("iam", "CreateRole", RoleName="r", Path="/x/"), [("iam:CreateRole", f"arn:aws:iam::{A}:role/x/r")]),
        (operation("iam", "AttachRolePolicy", RoleName="r", PolicyArn="p"), [("iam:AttachRolePolicy", ROLE)]),
        (operation("iam", "CreateAccessKey", user="ann"), [("iam:CreateAccessKey", f"arn:aws:iam::{A}:user/ann")]),
        (operation("iam", "CreateAccessKey"), [("iam:CreateAccessKey", None)]),
        (operation("iam", "ListRoles"), [("iam:ListRoles", "*")]),
        (operation("dynamodb", "PutItem", TableName="T", Item={"id": {"S": "1"}}), [("dynamodb:PutItem", TABLE)]),
        (operation("dynamodb", "PutItem", TableName=TABLE, account=B), [("dynamodb:PutItem", TABLE)]),
        (operation("dynamodb", "Query", TableName="T", IndexName="i"), [("dynamodb:Query", f"{TABLE}/index/i")]),
        (
            operation("dynamodb", "TransactWriteItems", TransactItems=[{"Put": {"TableName": "T"}}, {"Delete": {"TableName": "U"}}]),
            [("dynamodb:PutItem", TABLE), ("dynamodb:DeleteItem", TABLE[:-1] + "U")],
        ),
        (operation("dynamodb", "BatchGetItem", RequestItems={"T": {"Keys": []}}), [("dynamodb:BatchGetItem", TABLE)]),
        (
            operation("lambda", "CreateFunction", FunctionName="bar", Role=ROLE),
            [("lambda:CreateFunction", FUNCTION), ("iam:PassRole", ROLE)],
        ),
        (operation("lambda", "UpdateFunctionConfiguration", FunctionName="bar"), [("lambda:UpdateFunctionConfiguration", FUNCTION)]),
        (operation("lambda", "Invoke", FunctionName="bar"), [("lambda:InvokeFunction", FUNCTION)]),
        (operation("lambda", "Invoke", FunctionName=f"{A}:function:bar:live", account=B), [("lambda:InvokeFunction", f"{FUNCTION}:live")]),
        (operation("lambda", "Invoke", FunctionName=FUNCTION, Qualifier="$LATEST"), [("lambda:InvokeFunction", FUNCTION)]),
        (operation("lambda", "Invoke", FunctionName="no such/form"), [("lambda:InvokeFunction", None)]),
        (
            operation("logs", "PutLogEvents", logGroupName="/g", logStreamName="s"),
            [("logs:PutLogEvents", f"arn:aws:logs:us-west-2:{A}:log-group:/g:log-stream:s")],
        ),
        (operation("events", "PutRule", Name="r"), [("events:PutRule", f"arn:aws:events:us-west-2:{A}:rule/r")]),
        (
            operation("events", "PutTargets", Rule="r", EventBusName="own", Targets=[{"Arn": FUNCTION, "RoleArn": ROLE}]),
            [("events:PutTargets", f"arn:aws:events:us-west-2:{A}:rule/own/r"), ("iam:PassRole", ROLE)],
        ),
        (
            operation("sts", "AssumeRole", RoleArn=ROLE, Tags=[{"Key": "k", "Value": "v"}], SourceIdentity="ann"),
            [("sts:AssumeRole", ROLE), ("sts:TagSession", ROLE), ("sts:SetSourceIdentity", ROLE)],
        ),
        (operation("sqs", "SendMessage", QueueUrl=f"http://127.0.0.1:1/queue/us-west-2/{A}/q"), [("sqs:SendMessage", f"arn:aws:sqs:us-west-2:{A}:q")]),
        (operation("sqs", "SendMessageBatch", QueueUrl=f"http://h/{A}/q"), [("sqs:SendMessage", f"arn:aws:sqs:us-west-2:{A}:q")]),
        (operation("sns", "PublishBatch", TopicArn=TOPIC), [("sns:Publish", TOPIC)]),
    ],
)  # fmt: skip
def test_an_operation_is_these_calls(request_, expected):
    assert [(call.action, call.resource) for call in calls(request_, Facts())] == expected


def test_keys_are_filled_or_known_to_be_absent_or_unknown():
    (put,) = calls(operation("dynamodb", "PutItem", TableName="T", Item={"id": {"S": "1"}, "x": {"N": "2"}}), Facts())
    (query,) = calls(operation("dynamodb", "Query", TableName="T"), Facts())
    (unmodelled,) = calls(operation("glue", "GetTable"), Facts())

    assert put.context["dynamodb:LeadingKeys"] == ("1",)
    assert put.context["dynamodb:Attributes"] == ("id", "x")
    assert "dynamodb:select" in put.modelled
    assert "dynamodb:leadingkeys" not in query.modelled
    assert unmodelled.modelled == frozenset()


def test_tags_of_the_request_and_of_the_resource():
    (tagged,) = calls(operation("iam", "TagRole", RoleName="tagged", Tags=[{"Key": "Team", "Value": "a"}]), Facts())

    assert tagged.context["aws:RequestTag/Team"] == "a"
    assert tagged.context["aws:TagKeys"] == ("Team",)
    assert tagged.context["aws:ResourceTag/Stage"] == "prod"


def test_the_boundary_is_the_requests_or_the_entitys():
    (created,) = calls(operation("iam", "CreateUser", UserName="u", PermissionsBoundary="new"), Facts())
    (put,) = calls(operation("iam", "PutUserPolicy", UserName="bounded"), Facts())
    (unbounded,) = calls(operation("iam", "PutUserPolicy", UserName="u"), Facts())

    assert created.context["iam:PermissionsBoundary"] == "new"
    assert put.context["iam:PermissionsBoundary"] == "the boundary"
    assert "iam:PermissionsBoundary" not in unbounded.context
    assert "iam:permissionsboundary" in unbounded.modelled


def test_a_passed_role_says_to_whom():
    passed = calls(operation("lambda", "CreateFunction", FunctionName="bar", Role=ROLE), Facts())[1]

    assert passed.context == {"iam:PassedToService": "lambda.amazonaws.com", "iam:AssociatedResourceArn": FUNCTION}


@pytest.mark.parametrize(
    ("request_", "owning"),
    [
        (operation("sts", "AssumeRole", RoleArn=ROLE), A),
        (operation("sts", "GetCallerIdentity"), B),
        (operation("dynamodb", "PutItem", TableName=TABLE), A),
        (operation("dynamodb", "PutItem", TableName="T"), B),
        (operation("dynamodb", "BatchWriteItem", RequestItems={TABLE: []}), A),
        (operation("lambda", "Invoke", FunctionName=f"{A}:function:bar"), A),
        (operation("sqs", "SendMessage", QueueUrl=f"http://127.0.0.1:1/queue/us-west-2/{A}/q"), A),
        (operation("sqs", "GetQueueUrl", QueueName="q", QueueOwnerAWSAccountId=A), A),
        (operation("iam", "AttachRolePolicy", RoleName="r", PolicyArn=f"arn:aws:iam::{A}:policy/p"), B),
        (operation("lambda", "CreateFunction", FunctionName="bar", Role=ROLE), B),
        (operation("events", "PutTargets", Rule="r", Targets=[{"Arn": FUNCTION}]), B),
        (operation("sns", "Subscribe", TopicArn=f"arn:aws:sns:us-west-2:{B}:t", Endpoint=FUNCTION), B),
    ],
)
def test_only_the_resource_itself_routes(request_, owning):
    assert owner(request_, home=B) == owning


def test_two_owners_in_one_request_are_refused_by_name():
    items = [{"Put": {"TableName": TABLE}}, {"Put": {"TableName": TABLE.replace(A, B)}}]

    with pytest.raises(SeveralOwners, match=f"{A}, {B}"):
        owner(operation("dynamodb", "TransactWriteItems", TransactItems=items), home=B)


def test_the_example_and_terraform_call_nothing_that_has_no_row():
    called = {
        "sts": {"GetCallerIdentity", "AssumeRole"},
        "dynamodb": {"CreateTable", "DeleteTable", "DescribeTable", "DescribeContinuousBackups", "DescribeTimeToLive", "ListTagsOfResource", "PutItem", "Scan"},
        "iam": {"CreateRole", "GetRole", "UpdateAssumeRolePolicy", "DeleteRole", "CreatePolicy", "GetPolicy", "GetPolicyVersion", "DeletePolicy", "AttachRolePolicy", "DetachRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListPolicyVersions"},
        "lambda": {"CreateFunction", "GetFunction", "ListVersionsByFunction", "GetFunctionCodeSigningConfig", "AddPermission", "GetPolicy", "RemovePermission", "DeleteFunction", "UpdateFunctionConfiguration"},
        "events": {"PutRule", "DescribeRule", "DeleteRule", "PutTargets", "ListTargetsByRule", "RemoveTargets", "ListTagsForResource"},
        "logs": {"CreateLogGroup", "CreateLogStream", "PutLogEvents"},
    }  # fmt: skip

    assert {service: names - modelled_operations()[service] for service, names in called.items()} == {
        service: set() for service in called
    }
