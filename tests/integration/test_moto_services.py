"""The services that moto serves in the place of LocalStack: what they do, behind the same gate."""

import json

import pytest
from aws import REGION, A, B, Journals, allow, client, document, function_code, trust

from harness.scenario import eventually

TELL = function_code("def f(event, context):\n    print('TOLD', len(event['Records']))\n")


@pytest.fixture(scope="module")
def a(accounts):
    return lambda service: client(accounts["one"], service)


@pytest.fixture(scope="module")
def b(accounts):
    return lambda service: client(accounts["two"], service)


def read(kinesis, stream):
    shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    return [record["Data"] for record in kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]]


def test_a_stream_gives_back_what_was_put_and_is_its_accounts(a, b):
    kinesis, arn = a("kinesis"), f"arn:aws:kinesis:{REGION}:{A}:stream/s"
    kinesis.create_stream(StreamName="s", ShardCount=1)
    kinesis.put_record(StreamName="s", Data=b"one", PartitionKey="k")
    kinesis.put_records(StreamName="s", Records=[{"Data": b"two", "PartitionKey": "k"}])
    assert read(kinesis, "s") == [b"one", b"two"]

    def stranger():
        b("kinesis").put_record(StreamARN=arn, Data=b"three", PartitionKey="k")

    with pytest.raises(kinesis.exceptions.ClientError, match="kinesis:PutRecord"):
        stranger()
    statement = allow("kinesis:PutRecord", arn, Principal={"AWS": f"arn:aws:iam::{B}:root"})
    kinesis.put_resource_policy(ResourceARN=arn, Policy=document(statement))
    stranger()
    assert read(kinesis, "s") == [b"one", b"two", b"three"]


def test_an_organization_has_policies(a):
    organizations = a("organizations")
    organizations.create_organization(FeatureSet="ALL")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root, PolicyType="SERVICE_CONTROL_POLICY")
    made = organizations.create_policy(
        Name="p", Description="d", Type="SERVICE_CONTROL_POLICY", Content=document(allow("s3:*"))
    )["Policy"]["PolicySummary"]
    organizations.attach_policy(PolicyId=made["Id"], TargetId=root)

    held = organizations.list_policies_for_target(TargetId=root, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert made["Id"] in {policy["Id"] for policy in held}
    assert json.loads(organizations.describe_policy(PolicyId=made["Id"])["Policy"]["Content"])["Statement"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["dynamodb", "kinesis"])
def test_a_mapping_reads_a_stream_as_the_functions_role(sandbox, a, kind):
    iam, functions, journals = a("iam"), a("lambda"), Journals(sandbox)

    def source(name):
        if kind == "kinesis":
            a("kinesis").create_stream(StreamName=name, ShardCount=1)
            return a("kinesis").describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
        return a("dynamodb").create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )["TableDescription"]["LatestStreamArn"]  # fmt: skip

    def feed(name):
        if kind == "kinesis":
            a("kinesis").put_record(StreamName=name, Data=b"x", PartitionKey="k")
        else:
            a("dynamodb").put_item(TableName=name, Item={"id": {"S": "x"}})

    right, wrong = source(f"{kind}-right"), source(f"{kind}-wrong")
    role = iam.create_role(RoleName=kind, AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    policy = document(
        allow("logs:*"), allow([f"{kind}:DescribeStream", f"{kind}:ListShards"]), allow(f"{kind}:Get*", right)
    )
    iam.put_role_policy(RoleName=kind, PolicyName="p", PolicyDocument=policy)
    for name, arn in ((f"{kind}-right", right), (f"{kind}-wrong", wrong)):
        functions.create_function(
            FunctionName=name, Role=role, Runtime="python3.13", Handler="f.f", Code={"ZipFile": TELL}
        )
        functions.create_event_source_mapping(
            FunctionName=name, EventSourceArn=arn, StartingPosition="TRIM_HORIZON", BatchSize=1
        )
        feed(name)

    def told():
        try:
            events = a("logs").filter_log_events(logGroupName=f"/aws/lambda/{kind}-right")["events"]
        except a("logs").exceptions.ResourceNotFoundException:
            return None
        return [event for event in events if "TOLD 1" in event["message"]]

    eventually("the function is told", told, within=30)

    def refused():
        return [
            line
            for line in journals.lines(kind="decision", resource=wrong, decision="implicit_deny")
            if f"assumed-role/{kind}/" in line["principal"]
        ]

    eventually("the other stream is not read", refused, within=30)
