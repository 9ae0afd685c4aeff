"""What belonged to a deleted resource went with it: the next one of the same name begins with nothing."""

import json

import pytest
from aws import REGION, A, B, allow, document, fresh, function_code, refusal, trust, user

FOR_B = {"Principal": {"AWS": f"arn:aws:iam::{B}:root"}}
TABLE = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ITEM = {"pk": {"S": "1"}}
DENIED = {"AccessDenied", "AccessDeniedException"}


def denied(call, **params):
    return refusal(call, **params)[0] in DENIED


def stack(a, name, resources):
    """Make, and give back what deletes it."""
    stacks = a("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    quickly = {"Delay": 1, "MaxAttempts": 60}
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=quickly)

    def delete():
        stacks.delete_stack(StackName=name)
        stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=quickly)

    return delete


def table_for_b(a, table):
    a("dynamodb").put_resource_policy(ResourceArn=table, Policy=document(allow("dynamodb:GetItem", table, **FOR_B)))


def test_a_tables_policy_goes_with_the_table(a, b):
    tables, name = a("dynamodb"), fresh("table")
    table = tables.create_table(TableName=name, **TABLE)["TableDescription"]["TableArn"]
    table_for_b(a, table)
    assert "Item" not in b("dynamodb").get_item(TableName=table, Key=ITEM)

    tables.delete_table(TableName=table)  # by its ARN, as by its name
    tables.create_table(TableName=name, **TABLE)

    assert denied(b("dynamodb").get_item, TableName=table, Key=ITEM)
    assert refusal(tables.get_resource_policy, ResourceArn=table)[0] == "PolicyNotFoundException"
    table_for_b(a, table)
    assert "Item" not in b("dynamodb").get_item(TableName=table, Key=ITEM)


def test_another_tables_policy_stays(a, b):
    name = fresh("table")
    kept = a("dynamodb").create_table(TableName=f"{name}-2", **TABLE)["TableDescription"]["TableArn"]
    table_for_b(a, kept)
    a("dynamodb").create_table(TableName=name, **TABLE)
    a("dynamodb").delete_table(TableName=name)

    assert "Item" not in b("dynamodb").get_item(TableName=kept, Key=ITEM)


def test_a_tables_policy_goes_with_its_stack(a, b):
    name = fresh("table")
    table = f"arn:aws:dynamodb:{REGION}:{A}:table/{name}"
    resources = {"T": {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": name, **TABLE}}}
    delete = stack(a, fresh("stack"), resources)
    table_for_b(a, table)
    assert "Item" not in b("dynamodb").get_item(TableName=table, Key=ITEM)

    delete()
    a("dynamodb").create_table(TableName=name, **TABLE)

    assert denied(b("dynamodb").get_item, TableName=table, Key=ITEM)


def test_a_streams_policies_go_with_the_stream(a, b):
    streams, name = a("kinesis"), fresh("stream")
    stream = f"arn:aws:kinesis:{REGION}:{A}:stream/{name}"
    record = {"StreamARN": stream, "Data": b"x", "PartitionKey": "1"}

    def make():
        streams.create_stream(StreamName=name, ShardCount=1)
        return streams.register_stream_consumer(StreamARN=stream, ConsumerName="c")["Consumer"]["ConsumerARN"]

    consumer = make()
    for arn, action in ((stream, "kinesis:PutRecord"), (consumer, "kinesis:DescribeStreamConsumer")):
        streams.put_resource_policy(ResourceARN=arn, Policy=document(allow(action, arn, **FOR_B)))
    assert b("kinesis").put_record(**record)["ShardId"]
    assert b("kinesis").describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]

    streams.delete_stream(StreamARN=stream, EnforceConsumerDeletion=True)
    make()

    assert denied(b("kinesis").put_record, **record)
    assert denied(b("kinesis").describe_stream_consumer, ConsumerARN=consumer)


@pytest.mark.parametrize("by_arn", [True, False])
def test_a_consumers_policy_goes_with_the_consumer_and_no_other_consumer_does(a, b, by_arn):
    streams, name = a("kinesis"), fresh("stream")
    stream = f"arn:aws:kinesis:{REGION}:{A}:stream/{name}"
    streams.create_stream(StreamName=name, ShardCount=1)

    def make(consumer):
        return streams.register_stream_consumer(StreamARN=stream, ConsumerName=consumer)["Consumer"]["ConsumerARN"]

    gone, kept = make("gone"), make("kept")
    for consumer in (gone, kept):
        policy = document(allow("kinesis:DescribeStreamConsumer", consumer, **FOR_B))
        streams.put_resource_policy(ResourceARN=consumer, Policy=policy)
        assert b("kinesis").describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]

    named = {"ConsumerARN": gone} if by_arn else {"StreamARN": stream, "ConsumerName": "gone"}
    streams.deregister_stream_consumer(**named)
    left = streams.list_stream_consumers(StreamARN=stream)["Consumers"]
    assert refusal(streams.deregister_stream_consumer, **named)[0] == "ResourceNotFoundException"
    make("gone")

    assert [one["ConsumerName"] for one in left] == ["kept"]
    assert denied(b("kinesis").describe_stream_consumer, ConsumerARN=gone)
    assert b("kinesis").describe_stream_consumer(ConsumerARN=kept)["ConsumerDescription"]


def test_what_is_not_there_has_no_policy_to_begin_with(a, b):
    streams, name = a("kinesis"), fresh("stream")
    stream = f"arn:aws:kinesis:{REGION}:{A}:stream/{name}"
    consumer = f"{stream}/consumer/c"

    def put(arn, action):
        return {"ResourceARN": arn, "Policy": document(allow(action, arn, **FOR_B))}

    for_stream, for_consumer = put(stream, "kinesis:PutRecord"), put(consumer, "kinesis:DescribeStreamConsumer")
    assert refusal(streams.put_resource_policy, **for_stream)[0] == "ResourceNotFoundException"
    streams.create_stream(StreamName=name, ShardCount=1)
    assert refusal(streams.put_resource_policy, **for_consumer)[0] == "ResourceNotFoundException"
    streams.register_stream_consumer(StreamARN=stream, ConsumerName="c")
    assert denied(b("kinesis").put_record, StreamARN=stream, Data=b"x", PartitionKey="1")

    for params, arn in ((for_stream, stream), (for_consumer, consumer)):
        streams.put_resource_policy(**params)
        assert streams.get_resource_policy(ResourceARN=arn)["Policy"] == params["Policy"]
    assert b("kinesis").describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"]
    streams.delete_resource_policy(ResourceARN=consumer)
    assert denied(b("kinesis").describe_stream_consumer, ConsumerARN=consumer)
    assert b("kinesis").put_record(StreamARN=stream, Data=b"x", PartitionKey="1")["ShardId"]


def function(a):
    role = a("iam").create_role(RoleName=fresh("Role"), AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    name = fresh("function")
    a("lambda").create_function(
        FunctionName=name, Runtime="python3.13", Role=role["Role"]["Arn"], Handler="f.handler", Publish=True,
        Code={"ZipFile": function_code("def handler(event, context):\n    return 1\n")},
    )  # fmt: skip
    a("lambda").get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    return name


def permitted(a, name, qualifier):
    a("lambda").add_permission(
        FunctionName=name, Qualifier=qualifier, StatementId="b", Action="lambda:GetFunction", Principal=B
    )


def test_an_alias_s_permissions_go_with_the_alias(a, b):
    functions, name = a("lambda"), function(a)
    arn = f"arn:aws:lambda:{REGION}:{A}:function:{name}"
    theirs = b("lambda").get_function
    for alias in ("gone", "kept"):
        functions.create_alias(FunctionName=name, Name=alias, FunctionVersion="1")
        permitted(a, name, alias)
        assert theirs(FunctionName=arn, Qualifier=alias)["Configuration"]["Version"] == "1"

    functions.delete_alias(FunctionName=arn, Name="gone")
    functions.create_alias(FunctionName=name, Name="gone", FunctionVersion="1")

    assert denied(theirs, FunctionName=arn, Qualifier="gone")
    assert refusal(functions.get_policy, FunctionName=name, Qualifier="gone")[0] == "ResourceNotFoundException"
    assert theirs(FunctionName=arn, Qualifier="kept")["Configuration"]["Version"] == "1"
    permitted(a, name, "gone")
    assert theirs(FunctionName=arn, Qualifier="gone")["Configuration"]["Version"] == "1"


def test_a_versions_permissions_go_with_the_version_alone(a, b):
    functions, name = a("lambda"), function(a)
    permitted(a, name, "1")
    functions.update_function_code(
        FunctionName=name, ZipFile=function_code("def handler(event, context):\n    return 2\n"), Publish=True
    )
    permitted(a, name, "2")

    functions.delete_function(FunctionName=name, Qualifier="1")

    assert functions.get_policy(FunctionName=name, Qualifier="2")["Policy"]
    assert refusal(functions.get_policy, FunctionName=name, Qualifier="1")[0] == "ResourceNotFoundException"
    functions.delete_function(FunctionName=name)


def test_a_log_groups_tags_go_with_the_group(a):
    logs, name = a("logs"), fresh("group")
    mine = {"Condition": {"StringEquals": {"aws:ResourceTag/team": "mine"}}}
    ours = a("logs", **user(a, allow("logs:DescribeLogStreams", **mine)))
    logs.create_log_group(logGroupName=name, tags={"team": "mine"})
    assert ours.describe_log_streams(logGroupName=name)["logStreams"] == []

    logs.delete_log_group(logGroupName=name)
    logs.create_log_group(logGroupName=name)

    assert denied(ours.describe_log_streams, logGroupName=name)
    assert logs.list_tags_log_group(logGroupName=name)["tags"] == {}


def test_a_replica_of_a_secret_has_its_primarys_policy(a):
    secrets, name = a("secretsmanager"), fresh("secret")
    barred = user(a, allow("secretsmanager:*"))
    secret = secrets.create_secret(Name=name, SecretString="s", AddReplicaRegions=[{"Region": "us-east-1"}])["ARN"]
    primary, replica = (a("secretsmanager", region=region, **barred) for region in (REGION, "us-east-1"))
    assert replica.get_secret_value(SecretId=name)["SecretString"] == "s"

    shut = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=document(shut))

    assert denied(primary.get_secret_value, SecretId=name)
    assert denied(replica.get_secret_value, SecretId=name)
    assert replica.describe_secret(SecretId=name)["PrimaryRegion"] == REGION
    secrets.delete_resource_policy(SecretId=secret)
    assert replica.get_secret_value(SecretId=name)["SecretString"] == "s"


def test_a_replicas_secret_is_shared_as_its_primary_is(a, b):
    name = fresh("secret")
    secret = a("secretsmanager").create_secret(
        Name=name, SecretString="s", AddReplicaRegions=[{"Region": "us-east-1"}]
    )["ARN"]
    replica, theirs = secret.replace(REGION, "us-east-1"), b("secretsmanager", region="us-east-1")
    assert denied(theirs.get_secret_value, SecretId=replica)

    shared = allow("secretsmanager:GetSecretValue", **FOR_B)
    a("secretsmanager").put_resource_policy(SecretId=secret, ResourcePolicy=document(shared))

    # Only the key stands in the way now: it is AWS's own, which is for the secret's account.
    assert "default KMS service key" in refusal(theirs.get_secret_value, SecretId=replica)[2]
