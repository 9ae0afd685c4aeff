"""Whatever breaks, the answer is a no that names what broke: handlers, journals, peers, the gate itself."""

import contextlib
import hashlib
import json
import resource
import secrets
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import psutil
import pytest
from aws import keys_of, whole_lines
from lonely import lonely
from raw import CALLS, Call, policy, query, send, signed, target, trust
from sealed import FakePeer

from harness.errors import ToolFailed
from harness.sigv4.key_id import new_key_id
from harness.wire import Message, frame, open_answer, read_frame, seal

A, B = "111111111111", "222222222222"
EVERYTHING = policy("*")


def start(instance):
    return instance.start(lambda _line: None)


def journal_of(instance):
    return whole_lines(instance.folder.account("one").journal)


def keys(record):
    deployer = record.accounts["one"].deployer
    return {"aws_access_key_id": deployer.key_id, "aws_secret_access_key": deployer.secret}


# the gate itself: the driver finds out before any test runs

BROKEN_GATES = {
    "not installed": [("gateway/plugin.py", "    gate.install()\n", "")],
    "not first": [("gateway/plugin.py", "chain.insert(0, self.authenticate)", "chain.insert(1, self.authenticate)")],
    "without its second half": [("gateway/plugin.py", "        chain.insert(chain.index(handlers.parse_service_request) + 1, self.authorize)\n", "")],
    "believing every signature": [("sigv4/verify.py", "if not hmac.compare_digest(expected, claim.signature):", "if not expected:")],
    "allowing everything": [("gateway/authorize.py", "        elif judgement.denied is not None:", "        elif judgement is None:")],
    "failing to import": [("gateway/authorize.py", "from harness.gateway import checks,", "from harness.gateway import missing, checks,")],
}  # fmt: skip


def test_a_broken_gate_is_found_by_the_drivers_proof(tmp_path):
    def outcome(name):
        instance = lonely(tmp_path / name.replace(" ", "-"), BROKEN_GATES[name])
        try:
            start(instance)
        except ToolFailed as refused:
            return str(refused)
        instance.stop()
        return "proven"

    with ThreadPoolExecutor(3) as pool:
        said = dict(zip(BROKEN_GATES, pool.map(outcome, BROKEN_GATES), strict=True))

    assert "'gate': 'missing'" in said["not installed"]
    assert "'gate': 'missing'" in said["not first"]
    assert "'gate': 'missing'" in said["without its second half"]
    assert "a forged signature was not refused: the gate is not in force" in said["believing every signature"]
    assert (
        "a call that the session's own policy denies was not refused: the gate is not in force"
        in said["allowing everything"]
    )
    assert "ended with status 1" in said["failing to import"]


# handlers that raise

RAISE = "KeyError('-'.join(['words', 'of', 'the', 'request']))"
RAISING = [
    ("gateway/verdicts.py", "        made, verdicts, denied = self._decided(", f"        if operation.name == 'ListTables':\n            raise {RAISE}\n        if operation.name == 'ListInstanceProfiles':\n            raise NotImplementedError\n        made, verdicts, denied = self._decided("),
    ("gateway/iam/iam_state.py", "    def policies_of(self, entity: Role | User) -> PolicySet:\n", f"    def policies_of(self, entity):\n        if entity.name == 'unreadable':\n            raise {RAISE}\n        return self._policies_of(entity)\n\n    def _policies_of(self, entity: Role | User) -> PolicySet:\n"),
    ("gateway/policies/storing.py", "        refusal = REFUSALS.get(operation.service, OF_IAM)\n", f"        if operation.name == 'CreateGroup':\n            raise {RAISE}\n        refusal = REFUSALS.get(operation.service, OF_IAM)\n"),
]  # fmt: skip


@pytest.fixture(scope="module")
def raising(tmp_path_factory):
    instance = lonely(tmp_path_factory.mktemp("raising"), RAISING)
    yield instance, start(instance)
    instance.stop()


def test_a_handler_that_raises_executes_nothing_and_is_journalled(raising):
    instance, record = raising
    url = record.accounts["one"].endpoint_url
    iam = boto3.client("iam", endpoint_url=url, region_name="us-west-2", **keys(record))
    iam.create_user(UserName="unreadable")
    made = iam.create_access_key(UserName="unreadable")["AccessKey"]
    unreadable = keys_of(made)
    create = query("iam", "CreateGroup", "2010-05-08", "us-east-1", GroupName="g")

    assert send(url, signed(url, CALLS["sns"], keys(record))).status == 200
    answers = [
        send(url, signed(url, CALLS["dynamodb"], keys(record))),
        send(url, signed(url, create, keys(record))),
        send(url, signed(url, CALLS["sts"], unreadable)),
        send(url, signed(url, query("iam", "ListInstanceProfiles", "2010-05-08", "us-east-1"), keys(record))),
    ]

    assert [answer.status for answer in answers] == [500, 500, 500, 500]
    raised = ["KeyError", "KeyError", "KeyError", "NotImplementedError"]  # a service may mean the last, the gate never
    for answer, exception in zip(answers, raised, strict=True):
        assert f"the gate failed: {exception} in harness.gateway." in answer.text
    assert iam.list_groups()["Groups"] == []
    failures = [line for line in journal_of(instance) if line["kind"] == "failure"]
    assert [line["request_id"] for line in failures] == [answer.headers["x-amzn-requestid"] for answer in answers]
    written = "".join(answer.text for answer in answers) + json.dumps(failures)
    assert "words-of-the-request" not in written + instance.folder.account("one").log.read_text()


def test_a_journal_that_cannot_be_written_stops_every_request_until_it_can(raising):
    instance, record = raising
    url = record.accounts["one"].endpoint_url
    process = psutil.Process(instance.instances[0].process.pid)
    iam = boto3.client("iam", endpoint_url=url, region_name="us-west-2", **keys(record))
    request = [query("iam", "CreateUser", "2010-05-08", "us-east-1", UserName="unwritten"), CALLS["sns"]]
    limit = process.rlimit(resource.RLIMIT_FSIZE)

    process.rlimit(resource.RLIMIT_FSIZE, (1, limit[1]))
    try:
        refused = [send(url, signed(url, call, keys(record))) for call in request]
        forged = send(url, signed(url, CALLS["sts"], keys(record)).changed("Authorization", None))
    finally:
        process.rlimit(resource.RLIMIT_FSIZE, limit)

    assert [answer.status for answer in (*refused, forged)] == [503, 503, 503]
    assert all(
        "the journal cannot be written, and nothing is done without it" in answer.text for answer in (*refused, forged)
    )
    assert "unwritten" not in [user["UserName"] for user in iam.list_users()["Users"]]
    assert send(url, signed(url, request[0], keys(record))).status == 200
    assert journal_of(instance)[-1]["operation"] == "CreateUser"


# peers that lie, and peers that talk nonsense

KEY_ID = new_key_id("AKIA", B, b"12345678")
CALLER = {"kind": "user", "account_id": B, "arn": f"arn:aws:iam::{B}:user/u", "unique_id": "AIDAAAAAAAAAAAAAAAAAA", "user_name": "u", "role_arn": None, "session_name": None, "user_arn": f"arn:aws:iam::{B}:user/u", "principal_tags": {}, "session": None, "place": None}  # fmt: skip
POLICIES = {"identity": [{"name": "all", "digest": hashlib.sha256(EVERYTHING.encode()).hexdigest()}], "boundary": None, "session": None, "service_control": []}  # fmt: skip
VOUCH = {"home": B, "revision": 1, "caller": CALLER, "policies": POLICIES, "key_id": KEY_ID, "region": "us-west-2", "service": "sts"}  # fmt: skip


def vouching(**changes):
    return lambda message: (
        {"documents": dict.fromkeys(message.data["digests"], EVERYTHING)}
        if message.kind == "documents"
        else {"vouch": {**VOUCH, **changes}}
    )


def as_caller(**changes):
    return vouching(caller={**CALLER, **changes})


ROLE = {"kind": "role-session", "arn": f"arn:aws:sts::{B}:assumed-role/r/s", "unique_id": "AROAAAAAAAAAAAAAAAAAA", "session_name": "s", "user_name": None, "user_arn": None}  # fmt: skip
# What the peer says -> what the refusal says of it.
LIES = {
    "another home": (vouching(home=A), "it spoke for another account"),
    "another account's principal": (as_caller(account_id=A, arn=f"arn:aws:iam::{A}:root", kind="root", unique_id=A), "it spoke for another account"),
    "another account's ARN": (as_caller(arn=f"arn:aws:iam::{A}:user/deployer"), "it spoke for another account's principal"),
    "another account's user": (as_caller(user_arn=f"arn:aws:iam::{A}:user/deployer"), "it spoke for another account's principal"),
    "another account's role": (as_caller(**ROLE, role_arn=f"arn:aws:iam::{A}:role/admin"), "it spoke for another account's principal"),
    "no ARN": (as_caller(arn="root"), "it spoke for another account's principal"),
    "another account's root id": (as_caller(kind="root", arn=f"arn:aws:iam::{B}:root", unique_id=A), "it spoke for an id that its principals cannot have"),
    "a role's id for a user": (as_caller(unique_id="AROAAAAAAAAAAAAAAAAAA"), "it spoke for an id that its principals cannot have"),
    "another account's key": (vouching(key_id=new_key_id("AKIA", A, b"12345678")), "it spoke for another account's key"),
    "another key": (vouching(key_id=new_key_id("AKIA", B, b"abcdefgh")), "it spoke of another signature"),
    "another service": (vouching(service="iam"), "it spoke of another signature"),
    "another region": (vouching(region="us-east-1"), "it spoke of another signature"),
    "a policy it does not hold": (lambda message: {"documents": {}} if message.kind == "documents" else {"vouch": {**VOUCH, "policies": {**POLICIES, "identity": [{"name": "other", "digest": "0" * 64}]}}}, "it does not hold the policy `other` that it named"),
    "another policy than it named": (lambda message: {"documents": {"1" * 64: EVERYTHING}} if message.kind == "documents" else {"vouch": {**VOUCH, "policies": {**POLICIES, "identity": [{"name": "other", "digest": "1" * 64}]}}}, "it does not hold the policy `other` that it named"),
    "a kind that is none": (as_caller(kind="god"), "its answer makes no sense"),
    "a statement without a caller": (lambda _message: {"vouch": {"home": B}}, "its answer makes no sense"),
    "a statement that is a text": (lambda _message: {"vouch": "yes"}, "its answer makes no sense"),
    "a reason that is none": (lambda _message: {"rejected": "because", "detail": ""}, "its answer makes no sense"),
    "nothing": (lambda _message: {}, "its answer makes no sense"),
    "a verdict": (lambda _message: {"allowed": True}, "its answer makes no sense"),
    "without a seal": (lambda _message: json.dumps({"vouch": VOUCH}).encode(), "no valid seal"),
    "no bytes": (lambda _message: b"", "no valid seal"),
    "an answer of another's": (lambda message: seal(fake_key(), message), "the seal names another receiver"),
}  # fmt: skip
_KEYS = []


def fake_key():
    return _KEYS[-1]


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """An instance that waits five seconds for a connection's first question."""
    edit = ("gateway/peering/peers.py", "FIRST_QUESTION = MAX_AGE", "FIRST_QUESTION = 5.0")
    instance = lonely(tmp_path_factory.mktemp("impatient"), [edit])
    yield instance, start(instance)
    instance.stop()


def test_whoever_brings_no_question_makes_room_on_the_peer_port(impatient):
    instance, record = impatient
    key = bytes.fromhex(record.launch_key)

    def connection():
        return contextlib.closing(socket.create_connection(("127.0.0.1", record.accounts["one"].peer_port), 20))

    def ask(to, blob=b""):
        message = Message("hello", B, A, secrets.token_hex(16), time.time(), "request", blob=blob)
        question = seal(key, message)
        to.sendall(frame(question))
        answered = open_answer(key, read_frame(to.recv), question=question, sender=A, receiver=B)
        return isinstance(answered, Message)

    with connection() as peer, connection() as silent, connection() as slow, connection() as unsealed:
        assert ask(peer)
        slow.sendall(frame(b"x" * 100)[:50])
        unsealed.sendall(frame(b"no question"))
        assert read_frame(unsealed.recv) == b""
        for stranger in (silent, slow, unsealed):
            with contextlib.suppress(ConnectionResetError):
                assert stranger.recv(1) == b""
        assert ask(peer)

    long = bytes(256 * 1024)  # and the head: longer than gateway/peering/peers.py's LONGEST_FIRST
    with connection() as peer:
        assert ask(peer)
        assert ask(peer, long)
        # Only now: a connection's five seconds run from its beginning.
        with connection() as stranger, contextlib.suppress(ConnectionError):
            stranger.sendall(frame(long + b"x"))
            assert stranger.recv(1) == b""
    refused = [line["detail"] for line in journal_of(instance) if line["kind"] == "peer"]
    assert refused.count("a connection brought no question in time") == 3
    assert [line for line in refused if "longer than any may be" in line]


@pytest.fixture(scope="module")
def faked(tmp_path_factory):
    peer = FakePeer(B)
    with peer.serving():
        instance = lonely(tmp_path_factory.mktemp("faked"), peer_port=peer.port)
        with contextlib.closing(contextlib.ExitStack()) as stack:
            record = start(instance)
            stack.callback(instance.stop)
            peer.key = bytes.fromhex(record.launch_key)
            _KEYS.append(peer.key)
            url = record.accounts["one"].endpoint_url
            iam = boto3.client("iam", endpoint_url=url, region_name="us-west-2", **keys(record))
            iam.create_role(RoleName="open", AssumeRolePolicyDocument=trust(B))
            yield peer, instance, url


ASSUME = query("sts", "AssumeRole", "2011-06-15", RoleArn=f"arn:aws:iam::{A}:role/open", RoleSessionName="session")


@pytest.mark.parametrize("lie", LIES)
def test_a_peer_that_speaks_for_others_or_nonsense_is_refused_by_name(faked, lie):
    peer, instance, url = faked
    request = signed(url, ASSUME, {"aws_access_key_id": KEY_ID, "aws_secret_access_key": "any"})

    peer.say = vouching()
    assert send(url, request).status == 200
    peer.say, said = LIES[lie]
    answer = send(url, request)

    assert (answer.status, answer.code) == (503, "ServiceUnavailable")
    assert f"account {B} does not answer: {said}" in answer.text
    assert journal_of(instance)[-1]["kind"] == "peer"


@pytest.mark.parametrize("said", [{}, {"status": "200", "headers": []}, {"status": 200}, b"nonsense"], ids=str)
def test_a_forward_that_comes_back_as_nonsense_is_refused_by_name(faked, said):
    peer, _, url = faked
    forwarded = target(
        "dynamodb", "DynamoDB_20120810.DescribeTable", TableName=f"arn:aws:dynamodb:us-west-2:{B}:table/t"
    )
    own = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": "any"}

    def say(answer):
        return lambda message: answer if message.kind == "forward" else {"vouch": {**VOUCH, "service": "dynamodb"}}

    peer.say = say({"status": 200, "headers": []})
    assert send(url, signed(url, forwarded, own)).status == 200
    peer.say = say(said)

    assert send(url, signed(url, forwarded, own)).status == 503


def test_an_s3_call_fails_closed_too(faked):
    peer, _, url = faked
    peer.say = lambda _message: b""

    answer = send(
        url, signed(url, Call("s3", "GET", "/"), {"aws_access_key_id": KEY_ID, "aws_secret_access_key": "any"})
    )

    assert (answer.status, answer.code) == (503, "ServiceUnavailable")
