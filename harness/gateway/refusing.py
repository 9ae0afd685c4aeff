"""How the gate refuses a request on its way: a line in the journal, then AWS's error in the service's own words.

Both handlers do it here, so that no refusal is answered without its line. The one kind that is not here is a denial: it is a value,
and its line is the decision.
"""

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.http import Response

from harness.gateway import respond
from harness.gateway.arrival import Arrival
from harness.gateway.federation.federated import IdentityRefused
from harness.gateway.peering.peers import PeerUnavailable
from harness.gateway.records import Records
from harness.sigv4 import Rejected


class Unauthenticated(Exception):
    """The request is nobody's: its signature, or what it is signed for, is not good here."""

    def __init__(self, rejected: Rejected) -> None:
        super().__init__(rejected.reason.value)
        self.rejected = rejected


type Refusal = Unauthenticated | IdentityRefused | PeerUnavailable | CommonServiceException


def refuse(records: Records, context: RequestContext, response: Response, arrival: Arrival, why: Refusal) -> None:
    """Journal the refusal, and write it into the response."""
    respond.write_error(context, response, _journalled(records, context, arrival, why))


def _journalled(records: Records, context: RequestContext, arrival: Arrival, why: Refusal) -> CommonServiceException:
    """AWS's error, with its line written."""
    match why:
        case Unauthenticated(rejected=rejected):
            respond.recognise(context)
            error = respond.authentication_error(context, rejected)
            records.authentication(context, arrival, rejected, error)
        case IdentityRefused():
            error = respond.client_error(why.code, why.message, why.status)
            records.identity(context, arrival, error)
        case PeerUnavailable():
            error = respond.unavailable(str(why))
            records.peer(context, arrival, why)
        case CommonServiceException():
            error = why
            records.validation(context, arrival, error)
    return error
