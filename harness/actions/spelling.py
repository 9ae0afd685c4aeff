"""Actions and condition keys that are spelt like one that the tables know, and not quite: for whoever types them."""

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache

from harness.actions import SERVICES
from harness.actions.global_keys import MODELLED
from harness.actions.service import Row

_ALIKE = 0.92
"""Less than this, and what is not in the tables is rather another action than a misspelt one."""


def meant(action: str) -> str | None:
    """The action that a misspelt one seems to mean; None for one that is known, and for one like none that is."""
    prefix, _, name = action.partition(":")
    known = _known().get(prefix.lower(), {})
    if name.lower() in known or "*" in name or "?" in name:
        return None
    found = get_close_matches(name.lower(), known, n=1, cutoff=_ALIKE)
    return f"{prefix}:{known[found[0]]}" if found else None


def meant_key(key: str) -> str | None:
    """The condition key that a misspelt one seems to mean; None for one that is known, and for one like none that is."""
    known = _known_keys()
    name = key.lower()
    if name in known or any(name.startswith(family) for family in known if family.endswith(("/", ":"))):
        return None
    found = get_close_matches(name, known, n=1, cutoff=_ALIKE)
    return known[found[0]] if found else None


@cache
def _known_keys() -> dict[str, str]:
    """The condition keys by lower case: IAM compares them so."""
    services = {name.lower(): name for service in SERVICES.values() for name in service.keys.table}
    return {name: name for name in MODELLED} | services


@cache
def _known() -> dict[str, dict[str, str]]:
    """By prefix, the actions' names by lower case: IAM compares them so."""
    found: dict[str, dict[str, str]] = {}
    for prefix, name in _names():
        found.setdefault(prefix, {})[name.lower()] = name
    return found


def _names() -> Iterator[tuple[str, str]]:
    for service in SERVICES.values():
        prefix = service.prefix
        yield from ((prefix, name) for name in service.unmodelled)
        for name, row in service.rows.items():
            yield prefix, (row.action if isinstance(row, Row) else None) or name
        yield from ((prefix, name) for more in service.also.values() for name in more)
        for entries in service.keys.table.values():
            yield from ((prefix, name) for entry in entries for name in entry.actions)
