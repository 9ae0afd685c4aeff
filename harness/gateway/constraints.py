"""The form of a request to IAM or STS, or for a function's policy, judged by the service's model: lengths, ranges, patterns, enums.

It is judged before anything is decided.
LocalStack takes whatever comes. AWS answers with all faults at once, each at the path of its parameter.
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html (ValidationError)
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from botocore.model import ListShape, Shape, StructureShape

SERVICES = frozenset({"iam", "sts"})
SHAPES = frozenset({"AddPermissionRequest"})
"""Of Lambda: https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html; the rest LocalStack judges itself."""
_NAMES, _PATHS = r"[\w+=,.@-]+", r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)"
# IAM's own words for names and paths: https://github.com/aws-amplify/amplify-cli/issues/9120,
# https://github.com/aws-cloudformation/cfn-lint/issues/722
_OWN_WORDS = {
    _NAMES: "It must contain only alphanumeric characters and/or the following: +=,.@_-",
    _PATHS: "It must begin and end with / and contain only alphanumeric characters and/or / characters.",
}
_HIDDEN = "***"
"""In the place of what the model calls sensitive (passwords, tokens), and of codes, which it does not."""
_CODES = frozenset({"authenticationCodeType", "tokenCodeType"})


def fault(service: str, shape: StructureShape | None, params: Mapping[str, Any]) -> str | None:
    """AWS's ValidationError for parameters that the model forbids, None where it forbids none."""
    if shape is None or not (service in SERVICES or (service == "lambda" and shape.name in SHAPES)):
        return None
    found = list(_members(shape, params, ""))
    if not found:
        return _in_own_words(shape, params) if service == "iam" else None
    return f"{len(found)} validation error{'s' * (len(found) > 1)} detected: {'; '.join(found)}"


def _members(shape: StructureShape, params: Mapping[str, Any], at: str) -> Iterator[str]:
    for name, member in shape.members.items():
        value, path = params.get(name), f"{at}{_shown_name(name)}"
        if value is None and name in shape.required_members:
            yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        elif value is not None:
            yield from _faults(member, value, path)


def _faults(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _members(shape, value, f"{path}.")
        return
    secret = shape.metadata.get("sensitive") or shape.name in _CODES
    shown = _HIDDEN if secret else _shown(value)
    for constraint in _constraints(shape, value):
        yield f"Value '{shown}' at '{path}' failed to satisfy constraint: Member must {constraint}"
    if isinstance(shape, ListShape):
        for number, each in enumerate(value, 1):
            yield from _faults(shape.member, each, f"{path}.{number}.member")


def _constraints(shape: Shape, value: Any) -> Iterator[str]:
    """What the value must do and does not; patterns with words of their own come later."""
    limits = shape.metadata
    pattern = limits.get("pattern")
    if pattern and pattern not in _OWN_WORDS and not _fits(pattern, value):
        yield f"satisfy regular expression pattern: {pattern}"
    if limits.get("enum") and value not in limits["enum"]:
        yield f"satisfy enum value set: [{', '.join(limits['enum'])}]"
    yield from _out_of_range(limits, value)


def _out_of_range(limits: Mapping[str, Any], value: Any) -> Iterator[str]:
    what, size = ("have value", value) if isinstance(value, int) else ("have length", len(value))
    if "min" in limits and size < limits["min"]:
        yield f"{what} greater than or equal to {limits['min']}"
    if "max" in limits and size > limits["max"]:
        yield f"{what} less than or equal to {limits['max']}"


def _in_own_words(shape: StructureShape, params: Mapping[str, Any]) -> str | None:
    """Names and paths, of which IAM speaks once the rest is right."""
    for name, member in shape.members.items():
        pattern = member.metadata.get("pattern")
        if pattern in _OWN_WORDS and not _fits(pattern, params.get(name)):
            return f"The specified value for {_shown_name(name)} is invalid. {_OWN_WORDS[pattern]}"
    return None


def _fits(pattern: str, value: Any) -> bool:
    """Patterns are for texts."""
    return not isinstance(value, str) or _compiled(pattern).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    r"""A pattern of the model, which is Java's: classes are ASCII but for the properties, and five digits follow a `\u`."""
    python = re.sub(r"\\u([0-9A-F]{5,6})", lambda found: rf"\U{found[1]:0>8}", pattern)
    if r"\p{" not in python:
        return re.compile(python, re.ASCII)
    spaces = r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    return re.compile(python.replace(r"\p{L}", r"\w").replace(r"\p{N}", "").replace(r"\p{Z}", spaces))


def _shown_name(name: str) -> str:
    """A parameter as AWS's errors write it: `roleName`."""
    return f"{name[0].lower()}{name[1:]}"


def _shown(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(str, value))}]"
    return str(value)
