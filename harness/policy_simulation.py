"""IAM's policy simulator as values: what is asked becomes requests to the engine, and its decisions become results.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html: neither trust policies nor session policies
take part, a resource's policy only where it is given, and of the condition keys only those that are given.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from harness.iam import decide
from harness.iam.layers import layers
from harness.model.arn import Arn
from harness.model.decision import Decision, Effect, Evidence, Layer
from harness.model.principal import Principal, PrincipalKind
from harness.model.request import Context, ContextValue, Request
from harness.model.world import Policy, World
from harness.policy import PolicyKind, parse_policy

Params = Mapping[str, Any]
"""Of an operation, as botocore's model names them."""

_DECISIONS = {
    Effect.ALLOWED: "allowed",
    Effect.IMPLICIT_DENY: "implicitDeny",
    Effect.EXPLICIT_DENY: "explicitDeny",
}
_VARIABLE = re.compile(r"\$\{([\w:./-]+)")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Source:
    """One policy that takes part."""

    policy: Policy
    kind: str
    """As results name it: `user`, `aws-managed`, `IAM Policy`, …"""


@dataclass(frozen=True, slots=True)
class Sources:
    """All policies that take part."""

    identity: tuple[Source, ...] = ()
    boundary: Source | None = None
    resource: Source | None = None
    service_control: tuple[tuple[Policy, ...], ...] = ()
    of_linked_role: bool = False
    """They are of a role that is linked to a service, which no control policy binds."""

    @property
    def world(self) -> World:
        """As the engine has them."""
        return World(
            identity=[one.policy for one in self.identity],
            boundary=self.boundary.policy if self.boundary is not None else None,
            resource=self.resource.policy if self.resource is not None else None,
            service_control=self.service_control,
            principal_is_service_linked_role=self.of_linked_role,
        )

    def kind(self, name: str | int | None) -> str:
        """The kind of the policy of that name; control policies have none."""
        on_both_sides = (*self.identity, self.resource, self.boundary)
        return next((one.kind for one in on_both_sides if one is not None and one.policy.name == name), "none")


def given(params: Params) -> Sources:
    """The policies of the request itself, named by their places. Raises InvalidPolicy."""
    boundary = _given(params, "PermissionsBoundaryPolicyInputList", PolicyKind.BOUNDARY)
    on_resource = _given(params, "ResourcePolicy", PolicyKind.RESOURCE)
    return Sources(
        identity=_given(params, "PolicyInputList", PolicyKind.IDENTITY),
        boundary=boundary[0] if boundary else None,
        resource=on_resource[0] if on_resource else None,
    )


def _given(params: Params, place: str, kind: PolicyKind) -> tuple[Source, ...]:
    texts = params.get(place) or ()
    texts = (texts,) if isinstance(texts, str) else texts
    named = "resource" if kind is PolicyKind.RESOURCE else "IAM Policy"
    return tuple(
        Source(Policy(f"{place}.{number}", parse_policy(text, kind)), named) for number, text in enumerate(texts, 1)
    )


def context_keys(texts: Iterable[str]) -> list[str]:
    """The keys that the conditions and the variables of valid policies name."""
    return sorted({key for text in texts for key in _keys(text)})


def _keys(text: str) -> Iterator[str]:
    statements = json.loads(text)["Statement"]
    for statement in statements if isinstance(statements, list) else [statements]:
        for tests in (statement.get("Condition") or {}).values():
            yield from tests
    yield from _VARIABLE.findall(text)


def requests(params: Params, account: str) -> Iterator[Request]:
    """Every action on every resource; `account` owns what names no other."""
    caller, context = _caller(params, account), _context(params.get("ContextEntries") or ())
    for action, resource in product(params.get("ActionNames") or (), params.get("ResourceArns") or ("*",)):
        yield Request(caller, action, resource, _owner(params, resource, account), context)


def _caller(params: Params, account: str) -> Principal:
    """CallerArn, or the simulated user: who the resource's policy is asked about."""
    arn = str(params.get("CallerArn") or params.get("PolicySourceArn") or f"arn:aws:iam::{account}:user/simulated")
    parsed = Arn.parse(arn)
    return Principal(PrincipalKind.USER, arn, account=parsed.account if parsed else account, user_arn=arn)


def _owner(params: Params, resource: str, account: str) -> str:
    """ResourceOwner, an account or its ARN, before the account that the resource names."""
    owning = _ACCOUNT.search(str(params.get("ResourceOwner") or ""))
    if owning is not None:
        return owning[0]
    arn = Arn.parse(resource)
    return arn.account if arn is not None and arn.account.isdigit() else account


def _context(entries: Sequence[Params]) -> Context:
    return Context.of({str(entry.get("ContextKeyName")): _value(entry) for entry in entries})


def _value(entry: Params) -> ContextValue:
    values = tuple(map(str, entry.get("ContextKeyValues") or ()))
    several = str(entry.get("ContextKeyType") or "").endswith("List")
    return values if several or len(values) != 1 else values[0]


def result(request: Request, sources: Sources) -> dict[str, Any]:
    """IAM's EvaluationResult of one request."""
    world = sources.world
    decision = decide(request, world)
    found: dict[str, Any] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": _DECISIONS[decision.effect],
        "MatchedStatements": [_matched(one, sources) for one in decision.because if one.policy is not None],
        "MissingContextValues": _missing(decision),
    }
    if world.boundary is not None:
        allowed = _allowed_by_boundary(request, world)
        found["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    if world.service_control:
        found["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": _allowed_by_organization(decision)}
    return found


def _matched(evidence: Evidence, sources: Sources) -> dict[str, str]:
    return {
        "SourcePolicyId": str(evidence.policy).rpartition("/")[2],
        "SourcePolicyType": sources.kind(evidence.policy),
    }


def _missing(decision: Decision) -> list[str]:
    """Keys that a statement wanted and nobody gave: with them, the result may be another."""
    failed = (one for miss in decision.near_misses for one in miss.failed)
    return sorted({one.key for one in failed if one.value is None})


def _allowed_by_boundary(request: Request, world: World) -> bool:
    found = layers(request, world, request.action.lower()).boundary
    return found is not None and bool(found.allows) and not found.denies


def _allowed_by_organization(decision: Decision) -> bool:
    return all(one.layer is not Layer.SERVICE_CONTROL or one.effect == "Allow" for one in decision.because)
