"""The smallest change of policies that would have allowed a refused request: found by trying, and proven by deciding again."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

from harness.iam.decide import decide
from harness.iam.match import FEDERATED, NAMELESS, SERVICE
from harness.model.decision import Effect, Evidence, Layer
from harness.model.principal import Principal
from harness.model.request import Request
from harness.model.world import Policy, World
from harness.policy import PolicyKind, parse_policy

ADDED = "the change"
"""The name of a policy that holds what would be added."""
ROUNDS = 4
"""What is changed may show what else is lacking; a handful of times at most."""

# Where a layer's policies stand in a world, and which kind of document it takes.
_PLACES: Mapping[Layer, tuple[str, PolicyKind]] = {
    Layer.IDENTITY: ("identity", PolicyKind.IDENTITY),
    Layer.BOUNDARY: ("boundary", PolicyKind.BOUNDARY),
    Layer.SESSION: ("session", PolicyKind.SESSION),
    Layer.SERVICE_CONTROL: ("service_control", PolicyKind.SCP),
    Layer.RESOURCE_CONTROL: ("resource_control", PolicyKind.RCP),
    Layer.VPC_ENDPOINT: ("vpc_endpoint", PolicyKind.VPC_ENDPOINT),
    Layer.RESOURCE: ("resource", PolicyKind.RESOURCE),
    Layer.TRUST: ("resource", PolicyKind.TRUST),
    Layer.KEY: ("resource", PolicyKind.KEY),
}
_NESTED = frozenset({"service_control", "resource_control"})
_SINGLE = frozenset({"boundary", "vpc_endpoint", "resource"})


class Change(NamedTuple):
    """One change: a Deny that must not count, or an Allow that a layer lacks."""

    layer: Layer
    without: Evidence | None = None
    """The Deny statement that would have to go, or to spare the request."""
    statement: Mapping[str, Any] | None = None
    """The Allow statement to add."""


def remedy(request: Request, world: World) -> tuple[Change, ...] | None:
    """The fewest changes after which the request is allowed; none for one that is allowed, None where no policy can allow it."""
    changes: tuple[Change, ...] = ()
    for _ in range(ROUNDS):
        decision = decide(request, world)
        if decision.allowed:
            return changes
        if decision.effect is Effect.EXPLICIT_DENY:
            found = tuple(Change(deny.layer, without=deny) for deny in decision.because)
        elif any(evidence.note for evidence in decision.because):
            return None
        else:
            found = _fewest(request, world, [evidence.layer for evidence in decision.because])
        world = apply(world, found)
        changes += found
    return None


def apply(world: World, changes: Iterable[Change]) -> World:
    """The world after the changes."""
    for change in changes:
        world = _changed(world, change)
    return world


def _fewest(request: Request, world: World, missing: Sequence[Layer]) -> tuple[Change, ...]:
    """The smallest set of layers that suffices with an Allow; all of them where another layer's lack shows only then."""
    options = [Change(layer, statement=_allow(request, layer)) for layer in missing]
    for size in range(1, len(options)):
        for some in combinations(options, size):
            if decide(request, apply(world, some)).allowed:
                return some
    return tuple(options)


def _allow(request: Request, layer: Layer) -> Mapping[str, Any]:
    statement: dict[str, Any] = {"Effect": "Allow"}
    if layer in {Layer.RESOURCE, Layer.TRUST, Layer.KEY, Layer.VPC_ENDPOINT}:
        statement["Principal"] = _named(request.principal)
    statement["Action"] = request.action
    if layer is not Layer.TRUST:
        statement["Resource"] = "*" if request.resource is None else _literal(request.resource)
    return statement


def _literal(resource: str) -> str:
    """The resource and nothing else: what a policy would read as a wildcard or a variable is written as a literal.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
    """
    return resource if resource == "*" else re.sub(r"[*?$]", lambda found: f"${{{found[0]}}}", resource)


def _named(principal: Principal) -> Any:
    if principal.kind in NAMELESS:
        return "*"
    kind = {SERVICE: "Service", FEDERATED: "Federated"}.get(principal.kind, "AWS")
    return {kind: principal.role_arn or principal.arn}


def _changed(world: World, change: Change) -> World:
    name, kind = _PLACES[change.layer]
    if change.statement is not None:
        return _with(world, name, Policy(ADDED, parse_policy(_document(change.statement), kind)))
    assert change.without is not None  # noqa: S101 - one of the two is there
    return _without(world, name, change.without)


def _document(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"Version": "2012-10-17", "Statement": [dict(statement)]}


def _replaced(world: World, name: str, policies: Any) -> World:
    changed: dict[str, Any] = {name: policies}
    return replace(world, **changed)


def _with(world: World, name: str, added: Policy) -> World:
    """The world with one more policy; where only one may be, its statements join those that are there."""
    held: Any = getattr(world, name)
    if name in _NESTED:
        return _replaced(world, name, tuple((*level, added) for level in held))
    if name not in _SINGLE:
        return _replaced(world, name, (*(held or ()), added))
    if held is None:
        return _replaced(world, name, added)
    statements = (*held.document.statements, *added.document.statements)
    return _replaced(world, name, Policy(held.name, held.document._replace(statements=statements)))


def _without(world: World, name: str, deny: Evidence) -> World:
    held: Any = getattr(world, name)
    if name in _NESTED:
        return _replaced(world, name, tuple(tuple(_dropped(level, deny)) for level in held))
    if name in _SINGLE:
        return _replaced(world, name, next(_dropped((held,), deny)))
    return _replaced(world, name, tuple(_dropped(held, deny)))


def _dropped(policies: Sequence[Policy], deny: Evidence) -> Iterator[Policy]:
    for policy in policies:
        kept = tuple(
            one
            for one in policy.document.statements
            if one.allow or (policy.name, one.position) != (deny.policy, deny.statement)
        )
        yield Policy(policy.name, policy.document._replace(statements=kept))
