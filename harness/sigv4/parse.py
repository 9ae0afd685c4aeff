"""What a request claims about its signer: the two places SigV4 may stand in, read into one value.

Header form: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
Query form: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from harness.sigv4.head import Head
from harness.sigv4.key_id import is_key_id
from harness.sigv4.reason import Reason, Rejected

ALGORITHM = "AWS4-HMAC-SHA256"
MAX_PRESIGNED = timedelta(days=7)
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
# As HTTP writes it, and as botocore does (`-0000`): https://github.com/boto/botocore/blob/develop/botocore/auth.py
_HTTP_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} (?:GMT|[+-]0000)")
_SIGNATURE = re.compile(r"[0-9a-f]{64}")
_REQUIRED = ("Credential", "Signature", "SignedHeaders")
# Headers of which a second one could mean another request to who executes it than to who verified it.
_SINGLE = ("host", "content-type", "x-amz-date", "x-amz-target", "x-amz-content-sha256", "x-amz-security-token")


@dataclass(frozen=True, slots=True)
class Claim:
    """A signature as claimed, before any check against a key."""

    key_id: str
    date: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str
    timestamp: str
    token: str | None
    expires: timedelta | None
    """How long a presigned URL is valid from `timestamp` on; None for the header form."""
    policy: str | None = None
    """The policy of a form post, which is what is signed of it; None for every other request."""

    @property
    def scope(self) -> str:
        """The credential scope as it stands in the string to sign."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"

    @property
    def time(self) -> datetime:
        """The signer's time."""
        return datetime.fromisoformat(self.timestamp)


def parse_claim(head: Head) -> Claim | Rejected:
    """The one claim of the request, or why there is none."""
    if doubled := [name for name in _SINGLE if len(head.values(name)) > 1]:
        return Rejected(Reason.TWO_CREDENTIALS, f"the header `{doubled[0]}` occurs more than once")
    in_query = {name: value for name, value in head.query if name.startswith("X-Amz-")}
    presigned = "X-Amz-Algorithm" in in_query or "X-Amz-Signature" in in_query or "X-Amz-Credential" in in_query
    authorization = head.values("authorization")
    if presigned and authorization:
        return Rejected(Reason.TWO_CREDENTIALS)
    if presigned:
        return _presigned(head, in_query)
    if not authorization:
        return Rejected(Reason.MISSING)
    if len(authorization) > 1:
        return Rejected(Reason.TWO_CREDENTIALS)
    return _header(head, authorization[0].strip())


def _header(head: Head, authorization: str) -> Claim | Rejected:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        return Rejected(Reason.MALFORMED, "Authorization header must use AWS4-HMAC-SHA256.")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    missing = [f"Authorization header requires '{name}' parameter." for name in _REQUIRED if not fields.get(name)]
    by_date = not head.values("x-amz-date")
    timestamp = (_iso(head.value("date") or "") if by_date else head.value("x-amz-date")) or ""
    if not timestamp:
        missing.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
    if missing:
        # AWS adds the header itself, as a digest today: https://github.com/aws/chalice/issues/828
        return Rejected(Reason.MALFORMED, " ".join(missing))
    if by_date and "date" not in fields["SignedHeaders"].split(";"):
        return Rejected(Reason.UNSIGNED_HEADER, "There were headers present in the request which were not signed: date")
    return claim_of(fields, timestamp, head.value("x-amz-security-token"), None)


def _presigned(head: Head, query: Mapping[str, str]) -> Claim | Rejected:
    names = [name for name, _ in head.query]
    if any(names.count(name) > 1 for name in query):
        return Rejected(Reason.TWO_CREDENTIALS)
    fields = {name: query.get(f"X-Amz-{name}", "") for name in _REQUIRED}
    expires = query.get("X-Amz-Expires", "")
    if query.get("X-Amz-Algorithm") != ALGORITHM or not all(fields.values()) or not expires.isascii():
        return Rejected(
            Reason.MALFORMED_QUERY,
            "Query-string authentication requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        )
    if not expires.isdigit() or len(expires) > 6 or timedelta(seconds=int(expires)) > MAX_PRESIGNED:  # noqa: PLR2004 - digits of a week in seconds
        return Rejected(Reason.MALFORMED_QUERY, "X-Amz-Expires must be between 0 and 604800 seconds.")
    token = query.get("X-Amz-Security-Token")
    if token is not None and head.values("x-amz-security-token"):
        return Rejected(Reason.TWO_CREDENTIALS)
    return claim_of(fields, query.get("X-Amz-Date", ""), token, timedelta(seconds=int(expires)))


def claim_of(
    fields: Mapping[str, str],
    timestamp: str,
    token: str | None,
    expires: timedelta | None,
    policy: str | None = None,
) -> Claim | Rejected:
    """The claim of these `Credential`, `Signature` and `SignedHeaders`, wherever they stood."""
    credential = fields["Credential"].split("/")
    if len(credential) != 5 or credential[4] != "aws4_request":  # noqa: PLR2004 - key, date, region, service, terminator
        return Rejected(
            Reason.MALFORMED,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
        )
    key_id, date, region, service, _ = credential
    if not is_key_id(key_id):
        return Rejected(Reason.UNKNOWN_KEY)
    if not _is_time(timestamp):
        return Rejected(Reason.MALFORMED, "Date must be in ISO-8601 'basic format'.")
    if not _SIGNATURE.fullmatch(fields["Signature"]):
        return Rejected(Reason.BAD_SIGNATURE)
    signed = tuple(fields["SignedHeaders"].split(";"))
    if list(signed) != sorted(set(signed)) or any(name != name.lower() or not name for name in signed):
        return Rejected(Reason.MALFORMED, "SignedHeaders must be lower case, sorted and without duplicates.")
    if date != timestamp[:8]:
        return Rejected(
            Reason.WRONG_SCOPE,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.",
        )
    return Claim(key_id, date, region, service, signed, fields["Signature"], timestamp, token, expires, policy)


def _iso(date: str) -> str:
    """The value of a `Date` header as it stands in the string to sign; what is no HTTP date stays as it is.

    It counts where there is no `X-Amz-Date`: https://docs.aws.amazon.com/general/latest/gr/sigv4-date-handling.html
    """
    if not _HTTP_DATE.fullmatch(date):
        return date
    try:
        return parsedate_to_datetime(date).strftime("%Y%m%dT%H%M%SZ")
    except ValueError:
        return date


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
