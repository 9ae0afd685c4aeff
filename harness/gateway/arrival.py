"""A request as it arrived, kept in the WSGI environment from the front of the chain to the decision.

LocalStack decodes bodies, injects headers and rewrites regions on the way; what is verified, forwarded and journalled is this.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localstack.aws.api import RequestContext

from harness.gateway.internal import InternalCall, proven, without_proof
from harness.gateway.signers import InternalSigner
from harness.sigv4 import Head
from harness.wire.vouch import Vouch

_ARRIVAL = "harness.arrival"
_SIGNER = "harness.signer"
FORWARDED = "harness.forwarded"

# A client that sets these could speak for LocalStack or choose its account; none of them reaches LocalStack.
FORGEABLE = ("x-localstack-", "x-moto-", "x-harness-")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What only the peer port can say: which door the request came to, and from where."""

    door: str
    request_id: str
    client_address: str
    ticket: str | None = None
    """For an internal call of the door: what it is asked by, for whom the call is made."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The raw head and body, and how they came."""

    head: Head
    body: bytes
    payload_hash: str
    client_address: str
    forwarded: Forwarded | None
    internal: InternalCall | None


Signer = Vouch | InternalSigner


def receive(context: RequestContext) -> Arrival:
    """Read the request as it arrived, and drop what a client could forge."""
    environ = context.request.environ
    body = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    head = _head(environ)
    forwarded = environ.get(FORWARDED)
    internal = None if forwarded else proven(head)
    arrival = Arrival(
        head=without_proof(head) if internal else head,
        body=body,
        payload_hash=hashlib.sha256(body).hexdigest(),
        client_address=forwarded.client_address if forwarded else str(environ.get("REMOTE_ADDR", "")),
        forwarded=forwarded,
        internal=internal,
    )
    if forwarded:
        context.request_id = forwarded.request_id
    environ[_ARRIVAL] = arrival
    _sanitize(context, keep_data=arrival.internal is not None)
    return arrival


def arrival_of(context: RequestContext) -> Arrival:
    """The arrival of a request that passed the front. A KeyError here means the front was skipped: nothing is executed."""
    found: Arrival = context.request.environ[_ARRIVAL]
    return found


def sign(context: RequestContext, signer: Signer) -> None:
    """Remember who signed."""
    context.request.environ[_SIGNER] = signer


def signer_of(context: RequestContext) -> Signer:
    """Who signed; a KeyError here means that nobody was authenticated: nothing is executed."""
    found: Signer = context.request.environ[_SIGNER]
    return found


def _head(environ: Mapping[str, Any]) -> Head:
    target = str(environ["RAW_URI"]).encode("utf-8", "surrogateescape").decode("latin-1")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in environ["rolo.headers"])
    return Head(environ["REQUEST_METHOD"], target, headers)


def _sanitize(context: RequestContext, *, keep_data: bool) -> None:
    headers = context.request.headers
    for name in {name for name, _ in headers if name.lower().startswith(FORGEABLE)}:
        if not (keep_data and name.lower() == "x-localstack-data"):
            headers.remove(name)
