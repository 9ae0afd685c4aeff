"""What would be decided: a question of the driver about a principal that need not sign, an action and a resource.

The account that owns the resource decides, as for a request, with the caller's account's answer about the caller; nothing is
executed, and nothing is journalled.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.actions import global_keys
from harness.gateway.arrival import Signer
from harness.gateway.deciding import Decider
from harness.gateway.home import Home
from harness.gateway.iam.iam_state import Documents
from harness.gateway.peering.peers import Answer, Peers, PeerUnavailable
from harness.gateway.peering.vouching import fetch_documents
from harness.gateway.signers import ServiceSigner
from harness.model.arn import Arn
from harness.model.request import Context, ContextValue
from harness.wire import Message
from harness.wire.vouch import Vouch

NOBODY = "127.0.0.1"


@dataclass(slots=True)
class Simulator:
    """Answers `describe` (a leaf: who is this principal of mine) and `simulate` (asks the principal's home, as `forward` does)."""

    home: Home
    peers: Peers
    documents: Documents
    decider: Decider
    region: str

    def describe(self, message: Message) -> Answer:
        """The caller and the policies of a principal of this account, as if it had signed; `vouch` is None where it does not exist."""
        vouch = self.home.describe(message.data["principal"])
        return {"vouch": vouch.to_json() if vouch else None}, b""

    def simulate(self, message: Message) -> Answer:
        """The journal's line of the decision, with its message; or `fault`, why there is none."""
        asked = message.data
        try:
            signer = self._signer(asked["principal"], message.request_id)
        except PeerUnavailable as silent:
            return {"fault": str(silent)}, b""
        if signer is None:
            return {"fault": f"there is no principal `{asked['principal']}`"}, b""
        region = asked["region"] or self.region
        context = self._context(signer, asked["context"], asked["resource"], region)
        verdict = self.decider.judge(signer, asked["action"], asked["resource"], context, region)
        return {"line": {**verdict.line, "message": verdict.message}}, b""

    def _signer(self, principal: str, request_id: str) -> Signer | None:
        arn = Arn.parse(principal)
        if arn is None:
            return None if principal.startswith("arn:") else ServiceSigner(principal, None, self.home.account_id)
        if arn.account == self.home.account_id:
            return self.home.describe(principal)
        if arn.account not in self.peers:
            return None
        answer = self.peers.ask(arn.account, "describe", {"principal": principal}, request_id=request_id).data
        if answer["vouch"] is None:
            return None
        vouch = Vouch.from_json(answer["vouch"])
        fetch_documents(self.peers, self.documents, vouch, request_id)
        return vouch

    def _context(self, signer: Signer, given: Mapping[str, Any], resource: str, region: str) -> Context:
        """The keys that a request of this principal would have, and over them those that were given; all others are absent."""
        around = global_keys.Circumstances(
            now=self.decider.clock.now(),
            client_address=NOBODY,
            user_agent=None,
            referer=None,
            region=region,
            resource_account=self.decider.resource_account(resource),
            resource_place=self.decider.membership.place,
        )
        if isinstance(signer, Vouch):
            keys = global_keys.of_caller(signer.caller, around)
        else:
            assert isinstance(signer, ServiceSigner)  # noqa: S101 - plumbing is nobody's question
            keys = global_keys.of_service(signer.principal, None, None, None, around)
        values: dict[str, ContextValue] = {
            key.lower(): tuple(value) if isinstance(value, list) else value for key, value in {**keys, **given}.items()
        }
        return Context(values)
