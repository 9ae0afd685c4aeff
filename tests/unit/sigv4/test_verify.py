"""Signatures: botocore signs, we verify; and every way in which a signature can be wrong is told apart."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness.sigv4 import Claim, Credential, Head, Payload, Reason, Rejected, SigningKey, parse_claim, verify
from harness.sigv4.key_id import account_of, new_key_id

KEY_ID = new_key_id("ASIA", "111111111111", b"12345678")
SECRET, TOKEN = "a secret", "a token"
BODY = b'{"TableName": "T"}'


def credential(**changes):
    fields = {"key_id": KEY_ID, "key": SigningKey(SECRET), "token": SigningKey(TOKEN)}
    return Credential(**fields | changes)


def signed(
    url="http://127.0.0.1:4566/a//b/../c%20d?x=1&a=%2F",
    *,
    signer=SigV4Auth,
    service="dynamodb",
    secret=SECRET,
    body=BODY,
    **more,
):
    request = AWSRequest(
        "POST", url, data=body, headers={"X-Amz-Target": "DynamoDB_20120810.PutItem", "Accept": "a   b"}
    )
    signer(Credentials(KEY_ID, secret, TOKEN), service, "us-west-2", **more).add_auth(request)
    headers = [("Host", "127.0.0.1:4566"), *request.headers.items()]
    target = "/" + request.url.split("/", 3)[3]
    return Head("POST", target, tuple(headers))


def outcome(head, *, body=BODY, known=None, real_time=None, session_time=None):
    claim = parse_claim(head)
    if isinstance(claim, Rejected):
        return claim
    now = claim.time  # the test's clock is the signature's: it does not matter how long the tests run
    return verify(
        head,
        claim,
        Payload(sha256(body).hexdigest()),
        known or credential(),
        real_time=real_time or now,
        session_time=session_time or now,
    )


def with_header(head, name, value):
    kept = tuple(pair for pair in head.headers if pair[0].lower() != name.lower())
    return replace(head, headers=kept if value is None else (*kept, (name, value)))


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (signed(), BODY),
        (signed("http://127.0.0.1:4566/"), BODY),
        (signed("http://127.0.0.1:4566/2015-03-31/functions/arn%3Aaws%3Alambda/invocations", service="lambda"), BODY),
        (signed("http://127.0.0.1:4566/bucket/a//b/../c%20d", signer=S3SigV4Auth, service="s3"), BODY),
        (signed(signer=SigV4QueryAuth, service="sts", body=b"", expires=60), b""),
        (signed("http://127.0.0.1:4566/bucket/key", signer=S3SigV4QueryAuth, service="s3", body=b""), BODY),
    ],
    ids=["json", "root path", "encoded path", "s3 path as sent", "presigned", "s3 presigned"],
)
def test_what_botocore_signs_is_verified(head, body):
    assert outcome(head, body=body) is None


HEAD = signed()


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (with_header(HEAD, "Authorization", None), Reason.MISSING),
        (with_header(HEAD, "Authorization", "Bearer x"), Reason.MALFORMED),
        (with_header(HEAD, "X-Amz-Date", None), Reason.MALFORMED),
        (replace(HEAD, headers=(*HEAD.headers, ("authorization", "AWS4-HMAC-SHA256 x"))), Reason.TWO_CREDENTIALS),
        (replace(HEAD, target=HEAD.target + "&X-Amz-Signature=" + "0" * 64), Reason.TWO_CREDENTIALS),
        (replace(HEAD, method="PUT"), Reason.BAD_SIGNATURE),
        (replace(HEAD, target=HEAD.target + "&y=2"), Reason.BAD_SIGNATURE),
        (replace(HEAD, target="/other"), Reason.BAD_SIGNATURE),
        (with_header(HEAD, "X-Amz-Target", "DynamoDB_20120810.DeleteTable"), Reason.BAD_SIGNATURE),
        (with_header(HEAD, "Host", "elsewhere"), Reason.BAD_SIGNATURE),
        (with_header(HEAD, "x-amz-evil", "1"), Reason.UNSIGNED_HEADER),
        (with_header(HEAD, "X-Amz-Security-Token", "another"), Reason.BAD_TOKEN),
        (signed(secret="another secret"), Reason.BAD_SIGNATURE),
    ],
)
def test_every_change_of_a_signed_request_is_refused_for_its_reason(head, reason):
    assert outcome(HEAD) is None
    assert outcome(head).reason is reason


def test_another_body_is_refused():
    assert outcome(HEAD, body=BODY + b" ").reason is Reason.BAD_SIGNATURE


def test_an_inactive_key_is_refused():
    assert outcome(HEAD, known=credential(active=False)).reason is Reason.INACTIVE_KEY


def test_a_token_beside_a_long_term_key_is_refused():
    assert outcome(HEAD, known=credential(token=None)).reason is Reason.BAD_TOKEN


def test_a_session_ends_by_the_instances_clock_and_a_signature_by_real_time():
    now = parse_claim(HEAD).time
    known = credential(expires=now + timedelta(minutes=15))

    assert outcome(HEAD, known=known, session_time=now + timedelta(minutes=14)) is None
    assert outcome(HEAD, known=known, session_time=now + timedelta(minutes=15)).reason is Reason.EXPIRED_SESSION
    assert outcome(HEAD, real_time=now + timedelta(minutes=6)).reason is Reason.SKEWED
    assert outcome(HEAD, real_time=now - timedelta(minutes=6)).detail.startswith("Signature not yet current: ")


def test_a_presigned_url_ends_after_its_own_time():
    head = signed("http://127.0.0.1:4566/bucket/key", signer=S3SigV4QueryAuth, service="s3", expires=60, body=b"")
    now = parse_claim(head).time

    assert outcome(head, real_time=now + timedelta(seconds=50)) is None
    assert outcome(head, real_time=now + timedelta(seconds=70)).reason is Reason.EXPIRED_URL


def test_s3s_declared_hash_must_be_the_bodys():
    head = signed("http://127.0.0.1:4566/bucket/key", signer=S3SigV4Auth, service="s3")

    assert outcome(head) is None
    assert outcome(head, body=b"else").reason is Reason.WRONG_PAYLOAD


def test_a_refusal_never_holds_a_secret():
    refused = [outcome(with_header(HEAD, "X-Amz-Security-Token", "another")), outcome(signed(secret="another secret"))]

    assert all(SECRET not in repr(one) and TOKEN not in repr(one) for one in refused)
    assert SECRET not in repr(credential())


@pytest.mark.parametrize("account", ["111111111111", "222222222222", "000000000001", "999999999999"])
def test_a_key_id_names_its_account(account):
    made = new_key_id("AKIA", account, b"abcdefgh")

    assert account_of(made) == account
    assert isinstance(
        parse_claim(with_header(HEAD, "Authorization", HEAD.value("authorization").replace(KEY_ID, made))), Claim
    )
