"""A request as it arrived, kept in the WSGI environment from the front of the chain to the decision.

LocalStack decodes bodies, injects headers and rewrites regions on the way; what is verified, forwarded and journalled is this.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from localstack.aws.api import RequestContext

from harness.actions.federation import Federated
from harness.gateway.door import Door
from harness.gateway.rest_apis.address import Address, read_address
from harness.gateway.s3.forms import written
from harness.gateway.services.hops import arrived
from harness.gateway.services.internal import DATA_HEADER, InternalCall, proven, without_proof
from harness.gateway.signers import Anonymous, Authorized, InternalSigner, ServiceSigner
from harness.sigv4 import (
    Chunks,
    Claim,
    Form,
    Head,
    Payload,
    Rejected,
    claim_of_form,
    parse_claim,
    read_chunks,
    read_form,
)
from harness.wire import VpcEndpoint
from harness.wire.vouch import Vouch

_ARRIVAL = "harness.arrival"
_SIGNER = "harness.signer"
_DECIDED = "harness.decided"
FORWARDED = "harness.forwarded"
_OF_SERVICES = "127.0.0.1"
"""The address that LocalStack's own calls come from."""

OPERATION_HEADER = "x-harness-operation"
"""The protocol, the operation and the region, for who reads the request anew (`moto_requests`)."""
# A client that sets these could speak for LocalStack or choose its account; none of them reaches LocalStack.
FORGEABLE = ("x-localstack-", "x-moto-", "x-harness-")


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What only the peer port can say: which door the request came to, and from where."""

    door: str
    request_id: str
    client_address: str
    vpc_endpoint: VpcEndpoint | None = None
    ticket: str | None = None
    """For an internal call of the door: what it is asked by, for whom the call is made."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """The raw head and body, and how they came."""

    head: Head
    body: bytes
    payload: Payload
    chunks_fault: Rejected | None
    """What is wrong with the chunks of a streamed body."""
    form: Form | Rejected | None
    """S3's form post, or what is wrong with it."""
    client_address: str
    vpc_endpoint: VpcEndpoint | None
    forwarded: Forwarded | None
    internal: InternalCall | None
    api: Address | None
    """The API of API Gateway that is called, where it is one."""
    hops: int
    """How many calls of APIs' integrations led here."""
    hops_fault: Rejected | None
    """The request comes with another call's count."""

    def by_a_service(self) -> "Arrival":
        """The same for what a service does on the way: from an address of its own, and nothing of the client's is in it."""
        head = replace(self.head, headers=())
        return replace(self, head=head, client_address=_OF_SERVICES, vpc_endpoint=None)

    def claim(self) -> Claim | Rejected:
        """Who the request says has signed it."""
        if isinstance(self.form, Rejected):
            return self.form
        return parse_claim(self.head) if self.form is None else claim_of_form(self.head, self.form.signed)


Signer = Vouch | InternalSigner | Anonymous | Federated | Authorized


def receive(context: RequestContext, door: Door) -> Arrival:
    """Read the request as it arrived, and drop what a client could forge. A forwarded one came in by another door."""
    environ = context.request.environ
    body = environ["wsgi.input"].read()
    environ["wsgi.input"] = io.BytesIO(body)
    head = _head(environ)
    api = read_address(head)
    form = read_form(head, body) if api is None else None
    if isinstance(form, Form):
        _replace(context, *written(form))
    chunks = read_chunks(head, body)
    forwarded = environ.get(FORWARDED)
    internal = None if forwarded else proven(head)
    counted = arrived(head)
    hops = counted if isinstance(counted, int) else 0
    by_service = internal is not None or hops > 0
    address, vpc_endpoint = door.origin(str(environ.get("REMOTE_ADDR", "")), by_service=by_service)
    arrival = Arrival(
        head=without_proof(head) if internal else head,
        body=body,
        payload=Payload(hashlib.sha256(body).hexdigest(), chunks if isinstance(chunks, Chunks) else None),
        chunks_fault=chunks if isinstance(chunks, Rejected) else None,
        form=form,
        client_address=forwarded.client_address if forwarded else address,
        vpc_endpoint=forwarded.vpc_endpoint if forwarded and not hops else vpc_endpoint,
        forwarded=forwarded,
        internal=internal,
        api=api,
        hops=hops,
        hops_fault=counted if isinstance(counted, Rejected) else None,
    )
    if forwarded:
        context.request_id = forwarded.request_id
    environ[_ARRIVAL] = arrival
    _sanitize(context, keep_data=arrival.internal is not None)
    return arrival


def _replace(context: RequestContext, content_type: str, body: bytes) -> None:
    """Give LocalStack another body than the one that came."""
    environ, length = context.request.environ, str(len(body))
    environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_TYPE": content_type, "CONTENT_LENGTH": length}
    context.request.headers["Content-Type"] = content_type
    context.request.headers["Content-Length"] = length


def arrival_of(context: RequestContext) -> Arrival:
    """The arrival of a request that passed the front. A KeyError here means the front was skipped: nothing is executed."""
    found: Arrival = context.request.environ[_ARRIVAL]
    return found


def arrival_if_any(context: RequestContext) -> Arrival | None:
    """The arrival, None where even reading the request failed."""
    found: Arrival | None = context.request.environ.get(_ARRIVAL)
    return found


def decide(context: RequestContext) -> None:
    """Remember that the request may be executed here, as the operation that was decided."""
    context.request.environ[_DECIDED] = True
    if context.operation is not None:
        context.request.headers[OPERATION_HEADER] = f"{context.protocol} {context.operation.name} {context.region}"


def is_decided(context: RequestContext) -> bool:
    """Whether the request may be executed here; False for one that raised on its way to the decision."""
    return bool(context.request.environ.get(_DECIDED))


def sign(context: RequestContext, signer: Signer) -> None:
    """Remember who signed."""
    context.request.environ[_SIGNER] = signer


def signer_of(context: RequestContext) -> Signer:
    """Who signed; a KeyError here means that nobody was authenticated: nothing is executed."""
    found: Signer = context.request.environ[_SIGNER]
    return found


def principal_if_any(context: RequestContext) -> str | None:
    """Whoever the request speaks for, as the journal names them; None where nobody was found."""
    signer: Signer | None = context.request.environ.get(_SIGNER)
    match signer:
        case Vouch():
            return signer.caller.arn
        case ServiceSigner():
            return signer.principal
        case Anonymous():
            return "anonymous"
        case _:
            return None


def _head(environ: Mapping[str, Any]) -> Head:
    target = str(environ["RAW_URI"]).encode("utf-8", "surrogateescape").decode("latin-1")
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in environ["rolo.headers"])
    return Head(environ["REQUEST_METHOD"], target, headers)


def _sanitize(context: RequestContext, *, keep_data: bool) -> None:
    kept = DATA_HEADER if keep_data else ""
    headers = context.request.headers
    for name in {name for name, _ in headers if _forgeable(name) and name.lower() != kept}:
        headers.remove(name)
    # The same headers as CGI names them, in which `_` and `-` are one.
    environ = context.request.environ
    for name in [name for name in environ if name.startswith("HTTP_") and _forgeable(name[5:])]:
        del environ[name]


def _forgeable(name: str) -> bool:
    return name.lower().replace("_", "-").startswith(FORGEABLE)
