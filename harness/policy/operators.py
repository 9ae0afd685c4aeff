"""The condition operators, as a table: what their values look like, and how a list of them becomes one test of a request's value.

Negation is a column, not another test. Quantifiers and IfExists stand around the table, in `conditions`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from harness.policy import values
from harness.policy.glob import HEAD, Colons, Matcher, Pattern, Wild, atoms, compile_patterns

Compile = Callable[[Sequence[str]], Matcher]
Read = Callable[[str], Any]
"""From a text to its value, None where it is none."""


@dataclass(frozen=True, slots=True)
class Base:
    """A base operator: `StringEquals`, `NumericLessThan`."""

    compile: Compile
    """From the policy's values to a test of one request value: whether it fits any of them."""
    read: Read | None = None
    """What a policy's value must be readable as; None for text, which may hold variables."""
    patterns: Callable[[Sequence[Pattern]], Matcher] | None = None
    """The same as `compile` for patterns taken apart, where the operator has wildcards."""
    negated: bool = False


class Operator(NamedTuple):
    """An operator as a document writes it: `ForAllValues:StringLikeIfExists`."""

    name: str
    base: Base
    quantifier: str | None
    """`forallvalues` or `foranyvalue`."""
    if_exists: bool
    written: str

    def check(self, text: str) -> str | None:
        """What is wrong with a policy's value, None if nothing is."""
        read = self.base.read
        return f"`{text}` is no value for {self.name}" if read is not None and read(text) is None else None


def _exact(wanted: Sequence[str]) -> Matcher:
    return frozenset(wanted).__contains__


def _ignoring_case(wanted: Sequence[str]) -> Matcher:
    folded = {text.casefold() for text in wanted}
    return lambda text: text.casefold() in folded


def _like(wanted: Sequence[str]) -> Matcher:
    return compile_patterns([atoms(text) for text in wanted])


def _arn_like(wanted: Sequence[str]) -> Matcher:
    return _arns([atoms(text) for text in wanted])


def _arns(patterns: Sequence[Pattern]) -> Matcher:
    """Six parts, each matched by itself; a bare `*` is every text."""
    if any(list(pattern) == [Wild.STAR] for pattern in patterns):
        return compile_patterns([[Wild.STAR]])
    return compile_patterns([pattern for pattern in patterns if _has_six_parts(pattern)], Colons.NEVER)


def _has_six_parts(pattern: Pattern) -> bool:
    return sum(atom.count(":") for atom in pattern if isinstance(atom, str)) >= HEAD


def _member(read: Read) -> Compile:
    """Equality of values."""

    def compiled(wanted: Sequence[str]) -> Matcher:
        known: frozenset[Hashable] = frozenset(value for text in wanted if (value := read(text)) is not None)
        return lambda text: read(text) in known

    return compiled


def _ordered(read: Read, compare: Callable[[Any, Any], bool], extreme: Callable[[Sequence[Any]], Any]) -> Compile:
    """Order: whoever compares with any of the values compares with the `extreme` one."""

    def compiled(wanted: Sequence[str]) -> Matcher:
        known = [value for text in wanted if (value := read(text)) is not None]
        if not known:
            return _never
        limit = extreme(known)
        return lambda text: (value := read(text)) is not None and compare(value, limit)

    return compiled


def _never(_text: str) -> bool:
    return False


def _in_networks(wanted: Sequence[str]) -> Matcher:
    return partial(_in_ranges, [found for text in wanted if (found := values.network(text)) is not None])


def _in_ranges(ranges: Sequence[values.Range], text: str) -> bool:
    found = values.address(text)
    if found is None:
        return False
    version, number = found
    return any(first <= number <= last and version == of for of, first, last in ranges)


def _comparisons(prefix: str, read: Read) -> dict[str, Base]:
    return {
        f"{prefix}Equals": Base(_member(read), read),
        f"{prefix}NotEquals": Base(_member(read), read, negated=True),
        f"{prefix}LessThan": Base(_ordered(read, operator.lt, max), read),
        f"{prefix}LessThanEquals": Base(_ordered(read, operator.le, max), read),
        f"{prefix}GreaterThan": Base(_ordered(read, operator.gt, min), read),
        f"{prefix}GreaterThanEquals": Base(_ordered(read, operator.ge, min), read),
    }


NULL = "Null"
OPERATORS: Mapping[str, Base] = {
    "StringEquals": Base(_exact),
    "StringNotEquals": Base(_exact, negated=True),
    "StringEqualsIgnoreCase": Base(_ignoring_case),
    "StringNotEqualsIgnoreCase": Base(_ignoring_case, negated=True),
    "StringLike": Base(_like, patterns=compile_patterns),
    "StringNotLike": Base(_like, patterns=compile_patterns, negated=True),
    **_comparisons("Numeric", values.number),
    **_comparisons("Date", values.date),
    "Bool": Base(_member(values.boolean), values.boolean),
    "BinaryEquals": Base(_member(values.binary), values.binary),
    "IpAddress": Base(_in_networks, values.network),
    "NotIpAddress": Base(_in_networks, values.network, negated=True),
    "ArnEquals": Base(_arn_like, patterns=_arns),
    "ArnLike": Base(_arn_like, patterns=_arns),
    "ArnNotEquals": Base(_arn_like, patterns=_arns, negated=True),
    "ArnNotLike": Base(_arn_like, patterns=_arns, negated=True),
    # Tests presence and not a value: `conditions` decides it.
    NULL: Base(_exact, values.boolean),
}
QUANTIFIERS = ("forallvalues", "foranyvalue")
_IF_EXISTS = "ifexists"


def _spellings() -> dict[str, tuple[str, str | None, bool]]:
    """Every way to write an operator, in lower case: names are compared without case."""
    return {
        f"{quantifier}:{name.lower()}{suffix}".removeprefix(":"): (name, quantifier or None, bool(suffix))
        for name in OPERATORS
        for quantifier in ("", *QUANTIFIERS)
        for suffix in ("", _IF_EXISTS)
        if not (name == NULL and (quantifier or suffix))
    }


_SPELLINGS = _spellings()


def read_operator(written: str) -> Operator | None:
    """The operator, None for an unknown one."""
    found = _SPELLINGS.get(written.lower())
    if found is None:
        return None
    name, quantifier, if_exists = found
    return Operator(name, OPERATORS[name], quantifier, if_exists, written)
