"""Why a request is not authenticated: a closed set, turned into AWS's error per protocol elsewhere."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """One member per refusal that AWS tells apart."""

    MISSING = "no credentials"
    MALFORMED = "broken authorization"
    MALFORMED_QUERY = "broken query-string authentication"
    TWO_CREDENTIALS = "two credentials in one request"
    UNKNOWN_KEY = "unknown access key"
    INACTIVE_KEY = "inactive access key"
    BAD_SIGNATURE = "signature does not match"
    BAD_TOKEN = "session token does not belong to the key"  # noqa: S105 - a reason, not a token
    MISSING_TOKEN = "session token is missing"  # noqa: S105 - a reason, not a token
    EXPIRED_SESSION = "session expired"
    SKEWED = "signature time outside the allowed skew"
    EXPIRED_URL = "presigned URL expired"
    WRONG_SCOPE = "credential scope does not fit the request"
    UNSIGNED_HEADER = "a header that must be signed is not"
    WRONG_PAYLOAD = "declared payload hash does not match the body"
    BROKEN_CHUNKS = "streamed body is not in its form"
    BROKEN_FORM = "form post is not in its form"
    BAD_FIELD = "a field of the form is missing or there twice"
    LONG_FIELDS = "the fields of the form are too long"
    OLD_SIGNATURE = "the older signature is not supported"
    BROKEN_POLICY = "the form's policy is none"
    AGAINST_POLICY = "the form's policy does not allow it"
    TOO_SMALL = "the file is smaller than the form's policy allows"
    TOO_LARGE = "the file is larger than the form's policy allows"
    UNSUPPORTED_PAYLOAD = "payload form is not supported"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The refusal, with the sentence AWS adds where it has one; never holds a secret, a token or a signature."""

    reason: Reason
    detail: str = ""
