"""Hostile requests, derived from valid ones by mutation: nothing gets in, nothing crashes, the instance still answers.

Bounded and seeded: the same seed sends the same mutations. The oracle is a second, slow reading of what was signed: an answer of
2xx is right only for a request that says, signed header by signed header, what its signer said.
"""

import collections
import json
import random
import socket
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import boto3
import pytest
from mutations import MUTATIONS, transports
from raw import CALLS, Call, Request, policy, presigned, query, send, signed, target

ITEM = {"k": {"S": "key"}, "v": {"S": "value"}}
# Everything that a valid request of the fuzz changes is changed once before it, so that afterwards nothing may have changed.
VALID = {
    **CALLS,
    "CreateUser": query("iam", "CreateUser", "2010-05-08", "us-east-1", UserName="fuzz"),
    "PutItem": target("dynamodb", "DynamoDB_20120810.PutItem", TableName="fuzz", Item=ITEM),
    "PutObject": Call("s3", "PUT", "/fuzz/key%20of/object", b"value of key"),
    "GetObject": Call("s3", "GET", "/fuzz/key%20of/object?x-id=GetObject"),
    "CreateQueue": target("sqs", "AmazonSQS.CreateQueue", QueueName="fuzz"),
    "CreateTopic": query("sns", "CreateTopic", "2010-03-31", Name="fuzz"),
}
PRESIGNED = ("sts", "iam", "GetObject", "lambda", "CreateUser")
WORKERS = 6


@dataclass(frozen=True)
class Sent:
    """One hostile request and what came back."""

    valid: Request
    hostile: Request
    powerless: bool
    name: str
    answer: bytes

    @property
    def status(self):
        return int(self.answer[9:12]) if self.answer.startswith(b"HTTP/1.1 ") else 0

    @property
    def request_id(self):
        _, found, rest = self.answer.lower().partition(b"x-amzn-requestid: ")
        return rest.partition(b"\r\n")[0].decode() if found else None


def wire(place, data):
    """What comes back until the server closes; nothing where it only closes."""
    answer = b""
    try:
        with socket.create_connection(place, timeout=30) as connection:
            connection.sendall(data)
            while part := connection.recv(65536):
                answer += part
    except TimeoutError:
        return answer or b"no answer to " + data
    except ConnectionError:
        return answer
    return answer


def meaning(request, signed_headers):
    """What a request says to a service: method, path, parameters, and the headers that its signature covers."""
    path, _, text = request.target.partition("?")
    parameters = sorted(tuple(part.partition("=")[::2]) for part in text.split("&") if part)
    decoded = [(urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(value)) for name, value in parameters]
    headers = {
        name: [" ".join(value.split()) for key, value in request.headers if key.lower() == name]
        for name in signed_headers
    }
    # S3's presigned URLs sign no body: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    body = None if "/s3/aws4_request" in urllib.parse.unquote(request.target) else request.body
    return request.method, path, sorted(decoded), headers, body


def signed_headers_of(request):
    found = urllib.parse.unquote(
        next((value for name, value in request.headers if name.lower() == "authorization"), request.target)
    )
    return found.partition("SignedHeaders=")[2].partition(",")[0].partition("&")[0].split(";")


def got_in(sent):
    """Whether a request was answered that was not, in what it says, the one that was signed, or that was not allowed."""
    if not 200 <= sent.status < 300:
        return False
    if sent.powerless and sent.name != "sts":
        return True
    names = signed_headers_of(sent.valid)
    return meaning(sent.valid, names) != meaning(sent.hostile, names)


@pytest.fixture(scope="module")
def clients(accounts):
    def make(service, name="one", **keys):
        account = accounts[name]
        own = keys or {key: account[key] for key in ("aws_access_key_id", "aws_secret_access_key")}
        return boto3.client(service, endpoint_url=account["endpoint_url"], region_name="us-west-2", **own)

    return make


@pytest.fixture(scope="module")
def powerless(clients):
    """A user whom nothing is allowed."""
    iam = clients("iam")
    iam.create_user(UserName="powerless")
    iam.put_user_policy(UserName="powerless", PolicyName="no", PolicyDocument=policy("*", effect="Deny"))
    key = iam.create_access_key(UserName="powerless")["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


@pytest.fixture(scope="module")
def state(accounts, clients, powerless):
    """A function that reads everything that the requests could change, after they were all sent once as they are."""
    dynamodb, s3 = clients("dynamodb"), clients("s3")
    dynamodb.create_table(TableName="fuzz", KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}], AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}], BillingMode="PAY_PER_REQUEST")  # fmt: skip
    s3.create_bucket(Bucket="fuzz", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    url = accounts["one"]["endpoint_url"]
    assert {
        name: send(url, signed(url, call, accounts["one"])).status for name, call in VALID.items()
    } == dict.fromkeys(VALID, 200)

    def read():
        return {
            name: (
                sorted(user["UserName"] for user in clients("iam", name).list_users()["Users"]),
                sorted(role["RoleName"] for role in clients("iam", name).list_roles()["Roles"]),
                sorted(clients("dynamodb", name).list_tables()["TableNames"]),
                sorted(bucket["Name"] for bucket in clients("s3", name).list_buckets()["Buckets"]),
                sorted(clients("sqs", name).list_queues().get("QueueUrls", [])),
                sorted(topic["TopicArn"] for topic in clients("sns", name).list_topics()["Topics"]),
                clients("lambda", name).list_functions()["Functions"],
                dynamodb.scan(TableName="fuzz")["Items"],
                [(entry["Key"], entry["ETag"]) for entry in s3.list_objects_v2(Bucket="fuzz").get("Contents", [])],
                s3.get_bucket_acl(Bucket="fuzz")["Grants"],
                sorted(clients("iam", "one").list_user_policies(UserName="powerless")["PolicyNames"]),
            )
            for name in accounts
        }

    return read


def hostile(number, seed, accounts, powerless):
    """The request of that number: which valid one it comes from, and the bytes."""
    rng = random.Random(f"{seed}/{number}")  # noqa: S311 - a seeded search is no secret
    name, weak = rng.choice(list(VALID)), rng.random() < 0.25
    url = accounts[rng.choice(("one", "two"))]["endpoint_url"]
    keys = powerless if weak else accounts["one"]
    make = presigned if name in PRESIGNED and rng.random() < 0.2 else signed
    valid = make(url, VALID[name], keys, **({"expires": 600} if make is presigned else {}))
    changed = valid
    for _ in range(rng.randint(1, 3)):
        changed = rng.choice(MUTATIONS)(rng, changed) if changed.headers else valid
    place = urllib.parse.urlsplit(url)
    return valid, changed, weak, name, (place.hostname, place.port), transports(rng, changed)


@pytest.mark.timeout(900)
def test_no_hostile_request_gets_in_and_nothing_crashes(request, accounts, powerless, state, sandbox, capsys):
    count, seed = request.config.getoption("--requests"), request.config.getoption("--seed")
    before, processes = state(), {process.pid for process in sandbox.children()}

    def attack(number):
        valid, changed, weak, name, place, data = hostile(number, seed, accounts, powerless)
        return Sent(valid, changed, weak, name, wire(place, data))

    began = time.monotonic()
    with ThreadPoolExecutor(WORKERS) as pool:
        sent = list(pool.map(attack, range(count)))
    took = time.monotonic() - began
    lines = [json.loads(line) for line in sandbox.run("journal", "--json").stdout.splitlines()]
    assert [one.answer for one in sent if one.answer.startswith(b"no answer")] == []
    report(capsys, sent, took, lines)

    assert [one for one in sent if got_in(one)] == []
    journalled = {line.get("request_id") for line in lines}
    assert [one for one in sent if one.status >= 400 and one.request_id and one.request_id not in journalled] == []
    assert [one for one in sent if one.status >= 500] == []
    assert state() == before
    assert {process.pid for process in sandbox.children()} == processes
    assert took < 180
    logs = "".join(path.read_text(errors="replace") for path in (sandbox.folder.parent / "state").rglob("instance.log"))
    assert "Traceback" not in logs
    assert "Unhandled" not in logs


def report(capsys, sent, took, lines):
    """The rate and the counts per outcome."""
    statuses = collections.Counter(one.status or "closed without an answer" for one in sent)
    reasons = collections.Counter(line.get("reason") or line["kind"] for line in lines if line["decision"] == "refused")
    with capsys.disabled():
        print(f"\n{len(sent)} hostile requests in {took:.1f} s: {len(sent) / took:.0f} a second")  # noqa: T201
        for title, counts in (("answers", statuses), ("refusals in the journal", reasons)):
            print(f"{title}: " + ", ".join(f"{what} {number}" for what, number in counts.most_common()))  # noqa: T201
