"""Subscriptions of one account's queue to another's topic: the subscriber's own, and the topic's owner ends them alone."""

import json

import pytest
from aws import REGION, A, B, allow, document, fresh, refusal, user

DENIED = "AuthorizationError"
RAW = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
ON_SUBSCRIPTIONS = ["sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"]


def queue_of(clients, account):
    name = fresh("queue")
    clients("sqs").create_queue(QueueName=name)
    return f"arn:aws:sqs:{REGION}:{account}:{name}"


@pytest.fixture
def topic(a):
    """A topic of A's, to which B may subscribe."""
    topic = a("sns").create_topic(Name=fresh("topic"))["TopicArn"]
    shared = allow("sns:Subscribe", topic, Principal={"AWS": f"arn:aws:iam::{B}:root"})
    a("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document(shared))
    return topic


def subscribed(client, topic, queue, **more):
    return client.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, **more)["SubscriptionArn"]


def attributes(client, subscription):
    return client.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]


def test_the_subscriber_s_account_has_the_subscription(b, topic):
    theirs = b("sns", **user(b, allow(["sns:Subscribe", *ON_SUBSCRIPTIONS])))
    subscription = subscribed(theirs, topic, queue_of(b, B))

    told = attributes(theirs, subscription)
    assert (told["Owner"], told["SubscriptionArn"]) == (B, subscription)
    assert f":iam::{B}:user/" in told["SubscriptionPrincipal"]
    theirs.set_subscription_attributes(SubscriptionArn=subscription, **RAW)
    assert attributes(b("sns"), subscription)["RawMessageDelivery"] == "true"
    theirs.unsubscribe(SubscriptionArn=subscription)
    assert refusal(theirs.get_subscription_attributes, SubscriptionArn=subscription)[0] == DENIED


def test_the_subscriber_s_own_policies_decide(b, topic):
    subscription = subscribed(b("sns"), topic, queue_of(b, B))
    nobody = b("sns", **user(b))
    barred = b("sns", **user(b, allow("sns:*"), {**allow(ON_SUBSCRIPTIONS), "Effect": "Deny"}))

    for client in (nobody, barred):
        assert refusal(client.get_subscription_attributes, SubscriptionArn=subscription)[0] == DENIED
        assert refusal(client.set_subscription_attributes, SubscriptionArn=subscription, **RAW)[0] == DENIED
        assert refusal(client.unsubscribe, SubscriptionArn=subscription)[0] == DENIED
    assert attributes(b("sns"), subscription)["RawMessageDelivery"] == "false"


def test_another_account_has_nothing_of_the_topics_own_subscriptions(a, b, topic):
    subscription = subscribed(a("sns"), topic, queue_of(a, A))
    of_b_s_queue = subscribed(a("sns"), topic, queue_of(b, B))  # A's, too, as A made it

    for one in (subscription, of_b_s_queue):
        assert refusal(b("sns").get_subscription_attributes, SubscriptionArn=one)[0] == DENIED
        assert refusal(b("sns").set_subscription_attributes, SubscriptionArn=one, **RAW)[0] == DENIED
        assert refusal(b("sns").unsubscribe, SubscriptionArn=one)[0] == DENIED
        assert attributes(a("sns"), one)["Owner"] == A
        a("sns").set_subscription_attributes(SubscriptionArn=one, **RAW)
        a("sns").unsubscribe(SubscriptionArn=one)


def test_to_subscribe_again_takes_no_subscription_from_its_owner(a, b, topic):
    queue = queue_of(b, B)
    subscription = subscribed(a("sns"), topic, queue)

    assert subscribed(b("sns"), topic, queue) == subscription

    assert attributes(a("sns"), subscription)["Owner"] == A
    assert refusal(b("sns").unsubscribe, SubscriptionArn=subscription)[0] == DENIED


def test_who_owns_a_subscription_is_not_the_subscriber_s_to_say(b, topic):
    said = {"Attributes": {"Owner": A}}

    code = refusal(b("sns").subscribe, TopicArn=topic, Protocol="sqs", Endpoint=queue_of(b, B), **said)[0]

    assert code == "InvalidParameter"


def test_a_subscription_of_no_region_is_not_there(a):
    nowhere = f"arn:aws:sns:nowhere:{A}:topic:00000000-0000-0000-0000-000000000000"

    assert refusal(a("sns").get_subscription_attributes, SubscriptionArn=nowhere)[:2] == ("NotFound", 404)


def test_the_topics_owner_ends_a_subscription_and_does_not_look_at_it(a, b, topic):
    subscription = subscribed(b("sns"), topic, queue_of(b, B))
    assert refusal(a("sns").get_subscription_attributes, SubscriptionArn=subscription)[0] == DENIED
    assert refusal(a("sns").set_subscription_attributes, SubscriptionArn=subscription, **RAW)[0] == DENIED
    barred = a("sns", **user(a, allow("sns:*"), {**allow("sns:Unsubscribe"), "Effect": "Deny"}))
    assert refusal(barred.unsubscribe, SubscriptionArn=subscription)[0] == DENIED
    (listed,) = a("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["Owner"] == B

    a("sns", **user(a, allow("sns:Unsubscribe"))).unsubscribe(SubscriptionArn=subscription)

    assert a("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_a_stack_of_the_subscriber_s_makes_and_ends_its_subscription(a, b, topic):
    properties = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue_of(b, B), "RawMessageDelivery": True}
    template = {"Resources": {"S": {"Type": "AWS::SNS::Subscription", "Properties": properties}}}
    stacks, name, quickly = b("cloudformation"), fresh("stack"), {"Delay": 1, "MaxAttempts": 60}
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=quickly)
    (listed,) = a("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert listed["Owner"] == B

    stacks.delete_stack(StackName=name)
    stacks.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=quickly)

    assert a("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []
