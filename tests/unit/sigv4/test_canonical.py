"""What AWS's rules for the canonical request make of unusual requests, written out by hand and signed by hand.

The situations are those of AWS's published test suite (aws-sig-v4-test-suite), in requests of our own.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
"""

import hmac
from dataclasses import replace
from hashlib import sha256

import pytest

from harness.sigv4 import Credential, Head, Payload, Reason, SigningKey, parse_claim, verify
from harness.sigv4.canonical import canonical_request

KEY_ID, SECRET, TIME, TOKEN = "AKIAIOSFODNN7EXAMPLE", "a secret", "20240229T235959Z", "a token"
SCOPE = ("20240229", "us-west-2", "dynamodb", "aws4_request")
EMPTY = sha256(b"").hexdigest()
UNRESERVED = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def utf8(text):
    """As it stands on the wire, each byte a character."""
    return text.encode().decode("latin-1")


# The situation -> the target, the canonical path, the canonical query.
TARGETS = {
    "nothing": ("/", "/", ""),
    "unreserved characters in the path": (f"/{UNRESERVED}", f"/{UNRESERVED}", ""),
    "a path beyond ASCII": (utf8("/é"), "/%C3%A9", ""),
    "a path that is encoded already is encoded once more": ("/a%20b", "/a%2520b", ""),
    "a space in the path": ("/a b/", "/a%20b/", ""),
    "special characters in the path": ("/a$b:c", "/a%24b%3Ac", ""),
    "a path into itself": ("/a/..", "/", ""),
    "a path into itself twice": ("/a/b/../..", "/", ""),
    "a dot for a path": ("/./", "/", ""),
    "a dot in the path": ("/./a", "/a", ""),
    "slashes for a path": ("//", "/", ""),
    "slashes in the path": ("//a//", "/a/", ""),
    "a query": ("/?a=1", "/", "a=1"),
    "a key without a value": ("/?a", "/", "a="),
    "an empty value": ("/?a=", "/", "a="),
    "a value without a key": ("/?=1", "/", "=1"),
    "keys in disorder": ("/?b=1&a=2", "/", "a=2&b=1"),
    "keys of two cases": ("/?a=1&A=2", "/", "A=2&a=1"),
    "one key with values in disorder": ("/?a=2&a=1&a=10", "/", "a=1&a=10&a=2"),
    "encoded keys in disorder": ("/?%62=1&a%2B=2&a=3", "/", "a=3&a%2B=2&b=1"),
    "unreserved characters in the query": (f"/?{UNRESERVED}={UNRESERVED}", "/", f"{UNRESERVED}={UNRESERVED}"),
    "a query beyond ASCII": (utf8("/?é=ü"), "/", "%C3%A9=%C3%BC"),
    "a query in lower case hex": ("/?a=%c3%a9", "/", "a=%C3%A9"),
    "an equals sign in a value": ("/?a=b=c", "/", "a=b%3Dc"),
}
# The situation -> headers beside Host and X-Amz-Date, their canonical lines.
HEADERS = {
    "a name in upper case": ([("NOTE", "v")], ["note:v"]),
    "a value in upper case": ([("Note", "V")], ["note:V"]),
    "names in disorder": ([("Zeta", "1"), ("Alpha", "2")], ["alpha:2", "zeta:1"]),
    "space around and inside a value": ([("Note", "  a   b ")], ["note:a b"]),
    "space inside quotes": ([("Note", ' "a   b" ')], ['note:"a b"']),
    "a folded value": ([("Note", "a\r\n  b\r\n\tc")], ["note:a b c"]),
    "a name twice": ([("Note", "b"), ("Note", "a")], ["note:b,a"]),
    "a name thrice, in several cases": ([("Note", "b"), ("NOTE", " b "), ("note", "a")], ["note:b,b,a"]),
    "an empty value": ([("Note", "")], ["note:"]),
    "a session token": ([("X-Amz-Security-Token", TOKEN)], [f"x-amz-security-token:{TOKEN}"]),
}
SITUATIONS = {
    **{name: (target, path, query, [], []) for name, (target, path, query) in TARGETS.items()},
    **{name: ("/", "/", "", headers, lines) for name, (headers, lines) in HEADERS.items()},
}


def written(method, path, query, lines, body=b""):
    """The canonical request, and the names of its headers."""
    lines = sorted([*lines, "host:example.test", f"x-amz-date:{TIME}"])
    names = ";".join(line.partition(":")[0] for line in lines)
    return "\n".join([method, path, query, *lines, "", names, sha256(body).hexdigest()]), names


def signed(method, target, headers, canonical, names):
    """The request with the signature of that canonical request."""
    key = f"AWS4{SECRET}".encode()
    for part in SCOPE:
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{TIME}\n{'/'.join(SCOPE)}\n{sha256(canonical.encode('latin-1')).hexdigest()}"
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    value = f"AWS4-HMAC-SHA256 Credential={KEY_ID}/{'/'.join(SCOPE)}, SignedHeaders={names}, Signature={signature}"
    return Head(method, target, (("Host", "example.test"), ("X-Amz-Date", TIME), *headers, ("Authorization", value)))


def outcome(head, body=b""):
    claim = parse_claim(head)
    token = SigningKey(TOKEN) if head.values("x-amz-security-token") else None
    known = Credential(KEY_ID, SigningKey(SECRET), token)
    return verify(head, claim, Payload(sha256(body).hexdigest()), known, real_time=claim.time, session_time=claim.time)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_canonical_request_is_what_the_rules_say(situation, method):
    target, path, query, headers, lines = SITUATIONS[situation]
    canonical, names = written(method, path, query, lines)
    head = signed(method, target, headers, canonical, names)

    assert canonical_request(head, parse_claim(head), EMPTY) == canonical
    assert outcome(head) is None
    other, names = written(method, f"{path}x", query, lines)
    assert outcome(signed(method, target, headers, other, names)).reason is Reason.BAD_SIGNATURE


def test_a_body_is_signed_by_its_digest():
    body = b"a=1&b=%C3%A9"
    canonical, names = written("POST", "/", "", ["content-type:application/x-www-form-urlencoded"], body)
    head = signed("POST", "/", [("Content-Type", "application/x-www-form-urlencoded")], canonical, names)

    assert outcome(head, body) is None
    assert outcome(head, b"a=2&b=%C3%A9").reason is Reason.BAD_SIGNATURE


def test_a_token_that_is_added_after_signing_is_refused():
    """AWS's suite has it as `post-sts-header-after`, for services that take it so; here every `x-amz-` header must be signed."""
    canonical, names = written("POST", "/", "", [])
    head = signed("POST", "/", [("X-Amz-Security-Token", TOKEN)], canonical, names)

    assert outcome(head).reason is Reason.UNSIGNED_HEADER


@pytest.mark.parametrize(
    "name", ["Host", "Content-Type", "X-Amz-Date", "X-Amz-Target", "X-Amz-Content-Sha256", "X-Amz-Security-Token"]
)
def test_a_second_header_that_decides_what_is_executed_is_refused(name):
    """AWS's suite joins doubled headers, as we do; of these a second one could mean another request to who executes it."""
    canonical, names = written("GET", "/", "", [])
    head = signed("GET", "/", [(name, "a"), (name, "a")], canonical, names)

    assert parse_claim(head).reason is Reason.TWO_CREDENTIALS


def dated(*dates, date_signed=True):
    """A request with Date in the place of X-Amz-Date."""
    lines = [f"date:{','.join(dates)}"] if date_signed else []
    names = "date;host" if date_signed else "host"
    canonical = "\n".join(["GET", "/", "", *lines, "host:example.test", "", names, EMPTY])
    head = signed("GET", "/", [("Date", date) for date in dates], canonical, names)
    return replace(head, headers=tuple(pair for pair in head.headers if pair[0] != "X-Amz-Date"))


HTTP_DATE = "Thu, 29 Feb 2024 23:59:59 GMT"


@pytest.mark.parametrize("date", [HTTP_DATE, HTTP_DATE.replace("GMT", "-0000"), TIME])
def test_a_signed_date_counts_where_there_is_no_x_amz_date(date):
    head = dated(date)

    assert parse_claim(head).timestamp == TIME
    assert outcome(head) is None
    later = tuple(
        (name, value.replace("23:59:59", "23:59:58").replace("5959Z", "5958Z")) for name, value in head.headers
    )
    assert outcome(replace(head, headers=later)).reason is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (dated(HTTP_DATE, date_signed=False), Reason.UNSIGNED_HEADER),
        (dated(HTTP_DATE, HTTP_DATE), Reason.MALFORMED),
        (dated("Thu, 29 Feb 2024 23:59:59 CET"), Reason.MALFORMED),
        (dated("Thu, 30 Feb 2024 23:59:59 GMT"), Reason.MALFORMED),
        (dated("Fri, 01 Mar 2024 00:00:00 GMT"), Reason.WRONG_SCOPE),
    ],
    ids=["not signed", "twice", "another zone", "no day", "not the scope's day"],
)
def test_a_date_that_is_no_date_of_the_signature_is_refused(head, reason):
    assert parse_claim(head).reason is reason


def test_x_amz_date_goes_before_date():
    """AWS looks for it first: https://docs.aws.amazon.com/general/latest/gr/sigv4-date-handling.html."""
    canonical, names = written("GET", "/", "", ["date:Fri, 24 May 2013 00:00:00 GMT"])
    head = signed("GET", "/", [("Date", "Fri, 24 May 2013 00:00:00 GMT")], canonical, names)

    assert parse_claim(head).timestamp == TIME
    assert outcome(head) is None
