"""Does the claim hold for this key, this payload and this time?

The order of the checks follows what AWS reports first: the key, its token, the signature, and only then the times, so that
nobody without the secret learns anything about a session from the error.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256

from harness.sigv4.canonical import AS_SENT, string_to_sign
from harness.sigv4.head import Head
from harness.sigv4.parse import Claim
from harness.sigv4.reason import Reason, Rejected
from harness.sigv4.streaming import FORMS, Chunks, chain

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
MAX_SKEW = timedelta(minutes=5)
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (RequestTimeTooSkewed),
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (RequestExpired)
WIDER_SKEW = {"s3": timedelta(minutes=15), "ec2": timedelta(minutes=15)}
# What decides how a body is read is part of what was signed; https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
# asks for the content type, and every AWS SDK signs these.
_MEANING = frozenset({"content-type", "smithy-protocol"})
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"


@dataclass(frozen=True, slots=True)
class Payload:
    """What is to be known of a body: the SHA-256 of its bytes in hex, and the chunks of a streamed one."""

    sha256: str
    chunks: Chunks | None = None


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret that never prints itself."""

    secret: str

    def __repr__(self) -> str:
        return "SigningKey(***)"


@dataclass(frozen=True, slots=True)
class Credential:
    """What the key's own account knows about it: its secret, its token (sessions only), its state and its end."""

    key_id: str
    key: SigningKey
    token: SigningKey | None = None
    active: bool = True
    expires: datetime | None = None


def verify(
    head: Head,
    claim: Claim,
    payload: Payload,
    credential: Credential,
    *,
    real_time: datetime,
    session_time: datetime,
) -> Rejected | None:
    """None if the claim holds, else why not.

    `real_time` judges the signature's age, `session_time` (the
    instance's clock, which a test may move forward) the session's end.
    """
    return (
        _state(claim, credential)
        or (_form(claim, credential) if claim.policy is not None else _request(head, claim, payload, credential))
        or _age(claim, real_time)
        or _session_end(credential, session_time)
    )


def _request(head: Head, claim: Claim, payload: Payload, credential: Credential) -> Rejected | None:
    return (
        _signed_headers(head, claim) or _payload(head, claim, payload) or _signature(head, claim, payload, credential)
    )


def _form(claim: Claim, credential: Credential) -> Rejected | None:
    """A form's policy is signed as it stands: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html."""
    matches = hmac.compare_digest(_signer(claim, credential)(claim.policy or ""), claim.signature)
    return None if matches else Rejected(Reason.BAD_SIGNATURE)


def _state(claim: Claim, credential: Credential) -> Rejected | None:
    if not credential.active:
        return Rejected(Reason.INACTIVE_KEY)
    if credential.token is not None and not claim.token:
        return Rejected(Reason.MISSING_TOKEN)
    known = credential.token.secret if credential.token else ""
    if not hmac.compare_digest(known.encode(), (claim.token or "").encode()):
        return Rejected(Reason.BAD_TOKEN)
    return None


def _signed_headers(head: Head, claim: Claim) -> Rejected | None:
    names = {name.lower() for name, _ in head.headers}
    must = {name for name in names if name.startswith("x-amz-")} | {"host"}
    if (
        claim.expires is None or claim.service not in AS_SENT
    ):  # presigned uploads to S3 choose their content type themselves
        must |= names & _MEANING
    unsigned = sorted(must - set(claim.signed_headers))
    if unsigned:
        listed = ", ".join(unsigned)
        return Rejected(
            Reason.UNSIGNED_HEADER, f"There were headers present in the request which were not signed: {listed}"
        )
    absent = sorted(set(claim.signed_headers) - names)
    return Rejected(Reason.BAD_SIGNATURE) if absent else None


def declared_payload(head: Head, claim: Claim, payload_hash: str) -> str:
    """The payload line of the canonical request: what S3 requests and presigned URLs declare, else the body's own hash."""
    if claim.expires is not None and claim.service == "s3":
        return "UNSIGNED-PAYLOAD"
    return head.value("x-amz-content-sha256") or payload_hash


def _payload(head: Head, claim: Claim, payload: Payload) -> Rejected | None:
    declared = declared_payload(head, claim, payload.sha256)
    if claim.service == "s3" and declared == UNSIGNED_PAYLOAD:
        return None
    if claim.service == "s3" and declared in FORMS:
        return None if payload.chunks is not None else Rejected(Reason.BROKEN_CHUNKS)
    if declared.startswith("STREAMING-"):
        return Rejected(Reason.UNSUPPORTED_PAYLOAD, f"the payload form {declared[:64]} is not supported")
    return None if declared == payload.sha256 else Rejected(Reason.WRONG_PAYLOAD)


def _signature(head: Head, claim: Claim, payload: Payload, credential: Credential) -> Rejected | None:
    sign = _signer(claim, credential)
    expected = sign(string_to_sign(head, claim, declared_payload(head, claim, payload.sha256)))
    if not hmac.compare_digest(expected, claim.signature):
        return Rejected(Reason.BAD_SIGNATURE)
    if payload.chunks is None:
        return None
    return chain(payload.chunks, claim.signature, f"{claim.timestamp}\n{claim.scope}", sign)


def _signer(claim: Claim, credential: Credential) -> Callable[[str], str]:
    """Signs texts with the key of the claim's scope."""
    key = _derived_key(credential.key.secret, claim.date, claim.region, claim.service)
    return lambda text: hmac.new(key, text.encode(), sha256).hexdigest()


@lru_cache(maxsize=1024)
def _derived_key(secret: str, date: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _age(claim: Claim, now: datetime) -> Rejected | None:
    skew = WIDER_SKEW.get(claim.service, MAX_SKEW)
    minutes = int(skew.total_seconds() // 60)
    if claim.time > now + skew:
        late = f"{claim.timestamp} is still later than {_basic(now + skew)}"
        return Rejected(Reason.SKEWED, f"Signature not yet current: {late} ({_basic(now)} + {minutes} min.)")
    if claim.expires is not None:
        return _url_age(claim, claim.expires, now)
    if claim.time < now - skew:
        early = f"{claim.timestamp} is now earlier than {_basic(now - skew)}"
        return Rejected(Reason.SKEWED, f"Signature expired: {early} ({_basic(now)} - {minutes} min.)")
    return None


def _url_age(claim: Claim, expires: timedelta, now: datetime) -> Rejected | None:
    if now <= claim.time + expires:
        return None
    early = f"{claim.timestamp} is now earlier than {_basic(now - expires)}"
    return Rejected(
        Reason.EXPIRED_URL, f"Signature expired: {early} ({_basic(now)} - {int(expires.total_seconds()) // 60} min.)"
    )


def _session_end(credential: Credential, now: datetime) -> Rejected | None:
    ended = credential.expires is not None and now >= credential.expires
    return Rejected(Reason.EXPIRED_SESSION) if ended else None


def _basic(time: datetime) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ")
