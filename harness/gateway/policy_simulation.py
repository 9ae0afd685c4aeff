"""iam:SimulatePrincipalPolicy and its siblings, answered by the engine that decides requests.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html: neither trust policies nor session policies
take part, a resource's policy only where it is given, and of the condition keys only those that are given.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from itertools import product
from typing import Any

from localstack.aws.api import CommonServiceException

from harness.actions import Operation
from harness.gateway.home import Home
from harness.gateway.iam_state import Documents, IamState
from harness.iam import decide
from harness.iam.layers import layers
from harness.model.arn import Arn
from harness.model.decision import Decision, Effect, Evidence, Layer
from harness.model.principal import Principal, PrincipalKind, is_service_linked
from harness.model.request import Context, ContextValue, Request
from harness.model.world import Policy, World
from harness.policy import InvalidPolicy, PolicyKind, parse_policy, parse_stored
from harness.wire.vouch import PolicyRef, PolicySet

OPERATIONS = frozenset({
    "GetContextKeysForCustomPolicy", "GetContextKeysForPrincipalPolicy", "SimulateCustomPolicy", "SimulatePrincipalPolicy",
})  # fmt: skip
_DECISIONS = {
    Effect.ALLOWED: "allowed",
    Effect.IMPLICIT_DENY: "implicitDeny",
    Effect.EXPLICIT_DENY: "explicitDeny",
}
_ENTITIES = frozenset({"group", "role", "user"})
_VARIABLE = re.compile(r"\$\{([\w:./-]+)")
_PLACES = {
    PolicyKind.IDENTITY: "PolicyInputList",
    PolicyKind.BOUNDARY: "PermissionsBoundaryPolicyInputList",
    PolicyKind.RESOURCE: "ResourcePolicy",
}
_KINDS = {PolicyKind.RESOURCE: "resource"}
PAGE = 1000
_Asked = tuple[str, str]
"""An action and a resource."""


@dataclass(frozen=True, slots=True)
class _Source:
    """One policy that takes part, and how results name it."""

    policy: Policy
    kind: str


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
        source = params.get("PolicySourceArn")
        held = self._held(source) if source else PolicySet()
        texts = [str(self.documents.text(ref.digest)) for ref in held.identity] + list(
            params.get("PolicyInputList") or ()
        )
        identity = [*self._sources(held.identity, source), *_given(params.get("PolicyInputList"), PolicyKind.IDENTITY)]
        if operation.name.startswith("GetContextKeys"):
            return {"ContextKeyNames": sorted({key for text in texts for key in _context_keys(text)})}
        boundary = _given(params.get("PermissionsBoundaryPolicyInputList"), PolicyKind.BOUNDARY)
        if not boundary and held.boundary:
            boundary = [_Source(self._policy(held.boundary, PolicyKind.BOUNDARY), "user-managed")]
        on_resource = _given([params["ResourcePolicy"]] if params.get("ResourcePolicy") else (), PolicyKind.RESOURCE)
        world = World(
            identity=[one.policy for one in identity],
            boundary=boundary[0].policy if boundary else None,
            resource=on_resource[0].policy if on_resource else None,
            service_control=[[self._policy(ref, PolicyKind.SCP) for ref in level] for level in held.service_control],
            principal_is_service_linked_role=is_service_linked(source or ""),
        )
        kinds = {one.policy.name: one.kind for one in (*boundary, *on_resource, *identity)}
        asked = list(product(params.get("ActionNames") or (), params.get("ResourceArns") or ("*",)))
        page, more = _page(asked, params)
        requests = [self._request(params, action, resource) for action, resource in page]
        return {"EvaluationResults": [_result(request, world, kinds) for request in requests], **more}

    def _held(self, source: str) -> PolicySet:
        """The policies of a user, role or group of this account, by the ARN that the caller was allowed to ask about and no other.

        OBSERVED: https://github.com/newrelic/newrelic-lambda-cli/issues/96 for the ARN of a session.
        """
        arn = Arn.parse(source)
        if arn is None or arn.service != "iam" or arn.kind not in _ENTITIES or not arn.name:
            message = f"Invalid Entity Arn: {source} does not clearly define entity type and name."
            raise _refused("InvalidInput", message, HTTPStatus.BAD_REQUEST)
        found = self._policies(source, arn) if arn.account == self.account_id else None
        if found is None:
            raise _refused("NoSuchEntity", f"The entity {source} cannot be found.", HTTPStatus.NOT_FOUND)
        return found

    def _policies(self, source: str, arn: Arn) -> PolicySet | None:
        if arn.kind == "group":
            return self.iam.policies_of_group(source)
        vouch = self.home.describe(source)
        return None if vouch is None else vouch.policies

    def _policy(self, ref: PolicyRef, kind: PolicyKind) -> Policy:
        return Policy(ref.name, parse_stored(str(self.documents.text(ref.digest)), kind))

    def _sources(self, refs: Sequence[PolicyRef], source: str | None) -> Iterator[_Source]:
        arn = Arn.parse(source or "")
        inline = arn.kind if arn is not None else "user"
        for ref in refs:
            managed = "aws-managed" if ref.name.startswith("arn:aws:iam::aws:") else "user-managed"
            yield _Source(self._policy(ref, PolicyKind.IDENTITY), managed if ref.name.startswith("arn:") else inline)

    def _request(self, params: Mapping[str, Any], action: str, resource: str) -> Request:
        arn, owner = Arn.parse(resource), str(params.get("ResourceOwner") or "")
        owning = re.search(r"\d{12}", owner) if owner else None
        account = owning[0] if owning else arn.account if arn is not None and arn.account.isdigit() else self.account_id
        return Request(self._caller(params), action, resource, account, _context(params.get("ContextEntries") or ()))

    def _caller(self, params: Mapping[str, Any]) -> Principal:
        """CallerArn, or the simulated user: who the resource's policy is asked about."""
        arn = str(
            params.get("CallerArn") or params.get("PolicySourceArn") or f"arn:aws:iam::{self.account_id}:user/simulated"
        )
        parsed = Arn.parse(arn)
        account = parsed.account if parsed is not None else self.account_id
        return Principal(PrincipalKind.USER, arn, account=account, user_arn=arn)


def _given(texts: Sequence[str] | None, kind: PolicyKind) -> list[_Source]:
    """Policies of the request; they are named by their places."""
    found = []
    for number, text in enumerate(texts or (), 1):
        try:
            document = parse_policy(text, kind)
        except InvalidPolicy as invalid:
            raise _refused("InvalidInput", invalid.message, HTTPStatus.BAD_REQUEST) from invalid
        found.append(_Source(Policy(f"{_PLACES[kind]}.{number}", document), _KINDS.get(kind, "IAM Policy")))
    return found


def _context(entries: Sequence[Mapping[str, Any]]) -> Context:
    values: dict[str, ContextValue] = {}
    for entry in entries:
        given = tuple(map(str, entry.get("ContextKeyValues") or ()))
        many = str(entry.get("ContextKeyType") or "").endswith("List")
        values[str(entry.get("ContextKeyName")).lower()] = given if many or len(given) != 1 else given[0]
    return Context(values)


def _result(request: Request, world: World, kinds: Mapping[str | int, str]) -> dict[str, Any]:
    decision = decide(request, world)
    result: dict[str, Any] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": _DECISIONS[decision.effect],
        "MatchedStatements": [_matched(one, kinds) for one in decision.because if one.policy is not None],
        "MissingContextValues": _missing(decision),
    }
    if world.boundary is not None:
        allowed = _allowed_by_boundary(request, world)
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    if world.service_control:
        refused = any(one.layer is Layer.SERVICE_CONTROL and one.effect != "Allow" for one in decision.because)
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": not refused}
    return result


def _matched(evidence: Evidence, kinds: Mapping[str | int, str]) -> dict[str, Any]:
    return {
        "SourcePolicyId": str(evidence.policy).rpartition("/")[2],
        "SourcePolicyType": kinds.get(evidence.policy or "", "none"),
    }


def _missing(decision: Decision) -> list[str]:
    """Keys that a statement wanted and nobody gave: with them, the result may be another."""
    failed = (one for miss in decision.near_misses for one in miss.failed)
    return sorted({one.key for one in failed if one.value is None})


def _allowed_by_boundary(request: Request, world: World) -> bool:
    found = layers(request, world, request.action.lower()).boundary
    return found is not None and bool(found.allows) and not found.denies


def _page(asked: Sequence[_Asked], params: Mapping[str, Any]) -> tuple[Sequence[_Asked], dict[str, Any]]:
    """What is asked from the marker on, which is its number, and what the answer says of the rest."""
    marker, most = str(params.get("Marker") or 0), int(params.get("MaxItems") or PAGE)
    if not (marker.isascii() and marker.isdigit() and int(marker) <= len(asked)):
        raise _refused("InvalidInput", f"Invalid Marker: {marker}", HTTPStatus.BAD_REQUEST)
    start = int(marker)
    following = start + most
    more = {"IsTruncated": True, "Marker": str(following)} if following < len(asked) else {"IsTruncated": False}
    return asked[start:following], more


def _context_keys(text: str) -> Iterator[str]:
    """The keys that a policy's conditions and variables name."""
    statements = json.loads(text)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for tests in (statement.get("Condition") or {}).values():
            yield from tests
    yield from _VARIABLE.findall(text)


def _refused(code: str, message: str, status: HTTPStatus) -> CommonServiceException:
    return CommonServiceException(code, message, status, sender_fault=True)
