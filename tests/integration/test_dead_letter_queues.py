"""A queue's dead letters go where they are taken: to a queue that is there, at home, and that lets the source name it."""

import json

import botocore.exceptions
import pytest
from aws import REGION, A, B, allow, fresh, refusal, user

INVALID = "InvalidParameterValue"


def arn(name, account=A, region=REGION):
    return f"arn:aws:sqs:{region}:{account}:{name}"


def redriven(target):
    return {"RedrivePolicy": json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 1})}


def letting(permission, *sources):
    said = {"redrivePermission": permission} | ({"sourceQueueArns": list(sources)} if sources else {})
    return {"RedriveAllowPolicy": json.dumps(said)}


def reason(call, **params):
    """Why the queue is not taken."""
    code, _, message = refusal(call, **params)
    assert code == INVALID
    return message.partition("Reason: ")[2]


def queue(client, **attributes):
    name = fresh("queue")
    return name, client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]


@pytest.mark.parametrize("permission", ["denyAll", "byQueue"])
def test_a_queue_that_does_not_let_the_source_takes_none_of_its_messages(a, permission):
    sqs = a("sqs")
    sources = [arn("another")] if permission == "byQueue" else []
    target, _ = queue(sqs, **letting(permission, *sources))
    _, source = queue(sqs)

    for client in (sqs, a("sqs", **user(a, allow("sqs:*")))):
        made = {"QueueName": fresh("queue"), "Attributes": redriven(arn(target))}
        assert "does not allow" in reason(client.create_queue, **made)
        set_ = {"QueueUrl": source, "Attributes": redriven(arn(target))}
        assert "does not allow" in reason(client.set_queue_attributes, **set_)
    assert "RedrivePolicy" not in sqs.get_queue_attributes(QueueUrl=source, AttributeNames=["All"])["Attributes"]


def test_a_queue_that_lets_the_source_takes_its_messages(a):
    sqs, name = a("sqs"), fresh("queue")
    for letting_ in ({}, letting("allowAll"), letting("byQueue", arn("another"), arn(name))):
        target, url = queue(sqs, **letting_)
        source = sqs.create_queue(QueueName=name)["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=source, Attributes=redriven(arn(target)) | {"VisibilityTimeout": "0"})
        sqs.send_message(QueueUrl=source, MessageBody="m")
        for _ in range(2):
            sqs.receive_message(QueueUrl=source)
        assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"] == "m"

    made = {"QueueName": fresh("queue"), "Attributes": redriven(arn(target))}
    assert "does not allow" in reason(sqs.create_queue, **made)  # it lets the other one alone
    sqs.set_queue_attributes(QueueUrl=source, Attributes={"RedrivePolicy": ""})


def test_a_dead_letter_queue_is_at_home_and_there(a, b):
    theirs, _ = queue(b("sqs"))
    elsewhere, _ = queue(a("sqs", region="us-east-1"))
    _, source = queue(a("sqs"))

    for target, why in (
        (arn(theirs, account=B), "Dead-letter target owner should be same as the source."),
        (arn(elsewhere, region="us-east-1"), "Dead-letter target must be in same region as the source."),
        (arn(elsewhere), "Dead letter target does not exist."),
        ("x", "Dead letter target does not exist."),
    ):
        assert reason(a("sqs").create_queue, QueueName=fresh("queue"), Attributes=redriven(target)) == why
        assert reason(a("sqs").set_queue_attributes, QueueUrl=source, Attributes=redriven(target)) == why


@pytest.mark.parametrize("policy", ["[]", '["x"]', "5", "{", "null"])
def test_what_is_no_map_is_no_policy(a, policy):
    _, url = queue(a("sqs"))

    for call, named in (("create_queue", {"QueueName": fresh("queue")}), ("set_queue_attributes", {"QueueUrl": url})):
        given = {**named, "Attributes": {"RedrivePolicy": policy}}
        assert reason(getattr(a("sqs"), call), **given) == "Redrive policy is not a valid JSON map."


def test_a_queue_whose_list_of_sources_is_none_lets_none(a):
    broken = {"RedriveAllowPolicy": '{"redrivePermission": "byQueue", "sourceQueueArns": 5}'}
    target, _ = queue(a("sqs"), **broken)

    made = {"QueueName": fresh("queue"), "Attributes": redriven(arn(target))}
    assert "does not allow" in reason(a("sqs").create_queue, **made)


def test_a_stack_names_no_queue_that_does_not_let_it(a):
    target, _ = queue(a("sqs"), **letting("denyAll"))
    policy = {"deadLetterTargetArn": arn(target), "maxReceiveCount": 1}
    template = {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"RedrivePolicy": policy}}}}
    stacks, name = a("cloudformation"), fresh("stack")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    waiter = stacks.get_waiter("stack_create_complete")
    with pytest.raises(botocore.exceptions.WaiterError, match="terminal failure"):
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})

    reasons = [
        event.get("ResourceStatusReason", "") for event in stacks.describe_stack_events(StackName=name)["StackEvents"]
    ]
    assert any("does not allow this source queue" in reason for reason in reasons)
