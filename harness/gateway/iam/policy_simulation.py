"""iam:SimulatePrincipalPolicy and its siblings, answered by the engine that decides requests.

What is asked and what is answered is `harness.policy_simulation`'s; here are the policies that the account's entities hold.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from harness.actions import Operation
from harness.gateway.home import Home
from harness.gateway.iam import pages
from harness.gateway.iam.iam_state import Documents, IamState
from harness.gateway.respond import client_error
from harness.model.arn import Arn
from harness.model.principal import is_service_linked
from harness.model.request import Request
from harness.model.world import Policy
from harness.policy import InvalidPolicy, PolicyKind, parse_stored
from harness.policy_simulation import Params, Source, Sources, context_keys, given, requests, result
from harness.wire.vouch import PolicyRef, PolicySet

OPERATIONS = frozenset({
    "GetContextKeysForCustomPolicy", "GetContextKeysForPrincipalPolicy", "SimulateCustomPolicy", "SimulatePrincipalPolicy",
})  # fmt: skip
_ENTITIES = frozenset({"group", "role", "user"})
_WILDCARDS = frozenset("*?")
PAGE = 1000
_Asked = tuple[str, str]
"""An action and a resource."""


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
        _check_actions(params)
        in_request = _valid(params)
        source = params.get("PolicySourceArn")
        held = self._held(source) if source else PolicySet()
        if operation.name.startswith("GetContextKeys"):
            texts = [self._text(ref) for ref in held.identity]
            return {"ContextKeyNames": context_keys([*texts, *(params.get("PolicyInputList") or ())])}
        sources = self._beside(in_request, held, source)
        page, more = _page(list(requests(params, self.account_id)), params)
        return {"EvaluationResults": [result(request, sources) for request in page], **more}

    def _held(self, source: str) -> PolicySet:
        """The policies of a user, role or group of this account, by the ARN that the caller was allowed to ask about and no other.

        OBSERVED: https://github.com/newrelic/newrelic-lambda-cli/issues/96 for the ARN of a session.
        """
        arn = Arn.parse(source)
        if arn is None or arn.service != "iam" or arn.kind not in _ENTITIES or not arn.name:
            message = f"Invalid Entity Arn: {source} does not clearly define entity type and name."
            raise client_error("InvalidInput", message)
        found = self._policies(source, arn) if arn.account == self.account_id else None
        if found is None:
            raise client_error("NoSuchEntity", f"The entity {source} cannot be found.", HTTPStatus.NOT_FOUND)
        return found

    def _policies(self, source: str, arn: Arn) -> PolicySet | None:
        if arn.kind == "group":
            return self.iam.policies_of_group(source)
        vouch = self.home.describe(source)
        return None if vouch is None else vouch.policies

    def _beside(self, in_request: Sources, held: PolicySet, source: str | None) -> Sources:
        """The request's policies beside those that are held; its boundary is in the place of the entity's own."""
        boundary = in_request.boundary
        if boundary is None and held.boundary is not None:
            boundary = Source(self._policy(held.boundary, PolicyKind.BOUNDARY), "user-managed")
        controls = tuple(tuple(self._policy(ref, PolicyKind.SCP) for ref in level) for level in held.service_control)
        identity = (*self._sources(held.identity, source), *in_request.identity)
        return replace(
            in_request,
            identity=identity,
            boundary=boundary,
            service_control=controls,
            of_linked_role=is_service_linked(source or ""),
        )

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


def _check_actions(params: Params) -> None:
    """Each names its service, and has no wildcards; the words are ours.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html (ActionNames)
    """
    for action in params.get("ActionNames") or ():
        if _WILDCARDS.intersection(action):
            message = f"Invalid Action: {action}. This operation does not support using wildcards in an action name."
            raise client_error("InvalidInput", message)
        if ":" not in action:
            raise client_error("InvalidInput", f"Invalid Action: {action} names no service.")


def _valid(params: Params) -> Sources:
    try:
        return given(params)
    except InvalidPolicy as invalid:
        raise client_error("InvalidInput", invalid.message) from invalid


def _page(asked: Sequence[Request], params: Params) -> tuple[Sequence[Request], dict[str, Any]]:
    """What is asked from the marker on, which is its number, and what the answer says of the rest."""
    first, end = pages.bounds(params, PAGE)
    if first > len(asked):
        raise client_error("ValidationError", pages.INVALID_MARKER)
    more = {"IsTruncated": True, "Marker": str(end)} if end < len(asked) else {"IsTruncated": False}
    return asked[first:end], more
