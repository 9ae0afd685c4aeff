"""Condition keys: each stands once, with its type, the actions that have it, and where its value is in the request.

A key that an action has on AWS and that is not read here stands with `UNREAD`: for that action it is unknown, neither absent nor
present. For every other action of the service a key of its table is known to be absent.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from harness.actions.operation import ContextValue, Facts, Operation
from harness.actions.params import dig


class Type(StrEnum):
    """The types of the service authorization reference, by its names."""

    STRING = "String"
    ARN = "ARN"
    BOOL = "Bool"
    NUMERIC = "Numeric"
    DATE = "Date"
    STRINGS = "ArrayOfString"
    ARNS = "ArrayOfARN"


_MANY = frozenset({Type.STRINGS, Type.ARNS})


class Unknown:
    """The request has the key, or may have it, and what it has cannot be read here."""


UNKNOWN = Unknown()

KeyValue = ContextValue | Mapping[str, str] | Unknown | None
"""None where the request does not have the key. A family (its name ends with `/` or `:`) has a value per name."""

KeyRule = Callable[[Operation, Facts], KeyValue]

Source = str | KeyRule
"""The path of a parameter, or how to find the value."""

ALL = "*"
UNREAD = ""


@dataclass(frozen=True, slots=True)
class Key:
    """One condition key of a service."""

    type: Type
    actions: frozenset[str]
    """Without their prefix; empty: all actions of the service."""
    source: Source

    def value(self, operation: Operation, facts: Facts) -> KeyValue:
        """What the request has for it."""
        if callable(self.source):
            return self.source(operation, facts)
        found = [text(value) for value in dig(operation.params, self.source)]
        if not found:
            return None
        return tuple(found) if self.type in _MANY else found[0]


def key(type_: Type, actions: str, source: Source) -> Key:
    """`actions`: names with spaces between, or ALL. `source`: a parameter's path, a rule, or UNREAD."""
    return Key(type_, frozenset() if actions == ALL else frozenset(actions.split()), source)


class Keys:
    """A service's keys, ready to be asked by action."""

    def __init__(self, table: Mapping[str, Key | tuple[Key, ...]]) -> None:
        self.table = {name: entry if isinstance(entry, tuple) else (entry,) for name, entry in table.items()}
        self.names = frozenset(name.lower() for name in self.table)
        self._by_action: dict[str, tuple[list[tuple[str, Key]], frozenset[str]]] = {}

    def _of(self, action: str) -> tuple[list[tuple[str, Key]], frozenset[str]]:
        """What an action (without its prefix) reads, and the lower-case names that are thereby known for it."""
        found = self._by_action.get(action)
        if found is None:
            entries = [
                (name, entry)
                for name, some in self.table.items()
                for entry in some
                if not entry.actions or action in entry.actions
            ]
            read = [(name, entry) for name, entry in entries if entry.source != UNREAD]
            unread = {name.lower() for name, entry in entries if entry.source == UNREAD}
            found = self._by_action[action] = (read, self.names - unread)
        return found

    def read(self, action: str, operation: Operation, facts: Facts) -> tuple[dict[str, ContextValue], frozenset[str]]:
        """The values that the request has for the action, and the lower-case names that are known for it."""
        values: dict[str, ContextValue] = {}
        entries, known = self._of(action)
        for name, entry in entries:
            value = entry.value(operation, facts)
            if isinstance(value, Unknown):
                known -= {name.lower()}
            elif isinstance(value, Mapping):
                values |= {f"{name}{inner}": each for inner, each in value.items()}
            elif value is not None and value != ():
                values[name] = value
        return values, known


NO_KEYS = Keys({})


def text(value: Any) -> str:
    """A parameter's value as conditions compare it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def listed(*paths: str) -> KeyRule:
    """All values at several paths, as one set."""

    def rule(operation: Operation, _facts: Facts) -> KeyValue:
        return tuple(dict.fromkeys(text(value) for path in paths for value in dig(operation.params, path))) or None

    return rule


def given(path: str) -> KeyRule:
    """`true` where the request has the parameter, else `false`."""
    return lambda operation, _facts: text(bool(dig(operation.params, path)))


def truth(path: str) -> KeyRule:
    """The parameter, which AWS takes as `false` where it is missing."""
    return lambda operation, _facts: text(next(iter(dig(operation.params, path)), False))
