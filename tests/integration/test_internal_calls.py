"""LocalStack's own calls: each is decided as the service or role it is made for, in this account and across accounts.

A source sends to two targets at once, which differ by their policy only; the journal says who asked and which statement decided.
"""

import itertools
import json

import pytest
from aws import REGION, A, B, Journals, allow, client, document, function_code, trust

from harness.scenario import eventually

NUMBERS = itertools.count(1)
ECHO = function_code("def f(event, context):\n    return event\ndef fail(event, context):\n    raise KeyError\n")


@pytest.fixture(scope="module")
def journals(sandbox):
    return Journals(sandbox)


@pytest.fixture(scope="module")
def a(accounts):
    return lambda service: client(accounts["one"], service)


@pytest.fixture(scope="module")
def b(accounts):
    return lambda service: client(accounts["two"], service)


def fresh(kind):
    return f"{kind}{next(NUMBERS)}"


def may(service, action, source, account):
    """A resource policy's statement for a service that acts for one resource of one account."""
    condition = {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": account}}
    principal = {"Service": f"{service}.amazonaws.com"}
    return {"Sid": "Right", **allow(action, Principal=principal, Condition=condition)}


class Account:
    """Makes targets, the right ones with a policy for the source, the wrong ones with a policy for another source."""

    def __init__(self, clients, account_id):
        self.clients = clients
        self.id = account_id

    def queue(self, service, source, account):
        url = self.clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{self.id}:{url.rpartition('/')[2]}"
        statement = {**may(service, "sqs:SendMessage", source, account), "Resource": arn}
        self.clients("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})
        return arn

    def topic(self, service, source, account):
        arn = self.clients("sns").create_topic(Name=fresh("topic"))["TopicArn"]
        statement = {**may(service, "sns:Publish", source, account), "Resource": arn}
        self.clients("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="Policy", AttributeValue=document(statement)
        )
        return arn

    def role(self, service, *statements, **more):
        name = fresh("role")
        iam = self.clients("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(f"{service}.amazonaws.com", **more))
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return f"arn:aws:iam::{self.id}:role/{name}"

    def function(self, service, source, account, role=None, handler="f.f"):
        name = fresh("function")
        role = role or self.role("lambda", allow("logs:*"))
        arn = self.clients("lambda").create_function(
            FunctionName=name, Role=role, Runtime="python3.13", Handler=handler, Code={"ZipFile": ECHO}
        )["FunctionArn"]
        if service:
            self.clients("lambda").add_permission(
                FunctionName=name, StatementId="Right", Action="lambda:InvokeFunction",
                Principal=f"{service}.amazonaws.com", SourceArn=source, SourceAccount=account,
            )  # fmt: skip
        return arn

    def bus(self, service, source, account):
        name = fresh("bus")
        arn = self.clients("events").create_event_bus(Name=name)["EventBusArn"]
        statement = {**may(service, "events:PutEvents", source, account), "Resource": arn}
        self.clients("events").put_permission(EventBusName=name, Policy=document(statement))
        return arn


@pytest.fixture(scope="module")
def here(a):
    return Account(a, A)


@pytest.fixture(scope="module")
def there(b):
    return Account(b, B)


def decided(journals, principal, resource):
    """The last decision on what the principal asks of the resource, once there is one."""
    return eventually(
        f"{principal} asks for {resource}",
        lambda: journals.lines(kind="decision", principal=principal, resource=resource),
        within=15,
    )[-1]


def assert_decided(journals, service, resource, source, account, allowed):
    line = decided(journals, f"{service}.amazonaws.com", resource)
    assert line["home"] == account
    assert (line["context"]["aws:sourcearn"], line["context"]["aws:sourceaccount"]) == (source, account)
    if allowed:
        assert (line["decision"], line["because"][0]["sid"]) == ("allowed", "Right")
    else:
        assert (line["decision"], line["because"]) == ("implicit_deny", [{"layer": "resource", "missing": "allow"}])


# -- EventBridge, SNS and S3, to each kind of target, in the same account and in another one


def rule_to(account, targets):
    """A rule of the account with these targets, and the ARN that it will act for."""
    events, name = account.clients("events"), fresh("rule")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    arn = f"arn:aws:events:{REGION}:{account.id}:rule/{name}"
    made = targets(arn)
    failed = events.put_targets(Rule=name, Targets=[{"Id": str(i), "Arn": each} for i, each in enumerate(made)])
    assert failed["FailedEntryCount"] == 0
    events.put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
    return arn, made


def topic_to(account, targets):
    topic = account.clients("sns").create_topic(Name=fresh("source"))["TopicArn"]
    made = targets(topic)
    for each in made:
        account.clients("sns").subscribe(TopicArn=topic, Protocol=each.split(":")[2], Endpoint=each)
    account.clients("sns").publish(TopicArn=topic, Message="x")
    return topic, made


CROSSING = {
    "a rule to a queue": ("events", rule_to, "queue"),
    "a rule to a topic": ("events", rule_to, "topic"),
    "a rule to a function": ("events", rule_to, "function"),
    "a rule to a bus": ("events", rule_to, "bus"),
    "a topic to a queue": ("sns", topic_to, "queue"),
    "a topic to a function": ("sns", topic_to, "function"),
}


@pytest.mark.parametrize("across", [False, True], ids=["in one account", "from B to A"])
@pytest.mark.parametrize("what", CROSSING)
def test_a_service_is_decided_by_its_target(journals, here, there, what, across):
    service, send, kind = CROSSING[what]
    source = there if across else here

    def targets(arn):
        return [getattr(here, kind)(service, of, source.id) for of in (arn, f"{arn}x")]

    arn, (right, wrong) = send(source, targets)

    assert_decided(journals, service, right, arn, source.id, allowed=True)
    assert_decided(journals, service, wrong, arn, source.id, allowed=False)
