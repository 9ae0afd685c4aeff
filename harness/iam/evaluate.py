"""The one loop over statements, for all layers: which statements allow, which deny, and how strongly the caller is named."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.iam.conditions import Outcome
from harness.iam.match import Match, Named, match
from harness.model.decision import Evidence, Layer
from harness.model.request import Request
from harness.model.world import Policy
from harness.policy.document import Statement


@dataclass(slots=True)
class LayerResult:
    """What the policies of one layer say."""

    layer: Layer
    allows: list[Evidence] = field(default_factory=list)
    denies: list[Evidence] = field(default_factory=list)
    named: Named = Named.NOT
    """The strongest way in which an Allow of this layer names the caller."""
    unknown: bool = False


def evaluate(layer: Layer, policies: Iterable[Policy], request: Request, *, has_boundary: bool = False) -> LayerResult:
    """All statements of all policies of a layer."""
    result = LayerResult(layer)
    action = request.action.lower()
    for policy in policies:
        for statement in policy.document.statements:
            _take(result, policy, statement, match(statement, request, action, has_boundary=has_boundary))
    return result


def _take(result: LayerResult, policy: Policy, statement: Statement, met: Match) -> None:
    if met.outcome is Outcome.UNKNOWN:
        result.unknown = True
    if statement.fault is not None and met.outcome is not Outcome.NO:
        result.denies.append(_evidence(result.layer, policy, statement))
    elif met.counts(allow=statement.allow):
        (result.allows if statement.allow else result.denies).append(_evidence(result.layer, policy, statement))
        if statement.allow:
            result.named = max(result.named, met.named)


def _evidence(layer: Layer, policy: Policy, statement: Statement) -> Evidence:
    effect = "Allow" if statement.allow and statement.fault is None else "Deny"
    return Evidence(layer, policy.name, statement.index, statement.sid, effect, statement.fault)
