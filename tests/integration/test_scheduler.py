"""EventBridge Scheduler fires, as its role: the trust policy lets Scheduler take it, and its policies reach the target."""

import datetime as dt
import json

import pytest
from aws import REGION, A, B, Journals, allow, client, document, function_code, trust

from harness.scenario import eventually

NOW = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}}  # the first time is at once
GROUP = f"arn:aws:scheduler:{REGION}:{A}:schedule-group/default"


@pytest.fixture(scope="module")
def journals(sandbox):
    return Journals(sandbox)


@pytest.fixture(scope="module")
def a(accounts):
    return lambda service: client(accounts["one"], service)


@pytest.fixture(scope="module")
def b(accounts):
    return lambda service: client(accounts["two"], service)


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

    return eventually(f"{name} asks for {resource}", find, within=15)[-1]


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
    a("scheduler").create_schedule(Name="untrusted", Target={"Arn": target, "RoleArn": other}, **NOW)

    refused = eventually(
        "Scheduler is refused",
        lambda: journals.lines(kind="decision", principal="scheduler.amazonaws.com", resource=other),
        within=15,
    )
    assert {line["decision"] for line in refused} == {"implicit_deny"}


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
        within=15,
    )
    assert letter["MessageAttributes"]["TARGET_ARN"]["StringValue"] == foreign

    let_in = allow("sqs:SendMessage", foreign, Principal={"AWS": sender})
    b("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(let_in)})
    at = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    once = {**NOW, "ScheduleExpression": at, "ActionAfterCompletion": "DELETE"}
    a("scheduler").create_schedule(Name="once", Target={**target, "Input": "hello"}, **once)
    (message,) = eventually(
        "the message arrives", lambda: b("sqs").receive_message(QueueUrl=url).get("Messages"), within=15
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
