"""iam:SimulatePrincipalPolicy and its siblings, answered by the engine that decides requests.

What is asked and what is answered is `harness.policy_simulation`'s; here are the policies that the account's entities hold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from harness.actions import Operation
from harness.gateway.home import Home
from harness.gateway.iam_state import Documents, IamState
from harness.gateway.respond import client_error
from harness.model.arn import Arn
from harness.model.world import Policy
from harness.policy import InvalidPolicy, PolicyKind, parse_stored
from harness.policy_simulation import Params, Source, Sources, context_keys, given, requests, result
from harness.wire.vouch import PolicyRef, PolicySet

OPERATIONS = frozenset({
    "GetContextKeysForCustomPolicy", "GetContextKeysForPrincipalPolicy", "SimulateCustomPolicy", "SimulatePrincipalPolicy",
})  # fmt: skip
PAGE = 1000


@dataclass(slots=True)
class PolicySimulation:
    """Answers for this account."""

    account_id: str
    iam: IamState
    home: Home
    documents: Documents

    def answer(self, operation: Operation) -> dict[str, Any]:
        """The operation's result. Raises AWS's NoSuchEntity and InvalidInput."""
        params = operation.params
        in_request = _valid(params)
        source = params.get("PolicySourceArn")
        held = self._held(source) if source else PolicySet()
        if operation.name.startswith("GetContextKeys"):
            texts = [self._text(ref) for ref in held.identity]
            return {"ContextKeyNames": context_keys([*texts, *(params.get("PolicyInputList") or ())])}
        sources = self._beside(in_request, held, source)
        return _page([result(request, sources) for request in requests(params, self.account_id)], params)

    def _held(self, source: str) -> PolicySet:
        """The policies of a user, role or group of this account."""
        arn = Arn.parse(source)
        if arn is None:
            raise client_error("InvalidInput", f"Invalid Entity Arn: {source}")
        found = self._policies(source, arn) if arn.account == self.account_id else None
        if found is None:
            raise client_error("NoSuchEntity", f"The entity {source} cannot be found.", HTTPStatus.NOT_FOUND)
        return found

    def _policies(self, source: str, arn: Arn) -> PolicySet | None:
        if arn.kind == "group":
            return self.iam.policies_of_group(arn.name.rpartition("/")[2])
        vouch = self.home.describe(source)
        return None if vouch is None else vouch.policies

    def _beside(self, in_request: Sources, held: PolicySet, source: str | None) -> Sources:
        """The request's policies beside those that are held; its boundary is in the place of the entity's own."""
        boundary = in_request.boundary
        if boundary is None and held.boundary is not None:
            boundary = Source(self._policy(held.boundary, PolicyKind.BOUNDARY), "user-managed")
        controls = tuple(tuple(self._policy(ref, PolicyKind.SCP) for ref in level) for level in held.service_control)
        identity = (*self._sources(held.identity, source), *in_request.identity)
        return replace(in_request, identity=identity, boundary=boundary, service_control=controls)

    def _sources(self, refs: Sequence[PolicyRef], source: str | None) -> Iterator[Source]:
        arn = Arn.parse(source or "")
        inline = arn.kind if arn is not None else "user"
        for ref in refs:
            managed = "aws-managed" if ref.name.startswith("arn:aws:iam::aws:") else "user-managed"
            yield Source(self._policy(ref, PolicyKind.IDENTITY), managed if ref.name.startswith("arn:") else inline)

    def _policy(self, ref: PolicyRef, kind: PolicyKind) -> Policy:
        return Policy(ref.name, parse_stored(self._text(ref), kind))

    def _text(self, ref: PolicyRef) -> str:
        return str(self.documents.text(ref.digest))


def _valid(params: Params) -> Sources:
    try:
        return given(params)
    except InvalidPolicy as invalid:
        raise client_error("InvalidInput", invalid.message) from invalid


def _page(results: Sequence[dict[str, Any]], params: Params) -> dict[str, Any]:
    """Results from the marker on, which is their number."""
    marker = params.get("Marker") or "0"
    if not marker.isdecimal():
        raise client_error("InvalidInput", f"Invalid Marker: {marker}")
    start, most = int(marker), int(params.get("MaxItems") or PAGE)
    following = start + most
    more = {"IsTruncated": True, "Marker": str(following)} if following < len(results) else {"IsTruncated": False}
    return {"EvaluationResults": results[start:following], **more}
