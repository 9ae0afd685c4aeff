"""Generated vectors: botocore's own signers as the reference implementation, over methods, paths, queries, headers and bodies.

AWS's published SigV4 test suite is not in any package index (botocore's wheel leaves its tests out), so that what AWS publishes
as code is the reference here; what it publishes as text, its documentation's examples, is in test_published.py and
test_streaming.py, and the suite's situations are in test_canonical.py.
"""

import string
import urllib.parse
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from harness.sigv4 import Credential, Head, Payload, Reason, Rejected, SigningKey, parse_claim, verify
from harness.sigv4.key_id import new_key_id

KEY_ID = new_key_id("AKIA", "111111111111", b"12345678")
SIGNERS = {
    "header": (SigV4Auth, "dynamodb", {}),
    "header of s3": (S3SigV4Auth, "s3", {}),
    "query": (SigV4QueryAuth, "sts", {"expires": 60}),
    "query of s3": (S3SigV4QueryAuth, "s3", {"expires": 60}),
}
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=12)
PATH = st.lists(TEXT.filter(lambda part: part not in {"", ".", ".."}), max_size=4)
QUERY = st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=4)
NAMES = st.text(string.ascii_letters, min_size=1, max_size=8).map(lambda name: f"X-Amz-Meta-{name}")
HEADERS = st.dictionaries(NAMES, st.text(string.printable[:94] + " ", max_size=12), max_size=3)
SECRETS = st.text(string.ascii_letters + "/+", min_size=1, max_size=40)


def head_of(form, secret, token, method, path, query, headers, body):
    signer, service, more = SIGNERS[form]
    encoded = "/" + "/".join(urllib.parse.quote(part, safe="-_.~") for part in path)
    url = f"http://127.0.0.1:4566{encoded}"
    if query:
        url += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote, safe="-_.~")
    distinct = {name.lower(): value for name, value in headers.items()}
    request = AWSRequest(method, url, data=body, headers=distinct)
    signer(Credentials(KEY_ID, secret, token), service, "us-west-2", **more).add_auth(request)
    parts = urllib.parse.urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = [("Host", "127.0.0.1:4566"), *((name, str(value)) for name, value in request.headers.items())]
    return Head(method, target, tuple(sent))


def outcome(head, body, secret, token):
    claim = parse_claim(head)
    if isinstance(claim, Rejected):
        return claim
    known = Credential(KEY_ID, SigningKey(secret), SigningKey(token) if token else None)
    now = datetime.now(UTC)
    return verify(head, claim, Payload(sha256(body).hexdigest()), known, real_time=now, session_time=now)


@pytest.mark.parametrize("form", SIGNERS)
@given(
    secret=SECRETS,
    token=st.none() | SECRETS,
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE", "HEAD"]),
    path=PATH,
    query=QUERY,
    headers=HEADERS,
    body=st.binary(max_size=40),
)
def test_what_botocore_signs_is_verified_and_with_another_secret_is_not(
    form, secret, token, method, path, query, headers, body
):
    body = b"" if "query" in form else body
    head = head_of(form, secret, token, method, path, query, headers, body)

    assert outcome(head, body, secret, token) is None
    assert outcome(head, body, secret + "x", token).reason is Reason.BAD_SIGNATURE
