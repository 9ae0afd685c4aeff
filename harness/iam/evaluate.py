"""The one loop over statements, for all layers: which statements allow, which deny, and how strongly the caller is named.

What is unknown grants nothing and denies: an unknown statement counts if it is a Deny. So does a faulty one that might deny.
"""

from collections.abc import Iterable

from harness.iam.match import DIRECT, NOT, Named, named
from harness.model.decision import Evidence, FailedCondition, Layer, NearMiss
from harness.model.request import Context, Request
from harness.model.world import Policy
from harness.policy.conditions import Outcome
from harness.policy.document import Statement

YES, NO, UNKNOWN = Outcome.YES, Outcome.NO, Outcome.UNKNOWN


class LayerResult:
    """What the policies of one layer say; nothing, to begin with."""

    allows: tuple[Evidence, ...] = ()
    denies: tuple[Evidence, ...] = ()
    named: Named = NOT
    """The strongest way in which an Allow of this layer names the caller."""
    unknown = False
    """A statement met something that is not modelled."""
    near_misses: tuple[NearMiss, ...] = ()

    def __init__(self, layer: Layer) -> None:
        self.layer = layer


def evaluate(
    layer: Layer, policies: Iterable[Policy], request: Request, action: str, *, bounded: bool = False
) -> LayerResult:
    """All statements of all policies of a layer; `action` is the request's in lower case."""
    result = LayerResult(layer)
    principal = request.principal
    for policy in policies:
        for statement in policy.document.statements:
            if statement.actions(action) is statement.not_action:
                continue
            how = DIRECT if statement.principals is None else named(statement, principal, bounded=bounded)
            if how is NOT:
                continue
            outcome = YES if statement.resources is None else resource_outcome(statement, request)
            if outcome is not NO and statement.conditions:
                outcome = _conditions(result, policy, statement, request.context, outcome)
            if outcome is not NO:
                _take(result, policy, statement, how, outcome)
    return result


def resource_outcome(statement: Statement, request: Request) -> Outcome:
    """Whether the statement's Resource or NotResource means the request's resource; a statement without one means every."""
    resources, resource = statement.resources, request.resource
    if resources is None:
        return YES
    if resource is None:
        return YES if resources.everything and not statement.not_resource else UNKNOWN
    outcome = YES if resources.fits(resource) else resources.by_variables(resource, request.context)
    if not statement.not_resource or outcome is UNKNOWN:
        return outcome
    return NO if outcome is YES else YES


def _conditions(
    result: LayerResult, policy: Policy, statement: Statement, context: Context, outcome: Outcome
) -> Outcome:
    """The conditions are joined by AND; which of them failed is kept."""
    met = [condition.outcome(context) for condition in statement.conditions]
    if NO in met:
        failed = tuple(
            FailedCondition(one.operator.written, one.key, one.texts, context.values.get(one.key))
            for one, outcome in zip(statement.conditions, met, strict=True)
            if outcome is NO
        )
        result.near_misses += (NearMiss(_evidence(result.layer, policy, statement), failed),)
        return NO
    return UNKNOWN if UNKNOWN in met else outcome


def _take(result: LayerResult, policy: Policy, statement: Statement, how: Named, outcome: Outcome) -> None:
    if outcome is UNKNOWN:
        result.unknown = True
    if not statement.allow:
        result.denies += (_evidence(result.layer, policy, statement),)
    elif outcome is YES and statement.fault is None:
        result.allows += (_evidence(result.layer, policy, statement),)
        result.named = max(result.named, how)


def _evidence(layer: Layer, policy: Policy, statement: Statement) -> Evidence:
    effect = "Allow" if statement.allow else "Deny"
    return Evidence(layer, policy.name, statement.position, statement.sid, effect, statement.fault)
