"""What services say of requests that they do not take, and what they keep to themselves."""

import datetime as dt

import pytest
from aws import REGION, A, B, allow, document, fresh, function_code, keys_of, open_role, refusal, trust
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

READ = document(allow("s3:Get*"))
BOUNDARY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture(scope="module")
def function(a, iam):
    """The name of a function whose role has no permissions."""
    name = fresh("function")
    runs_as = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    a("lambda").create_function(
        FunctionName=name, Role=runs_as, Runtime="python3.13", Handler="f.h", Code={"ZipFile": function_code("")}
    )
    a("lambda").get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return name


# ---- IAM


NO_ARNS = [
    "arn:aws:iam:aws:policy/ReadOnlyAccess",
    "arn:aws:iam::aws:policy/arn:aws:iam::aws:policy/ReadOnlyAccess",
    f"arn:aws:iam::{A}:role/ReadOnlyAccess",
    '{"Version": "2012-10-17", "Statement": []}',
]


@pytest.mark.parametrize("arn", NO_ARNS)
def test_an_arn_that_is_none_of_a_policy_is_invalid(iam, arn):
    name, said = open_role(iam), ("InvalidInput", 400, f"ARN {arn} is not valid.")

    assert refusal(iam.attach_role_policy, RoleName=name, PolicyArn=arn) == said
    assert refusal(iam.detach_role_policy, RoleName=name, PolicyArn=arn) == said
    assert refusal(iam.get_policy, PolicyArn=arn) == said
    iam.attach_role_policy(RoleName=name, PolicyArn=BOUNDARY)


def test_an_arn_of_a_policy_that_is_not_there_names_no_entity(iam):
    arn = "arn:aws:iam::aws:policy/policy/ReadOnlyAccess"
    said = ("NoSuchEntity", 404, f"Policy {arn} does not exist or is not attachable.")

    assert refusal(iam.attach_role_policy, RoleName=open_role(iam), PolicyArn=arn) == said
    path = f"/{fresh('path')}/of+=,.@_-/"
    arn = iam.create_policy(PolicyName="n+=,.@_-", Path=path, PolicyDocument=READ)["Policy"]["Arn"]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Path"] == path


def test_a_version_that_is_not_there_is_named(iam):
    arn = iam.create_policy(PolicyName=fresh("Policy"), PolicyDocument=READ)["Policy"]["Arn"]
    said = ("NoSuchEntity", 404, f"Policy {arn} version v7 does not exist or is not attachable.")

    for call in (iam.get_policy_version, iam.set_default_policy_version, iam.delete_policy_version):
        assert refusal(call, PolicyArn=arn, VersionId="v7") == said
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["IsDefaultVersion"]
    aws = iam.get_policy(PolicyArn=BOUNDARY)["Policy"]["DefaultVersionId"]
    assert iam.get_policy_version(PolicyArn=BOUNDARY, VersionId=aws)["PolicyVersion"]["VersionId"] == aws


def test_lists_tell_neither_boundaries_nor_tags(iam):
    path, tags = f"/{fresh('listed')}/", [{"Key": "Team", "Value": "red"}]
    more = {"Path": path, "PermissionsBoundary": BOUNDARY, "Tags": tags}
    name = open_role(iam, **more)
    iam.create_user(UserName=name, **more)

    listed = [*iam.list_users(PathPrefix=path)["Users"], *iam.list_roles(PathPrefix=path)["Roles"]]
    assert len(listed) == 2
    assert not {"PermissionsBoundary", "RoleLastUsed", "Tags"}.intersection(*listed)
    for told in (iam.get_user(UserName=name)["User"], iam.get_role(RoleName=name)["Role"]):
        assert told["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
        assert told["Tags"] == tags


def test_keys_and_roles_know_when_they_were_last_used(a, iam):
    name = fresh("User")
    iam.create_user(UserName=name)
    given = iam.create_access_key(UserName=name)["AccessKey"]
    unused = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    runs_as = open_role(iam)
    assert iam.get_role(RoleName=runs_as)["Role"].get("RoleLastUsed", {}) == {}
    begin = dt.datetime.now(dt.UTC).replace(microsecond=0)

    def last(key=given["AccessKeyId"]):
        return iam.get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]

    def denied(service, call, **params):
        assert "Denied" in refusal(getattr(a(service, **keys_of(given)), call), **params)[0]

    denied("iam", "list_users")
    assert (last()["ServiceName"], last()["Region"]) == ("iam", "us-east-1")
    for service, call, params in (("sqs", "list_queues", {}), ("s3", "list_buckets", {}), ("kms", "list_keys", {})):
        denied(service, call, **params)
        used = last()
        assert (used["ServiceName"], used["Region"]) == (service, REGION)
        assert begin <= used["LastUsedDate"] <= dt.datetime.now(dt.UTC)
    assert last(unused) == {"ServiceName": "N/A", "Region": "N/A"}

    arn = f"arn:aws:iam::{A}:role/{runs_as}"
    session = a("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    assert iam.get_role(RoleName=runs_as)["Role"].get("RoleLastUsed", {}) == {}
    assert refusal(a("sqs", **keys_of(session)).list_queues)[0] == "AccessDenied"
    used = iam.get_role(RoleName=runs_as)["Role"]["RoleLastUsed"]
    assert used["Region"] == REGION
    assert begin <= used["LastUsedDate"] <= dt.datetime.now(dt.UTC)


def test_the_simulator_takes_no_wildcards(iam):
    asked = {"PolicyInputList": [document(allow("s3:*"))]}

    for action in ("s3:*", "s3:Get?bject"):
        code, status, message = refusal(iam.simulate_custom_policy, **asked, ActionNames=["s3:GetObject", action])
        assert (code, status) == ("InvalidInput", 400)
        assert (
            message == f"Invalid Action: {action}. This operation does not support using wildcards in an action name."
        )
    results = iam.simulate_custom_policy(**asked, ActionNames=["s3:GetObject"])["EvaluationResults"]
    assert [each["EvalDecision"] for each in results] == ["allowed"]


def test_a_public_key_that_is_none_is_not_taken(iam):
    name = fresh("User")
    iam.create_user(UserName=name)
    small, large = (rsa.generate_private_key(65537, bits).public_key() for bits in (1024, 2048))
    ssh = (serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    pem = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    said = ("InvalidPublicKey", 400, "The public key is malformed or otherwise invalid.")

    for body in ("zz", "ssh-rsa AAAA", small.public_bytes(*ssh).decode(), "-----BEGIN PUBLIC KEY-----\nAAAA"):
        assert refusal(iam.upload_ssh_public_key, UserName=name, SSHPublicKeyBody=body) == said
    for form in (ssh, pem):
        iam.upload_ssh_public_key(UserName=name, SSHPublicKeyBody=large.public_bytes(*form).decode())
    assert len(iam.list_ssh_public_keys(UserName=name)["SSHPublicKeys"]) == 2


# ---- what others may do


def test_a_functions_policy_allows_actions_of_lambda_only(a, function):
    permission = {"FunctionName": function, "Principal": B}
    pattern = "(lambda:[*]|lambda:[a-zA-Z]+|[*])"
    functions = a("lambda")

    code, status, message = refusal(functions.add_permission, **permission, StatementId="a", Action="s3:GetObject")
    assert (code, status) == ("ValidationException", 400)
    assert message == (
        "1 validation error detected: Value 's3:GetObject' at 'action' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {pattern}"
    )
    assert refusal(functions.get_policy, FunctionName=function)[0] == "ResourceNotFoundException"
    functions.add_permission(**permission, StatementId="a", Action="lambda:InvokeFunction")


def test_what_is_a_queues_owners_alone_is_not_granted(a):
    queues, name = a("sqs"), fresh("queue")
    permission = {"QueueUrl": queues.create_queue(QueueName=name)["QueueUrl"], "AWSAccountIds": [B]}

    for action in ("CreateQueue", "SetQueueAttributes"):
        assert refusal(queues.add_permission, **permission, Label="a", Actions=["SendMessage", action]) == (
            "InvalidParameterValue",
            400,
            f"Value SQS:{action} for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action.",
        )
    queues.add_permission(**permission, Label="a", Actions=["SendMessage", "PurgeQueue"])


# ---- sources of functions


def test_a_source_that_a_functions_role_may_not_read_is_refused_in_its_kinds_words(a, iam, function):
    name = fresh("source")
    a("sqs").create_queue(QueueName=name)
    a("kinesis").create_stream(StreamName=name, ShardCount=1)
    table = a("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]
    queue, stream = f"arn:aws:sqs:{REGION}:{A}:{name}", f"arn:aws:kinesis:{REGION}:{A}:stream/{name}"
    changes = table["LatestStreamArn"]
    can = "Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream"
    said = {
        queue: "The function execution role does not have permissions to call ReceiveMessage on SQS",
        stream: f"Cannot access stream {stream}. {can}, ListShards, and ListStreams Actions on your stream in IAM.",
        changes: f"Cannot access stream {changes}. {can}, and ListStreams Actions on your stream in IAM.",
    }
    create = a("lambda").create_event_source_mapping

    for arn, message in said.items():
        more = {} if arn == queue else {"StartingPosition": "LATEST"}
        assert refusal(create, FunctionName=function, EventSourceArn=arn, **more) == (
            "InvalidParameterValueException",
            400,
            message,
        )
    reads = document(allow(["sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:DeleteMessage"], queue))
    iam.put_role_policy(RoleName=function, PolicyName="p", PolicyDocument=reads)
    made = create(FunctionName=function, EventSourceArn=queue)
    a("lambda").delete_event_source_mapping(UUID=made["UUID"])


# ---- data


def test_a_secret_that_is_not_there_is_told_from_a_value_that_is_not(a):
    secrets, name = a("secretsmanager"), fresh("secret")
    code, status = "ResourceNotFoundException", 400
    no_value = "Secrets Manager can't find the specified secret value for staging label:"

    for missing in (name, f"arn:aws:secretsmanager:{REGION}:{A}:secret:{name}-AbCdEf"):
        said = refusal(secrets.get_secret_value, SecretId=missing)
        assert said == (code, status, "Secrets Manager can't find the specified secret.")
    secrets.create_secret(Name=name)
    assert refusal(secrets.get_secret_value, SecretId=name) == (code, status, f"{no_value} AWSCURRENT")
    secrets.put_secret_value(SecretId=name, SecretString="s")
    pending = refusal(secrets.get_secret_value, SecretId=name, VersionStage="AWSPENDING")
    assert pending == (code, status, f"{no_value} AWSPENDING")
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "s"


def select(table, condition):
    return " ".join(("SELECT id FROM", f'"{table}"', "WHERE", condition))


def update(table, assignment):
    return " ".join(("UPDATE", f'"{table}"', "SET", assignment, "WHERE id='z'"))


@pytest.fixture(scope="module")
def table(a):
    """A table with two items."""
    name, items = fresh("table"), a("dynamodb")
    items.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    for key in ("z", "a=b"):
        items.put_item(TableName=name, Item={"id": {"S": key}, "n": {"S": key * 2}})
    return name


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("id='z'", {"z"}),
        ("id = 'z'", {"z"}),
        ("id='a=b'", {"a=b"}),
        ("id= 'z' AND n ='zz'", {"z"}),
        ("\"id\"='z' OR \"id\"='a=b'", {"z", "a=b"}),
        ("id='a = b'", set()),
    ],
)
def test_partiql_needs_no_blanks(a, table, condition, found):
    answer = a("dynamodb").execute_statement(Statement=select(table, condition))

    assert {item["id"]["S"] for item in answer["Items"]} == found


def test_partiql_that_is_not_read_is_a_400(a, table):
    items = a("dynamodb")
    said = "Statement wasn't well formed, can't be processed: "

    unread = update(table, "n=1")
    for call, params in (
        (items.execute_statement, {"Statement": select(table, "id")}),
        (items.execute_statement, {"Statement": select(table, "id <> 'z'")}),
        (items.execute_statement, {"Statement": unread}),
        (items.batch_execute_statement, {"Statements": [{"Statement": unread}]}),
        (items.execute_transaction, {"TransactStatements": [{"Statement": unread}]}),
    ):
        code, status, message = refusal(call, **params)
        assert (code, status, message.startswith(said)) == ("ValidationException", 400, True), params
    items.execute_statement(Statement=update(table, "n='changed'"))
    assert items.get_item(TableName=table, Key={"id": {"S": "z"}})["Item"]["n"] == {"S": "changed"}


# ---- what is not served


def test_what_localstack_does_not_serve_is_told_without_its_licences(a):
    bucket = fresh("bucket")
    a("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    code, status, message = refusal(a("s3").get_bucket_policy_status, Bucket=bucket)
    assert (code, status) == ("InternalFailure", 501)
    assert message == "s3:GetBucketPolicyStatus is not served by the harness: README, `What it does not do`"
    a("s3").get_bucket_location(Bucket=bucket)
