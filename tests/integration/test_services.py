"""Services over HTTP: a user whose policy names exactly the resource is allowed, one whose policy names another is not."""

import itertools
import json
import subprocess
from pathlib import Path

import pytest
from aws import REGION, A, B, client, document, keys_of
from botocore.exceptions import ClientError

from harness.emulator.environment import instance_python

HERE = f"{REGION}:{A}"
DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
TRUST = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
MACHINE = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
ROLE = f"arn:aws:iam::{A}:role/machine"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def world(accounts):
    """What the cases use, made by the account's administrator: names to ids."""
    make = {name: client(accounts["one"], name) for name in ("iam", "s3", "sqs", "sns", "kms", "secretsmanager", "ssm", "ec2", "apigateway", "dynamodb", "logs", "stepfunctions")}  # fmt: skip
    for bucket in ("bkt", "other"):
        make["s3"].create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    make["s3"].put_object(Bucket="bkt", Key="a/k", Body=b"x", Tagging="team=blue")
    make["iam"].create_role(RoleName="machine", AssumeRolePolicyDocument=document(TRUST))
    make["ssm"].put_parameter(Name="/app/p", Value="1", Type="String")
    make["ssm"].put_parameter(Name="/app/r", Value="1", Type="String")
    make["logs"].create_log_group(logGroupName="/g")
    make["dynamodb"].create_table(
        TableName="T",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    key = make["kms"].create_key(Tags=[{"TagKey": "team", "TagValue": "blue"}])["KeyMetadata"]["Arn"]
    make["kms"].create_alias(AliasName="alias/x", TargetKeyId=key)
    return {
        "queue": make["sqs"].create_queue(QueueName="q")["QueueUrl"],
        "key": key,
        "ciphertext": make["kms"].encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"],
        "secret": make["secretsmanager"].create_secret(Name="team/s", SecretString="v")["ARN"],
        "topic": make["sns"].create_topic(Name="t")["TopicArn"],
        "vpc": make["ec2"].create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"],
        "api": make["apigateway"].create_rest_api(name="x")["id"],
        "machine": make["stepfunctions"].create_state_machine(name="m", definition=MACHINE, roleArn=ROLE)[
            "stateMachineArn"
        ],
    }


@pytest.fixture
def caller(accounts):
    """A client of a new user whose one statement is the given one."""

    def make(service, action, resource, condition=None):
        iam, name = client(accounts["one"], "iam"), f"user{next(NUMBERS)}"
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        iam.create_user(UserName=name)
        policy = document(statement | ({"Condition": condition} if condition else {}))
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        return client(accounts["one"], service, **keys_of(iam.create_access_key(UserName=name)["AccessKey"]))

    return make


def refused(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in DENIED
    return False


# service, action, the resource that is right, one that is wrong, the call; `{name}` is a part of the world
CASES = {
    "an object": ("s3", "s3:GetObject", "arn:aws:s3:::bkt/a/*", "arn:aws:s3:::bkt/b/*", lambda c, w: c.get_object(Bucket="bkt", Key="a/k")),
    "a listing": ("s3", "s3:ListBucket", "arn:aws:s3:::bkt", "arn:aws:s3:::bkt/*", lambda c, w: c.list_objects_v2(Bucket="bkt", Prefix="a/")),
    "both ends of a copy": (
        "s3", "s3:*", ["arn:aws:s3:::bkt/*", "arn:aws:s3:::other/*"], "arn:aws:s3:::other/*",
        lambda c, w: c.copy_object(Bucket="other", Key="k", CopySource="bkt/a/k"),
    ),
    "an object with an ACL": (
        "s3", ["s3:PutObject", "s3:PutObjectAcl"], "arn:aws:s3:::bkt/z", "arn:aws:s3:::bkt/y",
        lambda c, w: c.put_object(Bucket="bkt", Key="z", Body=b"1", ACL="bucket-owner-full-control"),
    ),
    "a queue": ("sqs", "sqs:SendMessage", f"arn:aws:sqs:{HERE}:q", f"arn:aws:sqs:{HERE}:q2", lambda c, w: c.send_message(QueueUrl=w["queue"], MessageBody="x")),
    "a topic": ("sns", "sns:Publish", "{topic}", "{topic}2", lambda c, w: c.publish(TopicArn=w["topic"], Message="x")),
    "a key by its alias": ("kms", "kms:Encrypt", "{key}", f"arn:aws:kms:{HERE}:alias/x", lambda c, w: c.encrypt(KeyId="alias/x", Plaintext=b"x")),
    "the key of a ciphertext": (
        "kms", "kms:Decrypt", "{key}", f"arn:aws:kms:{HERE}:key/0*-none",
        lambda c, w: c.decrypt(CiphertextBlob=w["ciphertext"], EncryptionContext={"a": "b"}),
    ),
    "a secret by its name": (
        "secretsmanager", "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:team/s-??????",
        f"arn:aws:secretsmanager:{HERE}:secret:team/t-*", lambda c, w: c.get_secret_value(SecretId="team/s"),
    ),
    "every parameter": (
        "ssm", "ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/app/*", f"arn:aws:ssm:{HERE}:parameter/app/p",
        lambda c, w: c.get_parameters(Names=["/app/p", "/app/r"]),
    ),
    "a state machine": ("stepfunctions", "states:StartExecution", "{machine}", "{machine}2", lambda c, w: c.start_execution(stateMachineArn=w["machine"])),
    "a state machine with its role": (
        "stepfunctions", ["states:CreateStateMachine", "iam:PassRole"], [f"arn:aws:states:{HERE}:stateMachine:m2", ROLE],
        f"arn:aws:states:{HERE}:stateMachine:m2", lambda c, w: c.create_state_machine(name="m2", definition=MACHINE, roleArn=ROLE),
    ),
    "a dashboard": (
        "cloudwatch", "cloudwatch:PutDashboard", f"arn:aws:cloudwatch::{A}:dashboard/d", f"arn:aws:cloudwatch::{A}:dashboard/e",
        lambda c, w: c.put_dashboard(DashboardName="d", DashboardBody="{}"),
    ),
    "a subnet in its network": (
        "ec2", "ec2:CreateSubnet", [f"arn:aws:ec2:{HERE}:subnet/*", f"arn:aws:ec2:{HERE}:vpc/{{vpc}}"], f"arn:aws:ec2:{HERE}:subnet/*",
        lambda c, w: c.create_subnet(VpcId=w["vpc"], CidrBlock="10.0.1.0/24"),
    ),
    "an API": ("apigateway", "apigateway:GET", f"arn:aws:apigateway:{REGION}::/restapis/{{api}}", f"arn:aws:apigateway:{REGION}::/restapis/zz", lambda c, w: c.get_rest_api(restApiId=w["api"])),
    "a PartiQL statement's table": (
        "dynamodb", "dynamodb:PartiQLSelect", f"arn:aws:dynamodb:{HERE}:table/T", f"arn:aws:dynamodb:{HERE}:table/U",
        lambda c, w: c.execute_statement(Statement='SELECT id FROM "T" WHERE id = ?', Parameters=[{"S": "x"}]),
    ),
    "a log group": ("logs", "logs:DescribeLogStreams", f"arn:aws:logs:{HERE}:log-group:/g:*", f"arn:aws:logs:{HERE}:log-group:/h:*", lambda c, w: c.describe_log_streams(logGroupName="/g")),
    "a schedule group": (
        "scheduler", "scheduler:CreateScheduleGroup", f"arn:aws:scheduler:{HERE}:schedule-group/g", f"arn:aws:scheduler:{HERE}:schedule-group/h",
        lambda c, w: c.create_schedule_group(Name="g"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CASES)
def test_the_resource_is_what_the_policy_must_name(world, caller, what):
    service, action, right, wrong, call = CASES[what]

    def named(resources):
        return [text.format(**world) for text in ([resources] if isinstance(resources, str) else resources)]

    assert refused(lambda: call(caller(service, action, named(wrong)), world))
    call(caller(service, action, named(right)), world)


CONDITIONS = {
    "a prefix": ("s3", {"StringLike": {"s3:prefix": "a/*"}}, {"StringLike": {"s3:prefix": "b/*"}}, lambda c, w: c.list_objects_v2(Bucket="bkt", Prefix="a/")),
    "an object's tag": ("s3", {"StringEquals": {"s3:ExistingObjectTag/team": "blue"}}, {"StringEquals": {"s3:ExistingObjectTag/team": "red"}}, lambda c, w: c.get_object(Bucket="bkt", Key="a/k")),
    "an encryption context": (
        "kms", {"StringEquals": {"kms:EncryptionContext:a": "b"}}, {"StringEquals": {"kms:EncryptionContext:a": "c"}},
        lambda c, w: c.decrypt(CiphertextBlob=w["ciphertext"], EncryptionContext={"a": "b"}),
    ),
    "a resource's tag": ("kms", {"StringEquals": {"aws:ResourceTag/team": "blue"}}, {"StringEquals": {"aws:ResourceTag/team": "red"}}, lambda c, w: c.describe_key(KeyId=w["key"])),
    "a namespace": (
        "cloudwatch", {"StringEquals": {"cloudwatch:namespace": "Mine"}}, {"StringEquals": {"cloudwatch:namespace": "Theirs"}},
        lambda c, w: c.put_metric_data(Namespace="Mine", MetricData=[{"MetricName": "x", "Value": 1}]),
    ),
    "a leading key": (
        "dynamodb", {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["ann"]}}, {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["bob"]}},
        lambda c, w: c.query(TableName="T", KeyConditionExpression="id = :v", ExpressionAttributeValues={":v": {"S": "ann"}}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CONDITIONS)
def test_a_condition_meets_what_the_request_has(world, caller, what):
    service, met, unmet, call = CONDITIONS[what]

    assert refused(lambda: call(caller(service, f"{service}:*", "*", unmet), world))
    call(caller(service, f"{service}:*", "*", met), world)


def test_a_key_policy_must_itself_allow_and_a_grant_does(accounts, world, caller):
    admin, user = client(accounts["one"], "kms"), caller("kms", "kms:*", "*")
    key = admin.create_key()["KeyMetadata"]["Arn"]
    only = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{A}:user/deployer"},
        "Action": "kms:*",
        "Resource": "*",
    }
    admin.put_key_policy(KeyId=key, PolicyName="default", Policy=document(only))
    assert refused(lambda: user.encrypt(KeyId=key, Plaintext=b"x"))

    name = f"arn:aws:iam::{A}:user/user{next(NUMBERS) - 1}"
    admin.create_grant(KeyId=key, GranteePrincipal=name, Operations=["Encrypt"])
    user.encrypt(KeyId=key, Plaintext=b"x")

    assert refused(lambda: user.describe_key(KeyId=key))


@pytest.mark.parametrize("service", ["kms", "secretsmanager", "events"])
def test_another_account_needs_both_sides(accounts, world, service):
    admin, stranger = client(accounts["one"], service), client(accounts["two"], service)
    allow = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{B}:root"}, "Resource": "*"}
    bus = f"arn:aws:events:{HERE}:event-bus/default"
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:root"}, "Action": "kms:*", "Resource": "*"}
    call, grant = {
        "kms": (
            lambda: stranger.encrypt(KeyId=world["key"], Plaintext=b"x"),
            lambda: admin.put_key_policy(KeyId=world["key"], PolicyName="default", Policy=document(own, {**allow, "Action": "kms:Encrypt"})),
        ),
        "secretsmanager": (
            lambda: stranger.describe_secret(SecretId=world["secret"]),
            lambda: admin.put_resource_policy(SecretId=world["secret"], ResourcePolicy=document({**allow, "Action": "secretsmanager:DescribeSecret"})),
        ),
        "events": (
            lambda: stranger.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}", "EventBusName": bus}]),
            lambda: admin.put_permission(EventBusName="default", Action="events:PutEvents", Principal=B, StatementId="x"),
        ),
    }[service]  # fmt: skip

    assert refused(call)
    grant()
    call()


def test_the_list_of_operations_is_that_of_the_instances():
    """The unit tests walk this list: it must be what LocalStack parses."""
    python = instance_python(print)
    listed = Path(__file__).parents[1] / "unit" / "actions" / "operations.txt"
    lines = [line for line in listed.read_text().splitlines() if not line.startswith("#")]
    names = [line.partition(":")[0] for line in lines]
    code = "import botocore.session as b, sys\ns = b.get_session()\nfor n in sys.argv[1:]: print(n + ':', *sorted(s.get_service_model(n).operation_names))"
    found = subprocess.run([python, "-c", code, *names], capture_output=True, text=True, check=True).stdout.splitlines()

    assert found == lines
