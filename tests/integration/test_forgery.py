"""Forged and smuggled requests, each beside the legitimate request that it imitates.

Three tables: what LocalStack serves without its service parser, how a request can mean one thing to the gate and another to the
service, and what a path can hide. What they establish: nothing of it is served, and the instance still answers.
"""

import contextlib
import itertools
import json
import socket
import urllib.parse
from dataclasses import replace

import boto3
import psutil
import pytest
from raw import CALLS, Call, Request, query, record_of, send, signed

IDENTITY = CALLS["sts"]

# What LocalStack serves by other handlers than its services': method, path, host, and what the gate says to nobody and to a
# client that signs the very request.
OWN = "a page of LocalStack's own, which the gate keeps shut"
ROUTES = [
    ("GET", "/_localstack/health", None),
    ("POST", "/_localstack/health", None),
    ("GET", "/_localstack/info", None),
    ("GET", "/_localstack/init", None),
    ("GET", "/_localstack/init/READY", None),
    ("GET", "/_localstack/plugins", None),
    ("GET", "/_localstack/usage", None),
    ("GET", "/_localstack/diagnose", None),
    ("GET", "/_localstack/config", None),
    ("POST", "/_localstack/config", None),
    ("POST", "/_localstack/state/reset", None),
    ("GET", "/_localstack/swagger", None),
    ("GET", "/_localstack/cloudformation/deploy", None),
    ("GET", "/_localstack/aws/cloudformation/stacks", None),
    ("GET", "/_localstack_lambda/x/status/y/ready", None),
    ("POST", "/_localstack_lambda/x/invocations/y/response", None),
    ("POST", "/_localstack_lambda/x/invocations/y/error", None),
    ("GET", "/_aws/sqs/messages?QueueUrl=http://localhost/111111111111/q", None),
    ("GET", "/_aws/sqs/messages/us-west-2/111111111111/q", None),
    ("GET", "/_aws/ses", None),
    ("GET", "/_aws/sns/platform-endpoint-messages", None),
    ("GET", "/_aws/sns/sms-messages", None),
    ("GET", "/_aws/sns/subscription-tokens/x", None),
    ("GET", "/_aws/sns/SimpleNotificationService-6c6f63616c737461636b69736e696365.pem", None),
    ("DELETE", "/_aws/dynamodb/expired", None),
    ("GET", "/_aws/lambda/runtimes", None),
    ("GET", "/_aws/lambda/init", None),
    ("GET", "/_aws/events/rules/arn:aws:events:us-west-2:111111111111:rule/r/trigger", None),
    ("GET", "/_aws/cloudwatch/metrics/raw", None),
    ("GET", "/_aws/execute-api/api/stage/path", None),
    ("GET", "/_extension/x", None),
    ("GET", "/_pods/x", None),
    ("GET", "/restapis/api/stage/_user_request_/path", None),
    ("GET", "/shell", None),
    ("GET", "/health", None),
    ("GET", "/", "api.execute-api.localhost.localstack.cloud"),
    ("GET", "/stage/path", "api.execute-api.us-west-2.amazonaws.com"),
    ("GET", "/", "function.lambda-url.us-west-2.localhost.localstack.cloud"),
    ("POST", "/", "function.lambda-url.us-west-2.on.aws"),
    ("GET", "/", "bucket.s3-website.localhost.localstack.cloud"),
    ("GET", "/", "domain.us-west-2.opensearch.localhost.localstack.cloud"),
    ("GET", "/111111111111/queue?Action=ReceiveMessage", None),
    ("GET", "/queue/us-west-2/111111111111/queue?Action=ReceiveMessage", None),
    ("GET", "/?Action=ReceiveMessage", "queue.localhost.localstack.cloud"),
    ("OPTIONS", "/", None),
    ("OPTIONS", "/bucket/key", None),
]


@pytest.fixture(scope="module")
def one(accounts):
    return accounts["one"]


@pytest.fixture(scope="module")
def url(one):
    return one["endpoint_url"]


@pytest.fixture(autouse=True)
def the_instance_still_answers(one, url):
    yield
    assert send(url, signed(url, IDENTITY, one)).status == 200


def wire(url, raw, timeout=60):
    """What comes back for these bytes until the server closes."""
    place = urllib.parse.urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout=timeout) as connection:
        # a server may stop reading, and then sending is refused
        with contextlib.suppress(ConnectionError):
            connection.sendall(raw)
        return b"".join(itertools.takewhile(bool, iter(lambda: receive(connection), None)))


def receive(connection):
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


def lines(request, *extra, body=None, close=True):
    """The request as bytes, with further headers."""
    head = "".join(f"{name}: {value}\r\n" for name, value in (*request.headers, *extra))
    end = "Connection: close\r\n\r\n" if close else "\r\n"
    text = f"{request.method} {request.target} HTTP/1.1\r\n{head}{end}"
    return text.encode("latin-1") + (request.body if body is None else body)


def length(body):
    return ("Content-Length", str(len(body)))


def chunked(body):
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def statuses(answer):
    return [int(part.split(b" ", 1)[0]) for part in answer.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(("method", "path", "host"), ROUTES, ids=str)
def test_what_localstack_serves_without_its_parser_is_served_to_nobody(one, url, method, path, host):
    netloc = urllib.parse.urlsplit(url).netloc
    unsigned = send(url, Request(method, path, (("Host", host or netloc),), b'{"action": "kill"}'))
    with_key = signed(f"http://{host or netloc}", Call("s3", method, path), one)

    # unsigned it is a page for nobody, or somebody's question for a bucket of that name, which is not there
    assert unsigned.status in {400, 403} or unsigned.code == "NoSuchBucket"
    assert unsigned.code in {
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "AccessDenied",
        "NoSuchBucket",
        "ForbiddenException",  # an API that is not there
    }
    answer = send(url, with_key)
    # signed for S3 it is the list of buckets, or a bucket of that name, which is not there
    if b"<ListAllMyBucketsResult" in answer.body:
        return
    assert answer.status in {400, 403, 404, 405}, answer.text
    assert answer.code in {"AccessDenied", "NoSuchBucket", "NoSuchKey", "InvalidBucketName", "MethodNotAllowed", "NoSuchWebsiteConfiguration", "AccessForbidden", "InvalidRequest", "BadRequest", "SignatureDoesNotMatch", "UnknownOperationException", "ForbiddenException"}  # fmt: skip


@pytest.mark.parametrize("turn", range(10))
def test_a_websocket_is_a_request_like_any_other(one, url, turn):
    upgrade = (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="))  # fmt: skip
    unsigned = Request("GET", "/", (("Host", "localhost"),))

    for request, status in (
        (unsigned, 403),
        (signed(url, Call("execute-api", "GET", "/"), one), 400),
        (signed(url, IDENTITY, one), 200),
    ):
        assert send(url, replace(request, headers=(*request.headers, *upgrade))).status == status


BODY = IDENTITY.body
OTHER = b"Action=GetSessionToken&Version=2011-06-15"
CHUNKED = ("Transfer-Encoding", "chunked")
# name -> what is sent instead of the signed request, and every status in the answer.
SMUGGLED = {
    "as it is": (lambda r: lines(r, length(BODY)), [200]),
    "in one chunk": (lambda r: lines(r, CHUNKED, body=chunked(BODY)), [200]),
    "with headers in other case": (lambda r: lines(replace(r, headers=tuple((n.upper(), v) for n, v in r.headers)), length(BODY)), [200]),
    "another body": (lambda r: lines(r, length(OTHER), body=OTHER), [403]),
    "another body in chunks": (lambda r: lines(r, CHUNKED, body=chunked(OTHER)), [403]),
    "a longer body": (lambda r: lines(r, length(BODY + b"&a=b"), body=BODY + b"&a=b"), [403]),
    "a length and chunks": (lambda r: lines(r, length(BODY), CHUNKED, body=chunked(OTHER)), [400]),
    "chunks and a length": (lambda r: lines(r, CHUNKED, length(OTHER), body=OTHER), [400]),
    "two lengths": (lambda r: lines(r, length(BODY), length(OTHER)), [400]),
    "a negative length": (lambda r: lines(r, ("Content-Length", "-1")), [400]),
    "an unknown transfer encoding": (lambda r: lines(r, ("Transfer-Encoding", "xchunked"), length(BODY)), [400]),
    "a chunk of no size": (lambda r: lines(r, CHUNKED, body=b"zz\r\n" + BODY), [400]),
    "a second request after a short length": (lambda r: lines(r, ("Content-Length", "0"), close=False) + b"\r\n\r\n", [403, 400]),
    "a second, unsigned request": (lambda r: lines(r, length(BODY), close=False) + lines(r.changed("Authorization", None), length(BODY)), [200, 403]),
    "a second, signed request": (lambda r: lines(r, length(BODY), close=False) + lines(r, length(BODY)), [200, 200]),
    "a name with a space": (lambda r: lines(r, ("x-localstack-data ", "{}"), length(BODY)), [400]),
    "a zero byte": (lambda r: lines(r, ("X-Note", "a\0b"), length(BODY)), [400]),
    "no version": (lambda r: b"GET /\r\n\r\n", [400]),
    "no HTTP": (lambda r: b"\x16\x03\x01\x02\x00\x01\r\n\r\n", [400]),
    "an absolute target": (lambda r: lines(replace(r, target="http://127.0.0.1/"), length(BODY)), [400]),
    "an absolute target of another host": (lambda r: lines(replace(r, target="http://169.254.169.254/latest/meta-data"), length(BODY)), [400]),
    "CONNECT": (lambda r: lines(replace(r, method="CONNECT", target="127.0.0.1:80"), length(BODY)), [400]),
    "no host": (lambda r: lines(r.changed("Host", None), length(BODY)), [403]),
    "another host": (lambda r: lines(r.changed("Host", "sts.amazonaws.com"), length(BODY)), [403]),
    "two hosts": (lambda r: lines(r, ("Host", "sts.amazonaws.com"), length(BODY)), [400]),
    "two authorizations": (lambda r: lines(r, ("authorization", r.value("Authorization")), length(BODY)), [400]),
    "a second credential in the query": (lambda r: lines(replace(r, target="/?X-Amz-Credential=AKIA&X-Amz-Signature=0"), length(BODY)), [400]),
    "a second date": (lambda r: lines(r, ("x-amz-date", "20200101T000000Z"), length(BODY)), [400]),
    "a token that was not signed": (lambda r: lines(r, ("X-Amz-Security-Token", "x"), length(BODY)), [403]),
    "a header that was not signed": (lambda r: lines(r, ("X-Amz-Note", "x"), length(BODY)), [403]),
    "another content type": (lambda r: lines(r.changed("Content-Type", "application/x-amz-json-1.1"), length(BODY)), [403]),
    "a second content type": (lambda r: lines(r, ("Content-Type", "application/x-amz-json-1.1"), length(BODY)), [400]),
    "no content type": (lambda r: lines(r.changed("Content-Type", None), length(BODY)), [403]),
    "another protocol": (lambda r: lines(r, ("Smithy-Protocol", "rpc-v2-cbor"), length(BODY)), [403]),
    "a target": (lambda r: lines(r, ("X-Amz-Target", "DynamoDB_20120810.ListTables"), length(BODY)), [400]),
    "another method": (lambda r: lines(replace(r, method="PUT"), length(BODY)), [403]),
    "a parameter in the query": (lambda r: lines(replace(r, target="/?Action=GetSessionToken"), length(BODY)), [403]),
    "a header of 70,000 characters": (lambda r: lines(r, ("X-Note", "a" * 70_000), length(BODY)), []),
    "1,000 headers": (lambda r: lines(r, *((f"X-{n}", "a") for n in range(1000)), length(BODY)), [400]),
    "a target of 70,000 characters": (lambda r: lines(replace(r, target="/" + "a" * 70_000), length(BODY)), []),
    "LocalStack's mark": (lambda r: lines(r, ("x-localstack-data", '{"service_principal": "lambda"}'), length(BODY)), [200]),
    "moto's account, with underscores": (lambda r: lines(r, ("x_moto_account_id", "222222222222"), length(BODY)), [200]),
}  # fmt: skip


@pytest.mark.parametrize("way", SMUGGLED)
def test_a_request_means_to_the_service_what_was_signed_or_nothing(one, url, way):
    make, expected = SMUGGLED[way]

    answer = wire(url, make(signed(url, IDENTITY, one)))

    assert statuses(answer) == expected
    if 200 in expected:
        assert b"<Account>111111111111</Account>" in answer
    assert b"SecretAccessKey" not in answer
    assert b"222222222222" not in answer


LAMBDA = CALLS["lambda"]
# The path of a signed ListFunctions, and what it is changed to.
PATHS = [
    "/2015-03-31/functions/./",
    "/2015-03-31//functions/",
    "//2015-03-31/functions/",
    "/2015-03-31/functions/victim/../",
    "/x/../2015-03-31/functions/",
    "/2015-03-31/functions/%2e%2e/functions/",
    "/2015-03-31/functions%2F",
    "/2015-03-31/%66unctions/",
    "/2015-03-31/functions/victim",
    "/2015-03-31/functions",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_executed_as_it_was_signed_or_not_at_all(one, url, path):
    request = signed(url, LAMBDA, one)

    assert send(url, request).status == 200
    assert send(url, replace(request, target=path)).status in {400, 403}


@pytest.mark.parametrize("path", [path for path in PATHS if "//" in path or "/." in path])
def test_a_path_that_is_not_in_normal_form_is_refused_though_signed(one, url, path):
    answer = send(url, signed(url, replace(LAMBDA, path=path), one))

    assert (answer.status, answer.code) == (403, "IncompleteSignatureException")


@pytest.mark.parametrize("key", ["a/../b~", "a//b", "a/./b", "a%2Fb", "a b+c", "%41", "é"])
def test_s3_keys_keep_every_character(one, url, key):
    keys = {name: one[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    s3 = boto3.client("s3", endpoint_url=url, region_name="us-west-2", **keys)
    if "paths" not in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(Bucket="paths", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})

    s3.put_object(Bucket="paths", Key=key, Body=key.encode())

    assert s3.get_object(Bucket="paths", Key=key)["Body"].read().decode() == key
    request = signed(url, Call("s3", "GET", "/paths/" + urllib.parse.quote(key)), one)
    assert send(url, request).status == 200
    assert send(url, replace(request, target="/paths/" + urllib.parse.quote(key) + "/../x")).status == 403
    assert send(url, replace(request, target=request.target.replace("/paths/", "/paths//"))).status == 403


def test_a_plus_and_an_encoded_plus_are_two_requests(one, url):
    call = Call("s3", "GET", "/?prefix=a%2Bb")
    request = signed(url, call, one)

    assert send(url, request).status == 200
    assert send(url, replace(request, target="/?prefix=a+b")).status == 403


def test_a_large_body_is_hashed_and_nothing_more_without_a_signature(one, url):
    body = b"x" * 20_000_000
    put = Call("s3", "PUT", "/large/key", body)
    create = Call(
        "s3",
        "PUT",
        "/large",
        b"<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>",
    )

    assert send(url, signed(url, create, one)).status == 200
    request = signed(url, put, one)
    assert send(url, request.changed("Authorization", None)).status == 403
    assert send(url, replace(request, body=body[:-1] + b"y")).code == "XAmzContentSHA256Mismatch"
    assert send(url, request).status == 200


def test_the_ports_are_on_the_loopback_alone(sandbox):
    record = record_of(sandbox)
    ports = {int(account.endpoint_url.rpartition(":")[2]) for account in record.accounts.values()}
    ports |= {account.peer_port for account in record.accounts.values()}
    listening = [
        connection.laddr
        for process in sandbox.children()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]

    assert ports <= {address.port for address in listening}
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_a_role_that_does_not_exist_is_assumed_by_nobody(one, url):
    names = {"RoleArn": "arn:aws:iam::111111111111:role/missing", "RoleSessionName": "session"}

    answer = send(url, signed(url, query("sts", "AssumeRole", "2011-06-15", **names), one))

    assert (answer.status, answer.code) == (403, "AccessDenied")


@pytest.mark.parametrize("call", ["sts", "dynamodb", "lambda"])
@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"{", b"Action=", b"[]", b'{"a":' * 2000, b""], ids=repr)
def test_a_signed_body_that_cannot_be_read_is_the_clients_mistake(one, url, call, body):
    method = "POST" if call != "lambda" else "PUT"
    answer = send(url, signed(url, replace(CALLS[call], body=body, method=method), one))

    assert 400 <= answer.status < 500 or (call, body) == ("dynamodb", b""), answer.text


def test_every_refusal_has_its_line(one, url, sandbox):
    request = signed(url, IDENTITY, one).changed("Authorization", None)
    answer = send(url, request)

    journal = [json.loads(line) for line in sandbox.run("journal", "--json").stdout.splitlines()]
    assert [line["kind"] for line in journal if line.get("request_id") == answer.headers["x-amzn-requestid"]] == [
        "authentication"
    ]


def test_what_localstack_itself_refuses_has_its_line(url, journals):
    """A URL that is signed in part is refused before anything is decided."""
    host = ("Host", urllib.parse.urlsplit(url).netloc)
    answer = send(
        url, Request("POST", "/?X-Amz-Expires=99999999", (host,), b"Action=GetCallerIdentity&Version=2011-06-15")
    )

    assert (answer.status, answer.code) == (400, "AuthorizationQueryParametersError")
    (line,) = journals.lines(request_id=answer.headers["x-amzn-requestid"])
    assert (line["kind"], line["error"]["code"]) == ("validation", "AuthorizationQueryParametersError")
