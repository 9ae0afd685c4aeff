"""Policy variables: `${aws:username}`, with a default `${aws:username, 'x'}`, and the literals `${*}`, `${?}`, `${$}`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
Only documents of version 2012-10-17 have variables, and there only the last part of Resource's ARNs and the values of String
and Arn operators; elsewhere the text is literal.
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from harness.model.request import Context
from harness.policy.glob import Atom, atoms

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"\s*([^,\s]+)\s*,\s*'([^']*)'\s*")
_LITERAL = ("*", "?", "$")


class Unresolved(Enum):
    """Why a template has no text for a request."""

    NO_VALUE = "no value"
    """One of its keys is absent and has no default: the text matches nothing."""
    UNKNOWN = "unknown"
    """One of its keys is not modelled."""


class Variable(NamedTuple):
    """A reference to a condition key, by lower-case name; an empty name is a literal character, its default."""

    key: str
    default: str | None


class Template(NamedTuple):
    """A text with variables: the literal texts around them, one more than there are variables."""

    text: str
    literals: tuple[str, ...]
    variables: tuple[Variable, ...]

    def values(self, context: Context) -> tuple[str, ...] | Unresolved:
        """The variables' values for a request."""
        found = []
        for variable in self.variables:
            value = _value(variable, context)
            if isinstance(value, Unresolved):
                return value
            found.append(value)
        return tuple(found)

    def joined(self, values: tuple[str, ...]) -> str:
        """The text with these values."""
        return self.literals[0] + "".join(
            value + literal for value, literal in zip(values, self.literals[1:], strict=True)
        )

    def atoms(self, values: tuple[str, ...]) -> list[Atom]:
        """The pattern with these values, which are literal: a `*` in a value matches a `*` only."""
        return list(self._atoms(values))

    def _atoms(self, values: tuple[str, ...]) -> Iterator[Atom]:
        yield from atoms(self.literals[0])
        for value, literal in zip(values, self.literals[1:], strict=True):
            yield value
            yield from atoms(literal)


def template(text: str) -> Template | None:
    """The template that `text` writes, None where it holds no variable."""
    if "${" not in text:
        return None
    literals, variables, end = [], [], 0
    for found in _VARIABLE.finditer(text):
        literals.append(text[end : found.start()])
        variables.append(_variable(found[1]))
        end = found.end()
    return Template(text, (*literals, text[end:]), tuple(variables)) if variables else None


def _variable(inner: str) -> Variable:
    if inner in _LITERAL:
        return Variable("", inner)
    with_default = _DEFAULT.fullmatch(inner)
    if with_default:
        return Variable(with_default[1].lower(), with_default[2])
    return Variable(inner.strip().lower(), None)


def _value(variable: Variable, context: Context) -> str | Unresolved:
    value = context.values.get(variable.key)
    if isinstance(value, str):
        return value
    if value is None and context.is_unknown(variable.key) and variable.key:
        return Unresolved.UNKNOWN
    # A key with several values cannot stand in a variable: it has no value there.
    return Unresolved.NO_VALUE if variable.default is None else variable.default
