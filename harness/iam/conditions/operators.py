"""The base operators: does one request value fit one policy value? Negation is a column, not another function.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import base64
import binascii
import ipaddress
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.policy import values
from harness.policy.glob import compile_glob

Fits = Callable[[str, str], bool]
"""(request value, policy value without variables)"""


@dataclass(frozen=True, slots=True)
class Base:
    """A base operator. `glob`: the policy value is a pattern, and `fits` is not asked."""

    fits: Fits
    negated: bool = False
    glob: str | None = None
    """`text` matches whole, `arn` by six parts; None for operators without wildcards."""


def _number(compare: Callable[[Any, Any], bool]) -> Fits:
    return lambda value, wanted: _both(values.number(value), values.number(wanted), compare)


def _date(compare: Callable[[Any, Any], bool]) -> Fits:
    return lambda value, wanted: _both(values.date(value), values.date(wanted), compare)


def _both(value: Any, wanted: Any, compare: Callable[[Any, Any], bool]) -> bool:
    return value is not None and wanted is not None and compare(value, wanted)


def _ignoring_case(value: str, wanted: str) -> bool:
    return value.casefold() == wanted.casefold()


def _bool(value: str, wanted: str) -> bool:
    found = values.boolean(value)
    return found is not None and found == values.boolean(wanted)


def _binary(value: str, wanted: str) -> bool:
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(wanted, validate=True)
    except (binascii.Error, ValueError):
        return False


def _ip(value: str, wanted: str) -> bool:
    network = values.network(wanted)
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        return False
    return network is not None and address.version == network.version and address in network


def _never(_value: str, _wanted: str) -> bool:
    return False


def arn_like(value: str, wanted: str) -> bool:
    """Six parts, each matched for itself; a bare `*` is every ARN."""
    if wanted == "*":
        return True
    have, want = value.split(":", 5), wanted.split(":", 5)
    return len(have) == len(want) == 6 and all(  # noqa: PLR2004 - the parts of an ARN
        compile_glob(pattern)(part) for part, pattern in zip(have, want, strict=True)
    )


OPERATORS: Mapping[str, Base] = {
    "StringEquals": Base(operator.eq),
    "StringNotEquals": Base(operator.eq, negated=True),
    "StringEqualsIgnoreCase": Base(_ignoring_case),
    "StringNotEqualsIgnoreCase": Base(_ignoring_case, negated=True),
    "StringLike": Base(_never, glob="text"),
    "StringNotLike": Base(_never, negated=True, glob="text"),
    "NumericEquals": Base(_number(operator.eq)),
    "NumericNotEquals": Base(_number(operator.eq), negated=True),
    "NumericLessThan": Base(_number(operator.lt)),
    "NumericLessThanEquals": Base(_number(operator.le)),
    "NumericGreaterThan": Base(_number(operator.gt)),
    "NumericGreaterThanEquals": Base(_number(operator.ge)),
    "DateEquals": Base(_date(operator.eq)),
    "DateNotEquals": Base(_date(operator.eq), negated=True),
    "DateLessThan": Base(_date(operator.lt)),
    "DateLessThanEquals": Base(_date(operator.le)),
    "DateGreaterThan": Base(_date(operator.gt)),
    "DateGreaterThanEquals": Base(_date(operator.ge)),
    "Bool": Base(_bool),
    "BinaryEquals": Base(_binary),
    "IpAddress": Base(_ip),
    "NotIpAddress": Base(_ip, negated=True),
    "ArnEquals": Base(_never, glob="arn"),
    "ArnLike": Base(_never, glob="arn"),
    "ArnNotEquals": Base(_never, negated=True, glob="arn"),
    "ArnNotLike": Base(_never, negated=True, glob="arn"),
}
