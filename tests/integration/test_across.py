"""Attacks across instances, over HTTP: each beside the legitimate request that it imitates."""

import contextlib
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import boto3
import psutil
import pytest
from aws import keys_of
from raw import CALLS, Call, Request, policy, query, record_of, send, signed, target, trust
from sealed import forward, opened, say

from harness.wire import Refused, seal

A, B = "111111111111", "222222222222"


@pytest.fixture(scope="module")
def client(accounts):
    def make(service, name, door=None):
        keys = {key: accounts[name][key] for key in ("aws_access_key_id", "aws_secret_access_key")}
        config = boto3.session.Config(retries={"total_max_attempts": 1})
        url = accounts[door or name]["endpoint_url"]
        return boto3.client(service, endpoint_url=url, region_name="us-west-2", config=config, **keys)

    return make


@pytest.fixture(scope="module")
def record(sandbox):
    return record_of(sandbox)


@pytest.fixture(scope="module")
def key(record):
    return bytes.fromhex(record.launch_key)


@pytest.fixture(scope="module")
def role(client):
    """A role of A's that B may assume."""
    client("iam", "one").create_role(RoleName="open", AssumeRolePolicyDocument=trust(B))
    return f"arn:aws:iam::{A}:role/open"


def assume(role, name="session"):
    return query("sts", "AssumeRole", "2011-06-15", RoleArn=role, RoleSessionName=name)


# a second ARN in a request that routes


def test_anothers_policy_is_not_attached(client):
    iam_a, iam_b = client("iam", "one"), client("iam", "two")
    document = policy("s3:*")
    of_a = iam_a.create_policy(PolicyName="of-a", PolicyDocument=document)["Policy"]["Arn"]
    of_b = iam_b.create_policy(PolicyName="of-b", PolicyDocument=document)["Policy"]["Arn"]
    iam_b.create_role(RoleName="taker", AssumeRolePolicyDocument=trust(B))

    for door in ("one", "two"):
        taker = client("iam", "two", door)
        taker.attach_role_policy(RoleName="taker", PolicyArn=of_b)
        with pytest.raises(taker.exceptions.NoSuchEntityException):
            taker.attach_role_policy(RoleName="taker", PolicyArn=of_a)
        attached = taker.list_attached_role_policies(RoleName="taker")["AttachedPolicies"]
        assert [entry["PolicyArn"] for entry in attached] == [of_b]
        with pytest.raises(taker.exceptions.ClientError):
            taker.get_policy(PolicyArn=of_a)
    assert iam_a.get_policy(PolicyArn=of_a)["Policy"]["AttachmentCount"] == 0


def test_a_subscription_belongs_to_the_topics_account_whoever_its_endpoint_is(client):
    topic = {name: client("sns", name).create_topic(Name="topic")["TopicArn"] for name in ("one", "two")}
    queue = f"arn:aws:sqs:us-west-2:{A}:queue"

    for door in ("one", "two"):
        sns = client("sns", "two", door)
        own = sns.subscribe(TopicArn=topic["two"], Protocol="sqs", Endpoint=queue)["SubscriptionArn"]
        assert own.startswith(topic["two"])
        with pytest.raises(sns.exceptions.ClientError, match="AuthorizationError"):
            sns.subscribe(TopicArn=topic["one"], Protocol="sqs", Endpoint=queue.replace(A, B))
    assert client("sns", "one").list_subscriptions()["Subscriptions"] == []


def test_a_rule_belongs_to_its_bus_whoever_its_targets_are(client):
    bus = f"arn:aws:events:us-west-2:{A}:event-bus/default"
    targets = [{"Id": "t", "Arn": f"arn:aws:sqs:us-west-2:{A}:queue"}]

    for door in ("one", "two"):
        events = client("events", "two", door)
        events.put_rule(Name="rule", ScheduleExpression="rate(1 day)")
        assert events.put_targets(Rule="rule", Targets=targets)["FailedEntryCount"] == 0
        with pytest.raises(events.exceptions.ClientError, match="AccessDenied"):
            events.put_rule(Name="rule", EventBusName=bus, EventPattern='{"source": ["x"]}')
        with pytest.raises(events.exceptions.ClientError, match="AccessDenied"):
            events.put_targets(Rule="rule", EventBusName=bus, Targets=targets)
    assert client("events", "one").list_rules()["Rules"] == []


# forged and replayed messages


def test_a_message_of_the_peer_port_is_nothing_on_the_public_port(accounts, key, role):
    one = accounts["one"]
    request = signed(one["endpoint_url"], assume(role), accounts["two"])
    message = forward(request, B, A)

    assert send(one["endpoint_url"], request).status == 200
    port = int(one["endpoint_url"].rpartition(":")[2])
    for path in ("/peer", "//peer", "/"):
        assert send(
            one["endpoint_url"], Request("POST", path, (("Host", f"127.0.0.1:{port}"),), seal(key, message))
        ).status in {400, 403}
    headers = [("x-harness-forwarded", json.dumps({"door": B, "client_address": "10.0.0.1"})), ("harness.forwarded", "1"), ("x-harness-internal", key.hex())]  # fmt: skip
    for header in headers:
        unsigned = request.changed("Authorization", None)
        assert send(one["endpoint_url"], replace(unsigned, headers=(*unsigned.headers, header))).status == 403


OWN_PORT = "one"
# A forward that was recorded, sent once more: how it is changed, and where it goes.
REPLAYS = {
    "the same again": (seal, OWN_PORT),
    "to another instance": (seal, "two"),
    "31 seconds later": (lambda key, message: seal(key, replace(message, nonce="late", time=time.time() - 31)), OWN_PORT),
    # By more than the second that a busy machine may take to read it: its time comes nearer meanwhile.
    "a minute early": (lambda key, message: seal(key, replace(message, nonce="early", time=time.time() + 60)), OWN_PORT),
    "with another body": (lambda key, message: seal(key, message)[:-1] + b"x", OWN_PORT),
    "with another head": (lambda key, message: seal(key, message).replace(b"POST", b"PUT ", 1), OWN_PORT),
    "with another nonce": (lambda key, message: seal(key, message).replace(message.nonce.encode(), b"0" * 32), OWN_PORT),
    "as an answer": (lambda key, message: seal(key, replace(message, kind="answer", nonce="answer")), OWN_PORT),
    "as another kind": (lambda key, message: seal(key, replace(message, kind="execute", nonce="kind")), OWN_PORT),
    "without its seal": (lambda key, message: seal(key, message).partition(b"\n")[2], OWN_PORT),
    "under another launch's key": (lambda key, message: seal(b"o" * 32, replace(message, nonce="other")), OWN_PORT),
}  # fmt: skip


@pytest.mark.parametrize("way", REPLAYS)
def test_a_recorded_forward_is_worth_nothing(accounts, record, key, role, way, sandbox):
    message = forward(signed(accounts["two"]["endpoint_url"], assume(role), accounts["two"]), B, A)
    question = seal(key, message)
    port = {name: account.peer_port for name, account in record.accounts.items()}
    change, place = REPLAYS[way]

    first = opened(key, say(port["one"], question), question, message)
    assert first.data["status"] == 200

    assert say(port[place], change(key, message)) == b""


def changed_body(request):
    return replace(request, body=request.body.replace(b"session", b"forgery"))


def changed_target(request):
    return replace(request, target="/?Action=GetSessionToken")


def changed_header(request):
    return request.changed("Content-Type", "application/json")


def changed_scope(request):
    return request.changed("Authorization", request.value("Authorization").replace("us-west-2", "us-east-1"))


def changed_key(request):
    return request.changed(
        "Authorization", request.value("Authorization").replace("Credential=AKIA", "Credential=ASIA")
    )


def unsigned(request):
    return request.changed("Authorization", None)


@pytest.mark.parametrize("change", [changed_body, changed_target, changed_header, changed_scope, changed_key, unsigned], ids=lambda change: change.__name__)  # fmt: skip
def test_a_door_cannot_change_what_was_signed(accounts, record, key, role, change):
    """A door that has the launch key (it is an instance itself) and forges what its client sent."""
    request = signed(accounts["two"]["endpoint_url"], assume(role), accounts["two"])

    def through_the_peer_port(request):
        message = forward(request, B, A)
        question = seal(key, message)
        return opened(key, say(record.accounts["one"].peer_port, question), question, message)

    assert through_the_peer_port(request).data["status"] == 200
    answer = through_the_peer_port(change(request))
    assert not isinstance(answer, Refused)
    assert answer.data["status"] in {400, 403}
    assert b"SecretAccessKey" not in answer.blob


def test_a_request_is_not_forwarded_twice(accounts, record, key, sandbox):
    """What belongs to B is not handed on by A, though B signed it."""
    request = signed(accounts["one"]["endpoint_url"], CALLS["sts"], accounts["two"])
    message = forward(request, B, A)
    question = seal(key, message)

    answer = opened(key, say(record.accounts["one"].peer_port, question), question, message)

    assert send(accounts["one"]["endpoint_url"], request).status == 200
    assert answer.data["status"] == 500
    assert b"misrouted" in answer.blob


def test_what_finds_no_one_account_is_refused_and_has_its_line(client, journals):
    tables = [f"arn:aws:dynamodb:us-west-2:{account}:table/t" for account in (A, B)]
    dynamodb = client("dynamodb", "one")

    with pytest.raises(dynamodb.exceptions.ClientError, match=f"several accounts \\({A}, {B}\\)") as caught:
        dynamodb.batch_get_item(RequestItems={table: {"Keys": [{"id": {"S": "1"}}]} for table in tables})

    (line,) = journals.lines(request_id=caught.value.response["ResponseMetadata"]["RequestId"])
    assert (line["kind"], line["error"]["code"]) == ("validation", "ValidationException")


# what counts, and when


def test_200_rounds_of_change_count_at_the_same_call_through_every_door(accounts, client, role):
    iam = client("iam", "two")
    iam.create_user(UserName="changing")
    made = iam.create_access_key(UserName="changing")["AccessKey"]
    user = keys_of(made)
    deployer, home = accounts["two"], accounts["two"]["endpoint_url"]
    put = query("iam", "PutUserPolicy", "2010-05-08", "us-east-1", UserName="changing", PolicyName="p", PolicyDocument=policy("sts:AssumeRole"))  # fmt: skip
    delete = query("iam", "DeleteUserPolicy", "2010-05-08", "us-east-1", UserName="changing", PolicyName="p")

    for turn in range(200):
        door = accounts[("one", "two")[turn % 2]]["endpoint_url"]
        assert send(home, signed(home, put, deployer)).status == 200
        assert send(door, signed(door, assume(role), user)).status == 200
        assert send(home, signed(home, delete, deployer)).status == 200
        assert send(door, signed(door, assume(role), user)).status == 403


@contextlib.contextmanager
def stopped(sandbox, account):
    """The account's process, standing still."""
    port = int(account["endpoint_url"].rpartition(":")[2])
    process = next(
        process
        for process in sandbox.children()
        if any(c.laddr.port == port for c in process.net_connections() if c.status == psutil.CONN_LISTEN)
    )
    process.suspend()
    try:
        yield
    finally:
        process.resume()


# What A's instance asks B's for -> the call at A's door that needs it.
NEEDS_B = {
    "vouch": (CALLS["sts"], "two"),
    "vouch of a json service": (CALLS["dynamodb"], "two"),
    "vouch of s3": (CALLS["s3"], "two"),
    "forward": (target("dynamodb", "DynamoDB_20120810.DescribeTable", TableName=f"arn:aws:dynamodb:us-west-2:{B}:table/t"), "one"),
    "forward of sqs": (target("sqs", "AmazonSQS.ReceiveMessage", QueueUrl=f"http://localhost/{B}/q"), "one"),
    "whose api": (Call("execute-api", "GET", "/_aws/execute-api/nosuchapi1/prod/x"), "one"),
    "resolve": (query("iam", "CreateRole", "2010-05-08", "us-east-1", RoleName="x", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{B}:role/known")), "one"),
}  # fmt: skip


def test_a_stopped_peer_is_a_503_by_name_for_every_kind_of_call(accounts, sandbox, client):
    door = accounts["one"]["endpoint_url"]
    client("iam", "two").create_role(RoleName="known", AssumeRolePolicyDocument=trust(B))

    def call(name):
        wanted, signer = NEEDS_B[name]
        return send(door, signed(door, wanted, accounts[signer]))

    with stopped(sandbox, accounts["two"]), ThreadPoolExecutor(len(NEEDS_B)) as pool:
        began = time.monotonic()
        refused = dict(zip(NEEDS_B, pool.map(call, NEEDS_B), strict=True))
        took = time.monotonic() - began
        assert send(door, signed(door, CALLS["sts"], accounts["one"])).status == 200

    assert {name: answer.status for name, answer in refused.items()} == dict.fromkeys(NEEDS_B, 503)
    assert all(f"account {B} does not answer" in answer.text for answer in refused.values())
    assert took < 8
    # Nothing was saved, and everything works again.
    assert call("resolve").status == 200
    assert {name: call(name).status for name in ("vouch", "vouch of s3")} == {"vouch": 200, "vouch of s3": 200}


def test_1000_slow_calls_both_ways_at_once_end(accounts, client):
    """Long polls of each other's queues: each holds a thread at its door and one at its owner, for as long as it polls."""
    urls = {}
    for name, other in (("one", B), ("two", A)):
        sqs = client("sqs", name)
        urls[name] = sqs.create_queue(QueueName="slow")["QueueUrl"]
        statement = {"Effect": "Allow", "Principal": {"AWS": other}, "Action": "sqs:*", "Resource": "*"}
        sqs.set_queue_attributes(QueueUrl=urls[name], Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})  # fmt: skip

    def poll(turn):
        caller, owner = (("one", "two"), ("two", "one"))[turn % 2]
        door = accounts[caller]["endpoint_url"]
        wanted = target("sqs", "AmazonSQS.ReceiveMessage", QueueUrl=urls[owner], WaitTimeSeconds=2)
        return send(door, signed(door, wanted, accounts[caller]), timeout=60).status

    assert poll(0) == poll(1) == 200
    with ThreadPoolExecutor(1000) as pool:
        statuses = Counter(pool.map(poll, range(1000)))

    # A machine that is busy otherwise may be too slow for a peer's patience; what must not be is that one waits for ever.
    assert statuses.keys() <= {200, 503}
    assert statuses[200] > statuses[503]
    assert poll(0) == poll(1) == 200


def test_what_a_stranger_says_on_the_peer_port_is_journalled_without_its_words(record, sandbox):
    assert say(record.accounts["one"].peer_port, b"a-secret-of-the-strangers") == b""

    journal = [json.loads(line) for line in sandbox.run("journal", "--json").stdout.splitlines()]
    assert {line["detail"] for line in journal if line["kind"] == "peer"} >= {"no valid seal"}
    assert "a-secret-of-the-strangers" not in json.dumps(journal)
