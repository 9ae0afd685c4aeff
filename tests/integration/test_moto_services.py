"""The services in moto's stores: streams, organizations, and EventBridge Scheduler, which fires by our hand."""

import datetime as dt
import json

import pytest
from aws import REGION, A, B, allow, counted, document, function_code, trust

from harness.scenario import eventually

# The first time of a rate is at once.
NOW = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}
GROUP = f"arn:aws:scheduler:{REGION}:{A}:schedule-group/default"
TELL = function_code("def f(event, context):\n    print('TOLD', len(event['Records']))\n")


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
def test_a_mapping_reads_a_stream_as_the_functions_role(journals, a, kind):
    iam, functions = a("iam"), a("lambda")

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
            FunctionName=name, Role=role, Runtime="python3.13", Handler="f.f", Code={"ZipFile": TELL}, Timeout=30
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

    eventually("the function is told", told, within=60)

    def refused():
        return [
            line
            for line in journals.lines(kind="decision", resource=wrong, decision="implicit_deny")
            if f"assumed-role/{kind}/" in line["principal"]
        ]

    eventually("the other stream is not read", refused, within=60)


# -- EventBridge Scheduler: the trust policy lets it take the role, and the role's policies reach the target


@pytest.fixture
def role(a):
    iam, made = a("iam"), []

    def make(name, *statements, source=GROUP):
        condition = {"ArnEquals": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": A}}
        policy = trust("scheduler.amazonaws.com", Condition=condition)
        made.append(name)
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return arn

    return make


def asked(journals, name, resource):
    """What the role's session asked of the resource."""

    def find():
        lines = journals.lines(kind="decision", resource=resource)
        return [line for line in lines if line["principal"] == f"arn:aws:sts::{A}:assumed-role/{name}/scheduler"]

    return eventually(f"{name} asks for {resource}", find, within=60)[-1]


def queue(sqs, name, account=A):
    return sqs.create_queue(QueueName=name)["QueueUrl"], f"arn:aws:sqs:{REGION}:{account}:{name}"


def test_each_target_is_reached_by_the_role_and_another_is_not(a, journals, role):
    _, right = queue(a("sqs"), "right")
    _, wrong = queue(a("sqs"), "wrong")
    topic = a("sns").create_topic(Name="right")["TopicArn"]
    lambda_role = a("iam").create_role(RoleName="f", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]
    function = a("lambda").create_function(
        FunctionName="right", Role=lambda_role["Arn"], Runtime="python3.13", Handler="f.f",
        Code={"ZipFile": function_code("def f(event, context):\n    return event\n")},
    )["FunctionArn"]  # fmt: skip
    machine = a("stepfunctions").create_state_machine(
        name="right", roleArn=role("states"), definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    )["stateMachineArn"]  # fmt: skip
    a("kinesis").create_stream(StreamName="right", ShardCount=1)
    bus, stream = f"arn:aws:events:{REGION}:{A}:event-bus/default", f"arn:aws:kinesis:{REGION}:{A}:stream/right"
    more = {
        bus: {"EventBridgeParameters": {"DetailType": "d", "Source": "s"}},
        stream: {"KinesisParameters": {"PartitionKey": "k"}},
    }
    targets = [right, topic, function, machine, bus, stream]
    actor = role("actor", allow("*", targets))
    for number, target in enumerate([*targets, wrong]):
        a("scheduler").create_schedule(
            Name=f"s{number}", Target={"Arn": target, "RoleArn": actor, "Input": "{}", **more.get(target, {})}, **NOW
        )

    assert [asked(journals, "actor", target)["decision"] for target in targets] == ["allowed"] * len(targets)
    assert asked(journals, "actor", wrong)["decision"] == "implicit_deny"
    assumed = journals.lines(kind="decision", principal="scheduler.amazonaws.com", resource=actor)
    assert {line["decision"] for line in assumed} == {"allowed"}
    assert {line["context"]["aws:sourcearn"] for line in assumed} == {GROUP}
    assert len(assumed) == len(targets) + 1, "each schedule fires once"


def test_a_role_that_does_not_trust_the_group_is_not_assumed(a, journals, role):
    _, target = queue(a("sqs"), "untrusted")
    other = role("other", allow("*"), source=f"{GROUP}x")
    before = counted(a, "AWS/Scheduler", "InvocationDroppedCount", {"ScheduleGroup": "default"})
    a("scheduler").create_schedule(Name="untrusted", Target={"Arn": target, "RoleArn": other}, **NOW)

    refused = eventually(
        "Scheduler is refused",
        lambda: journals.lines(kind="decision", principal="scheduler.amazonaws.com", resource=other),
        within=60,
    )
    assert {line["decision"] for line in refused} == {"implicit_deny"}
    dropped = ("AWS/Scheduler", "InvocationDroppedCount", {"ScheduleGroup": "default"})
    eventually("it is counted", lambda: counted(a, *dropped) > before, within=60)


def test_another_accounts_queue_must_let_the_role_in_and_a_refusal_is_a_dead_letter(a, b, journals, role):
    url, foreign = queue(b("sqs"), "foreign", B)
    dead_url, dead = queue(a("sqs"), "dead")
    sender = role("sender", allow("sqs:SendMessage"))
    target = {"Arn": foreign, "RoleArn": sender, "DeadLetterConfig": {"Arn": dead}}
    a("scheduler").create_schedule(Name="refused", Target=target, **NOW)
    assert asked(journals, "sender", foreign)["decision"] == "implicit_deny"
    (letter,) = eventually(
        "the letter arrives",
        lambda: a("sqs").receive_message(QueueUrl=dead_url, MessageAttributeNames=["All"]).get("Messages"),
        within=60,
    )
    assert letter["MessageAttributes"]["TARGET_ARN"]["StringValue"] == foreign
    sent = ("AWS/Scheduler", "InvocationsSentToDeadLetterCount", {"ScheduleGroup": "default"})
    eventually("the letter is counted", lambda: counted(a, *sent) == 1, within=60)

    let_in = allow("sqs:SendMessage", foreign, Principal={"AWS": sender})
    b("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(let_in)})
    # A time that is over when the schedule is made never comes.
    at = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    once = {**NOW, "ScheduleExpression": at, "ActionAfterCompletion": "DELETE"}
    a("scheduler").create_schedule(Name="once", Target={**target, "Input": "hello"}, **once)
    (message,) = eventually(
        "the message arrives", lambda: b("sqs").receive_message(QueueUrl=url).get("Messages"), within=60
    )
    assert message["Body"] == "hello"
    with pytest.raises(a("scheduler").exceptions.ResourceNotFoundException):
        a("scheduler").get_schedule(Name="once")


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:scheduler:::aws-sdk:dynamodb:putItem",
        f"arn:aws:ecs:{REGION}:{A}:cluster/c",
        f"arn:aws:firehose:{REGION}:{A}:deliverystream/d",
    ],
)
def test_a_target_that_would_never_be_reached_is_refused_by_name(a, role, arn):
    scheduler = a("scheduler")
    actor = f"arn:aws:iam::{A}:role/actor"

    with pytest.raises(scheduler.exceptions.ValidationException, match="does not serve the schedule target"):
        scheduler.create_schedule(Name="never", Target={"Arn": arn, "RoleArn": actor}, **NOW)
