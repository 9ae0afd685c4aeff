"""Requests as they stand on the wire: signed by botocore, changed at will, sent as they are."""

import contextlib
import http.client
import json
import re
import urllib.parse
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.emulator.control import Control, PortLine
from harness.emulator.record import RunRecord

FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True)
class Call:
    """What to ask of a service, before it is signed."""

    service: str
    method: str = "POST"
    path: str = "/"
    body: bytes = b""
    headers: tuple = ()
    region: str = "us-west-2"


def query(service, action, version, region="us-west-2", **params):
    body = urllib.parse.urlencode({"Action": action, "Version": version, **params}).encode()
    return Call(service, body=body, headers=(("Content-Type", FORM),), region=region)


def target(service, name, version="1.0", **params):
    headers = (("X-Amz-Target", name), ("Content-Type", f"application/x-amz-json-{version}"))
    return Call(service, body=json.dumps(params).encode(), headers=headers)


SQS = target("sqs", "AmazonSQS.ListQueues")
CALLS = {
    "sts": query("sts", "GetCallerIdentity", "2011-06-15"),
    "iam": query("iam", "ListUsers", "2010-05-08", region="us-east-1"),
    "sns": query("sns", "ListTopics", "2010-03-31"),
    "ec2": query("ec2", "DescribeVpcs", "2016-11-15"),
    "dynamodb": target("dynamodb", "DynamoDB_20120810.ListTables"),
    "kms": target("kms", "TrentService.ListKeys", "1.1"),
    "sqs": replace(SQS, headers=(*SQS.headers, ("x-amzn-query-mode", "true"))),  # as every SDK asks for
    "lambda": Call("lambda", "GET", "/2015-03-31/functions/"),
    "s3": Call("s3", "GET", "/"),
}


@dataclass(frozen=True)
class Request:
    """A request as it is sent."""

    method: str
    target: str
    headers: tuple
    body: bytes = b""

    def value(self, name):
        return next(value for key, value in self.headers if key.lower() == name.lower())

    def changed(self, name, value):
        """The same request with another value of one header, or without it."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=kept if value is None else (*kept, (name, value)))


@dataclass(frozen=True)
class Answer:
    """A response, and the error in it."""

    status: int
    headers: dict = field(hash=False)
    body: bytes

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def code(self):
        if found := re.search("<Code>(.*?)</Code>", self.text):
            return found[1]
        if found := self.headers.get("x-amzn-query-error"):
            return found.partition(";")[0]
        name = self.headers.get("x-amzn-errortype") or (json.loads(self.text) if self.text else {}).get("__type", "")
        return name.rpartition("#")[2].partition(":")[0]

    @property
    def message(self):
        if found := re.search("<Message>(.*?)</Message>", self.text, re.DOTALL):
            return found[1].replace("&#39;", "'").replace("&quot;", '"')
        fields = json.loads(self.text) if self.text else {}
        return fields.get("message") or fields.get("Message", "")


def credentials(keys):
    return Credentials(*(keys.get(f"aws_{name}") for name in ("access_key_id", "secret_access_key", "session_token")))


class Declaring(S3SigV4Auth):
    """S3's signer, which lets the caller say what the payload is."""

    def payload(self, request):
        return request.context.get("declared") or super().payload(request)


def signed(url, call, keys, *, late=timedelta(0), service=None, region=None, **headers):
    """The call, signed in its headers; `late` ago."""
    signer = Declaring if call.service == "s3" else SigV4Auth
    request = AWSRequest(call.method, url + call.path, data=call.body, headers={**dict(call.headers), **headers})
    return _signed(signer(credentials(keys), service or call.service, region or call.region), request, call, late)


def presigned(url, call, keys, *, expires, late=timedelta(0)):
    """The call as a presigned URL."""
    signer = S3SigV4QueryAuth if call.service == "s3" else SigV4QueryAuth
    path, method = call.path, call.method
    if call.body.startswith(b"Action="):
        path, method, call = f"/?{call.body.decode()}", "GET", replace(call, body=b"", headers=())
    request = AWSRequest(method, url + path, data=call.body, headers=dict(call.headers))
    return _signed(signer(credentials(keys), call.service, call.region, expires=expires), request, call, late)


def _signed(signer, request, call, late):
    # What botocore's `add_auth` does, at another time.
    request.context["declared"] = request.headers.get("X-Amz-Content-Sha256")
    request.context["timestamp"] = (datetime.now(UTC) - late).strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    parts = urllib.parse.urlsplit(request.url)
    sent = parts.path + (f"?{parts.query}" if parts.query else "")
    return Request(request.method, sent or "/", (("Host", parts.netloc), *request.headers.items()), call.body)


def send(url, request, *, timeout=60):
    """The answer to the request as it stands."""
    host = urllib.parse.urlsplit(url).netloc
    with contextlib.closing(http.client.HTTPConnection(host, timeout=timeout)) as connection:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        lengths = (
            ()
            if any(name.lower() == "content-length" for name, _ in request.headers)
            else (("Content-Length", str(len(request.body))),)
        )
        for name, value in (*request.headers, *lengths):
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())


def record_of(sandbox):
    """What the driver knows of the sandbox, its launch key included."""
    return RunRecord.read(next((sandbox.folder.parent / "state").glob("harness/*/sandbox/run.json")))


def ask(record, name, kind, data=None):
    """What the instance answers to a sealed question of the driver's."""
    account = record.accounts[name]
    return Control(account.account_id, PortLine(account.peer_port), record.launch_key).ask(kind, data).data


def policy(*actions, resource="*", effect="Allow"):
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": list(actions), "Resource": resource}]}
    )


def trust(principal):
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
