"""Policy variables: `${aws:username}`, with a default `${aws:username, 'x'}`, and the literals `${*}`, `${?}`, `${$}`.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
Only documents of version 2012-10-17 have variables; elsewhere the text is literal.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from harness.model.request import Context
from harness.policy.glob import Atom, Matcher, atoms, compile_atoms

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_DEFAULT = re.compile(r"\s*([^,\s]+)\s*,\s*'([^']*)'\s*")


@dataclass(frozen=True, slots=True)
class Variable:
    """A reference to a condition key, by lower-case name."""

    key: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text with wildcards and perhaps variables; `matcher` is there at once where there are none."""

    text: str
    pieces: tuple[str | Variable, ...]
    """Literal text that may hold wildcards, and variables; `${*}` and its like stand as marked literals."""
    matcher: Matcher | None

    def resolve(self, context: Context) -> "Matcher | Unknown | None":
        """The matcher for this request; None where a variable has no value, UNKNOWN where it is not modelled."""
        if self.matcher is not None:
            return self.matcher
        values: list[str] = []
        for piece in self.pieces:
            if isinstance(piece, Variable):
                value = _value(piece, context)
                if value is None or isinstance(value, Unknown):
                    return value
                values.append(value)
        return _resolved(self.pieces, tuple(values))


class Unknown:
    """Marks what depends on a condition key that is not modelled."""


UNKNOWN = Unknown()
_LITERAL = {"*": "*", "?": "?", "$": "$"}


@dataclass(frozen=True, slots=True)
class _Escaped(Variable):
    """`${*}`, `${?}` or `${$}`: a literal character."""


def pattern(text: str, *, variables: bool, lower: bool = False) -> Pattern:
    """The pattern of a policy's text; `lower` for actions, which are compared without case."""
    if not variables or "${" not in text:
        source = text.lower() if lower else text
        return Pattern(text, (source,), compile_atoms(atoms(source)))
    return Pattern(text, tuple(_pieces(text)), None)


def names(text: str) -> list[str]:
    """The keys that a text refers to, in lower case."""
    return [piece.key for piece in _pieces(text) if isinstance(piece, Variable) and not isinstance(piece, _Escaped)]


def _pieces(text: str) -> list[str | Variable]:
    pieces: list[str | Variable] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        if found.start() > end:
            pieces.append(text[end : found.start()])
        pieces.append(_variable(found[1]))
        end = found.end()
    if end < len(text):
        pieces.append(text[end:])
    return pieces


def _variable(inner: str) -> Variable:
    if inner in _LITERAL:
        return _Escaped(inner, _LITERAL[inner])
    with_default = _DEFAULT.fullmatch(inner)
    if with_default:
        return Variable(with_default[1].lower(), with_default[2])
    return Variable(inner.strip().lower(), None)


def _value(variable: Variable, context: Context) -> str | Unknown | None:
    if isinstance(variable, _Escaped):
        return variable.default
    value = context.get(variable.key)
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):  # a multi-valued key cannot stand in a variable
        return variable.default
    if context.is_unknown(variable.key):
        return UNKNOWN
    return variable.default


@lru_cache(maxsize=8192)
def _resolved(pieces: tuple[str | Variable, ...], values: tuple[str, ...]) -> Matcher:
    """The matcher with the values in place, as literal text: a `*` in a value matches a `*` only."""
    parts: list[Atom] = []
    remaining = list(values)
    for piece in pieces:
        parts.extend([remaining.pop(0)] if isinstance(piece, Variable) else atoms(piece))
    return compile_atoms(parts)


def plain_text(found: Pattern, context: Context) -> str | Unknown | None:
    """The text with its variables replaced, for operators that know no wildcards."""
    if found.matcher is not None:
        return found.text
    return _joined(found.pieces, lambda variable: _value(variable, context))


def _joined(
    pieces: Sequence[str | Variable], value: Callable[[Variable], str | Unknown | None]
) -> str | Unknown | None:
    text = ""
    for piece in pieces:
        part = value(piece) if isinstance(piece, Variable) else piece
        if not isinstance(part, str):
            return part
        text += part
    return text
