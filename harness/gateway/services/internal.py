"""LocalStack's own calls: how they prove themselves, and for whom they say they are made.

Every internal client of this process sends a secret made at its start, the service whose code makes the call, and the
principal it is made for (`call_sites`); `x-localstack-data` alone, which any client can send, grants nothing. A proven call is
decided as that service principal, or as the session that signed it. What is left is plumbing, and passes only by a row.
"""

import hmac
import json
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER, InternalClientFactory
from localstack.config import INTERNAL_RESOURCE_ACCOUNT

from harness.gateway.services import call_sites
from harness.sigv4 import Head

HEADER = "x-harness-internal"
CALLER_HEADER = "x-harness-caller"
DATA_HEADER = INTERNAL_REQUEST_PARAMS_HEADER
_SECRET = secrets.token_hex(32)
# An internal client without credentials of its own signs with the placeholder `__internal_call__` or with an account id.
_SIGNED = re.compile(r"Credential=(?:AKIA|ASIA)[A-Z2-7]{16}/")

# The account in which LocalStack keeps what belongs to a service of AWS's own.
PLUMBING_ACCOUNT = INTERNAL_RESOURCE_ACCOUNT


@dataclass(frozen=True, slots=True)
class InternalCall:
    """A proven internal call: what LocalStack says about itself."""

    caller: str
    """The service whose code makes the call."""
    service_principal: str | None
    """As a principal: `events.amazonaws.com`."""
    source_arn: str | None
    signed: bool
    """The call carries a session's real credentials and is authenticated like any other."""


def install() -> None:
    """Have every internal client of this process send the secret, and for whom it calls."""
    original = InternalClientFactory._get_client_post_hook  # noqa: SLF001 - LocalStack's one hook for this

    def with_secret(self: Any, client: Any) -> Any:
        client = original(self, client)
        client.meta.events.register("before-call.*.*", _say)
        client.meta.events.register("before-send.*.*", _prove)
        return client

    InternalClientFactory._get_client_post_hook = with_secret  # noqa: SLF001


def _prove(request: Any, **_: Any) -> None:
    """Add the secret once the request is signed: it is not of the signature, so that it can be left out when the request goes on."""
    request.headers[HEADER] = _SECRET


def proof(caller: str, service_principal: str, source_arn: str) -> dict[str, str]:
    """The headers of a call that goes around LocalStack's internal clients: the proof, who makes it, and for whom."""
    made_for = json.dumps({"service_principal": service_principal, "source_arn": source_arn})
    return {HEADER: _SECRET, CALLER_HEADER: caller, DATA_HEADER: made_for}


def without_proof(head: Head) -> Head:
    """The head as it may leave this process: whoever learned the secret could speak for LocalStack here."""
    return replace(head, headers=tuple(pair for pair in head.headers if pair[0].lower() != HEADER))


def _say(params: dict[str, Any], model: Any, **_: Any) -> None:
    headers = params["headers"]
    frames = list(_frames(sys._getframe()))  # noqa: SLF001 - the stack is the one place that says whose code calls
    caller = call_sites.calling_service(str(frame.f_globals.get("__name__")) for frame in frames)
    said = json.loads(headers.get(DATA_HEADER) or "{}")
    headers[CALLER_HEADER] = caller
    headers[DATA_HEADER] = json.dumps(_made_for(caller, model.service_model.service_name, model.name, said, frames))


def _made_for(
    caller: str, service: str, operation: str, said: dict[str, Any], frames: list[FrameType]
) -> dict[str, str | None]:
    """For whom the call is made: whom LocalStack names, or whom the tables name."""
    principal, source = _principal(said.get("service_principal")), said.get("source_arn")
    if call_sites.plumbing(caller, service, operation) is not None:
        return {}
    if principal is None and (mark := call_sites.MARKS.get((caller, service, operation))) is not None:
        principal, source = mark.principal, _found(mark.source, frames)
    elif (service, operation) == ("sts", "AssumeRole") and source is None and caller in call_sites.ASSUMERS:
        source = _found(call_sites.ASSUMERS[caller], frames)
    return {"service_principal": principal, "source_arn": call_sites.source(principal, source) if principal else source}


def _principal(service: str | None) -> str | None:
    return f"{service}.amazonaws.com" if service and "." not in service else service


def from_stack(source: call_sites.Source) -> str | None:
    """The source's ARN in LocalStack's code that is calling now."""
    return _found(source, list(_frames(sys._getframe())))  # noqa: SLF001 - the one place that says whose code calls


def _found(source: call_sites.Source, frames: list[FrameType]) -> str | None:
    """The source's ARN; None where LocalStack's code is not as the table says: a condition on it is then not met."""
    for frame in frames:
        if not str(frame.f_globals.get("__name__")).startswith("localstack.services."):
            continue
        here = frame.f_locals
        variable = next((name for name in source.variables if name in here), None)
        if variable is not None:
            return source.arn(here[variable])
    return None


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def proven(head: Head) -> InternalCall | None:
    """The internal call that the head proves itself to be, None for everyone else's."""
    if not hmac.compare_digest((head.value(HEADER) or "").encode("latin-1"), _SECRET.encode()):
        return None
    data = json.loads(head.value(DATA_HEADER) or "{}")
    return InternalCall(
        caller=head.value(CALLER_HEADER) or "",
        service_principal=data.get("service_principal"),
        source_arn=data.get("source_arn"),
        signed=_SIGNED.search(head.value("authorization") or "") is not None,
    )
