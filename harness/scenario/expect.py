"""`allowed` and `denied`: an expectation about one call, checked against the journal's line of exactly that request."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import botocore.exceptions

from harness.errors import ScenarioError, hidden_in_pytest
from harness.journal import Entry, JournalReader
from harness.report import explanation, refusal
from harness.scenario.reasons import KNOWN, reasons

__tracebackhide__ = hidden_in_pytest
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


def allowed(journal: JournalReader, call: Callable[[], Any]) -> Any:
    """The call's result. Raises AssertionError with what refused it when it is refused; any other failure is raised as it is."""
    __tracebackhide__ = True  # pytest shows the scenario's own line
    try:
        return call()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in REFUSALS:
            raise error.with_traceback(_cut(error.__traceback__)) from None
        refused = [f"expected to be allowed, and was refused: {error}", *_told(journal, error)]
    raise AssertionError("\n  ".join(refused))


def _told(journal: JournalReader, error: botocore.exceptions.ClientError) -> Iterator[str]:
    """What refused it, where the journal has its line."""
    for entry in _refusing(journal, error)[-1:]:
        yield from explanation(entry.fields) if "action" in entry.fields else refusal(entry.fields)


def denied(
    journal: JournalReader, call: Callable[[], Any], *, by: str | set[str], explicit: bool | None = None
) -> Denial:
    """Expect that `call` is refused by exactly the sides and layers `by`; the refusal.

    `by` is one of `harness.scenario.reasons.KNOWN` or a set of them: every layer that lacked an Allow, or held the Deny.
    `explicit` tells, where given, whether it must be an explicit deny. Raises AssertionError when the call succeeds or
    is refused by others; a failure that is no refusal is raised as it is.
    """
    __tracebackhide__ = True  # pytest shows the scenario's own line
    expected = frozenset({by} if isinstance(by, str) else by)
    if unknown := expected - KNOWN:
        raise ScenarioError(f"no such reason: {', '.join(sorted(unknown))}", help=f"one of {', '.join(sorted(KNOWN))}")
    error = _refusal(journal, call)
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


def _refusal(journal: JournalReader, call: Callable[[], Any]) -> botocore.exceptions.ClientError:
    __tracebackhide__ = True
    try:
        result = call()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in REFUSALS:
            raise error.with_traceback(_cut(error.__traceback__)) from None
        return error
    allowing = [f"expected to be denied, and was allowed: {_shortened(result)}", *_allowing(journal, result)]
    raise AssertionError("\n  ".join(allowing))


def _allowing(journal: JournalReader, result: Any) -> Iterator[str]:
    """What allowed it, where the result tells its request."""
    metadata = result.get("ResponseMetadata", {}) if isinstance(result, dict) else {}
    request_id = _id_in(metadata)
    for entry in journal.find(request_id) if request_id else ():
        if "action" in entry.fields:
            yield from explanation(entry.fields)


def _entry(journal: JournalReader, error: botocore.exceptions.ClientError) -> Entry:
    __tracebackhide__ = True
    refusing = _refusing(journal, error)
    if not refusing:
        raise AssertionError(f"the journal holds no refusal of request {_request_id(error)}: {error}")
    return refusing[-1]


def _refusing(journal: JournalReader, error: botocore.exceptions.ClientError) -> list[Entry]:
    return [entry for entry in journal.find(_request_id(error)) if entry.denied]


def _request_id(error: botocore.exceptions.ClientError) -> str:
    return _id_in(error.response.get("ResponseMetadata", {}))


def _id_in(metadata: Mapping[str, Any]) -> str:
    return str(metadata.get("HTTPHeaders", {}).get("x-amzn-requestid") or metadata.get("RequestId") or "")


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) or "nothing"


def _shortened(result: Any) -> str:
    """What came, by its names: its values may be secrets."""
    if not isinstance(result, dict):
        return repr(type(result))
    return f"an answer with {', '.join(name for name in result if name != 'ResponseMetadata') or 'nothing in it'}"


def _cut(trace: TracebackType | None) -> TracebackType | None:
    """The traceback without botocore's own frames, which tell nobody anything."""
    last = trace
    while last is not None and last.tb_next is not None:
        if last.tb_next.tb_frame.f_globals.get("__name__", "").startswith("botocore."):
            last.tb_next = None
        last = last.tb_next
    return trace
