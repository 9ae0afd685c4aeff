"""What the journal says: one line per request, of one of five kinds. No request parameters and no secrets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from harness.gateway.arrival import Arrival, principal_if_any
from harness.gateway.clock import Clock
from harness.gateway.journal import Journal
from harness.gateway.peering.peers import PeerUnavailable
from harness.sigv4 import Claim, Rejected


@dataclass(slots=True)
class Records:
    """Writes this instance's lines."""

    account_id: str
    journal: Journal
    clock: Clock

    def decision(self, context: RequestContext, arrival: Arrival, fields: Mapping[str, Any]) -> None:
        """A request was decided here, at the account that owns the resource."""
        self._write(context, arrival, "decision", fields)

    def authentication(
        self, context: RequestContext, arrival: Arrival, rejected: Rejected, error: CommonServiceException
    ) -> None:
        """A request was refused because nobody could be found who signed it."""
        claim = arrival.claim()
        key_id = claim.key_id if isinstance(claim, Claim) else None
        fields = {"decision": "refused", "reason": rejected.reason.value, "detail": rejected.detail, "key_id": key_id}
        self._write(context, arrival, "authentication", fields | _error(error))

    def identity(self, context: RequestContext, arrival: Arrival, error: CommonServiceException) -> None:
        """A request was refused because what it shows of an identity provider speaks for nobody."""
        self._write(context, arrival, "authentication", {"decision": "refused"} | _error(error))

    def validation(self, context: RequestContext, arrival: Arrival, error: CommonServiceException) -> None:
        """A request was refused whoever asks: before the decision for its form, after it for what it would store or be given."""
        self._write(context, arrival, "validation", _refused(context) | _error(error))

    def peer(self, context: RequestContext, arrival: Arrival, silent: PeerUnavailable) -> None:
        """A request was refused because another instance did not answer."""
        fields = _refused(context) | {"peer": silent.account_id, "detail": str(silent)}
        self._write(context, arrival, "peer", fields)

    def failure(
        self, context: RequestContext, arrival: Arrival | None, cause: str, error: CommonServiceException
    ) -> None:
        """A request was refused, or broke off, because something raised."""
        self._write(context, arrival, "failure", _refused(context) | {"detail": cause} | _error(error))

    def stranger(self, why: str) -> None:
        """Bytes on the peer port that are no question of this launch."""
        now = self.clock.real().isoformat()
        self.journal.write(
            {"kind": "peer", "time": now, "owner": self.account_id, "decision": "refused", "detail": why}
        )

    def keep(self, documents: Sequence[tuple[str, str]]) -> None:
        """Keep the policies that a line names by digest."""
        for digest, text in documents:
            self.journal.keep(digest, text)

    def _write(self, context: RequestContext, arrival: Arrival | None, kind: str, fields: Mapping[str, Any]) -> None:
        service = context.service.service_name if context.service is not None else None
        operation = context.operation.name if context.operation is not None else None
        line = {
            "kind": kind,
            "time": self.clock.real().isoformat(),
            "clock": self.clock.now().isoformat(),
            "request_id": context.request_id,
            "door": arrival.forwarded.door if arrival is not None and arrival.forwarded else self.account_id,
            "owner": self.account_id,
            "service": service,
            "operation": operation,
        }
        self.journal.write({**line, **fields})


def _refused(context: RequestContext) -> dict[str, Any]:
    """With whom the request speaks for, where that was found."""
    principal = principal_if_any(context)
    return {"decision": "refused"} | ({"principal": principal} if principal else {})


def _error(error: CommonServiceException) -> dict[str, Any]:
    return {"error": {"code": error.code, "status": error.status_code, "message": str(error)}}
