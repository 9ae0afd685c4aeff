"""ARN templates: where an operation's resource stands in its parameters, as text that a person can read.

`table/{TableName}` is relative to the service's ARN; `{TopicArn}` alone is a parameter that holds the ARN itself; `*` is the
action without resource types. A last placeholder whose value is already an ARN is the whole ARN. `{Name=default}` has a default;
`a | b` is b where a's parameters are missing, `a | -` is then nothing; `a & b` is both. A placeholder that means a list makes
one ARN of each entry.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from string import Formatter

from harness.actions.operation import Operation
from harness.actions.params import dig

_PLACES = ("region", "account")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One way to write the ARN."""

    parts: tuple[tuple[str, str | None, str | None], ...]
    """Literal text, then the parameter behind it (None at the end), with its default."""

    def arns(self, operation: Operation) -> Sequence[str]:
        """The ARNs that the parameters make, none where one of them is missing."""
        if not self.parts:
            return ()
        texts, whole = [""], []
        last = next((name for _, name, _ in reversed(self.parts) if name), None)
        for literal, name, default in self.parts:
            texts = [text + literal for text in texts]
            if name is None:
                continue
            values = _values(operation, name, default)
            if name is last:
                whole = [value for value in values if value.startswith("arn:")]
                values = [value for value in values if not value.startswith("arn:")]
            texts = [_joined(text, value) for text in texts for value in values]
        alone = self.parts[0][0] == ""
        return whole if alone else [*whole, *texts]


def _joined(text: str, value: str) -> str:
    """Names that are paths may begin with the slash that the ARN has already."""
    return text + (value.removeprefix("/") if text.endswith("/") else value)


def _values(operation: Operation, name: str, default: str | None) -> list[str]:
    if name in _PLACES:
        return [getattr(operation, name)]
    found = [str(value) for value in dig(operation.params, name)]
    return found or ([] if default is None else [default])


_NOTHING = _Pattern(())


@dataclass(frozen=True, slots=True)
class Template:
    """The resources of an operation: all of `needed`, each by the first of its alternatives that the request can fill."""

    text: str
    needed: tuple[tuple[_Pattern, ...], ...]

    def arns(self, operation: Operation) -> Sequence[str | None]:
        """One entry per resource; None where the request does not tell it."""
        found: list[str | None] = []
        for alternatives in self.needed:
            nothing = () if _NOTHING in alternatives else (None,)
            found += next((arns for pattern in alternatives if (arns := pattern.arns(operation))), nothing)
        return found

    @property
    def parameters(self) -> frozenset[str]:
        """The paths of the parameters that are read."""
        names = {name for some in self.needed for pattern in some for _, name, _ in pattern.parts if name}
        return frozenset(names) - set(_PLACES)


def template(text: str, base: str) -> Template:
    """Parse a template; relative ARNs begin with `base`."""
    needed = (
        tuple(_pattern(alternative.strip(), base) for alternative in some.split(" | ")) for some in text.split(" & ")
    )
    return Template(text, tuple(needed))


def _pattern(text: str, base: str) -> _Pattern:
    if text == "-":
        return _NOTHING
    relative = not text.startswith(("arn:", "{", "*"))
    parts = []
    for literal, field, _, _ in Formatter().parse((base if relative else "") + text):
        name, equals, default = (field or "").partition("=")
        parts.append((literal, name or None, default if equals else None))
    return _Pattern(tuple(parts))
