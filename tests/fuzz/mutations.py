"""How a valid request becomes a hostile one. Each mutation takes a random generator and a request, and gives another request.

A request is a `raw.Request`; a mutation of its transport gives bytes as they are sent, and is always the last.
"""

import string
from dataclasses import replace
from urllib.parse import quote

FORGED = (
    ("x-localstack-data", '{"service_principal": "lambda.amazonaws.com", "current_time": "1"}'),
    ("x-moto-account-id", "222222222222"),
    ("x_moto_account_id", "222222222222"),
    ("x-harness-internal", "0" * 64),
    ("x-harness-forwarded", '{"door": "222222222222"}'),
    ("X-Amz-Security-Token", "IQoJb3JpZ2luX2VjE"),
    ("X-Amz-Target", "DynamoDB_20120810.DeleteTable"),
    ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
    ("X-Amz-Date", "20200101T000000Z"),
    ("X-HTTP-Method-Override", "DELETE"),
    ("X-Forwarded-Host", "222222222222.s3.amazonaws.com"),
    ("X-Original-URL", "/_localstack/health"),
    ("Smithy-Protocol", "rpc-v2-cbor"),
    ("Content-Encoding", "gzip"),
    ("Content-Type", "application/x-amz-json-1.1"),
    ("Expect", "200-ok"),
    ("Cookie", "session=1"),
    ("Upgrade", "websocket"),
    ("Authorization", "Bearer x"),
    ("Authorization", "AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg="),
)
PATHS = ("/_localstack/health", "/_aws/execute-api/x/prod/y", "/_aws/execute-api//", "/_aws/sqs/messages", "//", "/./", "/x/../", "/%2e%2e/", "/%5flocalstack/info", "/restapis/a/b/_user_request_/", "/2015-03-31/functions/", "/111111111111/fuzz", "*", "", "http://127.0.0.1/", "/\xff", "/%zz", "/?", "/#", "/fuzz/key?acl", "/fuzz?policy")  # fmt: skip
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS", "PATCH", "get", "TRACE", "WEBSOCKET", "X" * 40)
HOSTS = ("222222222222.localhost", "fuzz.s3.localhost.localstack.cloud", "a.execute-api.localhost", "f.lambda-url.us-west-2.on.aws", "b.s3-website.localhost", "", "127.0.0.1:1", "a b", "[::1]", "\xff")  # fmt: skip
QUERIES = ("Action=DeleteUser", "X-Amz-Signature=" + "0" * 64, "X-Amz-Credential=AKIA/x", "X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Expires=99999999", "acl", "policy", "x=%ff", "a+b=c", "&&", "=", "Version=2010-05-08&Action=ListUsers", "AWSAccessKeyId=x&Signature=y&Expires=1")  # fmt: skip


def pick_header(rng, request):
    return rng.randrange(len(request.headers))


def with_header(request, index, pair):
    headers = list(request.headers)
    headers[index : index + 1] = [] if pair is None else [pair]
    return replace(request, headers=tuple(headers))


def with_query(request, text):
    return replace(request, target=request.target + ("&" if "?" in request.target else "?") + text)


def other_character(rng, text, alphabet=string.printable[:94]):
    if not text:
        return rng.choice(alphabet)
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(alphabet) + text[at + rng.randint(0, 1) :]


def change_value(rng, request):
    at = pick_header(rng, request)
    name, value = request.headers[at]
    return with_header(request, at, (name, other_character(rng, value)))


def change_name(rng, request):
    at = pick_header(rng, request)
    name, value = request.headers[at]
    changed = rng.choice((name.upper(), name.lower(), name.replace("-", "_"), name + "x", name[1:] or "x"))
    return with_header(request, at, (changed, value))


def add_header(rng, request):
    headers = list(request.headers)
    headers.insert(rng.randint(0, len(headers)), rng.choice(FORGED))
    return replace(request, headers=tuple(headers))


def double_header(rng, request):
    at = pick_header(rng, request)
    name, value = request.headers[at]
    twin = (rng.choice((name, name.lower(), name.upper())), rng.choice((value, other_character(rng, value), "")))
    return replace(request, headers=(*request.headers, twin))


def change_authorization(rng, request):
    found = [at for at, (name, _) in enumerate(request.headers) if name.lower() == "authorization"]
    if not found:
        return with_query(request, rng.choice(QUERIES))
    name, value = request.headers[found[0]]
    parts = value.split(", ")
    changed = rng.choice(
        (
            other_character(rng, value, "0123456789abcdef"),
            other_character(rng, value),
            ", ".join(part for part in parts if part != rng.choice(parts)),
            ", ".join(rng.sample(parts, len(parts))),
            value.replace("AWS4-HMAC-SHA256", rng.choice(("aws4-hmac-sha256", "AWS4-HMAC-SHA1", "AWS4-ECDSA-P256-SHA256", "AWS"))),
            value.replace("Credential=A", rng.choice(("Credential=111111111111", "Credential=", "Credential=AKIA", "credential=A"))),
            value.replace("/us-", rng.choice(("/eu-", "/", "/../", "/us-west-2/us-"))),
            value.replace("host;", rng.choice(("", "host;host;", "Host;", "x;host;"))),
            value.replace("Signature=", rng.choice(("Signature=0", "signature=", "Signature==", "Signature= "))),
            value + rng.choice((",", ", Signature=" + "0" * 64, ", Credential=x", " ", "\t", ", SignedHeaders=host")),
            value.replace(", ", rng.choice((",", " , ", ";", "&"))),
            rng.choice(("", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 =", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=\xff, Signature=x")),
        )
    )  # fmt: skip
    return with_header(request, found[0], (name, changed))


def change_body(rng, request):
    body, at = request.body, rng.randint(0, len(request.body))
    junk = bytes(rng.randrange(256) for _ in range(rng.randint(1, 6)))
    changed = rng.choice(
        (body[:at], body[at:], body[:at] + junk + body[at:], body[:at] + junk + body[at + len(junk) :], body + body, b"", body + b"&Action=DeleteUser", b"Action=DeleteUser&" + body, body.replace(b"k", b"z"), body + b"x" * 100_000)
    )  # fmt: skip
    return replace(request, body=changed)


def change_target(rng, request):
    target = request.target
    at = rng.randint(0, len(target))
    changed = rng.choice(
        (
            rng.choice(PATHS),
            rng.choice(PATHS) + target,
            target[:at] + rng.choice(("/", "%2F", "/../", "/./", "%00", "%0a", ";", "+", "%2B", "?", "&", "#", "\xe9")) + target[at:],
            target.replace("%", "%25", 1),
            target.replace("%2F", "/").replace("%3A", ":"),
            target.replace("+", "%2B"),
            quote(target, safe="/?&="),
            target + "/" * rng.randint(1, 3),
            other_character(rng, target, "abcXYZ019-_.~%/&=+"),
        )
    )  # fmt: skip
    return replace(request, target=changed.replace(" ", "%20"))


def drop_header(rng, request):
    return with_header(request, pick_header(rng, request), None)


def space_header(rng, request):
    at = pick_header(rng, request)
    name, value = request.headers[at]
    return with_header(
        request, at, (name, rng.choice(("  " + value, value + "  ", value.replace(" ", "   "), "\t" + value)))
    )


MUTATIONS = (
    drop_header, change_value, change_name, add_header, double_header, space_header,
    change_authorization, change_authorization, change_authorization, change_body, change_body, change_target, change_target,
    lambda rng, request: with_query(request, rng.choice(QUERIES)),
    lambda rng, request: replace(request, method=rng.choice(METHODS)),
    lambda rng, request: request.changed("Host", rng.choice(HOSTS)),
    lambda rng, request: request.changed("Authorization", None),
    lambda rng, request: replace(request, headers=tuple(rng.sample(request.headers, len(request.headers)))),
)  # fmt: skip


def encode(request, *, version="HTTP/1.1", framing=None):
    length = (("Content-Length", str(len(request.body))),) if framing is None else framing
    head = [f"{request.method} {request.target} {version}"]
    head += [f"{name}: {value}" for name, value in (*request.headers, *length, ("Connection", "close"))]
    return b"\r\n".join(text.encode("latin-1", "replace") for text in head) + b"\r\n\r\n" + request.body


def chunks(request, size=7):
    parts = [request.body[at : at + size] for at in range(0, len(request.body), size)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    return encode(replace(request, body=body), framing=(("Transfer-Encoding", "chunked"),))


def transports(rng, request):
    """The request as bytes, now and then in a form that servers disagree about."""
    if rng.random() < 0.85:
        return encode(request)
    both = (("Content-Length", str(len(request.body))), ("Transfer-Encoding", "chunked"))
    return rng.choice(
        (
            lambda: chunks(request),
            lambda: encode(request, framing=both),
            lambda: encode(request, framing=(both[0], both[0])),
            lambda: encode(request, framing=(("Content-Length", "0"),)) + b"\r\n\r\n",
            lambda: encode(request, framing=(("Content-Length", "+" + str(len(request.body))),)) + b"\r\n\r\n",
            lambda: encode(request, version="HTTP/1.0"),
            lambda: encode(request, version="HTTP/3.7"),
            lambda: encode(request).replace(b": ", b" : ", 1),
            lambda: encode(request).replace(b"\r\n", b"\r\n folded\r\n", 1),
            lambda: encode(request).replace(b"Host", b"Ho\0st"),
            lambda: encode(request, framing=(("Content-Length", str(len(request.body))), ("X-Big", "a" * 40_000))),
        )
    )()  # fmt: skip
