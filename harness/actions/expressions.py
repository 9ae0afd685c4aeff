"""DynamoDB's expressions, read for two condition keys: which attributes they touch, and which values the partition key takes.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.Attributes.html

What cannot be read raises Unreadable: its keys are then unknown, never guessed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<name>[#A-Za-z_][\w-]*)|(?P<value>:\w+)|(?P<index>\[\d+\])|(?P<sign><>|<=|>=|[=<>(),.+-]))", re.ASCII
)
_KEYWORDS = frozenset({"and", "or", "not", "between", "in", "set", "remove", "add", "delete"})


class Unreadable(Exception):
    """The expression is not of the documented grammar; DynamoDB will refuse it, or we should have known it."""


def tokens(expression: str) -> list[str]:
    """Names, `#names`, `:values`, `[indexes]` and signs."""
    found, place = [], 0
    text = expression.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise Unreadable(text[place:])
        found.append(match[match.lastgroup or 0])
        place = match.end()
    return found


def attributes(expression: str, names: Mapping[str, str]) -> list[str]:
    """The top-level attributes that an expression of any kind touches, `#names` resolved."""
    return list(dict.fromkeys(_resolve(name, names) for name in _top_level(tokens(expression))))


def _top_level(found: Sequence[str]) -> Iterator[str]:
    for place, token in enumerate(found):
        before = found[place - 1] if place else ""
        after = found[place + 1] if place + 1 < len(found) else ""
        if not _is_name(token) or before == "." or token.lower() in _KEYWORDS or after == "(":
            continue
        yield token


def _is_name(token: str) -> bool:
    return token[0] in "#_" or token[0].isalpha()


def _resolve(name: str, names: Mapping[str, str]) -> str:
    if not name.startswith("#"):
        return name
    if name not in names:
        raise Unreadable(name)
    return names[name]


def equal_to(expression: str, attribute: str, names: Mapping[str, str], values: Mapping[str, Any]) -> list[Any]:
    """The values that a key condition sets equal to the attribute. DynamoDB wants exactly one for the partition key."""
    found = tokens(expression)
    equal: list[Any] = []
    for left, sign, right in zip(found, found[1:], found[2:], strict=False):
        for name, value in ((left, right), (right, left)):
            if sign == "=" and _is_name(name) and value.startswith(":") and _resolve(name, names) == attribute:
                if value not in values:
                    raise Unreadable(value)
                equal.append(values[value])
    return equal
