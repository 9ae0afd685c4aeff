"""One condition of one statement: absent keys, several values, quantifiers and IfExists, for every operator alike.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from enum import Enum

from harness.iam.conditions.operators import OPERATORS, Base, arn_like
from harness.model.request import Context, ContextValue
from harness.policy import values as policy_values
from harness.policy.document import Condition
from harness.policy.variables import Pattern, Unknown, plain_text

# AWS does not name a cap; a request with more values for a key than this is not decided but treated as unknown.
MAX_VALUES = 2_000


class Outcome(Enum):
    """Whether a condition or a statement fits; UNKNOWN where it depends on what is not modelled."""

    YES = 1
    NO = 0
    UNKNOWN = -1


def evaluate_condition(condition: Condition, context: Context) -> Outcome:
    """Whether the request fits the condition."""
    value = context.get(condition.key)
    if value is None and context.is_unknown(condition.key):
        return Outcome.UNKNOWN
    if isinstance(value, tuple) and len(value) > MAX_VALUES:
        return Outcome.UNKNOWN
    if condition.operator == "Null":
        return _null(condition, value)
    base = OPERATORS[condition.operator]
    if value is None or value == ():
        return _absent(condition, base)
    given = (value,) if isinstance(value, str) else value
    fits = [_fits(condition, base, one, context) for one in given]
    return _quantified(condition, base, fits)


def _null(condition: Condition, value: ContextValue | None) -> Outcome:
    absent = value is None or value == ()
    wanted = {policy_values.boolean(pattern.text) for pattern in condition.values}
    return Outcome.YES if absent in wanted else Outcome.NO


def _absent(condition: Condition, base: Base) -> Outcome:
    if condition.quantifier == "forallvalues":
        return Outcome.YES
    if condition.quantifier == "foranyvalue":
        return Outcome.YES if condition.if_exists else Outcome.NO
    return Outcome.YES if condition.if_exists or base.negated else Outcome.NO


def _quantified(condition: Condition, base: Base, fits: list[Outcome]) -> Outcome:
    """A negated operator without quantifier wants that no value fits; the others that some value does."""
    every = condition.quantifier == "forallvalues" or (condition.quantifier is None and base.negated)
    if Outcome.UNKNOWN in fits:
        return Outcome.UNKNOWN
    holds = all if every else any
    return Outcome.YES if holds(fit is Outcome.YES for fit in fits) else Outcome.NO


def _fits(condition: Condition, base: Base, value: str, context: Context) -> Outcome:
    found = [_one(base, value, pattern, context) for pattern in condition.values]
    if Outcome.YES in found:
        return Outcome.NO if base.negated else Outcome.YES
    if Outcome.UNKNOWN in found:
        return Outcome.UNKNOWN
    return Outcome.YES if base.negated else Outcome.NO


def _one(base: Base, value: str, pattern: Pattern, context: Context) -> Outcome:
    """Whether one value fits one pattern, before negation; a variable without a value fits nothing."""
    if base.glob is None:
        wanted = plain_text(pattern, context)
        if isinstance(wanted, Unknown):
            return Outcome.UNKNOWN
        return _outcome(wanted is not None and base.fits(value, wanted))
    if base.glob == "arn":
        return _arn(value, pattern, context)
    matcher = pattern.resolve(context)
    if isinstance(matcher, Unknown):
        return Outcome.UNKNOWN
    return _outcome(matcher is not None and bool(matcher(value)))


def _arn(value: str, pattern: Pattern, context: Context) -> Outcome:
    wanted = plain_text(pattern, context)
    if isinstance(wanted, Unknown):
        return Outcome.UNKNOWN
    return _outcome(wanted is not None and arn_like(value, wanted))


def _outcome(fits: bool) -> Outcome:
    return Outcome.YES if fits else Outcome.NO
