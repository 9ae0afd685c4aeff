"""One condition of one statement: absent keys, several values, quantifiers and IfExists, for every operator alike.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

from harness.model.request import Context, ContextValue
from harness.policy.glob import Matcher
from harness.policy.operators import NULL, Operator
from harness.policy.variables import Template, Unresolved, template


class Outcome(Enum):
    """Whether a condition or a statement fits; UNKNOWN where it depends on what is not modelled."""

    YES = 1
    NO = 0
    UNKNOWN = -1


YES, NO, UNKNOWN = Outcome.YES, Outcome.NO, Outcome.UNKNOWN


class Condition(NamedTuple):
    """One key of one operator, compiled: `StringEquals: {key: values}`."""

    operator: Operator
    key: str
    """In lower case: AWS compares key names without case."""
    texts: tuple[str, ...]
    """The values as the document writes them."""
    fits: Matcher
    """Whether a request's value fits any of the values that hold no variables."""
    templates: tuple[Template, ...]
    """The values that do."""

    def outcome(self, context: Context) -> Outcome:
        """Whether the request fits the condition."""
        value = context.values.get(self.key)
        if value is None and context.is_unknown(self.key):
            return UNKNOWN
        operator = self.operator
        if operator.name == NULL:
            return YES if self.fits("true" if value is None or value == () else "false") else NO
        if value is None or (operator.quantifier is not None and _is_null(value)) or value == ():
            return self._absent()
        if self.templates:
            return self._with_variables(value, context)
        return YES if _holds(operator, self.fits, value) else NO

    def _absent(self) -> Outcome:
        operator = self.operator
        if operator.quantifier == "foranyvalue":
            return YES if operator.if_exists else NO
        return YES if operator.quantifier or operator.if_exists or operator.base.negated else NO

    def _with_variables(self, value: ContextValue, context: Context) -> Outcome:
        """A policy's value whose variable has no value fits nothing; one that is not modelled might fit anything."""
        found = [(one, one.values(context)) for one in self.templates]
        longest = len(value) if isinstance(value, str) else max(map(len, value))
        fits = self._resolved(
            [
                (one, resolved)
                for one, resolved in found
                # A value that is longer than what it must fit cannot: texts do not grow without bound.
                if not isinstance(resolved, Unresolved) and sum(map(len, resolved)) <= longest
            ]
        )
        holds = _holds(self.operator, fits, value)
        if any(resolved is Unresolved.UNKNOWN for _, resolved in found) and holds is not _holds(
            self.operator, _anything, value
        ):
            return UNKNOWN
        return YES if holds else NO

    def _resolved(self, known: Sequence[tuple[Template, tuple[str, ...]]]) -> Matcher:
        base = self.operator.base
        if base.patterns is None:
            dynamic = base.compile([one.joined(resolved) for one, resolved in known])
        else:
            dynamic = base.patterns([one.atoms(resolved) for one, resolved in known])
        static = self.fits
        return lambda text: static(text) or dynamic(text)


def _anything(_text: str) -> bool:
    return True


def _holds(operator: Operator, fits: Callable[[str], bool], value: ContextValue) -> bool:
    """A negated operator without quantifier wants that no value fits; the others that some value does."""
    negated = operator.base.negated
    if isinstance(value, str):
        return fits(value) is not negated
    found = (fits(one) is not negated for one in value)
    every = operator.quantifier == "forallvalues" or (negated and operator.quantifier is None)
    return all(found) if every else any(found)


def _is_null(value: ContextValue) -> bool:
    """For a quantifier, empty texts are no values: "a null dataset, such as an empty string" (same page)."""
    return not value or (not isinstance(value, str) and not any(value))


def compile_condition(operator: Operator, key: str, texts: Sequence[str], *, variables: bool) -> Condition:
    """The condition of a document in which `${...}` is a variable or not; only texts and ARNs may hold variables."""
    lowered = key.lower()
    kept = tuple(texts)
    if operator.name == NULL:
        return Condition(operator, lowered, kept, frozenset(text.lower() for text in kept).__contains__, ())
    if not variables or operator.base.read is not None or not any("${" in text for text in kept):
        return Condition(operator, lowered, kept, operator.base.compile(kept), ())
    found = [(text, template(text)) for text in kept]
    static = operator.base.compile([text for text, one in found if one is None])
    return Condition(operator, lowered, kept, static, tuple(one for _, one in found if one is not None))
