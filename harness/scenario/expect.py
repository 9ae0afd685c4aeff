"""`allowed` and `denied`: an expectation about one call, checked against the journal's line of exactly that request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import botocore.exceptions

from harness.errors import ScenarioError
from harness.journal import Entry, JournalReader
from harness.scenario.reasons import KNOWN, reasons

# What AWS's services call a refusal, for who asks or for what is asked (see harness.gateway.respond).
REFUSALS = frozenset({
    "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "MethodNotAllowed",
    "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken",
    "ExpiredToken", "ExpiredTokenException", "SignatureDoesNotMatch", "InvalidSignatureException",
    "MissingAuthenticationToken", "MissingAuthenticationTokenException", "IncompleteSignature",
    "IncompleteSignatureException", "AuthorizationHeaderMalformed", "RequestTimeTooSkewed",
    "InvalidIdentityToken", "IDPRejectedClaim", "IDPCommunicationError",
    "ForbiddenException", "UnauthorizedException",
    "MalformedPolicyDocument", "InvalidParameterValueException",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Denial:
    """A refusal that was expected: AWS's error, and the journal's line."""

    code: str
    message: str
    status: int
    entry: Entry


def allowed(call: Callable[[], Any]) -> Any:
    """The call's result. Raises AssertionError with the refusal when it is refused; any other failure is raised as it is."""
    try:
        return call()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in REFUSALS:
            raise AssertionError(f"expected to be allowed, and was refused: {error}") from error
        raise


def denied(
    journal: JournalReader, call: Callable[[], Any], *, by: str | set[str], explicit: bool | None = None
) -> Denial:
    """Expect that `call` is refused by exactly the sides and layers `by`; the refusal.

    `by` is one of `harness.scenario.reasons.KNOWN` or a set of them: every layer that lacked an Allow, or held the Deny.
    `explicit` tells, where given, whether it must be an explicit deny. Raises AssertionError when the call succeeds or
    is refused by others; a failure that is no refusal is raised as it is.
    """
    expected = frozenset({by} if isinstance(by, str) else by)
    if unknown := expected - KNOWN:
        raise ScenarioError(f"no such reason: {', '.join(sorted(unknown))}", help=f"one of {', '.join(sorted(KNOWN))}")
    error = _refusal(call)
    entry = _entry(journal, error)
    found = reasons(entry)
    if found != expected:
        raise AssertionError(
            f"expected to be denied by {_listed(expected)}, and was by {_listed(found)}: {entry.describe()}"
        )
    if explicit is not None and (entry.decision == "explicit_deny") is not explicit:
        raise AssertionError(f"expected {'an explicit' if explicit else 'an implicit'} deny: {entry.describe()}")
    answer: Mapping[str, Any] = error.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return Denial(answer["Error"]["Code"], answer["Error"]["Message"], status, entry)


def _refusal(call: Callable[[], Any]) -> botocore.exceptions.ClientError:
    try:
        result = call()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in REFUSALS:
            raise
        return error
    raise AssertionError(f"expected to be denied, and was allowed: {_shortened(result)}")


def _entry(journal: JournalReader, error: botocore.exceptions.ClientError) -> Entry:
    metadata = error.response.get("ResponseMetadata", {})
    request_id = metadata.get("HTTPHeaders", {}).get("x-amzn-requestid") or metadata.get("RequestId")
    refusing = [entry for entry in journal.find(request_id or "") if entry.denied]
    if not refusing:
        raise AssertionError(f"the journal holds no refusal of request {request_id}: {error}")
    return refusing[-1]


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "nothing"


def _shortened(result: Any) -> str:
    text = (
        repr({key: value for key, value in result.items() if key not in {"ResponseMetadata", "Credentials"}})
        if isinstance(result, dict)
        else repr(type(result))
    )
    return text if len(text) < 300 else f"{text[:300]}…"  # noqa: PLR2004 - a line or two
