"""From operations to IAM calls: actions, resources and keys for what the example and Terraform call, unknown for the rest."""

import base64
from collections.abc import Mapping
from dataclasses import replace

import pytest
from facts import NoFacts

from harness.actions import Inherited, Operation, SeveralOwners, calls, modelled_operations, owner

A, B = "111111111111", "222222222222"


class Facts(NoFacts):
    def iam_path(self, kind, name):
        return "/team/" if name == "pathed" else "/"

    def boundary(self, kind, name):
        return "the boundary" if name == "bounded" else None

    def hash_key(self, table, index=None):
        return {"T": "id", "i": "owner"}.get(index or table)

    def object_tags(self, bucket, name):
        return {"Stage": "prod"} if name == "tagged" else {}

    def lacks_object(self, bucket, name):
        return name == "missing"

    def arn(self, kind, name):
        return {("secret", "known"): f"{SECRET}:known-AbCdEf", ("kms-alias", "alias/a"): KEY}.get((kind, name))

    def secrets(self, filters):
        return ["arn:aws:secretsmanager:us-west-2:111111111111:secret:x-AbCdEf"]

    def tags(self, arn) -> Mapping[str, str] | None:
        return {"Stage": "prod"} if arn.endswith("/tagged") else {}


def operation(service, name, /, account=A, user=None, **params):
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
TAGS = [{"Key": "Team", "Value": "a"}]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (operation("iam", "GetRole", RoleName="pathed"), [("iam:GetRole", f"arn:aws:iam::{A}:role/team/pathed")]),
        (operation("iam", "CreateRole", RoleName="r", Path="/x/"), [("iam:CreateRole", f"arn:aws:iam::{A}:role/x/r")]),
        *(
            (operation("iam", name, **{parameter: value}, Tags=TAGS), [(f"iam:{name}", f"arn:aws:iam::{A}:{arn}"), (f"iam:{tag}", f"arn:aws:iam::{A}:{arn}")])
            for name, parameter, value, tag, arn in (
                ("CreateRole", "RoleName", "r", "TagRole", "role/r"),
                ("CreateUser", "UserName", "u", "TagUser", "user/u"),
                ("CreatePolicy", "PolicyName", "p", "TagPolicy", "policy/p"),
                ("CreateInstanceProfile", "InstanceProfileName", "i", "TagInstanceProfile", "instance-profile/i"),
                ("CreateSAMLProvider", "Name", "s", "TagSAMLProvider", "saml-provider/s"),
                ("CreateOpenIDConnectProvider", "Url", "https://o", "TagOpenIDConnectProvider", "oidc-provider/o"),
                ("CreateVirtualMFADevice", "VirtualMFADeviceName", "m", "TagMFADevice", "mfa/m"),
                ("UploadServerCertificate", "ServerCertificateName", "c", "TagServerCertificate", "server-certificate/c"),
            )
        ),
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


def test_what_a_session_hands_down_in_a_chain_asks_for_the_same_actions():
    plain = operation("sts", "AssumeRole", RoleArn=ROLE, Tags=[{"Key": "k", "Value": "v"}])
    chained = replace(plain, inherited=Inherited(source_identity=True, tags=True))

    found = calls(chained, Facts())

    assert [call.action for call in found] == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    # The request's own tag is there; what else the chain may bring is unknown, and so is the source identity.
    assert found[1].context["aws:RequestTag/k"] == "v"
    assert not {"aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys", "sts:sourceidentity"} & found[1].modelled
    assert {"aws:requesttag/", "aws:tagkeys", "sts:sourceidentity"} <= calls(plain, Facts())[1].modelled


BUCKET = "arn:aws:s3:::b"
MACHINE = f"arn:aws:states:us-west-2:{A}:stateMachine:m"
HERE = f"us-west-2:{A}"
POLICED = [("s3:PutObject", f"{BUCKET}/k"), ("s3:PutObjectAcl", f"{BUCKET}/k"), ("s3:PutObjectTagging", f"{BUCKET}/k")]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        # s3: versions, copies, headers that ask for more, batches
        (operation("s3", "GetObject", Bucket="b", Key="k"), [("s3:GetObject", f"{BUCKET}/k")]),
        (operation("s3", "HeadObject", Bucket="b", Key="missing"), [("s3:GetObject", f"{BUCKET}/missing"), ("s3:ListBucket", BUCKET)]),
        (operation("s3", "GetObject", Bucket="b", Key="missing", VersionId="1"), [("s3:GetObjectVersion", f"{BUCKET}/missing")]),
        (operation("s3", "GetObject", Bucket="b", Key="k", VersionId="1"), [("s3:GetObjectVersion", f"{BUCKET}/k")]),
        (operation("s3", "HeadBucket", Bucket="b"), [("s3:ListBucket", BUCKET)]),
        (operation("s3", "PutObject", Bucket="b", Key="k", ACL="private", Tagging="a=b"), POLICED),
        (
            operation("s3", "CopyObject", Bucket="b", Key="k", CopySource="/c/a%20b?versionId=1"),
            [("s3:PutObject", f"{BUCKET}/k"), ("s3:GetObjectVersion", "arn:aws:s3:::c/a b")],
        ),
        (
            operation("s3", "CopyObject", Bucket="b", Key="k", CopySource="c/tagged"),
            [
                ("s3:PutObject", f"{BUCKET}/k"), ("s3:GetObjectTagging", "arn:aws:s3:::c/tagged"),
                ("s3:PutObjectTagging", f"{BUCKET}/k"), ("s3:GetObject", "arn:aws:s3:::c/tagged"),
            ],
        ),
        (operation("s3", "CopyObject", Bucket="b", Key="k", CopySource="odd"), [("s3:PutObject", f"{BUCKET}/k"), ("s3:GetObject", None)]),
        (
            operation("s3", "DeleteObjects", Bucket="b", Delete={"Objects": [{"Key": "k"}, {"Key": "l", "VersionId": "1"}]}),
            [("s3:DeleteObject", f"{BUCKET}/k"), ("s3:DeleteObjectVersion", f"{BUCKET}/l")],
        ),
        (operation("s3", "PutBucketReplication", Bucket="b", ReplicationConfiguration={"Role": ROLE}), [("s3:PutReplicationConfiguration", BUCKET), ("iam:PassRole", ROLE)]),
        # kms: every name of a key
        (operation("kms", "Encrypt", KeyId=KEY), [("kms:Encrypt", KEY)]),
        (operation("kms", "Encrypt", KeyId=KEY.rpartition("/")[2]), [("kms:Encrypt", KEY)]),
        (operation("kms", "Encrypt", KeyId="alias/a"), [("kms:Encrypt", KEY)]),
        (operation("kms", "Encrypt", KeyId="alias/none"), [("kms:Encrypt", None)]),
        (operation("kms", "Decrypt", CiphertextBlob=KEY.rpartition("/")[2].encode() + b"..."), [("kms:Decrypt", KEY)]),
        (operation("kms", "Decrypt", CiphertextBlob=b"of another make"), [("kms:Decrypt", None)]),
        (
            operation("kms", "UpdateAlias", AliasName="alias/a", TargetKeyId="x"),
            [("kms:UpdateAlias", f"arn:aws:kms:{HERE}:alias/a"), ("kms:UpdateAlias", KEY), ("kms:UpdateAlias", f"arn:aws:kms:{HERE}:key/x")],
        ),
        # secretsmanager, ssm, stepfunctions, cloudformation
        (operation("secretsmanager", "GetSecretValue", SecretId="known"), [("secretsmanager:GetSecretValue", f"{SECRET}:known-AbCdEf")]),
        (operation("secretsmanager", "GetSecretValue", SecretId="none"), [("secretsmanager:GetSecretValue", "none")]),
        (operation("secretsmanager", "CreateSecret", Name="n"), [("secretsmanager:CreateSecret", f"{SECRET}:n-??????")]),
        (operation("ssm", "GetParameter", Name="/a/b:3"), [("ssm:GetParameter", f"arn:aws:ssm:{HERE}:parameter/a/b")]),
        (operation("ssm", "GetParameters", Names=["a", "/b"]), [("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/a"), ("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/b")]),
        (operation("stepfunctions", "StartExecution", stateMachineArn=f"{MACHINE}:live"), [("states:StartExecution", MACHINE)]),
        (operation("stepfunctions", "CreateStateMachine", name="m", roleArn=ROLE), [("states:CreateStateMachine", MACHINE), ("iam:PassRole", ROLE)]),
        (operation("cloudformation", "CreateStack", StackName="s"), [("cloudformation:CreateStack", f"arn:aws:cloudformation:{HERE}:stack/s/*")]),
        (operation("cloudformation", "ExecuteChangeSet", StackName="s", ChangeSetName="arn:aws:cloudformation:x"), [("cloudformation:ExecuteChangeSet", None)]),
        # cloudwatch, ec2, apigateway, logs, scheduler, sns
        (operation("cloudwatch", "DescribeAlarms"), [("cloudwatch:DescribeAlarms", f"arn:aws:cloudwatch:{HERE}:alarm:*")]),
        (
            operation("ec2", "CreateSubnet", VpcId="vpc-1", TagSpecifications=[{"Tags": [{"Key": "a", "Value": "b"}]}]),
            [("ec2:CreateSubnet", f"arn:aws:ec2:{HERE}:subnet/*"), ("ec2:CreateSubnet", f"arn:aws:ec2:{HERE}:vpc/vpc-1"), ("ec2:CreateTags", f"arn:aws:ec2:{HERE}:subnet/*")],
        ),
        (operation("ec2", "CreateTags", Resources=["sg-1", "odd-1"]), [("ec2:CreateTags", f"arn:aws:ec2:{HERE}:security-group/sg-1"), ("ec2:CreateTags", None)]),
        (operation("ec2", "RunInstances"), [("ec2:RunInstances", None)]),
        (
            operation("apigateway", "UpdateIntegration", restApiId="r", resourceId="s", httpMethod="GET", patchOperations=[{"path": "/credentials", "value": ROLE}]),
            [("apigateway:PATCH", "arn:aws:apigateway:us-west-2::/restapis/r/resources/s/methods/GET/integration"), ("iam:PassRole", ROLE)],
        ),
        (
            operation("apigateway", "UpdateRestApi", restApiId="r", patchOperations=[{"path": "/policy", "value": "{}"}]),
            [("apigateway:PATCH", "arn:aws:apigateway:us-west-2::/restapis/r"), ("apigateway:UpdateRestApiPolicy", "arn:aws:apigateway:us-west-2::/restapis/r")],
        ),
        (
            operation("logs", "PutSubscriptionFilter", logGroupName="g", destinationArn=f"arn:aws:logs:{HERE}:destination:d"),
            [("logs:PutSubscriptionFilter", f"arn:aws:logs:{HERE}:log-group:g:log-stream:"), ("logs:PutSubscriptionFilter", f"arn:aws:logs:{HERE}:destination:d")],
        ),
        (operation("scheduler", "CreateSchedule", Name="s", Target={"RoleArn": ROLE}), [("scheduler:CreateSchedule", f"arn:aws:scheduler:{HERE}:schedule/default/s"), ("iam:PassRole", ROLE)]),
        (operation("sns", "SetTopicAttributes", TopicArn=TOPIC, AttributeName="LambdaFailureFeedbackRoleArn", AttributeValue=ROLE), [("sns:SetTopicAttributes", TOPIC), ("iam:PassRole", ROLE)]),
        # dynamodb: PartiQL, restoring
        (operation("dynamodb", "ExecuteStatement", Statement='SELECT * FROM "T"."i" WHERE a = 1'), [("dynamodb:PartiQLSelect", f"{TABLE}/index/i")]),
        (operation("dynamodb", "ExecuteStatement", Statement="delete from T where id = 1"), [("dynamodb:PartiQLDelete", TABLE)]),
        (operation("dynamodb", "ExecuteStatement", Statement="nonsense"), [("dynamodb:ExecuteStatement", None)]),
        (
            operation("dynamodb", "ExecuteTransaction", TransactStatements=[{"Statement": "EXISTS(SELECT * FROM T WHERE id = 1)"}, {"Statement": "INSERT INTO U VALUE {}"}]),
            [("dynamodb:PartiQLSelect", TABLE), ("dynamodb:PartiQLInsert", TABLE[:-1] + "U")],
        ),
    ],
)  # fmt: skip
def test_an_irregular_operation_is_these_calls(request_, expected):
    assert [(call.action, call.resource) for call in calls(request_, Facts())] == expected


@pytest.mark.parametrize(
    ("url", "queue"),
    [
        (f"http://h:1/queue/eu-west-1/{A}/q.fifo", f"arn:aws:sqs:eu-west-1:{A}:q.fifo"),
        (f"http://sqs.eu-west-1.h:1/{A}/q", f"arn:aws:sqs:eu-west-1:{A}:q"),
        (f"http://eu-west-1.queue.h:1/{A}/q", f"arn:aws:sqs:eu-west-1:{A}:q"),
        (f"http://h/{A}/q/", f"arn:aws:sqs:us-west-2:{A}:q"),
        (f"http://h/{A}/q?x", f"arn:aws:sqs:us-west-2:{A}:q"),
        (f"http://h/{A}/q%3Fx", None),
        (f"http://h/x/{A}/q", None),
        ("q", None),
    ],
)
def test_a_queue_url_is_read_as_the_service_reads_it(url, queue):
    assert asked("sqs", "PurgeQueue", QueueUrl=url) == [("sqs:PurgeQueue", queue)]


def context(service, name, /, **params):
    call = calls(operation(service, name, **params), Facts())[0]
    return {key: value for key, value in call.context.items() if key.startswith(f"{service}:")}, call.modelled


def test_a_query_has_the_keys_of_its_expressions():
    keys, _ = context(
        "dynamodb", "Query", TableName="T", KeyConditionExpression="#k = :v and s > :w", ProjectionExpression="a, b.c",
        ExpressionAttributeNames={"#k": "id"}, ExpressionAttributeValues={":v": {"S": "ann"}, ":w": {"N": "1"}},
    )  # fmt: skip

    assert keys["dynamodb:LeadingKeys"] == ("ann",)
    assert keys["dynamodb:Attributes"] == ("a", "b", "id", "s")


def test_a_query_of_an_index_has_the_indexs_leading_keys():
    keys, _ = context(
        "dynamodb",
        "Query",
        TableName="T",
        IndexName="i",
        KeyConditionExpression="owner = :v",
        ExpressionAttributeValues={":v": {"S": "x"}},
    )

    assert keys["dynamodb:LeadingKeys"] == ("x",)


@pytest.mark.parametrize("expression", ["id = 'literal'", "id > :v"])
def test_keys_of_an_expression_that_cannot_be_read_are_unknown(expression):
    keys, known = context(
        "dynamodb",
        "Query",
        TableName="T",
        KeyConditionExpression=expression,
        ExpressionAttributeValues={":v": {"S": "x"}},
    )

    assert "dynamodb:LeadingKeys" not in keys
    assert "dynamodb:leadingkeys" not in known


def test_a_batch_has_the_leading_keys_of_its_table():
    writes = [{"PutRequest": {"Item": {"id": {"S": "a"}}}}, {"DeleteRequest": {"Key": {"id": {"S": "b"}}}}]
    keys, _ = context("dynamodb", "BatchWriteItem", RequestItems={"T": writes})

    assert keys["dynamodb:LeadingKeys"] == ("a", "b")


def test_a_listing_has_its_prefix_and_a_head_of_the_bucket_has_none():
    listed, _ = context("s3", "ListObjectsV2", Bucket="b", Prefix="a/", MaxKeys=5)
    head, known = context("s3", "HeadBucket", Bucket="b")

    assert (listed["s3:prefix"], listed["s3:max-keys"]) == ("a/", "5")
    assert "s3:prefix" not in head
    assert "s3:prefix" in known


def test_object_tags_are_the_requests_and_the_objects():
    put, _ = context("s3", "PutObject", Bucket="b", Key="k", Tagging="team=a&x=%20")
    get, _ = context("s3", "GetObject", Bucket="b", Key="tagged")

    assert put["s3:RequestObjectTag/team"] == "a"
    assert put["s3:RequestObjectTag/x"] == " "
    assert put["s3:RequestObjectTagKeys"] == ("team", "x")
    assert get["s3:ExistingObjectTag/Stage"] == "prod"


def test_kms_has_the_context_the_alias_and_the_caller():
    keys, known = context("kms", "Encrypt", KeyId="alias/a", EncryptionContext={"team": "a"})

    assert keys["kms:EncryptionContext:team"] == "a"
    assert keys["kms:EncryptionContextKeys"] == ("team",)
    assert keys["kms:RequestAlias"] == "alias/a"
    assert keys["kms:CallerAccount"] == A
    assert "kms:viaservice" in known
    assert "kms:keyspec" not in known


def test_tagging_what_ec2_creates_says_what_was_created():
    created = calls(operation("ec2", "CreateVpc", TagSpecifications=[{"Tags": [{"Key": "a", "Value": "b"}]}]), Facts())[
        1
    ]
    tagged = calls(operation("ec2", "CreateTags", Resources=["vpc-1"]), Facts())[0]

    assert created.context["ec2:CreateAction"] == "CreateVpc"
    assert "ec2:CreateAction" not in tagged.context
    assert "ec2:createaction" in tagged.modelled


def test_services_have_the_prefix_of_their_actions():
    assert asked("glue", "GetTable") == [("glue:GetTable", None)]
    assert asked("resourcegroupstaggingapi", "GetResources") == [("tag:GetResources", "*")]
    assert (
        calls(Operation("cloudwatch", "monitoring", "ListMetrics", {}, "us-west-2", A), Facts())[0].action
        == "cloudwatch:ListMetrics"
    )


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
        (operation("kms", "Encrypt", KeyId=KEY), A),
        (operation("kms", "CreateAlias", AliasName="alias/a", TargetKeyId=KEY), B),
        (operation("secretsmanager", "GetSecretValue", SecretId=f"{SECRET}:s-AbCdEf"), A),
        (operation("secretsmanager", "RotateSecret", SecretId="s", RotationLambdaARN=FUNCTION), B),
        (operation("ssm", "GetParameter", Name=f"arn:aws:ssm:us-west-2:{A}:parameter/p"), A),
        (operation("stepfunctions", "StartExecution", stateMachineArn=MACHINE), A),
        (operation("stepfunctions", "CreateStateMachine", name="m", roleArn=ROLE), B),
        (operation("scheduler", "CreateSchedule", Name="s", Target={"Arn": FUNCTION, "RoleArn": ROLE}), B),
        (operation("events", "PutEvents", Entries=[{"EventBusName": f"arn:aws:events:us-west-2:{A}:event-bus/b"}]), A),
        (operation("kinesis", "PutRecord", StreamARN=f"arn:aws:kinesis:us-west-2:{A}:stream/s"), A),
        (
            operation(
                "logs",
                "PutSubscriptionFilter",
                logGroupName="g",
                destinationArn=f"arn:aws:logs:us-west-2:{A}:destination:d",
            ),
            B,
        ),
        (
            operation(
                "lambda", "CreateEventSourceMapping", FunctionName="f", EventSourceArn=f"arn:aws:sqs:us-west-2:{A}:q"
            ),
            B,
        ),
        (
            operation(
                "lambda",
                "PutFunctionCodeSigningConfig",
                FunctionName="f",
                CodeSigningConfigArn=f"arn:aws:lambda:us-west-2:{A}:code-signing-config:c",
            ),
            B,
        ),
        (
            operation(
                "sqs",
                "StartMessageMoveTask",
                SourceArn=f"arn:aws:sqs:us-west-2:{A}:q",
                DestinationArn=f"arn:aws:sqs:us-west-2:{B}:q",
            ),
            A,
        ),
        (operation("cloudformation", "CreateStack", StackName="s", RoleARN=ROLE, NotificationARNs=[TOPIC]), B),
        (operation("dynamodb", "ExecuteStatement", Statement='SELECT a FROM "?"'.replace("?", TABLE)), A),
        (operation("cloudwatch", "PutMetricAlarm", AlarmName="a", AlarmActions=[TOPIC]), B),
    ],
)
def test_only_the_resource_itself_routes(request_, owning):
    assert owner(request_, home=B) == owning


def test_two_owners_in_one_request_are_refused_by_name():
    items = [{"Put": {"TableName": TABLE}}, {"Put": {"TableName": TABLE.replace(A, B)}}]

    with pytest.raises(SeveralOwners, match=f"{A}, {B}"):
        owner(operation("dynamodb", "TransactWriteItems", TransactItems=items), home=B)


@pytest.mark.parametrize(
    "request_",
    [
        operation("dynamodb", "TransactWriteItems", TransactItems=[{"Put": {"TableName": TABLE}}, {"Put": {"TableName": "T"}}]),
        operation("dynamodb", "ExecuteTransaction", TransactStatements=[{"Statement": "INSERT INTO T VALUE {}"}, {"Statement": 'DELETE FROM "?"'.replace("?", TABLE)}]),
        operation("events", "PutEvents", Entries=[{"EventBusName": f"arn:aws:events:us-west-2:{A}:event-bus/b"}, {}]),
        operation("ssm", "GetParameters", Names=["mine", f"arn:aws:ssm:us-west-2:{A}:parameter/p"]),
        operation("kms", "ReEncrypt", SourceKeyId="mine", DestinationKeyId=KEY),
    ],
)  # fmt: skip
def test_a_bare_name_beside_another_accounts_arn_is_a_second_owner(request_):
    with pytest.raises(SeveralOwners, match=f"{A}, {B}"):
        owner(request_, home=B)


def test_what_is_no_role_is_not_passed():
    asked_for = asked(
        "apigateway",
        "PutIntegration",
        restApiId="r",
        resourceId="s",
        httpMethod="GET",
        credentials="arn:aws:iam::*:user/*",
    )

    assert [action for action, _ in asked_for] == ["apigateway:PUT"]


def test_a_rule_on_another_accounts_bus_is_that_accounts():
    bus = f"arn:aws:events:us-west-2:{A}:event-bus/own"

    assert asked("events", "DeleteRule", account=B, Name="r", EventBusName=bus) == [
        ("events:DeleteRule", f"arn:aws:events:us-west-2:{A}:rule/own/r")
    ]


def test_an_arn_of_another_region_is_no_known_resource_where_only_its_name_counts():
    assert asked("dynamodb", "PutItem", TableName=TABLE.replace("us-west-2", "eu-west-1")) == [
        ("dynamodb:PutItem", None)
    ]
    assert asked("kms", "Encrypt", KeyId=KEY.replace("us-west-2", "eu-west-1")) == [
        ("kms:Encrypt", KEY.replace("us-west-2", "eu-west-1"))
    ]


def test_a_batch_of_secrets_asks_for_each():
    assert asked("secretsmanager", "BatchGetSecretValue", SecretIdList=["known", "none"])[1:] == [
        ("secretsmanager:GetSecretValue", f"{SECRET}:known-AbCdEf"), ("secretsmanager:GetSecretValue", "none"),
    ]  # fmt: skip
    assert asked("secretsmanager", "BatchGetSecretValue", Filters=[{}])[1:] == [
        ("secretsmanager:ListSecrets", "*"),
        ("secretsmanager:GetSecretValue", f"{SECRET}:x-AbCdEf"),
    ]


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


@pytest.mark.parametrize("begin", ["/aws/reference/secretsmanager/", "/a/b/secretsmanager/", f"arn:aws:ssm:us-west-2:{A}:parameter/aws/reference/secretsmanager/"])  # fmt: skip
def test_a_secret_is_a_secret_however_a_parameter_names_it(begin):
    read = ("secretsmanager:GetSecretValue", f"{SECRET}:known-AbCdEf")

    assert read in asked("ssm", "GetParameter", Name=f"{begin}known")
    assert read not in asked("ssm", "GetParameter", Name="/a/secretsmanager/known")


def on_same_key(source, target):
    """What is told of it, by action: None where it is not known."""
    made = calls(
        operation("kms", "ReEncrypt", SourceKeyId=source, DestinationKeyId=target, CiphertextBlob=b"x"), Facts()
    )
    name = "kms:ReEncryptOnSameKey"
    assert all((name in call.context) == (name.lower() in call.modelled) for call in made)
    return {call.action: call.context.get(name) for call in made}


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [
        (KEY, KEY, "true"),
        (KEY, "alias/a", "true"),
        (KEY, f"{KEY[:-1]}3", "false"),
        (KEY, "alias/gone", None),
        ("alias/gone", KEY, None),
        ("alias/gone", "alias/gone", None),
    ],
)
def test_on_the_same_key_is_told_where_both_keys_are_known(source, target, said):
    assert on_same_key(source, target) == {"kms:ReEncryptFrom": said, "kms:ReEncryptTo": said}


STREAM, ALARM = f"arn:aws:kinesis:us-west-2:{A}:stream", f"arn:aws:cloudwatch:us-west-2:{A}:alarm"
ITERATOR = base64.b64encode(b"s:shardId-000000000000:0").decode()


@pytest.mark.parametrize(
    ("request_", "resources"),
    [
        (operation("kinesis", "GetRecords", ShardIterator=ITERATOR), [f"{STREAM}/s"]),
        (operation("kinesis", "GetRecords", ShardIterator="s", StreamARN=f"{STREAM}/t"), [f"{STREAM}/t"]),
        (operation("kinesis", "GetRecords", ShardIterator="nothing"), [None]),
        (operation("kinesis", "GetRecords", ShardIterator=base64.b64encode(b"s").decode()), [None]),
        (operation("cloudwatch", "DescribeAlarms", AlarmNames=["a", "b"]), [f"{ALARM}:a", f"{ALARM}:b"]),
        (operation("cloudwatch", "DescribeAlarms"), [f"{ALARM}:*"]),
        (operation("cloudwatch", "DescribeAlarms", AlarmNames=["a"], AlarmNamePrefix="b"), [f"{ALARM}:*"]),
        (operation("cloudwatch", "DescribeAlarms", AlarmNames=["a"], ActionPrefix="arn"), [f"{ALARM}:*"]),
    ],
)
def test_what_is_selected_is_asked_for(request_, resources):
    assert [call.resource for call in calls(request_, Facts())] == resources


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT k FROM T , U",
        "SELECT k FROM T, U",
        "SELECT k FROM T, k FROM U",
        'SELECT * FROM "T.i"',
        "SELECT * FROM T.i",
        "SELECT (SELECT k FROM U) FROM T",
        "DELETE FROM T WHERE k = (SELECT k FROM U)",
    ],
)
def test_a_statement_that_may_be_read_otherwise_is_not_read(statement):
    assert asked("dynamodb", "ExecuteStatement", Statement=statement) == [("dynamodb:ExecuteStatement", None)]


@pytest.mark.parametrize(
    ("statement", "action"),
    [
        ("SELECT k\tFROM\r\nT WHERE k = 'x'", "PartiQLSelect"),
        ("SELECT k\u00a0FROM T", "PartiQLSelect"),
        ("SELECT k\nFROM T WHERE k = 'a FROM b, c'", "PartiQLSelect"),
        ("SELECT \"FROM\" FROM T WHERE k = 'it''s FROM'", "PartiQLSelect"),
        ("INSERT INTO T VALUE {'k': 'FROM x'}", "PartiQLInsert"),
        ("UPDATE T SET a = 'UPDATE' WHERE k = 'x'", "PartiQLUpdate"),
    ],
)
def test_words_in_quotes_are_no_keywords(statement, action):
    assert asked("dynamodb", "ExecuteStatement", Statement=statement) == [(f"dynamodb:{action}", TABLE)]


@pytest.mark.parametrize("name", ["bar:dev", f"{FUNCTION}:dev", f"us-west-2:{A}:function:bar:dev", "us-west-2:bar:dev"])
def test_an_alias_is_the_function_where_the_operation_is_about_the_whole(name):
    assert asked("lambda", "Invoke", FunctionName=name) == [("lambda:InvokeFunction", f"{FUNCTION}:dev")]
    assert asked("lambda", "PublishVersion", FunctionName=name) == [("lambda:PublishVersion", FUNCTION)]


def test_another_partition_s_arn_is_no_known_resource():
    assert asked("sqs", "StartMessageMoveTask", SourceArn="arn:aws-cn:sqs:us-west-2:111111111111:q")[0][1] is None
    assert asked("kms", "DescribeKey", KeyId=KEY.replace("arn:aws:", "arn:aws-cn:")) == [("kms:DescribeKey", None)]
