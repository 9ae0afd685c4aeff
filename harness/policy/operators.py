"""The names of condition operators, taken apart: quantifier, base, IfExists; and what their values must look like.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.policy import values

Check = Callable[[str], bool]

_CHECKS: Mapping[str, Check] = {
    **dict.fromkeys(
        (
            "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
            "StringNotLike", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike", "BinaryEquals",
        ),
        lambda _text: True,
    ),
    **dict.fromkeys(
        (
            "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ),
        lambda text: values.number(text) is not None,
    ),
    **dict.fromkeys(
        ("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"),
        lambda text: values.date(text) is not None,
    ),
    **dict.fromkeys(("IpAddress", "NotIpAddress"), lambda text: values.network(text) is not None),
    **dict.fromkeys(("Bool", "Null"), lambda text: values.boolean(text) is not None),
}  # fmt: skip
_BY_LOWER = {name.lower(): name for name in _CHECKS}
_QUANTIFIERS = ("forallvalues", "foranyvalue")


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as a document writes it."""

    name: str
    quantifier: str | None
    if_exists: bool
    written: str

    def check(self, text: str) -> str | None:
        """What is wrong with a value that holds no variable, None if nothing is."""
        return None if _CHECKS[self.name](text) else f"`{text}` is no value for {self.name}"


def read_operator(written: str) -> Operator | None:
    """The operator, None for an unknown one. Names are compared without case, as AWS does."""
    quantifier, _, rest = written.rpartition(":")
    if quantifier and quantifier.lower() not in _QUANTIFIERS:
        return None
    lowered = rest.lower()
    base = lowered.removesuffix("ifexists")
    if_exists = base != lowered
    name = _BY_LOWER.get(base)
    if name is None or (if_exists and name == "Null"):
        return None
    return Operator(name, quantifier.lower() or None, if_exists, written)
