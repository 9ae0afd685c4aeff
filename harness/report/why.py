"""`harness why`: one decision told in full, and the smallest change that would have allowed it."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.iam.remedy import Change, remedy
from harness.iam.trace import ConditionTrace, StatementTrace, trace
from harness.model.decision import Layer
from harness.model.request import Request
from harness.model.world import World
from harness.policy.conditions import Outcome
from harness.report.decision import LAYERS, explanation, listed, missing_resource

_WHERE = {
    Layer.IDENTITY: "an identity-based policy of the caller",
    Layer.RESOURCE: "the resource's policy",
    Layer.TRUST: "the role's trust policy",
    Layer.KEY: "the key policy",
    Layer.BOUNDARY: "the caller's permissions boundary",
    Layer.SESSION: "the session policies",
    Layer.SERVICE_CONTROL: "the service control policies of each level that lacks it",
    Layer.RESOURCE_CONTROL: "the resource control policies",
    Layer.VPC_ENDPOINT: "the VPC endpoint policy",
}


def why(line: Mapping[str, Any], request: Request, world: World) -> Iterator[str]:
    """The lines of the whole explanation of a journal line and of what the engine was asked."""
    yield from explanation({**line, "near_misses": ()})
    yield ""
    yield "looked at:"
    yield from _looked_at(request, world)
    if line["decision"] != "allowed":
        yield ""
        if (missing := missing_resource(line)) is not None:
            yield f"no policy can allow it: name a {missing} that there is"
        else:
            yield from _change(remedy(request, world))


def why_json(line: Mapping[str, Any], request: Request, world: World) -> dict[str, Any]:
    """The same for programs."""
    changes = remedy(request, world)
    return {
        "line": line,
        "statements": [_statement_json(one) for one in trace(request, world)],
        "change": None if changes is None else [_change_json(one) for one in changes],
    }


def _looked_at(request: Request, world: World) -> Iterator[str]:
    last: tuple[Layer, str | int] | None = None
    for one in trace(request, world):
        if (one.layer, one.policy) != last:
            last = (one.layer, one.policy)
            yield f"  {LAYERS[one.layer.value]}: `{one.policy}`"
        sid = f" `{one.sid}`" if one.sid else ""
        yield f"    Statement[{one.position}]{sid} {'Allow' if one.allow else 'Deny'}: {_verdict(one)}"
        if one.action and one.principal and one.resource is not Outcome.NO:
            yield from (f"      {_condition(condition)}" for condition in one.conditions)
    if last is None:
        yield "  no policy: there is none that concerns this caller and this resource"


def _verdict(one: StatementTrace) -> str:
    if one.counts:
        return f"counts, because it is faulty: {one.fault}" if one.fault else "counts"
    if one.fault:
        return f"is faulty and grants nothing: {one.fault}"
    unlike = [
        name
        for name, fits in (
            ("action", one.action),
            ("principal", one.principal),
            ("resource", one.resource is Outcome.YES),
            ("condition", all(condition.outcome is Outcome.YES for condition in one.conditions)),
        )
        if not fits
    ]
    return f"is about another {unlike[0]}" if unlike[0] != "condition" else "its conditions do not hold"


def _condition(one: ConditionTrace) -> str:
    met = "does not have it" if one.value is None else f"has {listed(one.value)}"
    holds = {Outcome.YES: "holds", Outcome.NO: "does not hold", Outcome.UNKNOWN: "is not modelled"}[one.outcome]
    return f"{one.operator} {one.key}: {holds}: wanted {listed(one.wanted)}; the request {met}"


def _change(changes: tuple[Change, ...] | None) -> Iterator[str]:
    if changes is None:
        yield "no policy can allow it"
        return
    yield "the smallest change that would have allowed it:"
    for one in changes:
        if one.without is not None:
            sid = f" `{one.without.sid}`" if one.without.sid else ""
            yield f"  let the Deny `{one.without.policy}` Statement[{one.without.statement}]{sid} spare this request"
        else:
            yield f"  add to {_WHERE[one.layer]}: {json.dumps(one.statement)}"


def _statement_json(one: StatementTrace) -> dict[str, Any]:
    return {
        "layer": one.layer.value,
        "policy": one.policy,
        "statement": one.position,
        "sid": one.sid,
        "effect": "Allow" if one.allow else "Deny",
        "counts": one.counts,
        "fault": one.fault,
        "action": one.action,
        "principal": one.principal,
        "resource": one.resource.name.lower(),
        "conditions": [
            {**condition._asdict(), "outcome": condition.outcome.name.lower()} for condition in one.conditions
        ],
    }


def _change_json(one: Change) -> dict[str, Any]:
    without = None if one.without is None else {"policy": one.without.policy, "statement": one.without.statement}
    return {"layer": one.layer.value, "without": without, "add": one.statement}
