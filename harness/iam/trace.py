"""Everything that one decision looked at: each policy, each statement, and how far it fitted. For people; `decide` needs none of it.

Same rules, told in full: a statement here counts exactly where it is evidence there, which a property test holds.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from harness.iam.evaluate import resource_outcome
from harness.iam.layers import layer_policies
from harness.iam.match import NOT, named
from harness.model.decision import Layer
from harness.model.request import ContextValue, Request
from harness.model.world import World
from harness.policy.conditions import Outcome
from harness.policy.document import Statement


class ConditionTrace(NamedTuple):
    """One condition with the value that it met."""

    operator: str
    key: str
    wanted: tuple[str, ...]
    value: ContextValue | None
    outcome: Outcome


class StatementTrace(NamedTuple):
    """One statement: which of its elements fitted the request."""

    layer: Layer
    policy: str | int
    position: int
    sid: str | None
    allow: bool
    fault: str | None
    action: bool
    principal: bool
    resource: Outcome
    conditions: tuple[ConditionTrace, ...]

    @property
    def outcome(self) -> Outcome:
        """How the statement as a whole met the request."""
        if not (self.action and self.principal):
            return Outcome.NO
        met = [self.resource, *(condition.outcome for condition in self.conditions)]
        if Outcome.NO in met:
            return Outcome.NO
        return Outcome.UNKNOWN if Outcome.UNKNOWN in met else Outcome.YES

    @property
    def counts(self) -> bool:
        """Whether it took effect: what is unknown grants nothing and denies, and so does what is faulty."""
        if self.allow:
            return self.outcome is Outcome.YES and self.fault is None
        return self.outcome is not Outcome.NO


def trace(request: Request, world: World) -> Sequence[StatementTrace]:
    """All statements of all layers that are in force, in the order in which AWS looks for denies."""
    return tuple(_statements(request, world))


def _statements(request: Request, world: World) -> Iterator[StatementTrace]:
    for layer, policies, bounded in layer_policies(request, world):
        for policy in policies:
            for statement in policy.document.statements:
                yield _one(layer, policy.name, statement, request, bounded=bounded)


def _one(layer: Layer, policy: str | int, statement: Statement, request: Request, *, bounded: bool) -> StatementTrace:
    context = request.context
    return StatementTrace(
        layer,
        policy,
        statement.position,
        statement.sid,
        statement.allow,
        statement.fault,
        action=statement.actions(request.action.lower()) is not statement.not_action,
        principal=named(statement, request.principal, bounded=bounded) is not NOT,
        resource=resource_outcome(statement, request),
        conditions=tuple(
            ConditionTrace(one.operator.written, one.key, one.texts, context.values.get(one.key), one.outcome(context))
            for one in statement.conditions
        ),
    )
