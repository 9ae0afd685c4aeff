"""The front of the chain: read the request as it came, find out who signed it, and let nobody else past.

Order: sanitize, then the routes that never meet the service parser, then the signature.
"""

from dataclasses import dataclass

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.spec import load_service
from localstack.http import Response

from harness.gateway import respond
from harness.gateway.addressee import misdirected, needs_no_signature
from harness.gateway.arrival import Arrival, Forwarded, Signer, receive, sign
from harness.gateway.door import Door
from harness.gateway.home import Home
from harness.gateway.peering.peers import Peers, PeerUnavailable
from harness.gateway.peering.tickets import digest
from harness.gateway.peering.vouching import ask_home
from harness.gateway.records import Records
from harness.gateway.refusals import wrong_service
from harness.gateway.refusing import Unauthenticated, refuse
from harness.gateway.s3.unsigned import is_anonymous_s3
from harness.gateway.signers import ANONYMOUS, Anonymous, PlumbingSigner, ServiceSigner, from_json
from harness.sigv4 import Claim, Reason, Rejected
from harness.sigv4.canonical import AS_SENT, normal_path
from harness.sigv4.key_id import account_of
from harness.wire.vouch import Vouch

# LocalStack's own pages: control of the runtime, not AWS. Nobody but this process may ask for them.
OWN_ROUTES = ("/_localstack", "/_aws", "/_extension", "/_pods", "/_cluster")


@dataclass(slots=True)
class Authenticate:
    """Request handler, first in the chain."""

    home: Home
    peers: Peers
    records: Records
    door: Door

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Remember the signer, or answer with AWS's error and stop."""
        arrival = receive(context, self.door)
        try:
            sign(context, self._authenticated(context, arrival))
        except (Unauthenticated, PeerUnavailable) as why:
            refuse(self.records, context, response, arrival, why)
            chain.stop()

    def _authenticated(self, context: RequestContext, arrival: Arrival) -> Signer:
        signer = arrival.hops_fault or self._signer(context, arrival)
        if isinstance(signer, Rejected):
            raise Unauthenticated(signer)
        return signer

    def _signer(self, context: RequestContext, arrival: Arrival) -> Signer | Rejected:
        internal, forwarded = arrival.internal, arrival.forwarded
        if internal is not None and not internal.signed:
            service = internal.service_principal
            return (
                ServiceSigner(service, internal.source_arn, self.home.account_id, self.home.membership.place)
                if service
                else PlumbingSigner(internal.caller)
            )
        if forwarded is not None and forwarded.ticket is not None:
            return self._redeem(arrival, forwarded, forwarded.ticket)
        if not arrival.head.target.startswith("/"):
            return Rejected(Reason.MALFORMED, "the request target must be a path")
        if arrival.api is not None:
            return ANONYMOUS  # who signed is a question of the API's method, in the account that has it
        if arrival.head.path.startswith(OWN_ROUTES) and internal is None:
            return Rejected(
                Reason.MISSING, f"`{context.request.path}` is a page of LocalStack's own, which the gate keeps shut"
            )
        if arrival.form is not None:
            respond.speak_for(context, load_service("s3"))
        claim = arrival.claim()
        if isinstance(claim, Rejected):
            return self._unsigned(context, arrival, claim)
        if (fault := _path_fault(arrival, claim)) is not None:
            return fault
        if (service := misdirected(arrival.head, arrival.body, claim.service)) is not None:
            respond.speak_for(context, service)
            return wrong_service(service.service_name, claim.service, service.signing_name)
        return arrival.chunks_fault or self._vouch(context, arrival, claim)

    def signed(self, context: RequestContext, arrival: Arrival, claim: Claim) -> Vouch | Rejected:
        """Who signed a request that is for no service, but for an API of a user's. Raises PeerUnavailable."""
        return _path_fault(arrival, claim) or self._vouch(context, arrival, claim)

    def _unsigned(self, context: RequestContext, arrival: Arrival, claim: Rejected) -> Anonymous | Rejected:
        """S3 alone has anonymous requests; and in two of STS an identity provider speaks for who asks."""
        if claim.reason is Reason.MISSING and needs_no_signature(arrival.head, arrival.body):
            respond.speak_for(context, load_service("sts"))
            return ANONYMOUS
        if claim.reason is not Reason.MISSING or not is_anonymous_s3(context, arrival):
            return claim
        respond.speak_for(context, load_service("s3"))
        return arrival.chunks_fault or ANONYMOUS

    def _redeem(self, arrival: Arrival, forwarded: Forwarded, ticket: str) -> Signer | Rejected:
        """For whom the internal call is made, by the word of the door: an internal call's door is its home."""
        question = {"ticket": ticket, "request": digest(arrival.head, arrival.payload.sha256)}
        said = self.peers.ask(forwarded.door, "ticket", question, request_id=forwarded.request_id).data
        return Rejected(Reason.BAD_TOKEN, said["refused"]) if "refused" in said else from_json(said, forwarded.door)

    def _vouch(self, context: RequestContext, arrival: Arrival, claim: Claim) -> Vouch | Rejected:
        account = account_of(claim.key_id)
        if account == self.home.account_id:
            return self.home.vouch(arrival.head, claim, arrival.payload)
        if account not in self.peers:
            return Rejected(Reason.UNKNOWN_KEY)
        return ask_home(self.peers, self.home.documents, account, arrival, claim, context.request_id or "")


def _path_fault(arrival: Arrival, claim: Claim) -> Rejected | None:
    """A path that is signed in normal form and would be executed as it stands."""
    if claim.service in AS_SENT or normal_path(arrival.head.path) == arrival.head.path:
        return None
    return Rejected(Reason.MALFORMED, "the path must not have empty, `.` or `..` parts")
