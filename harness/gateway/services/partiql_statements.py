"""PartiQL as moto's parser takes it: with blanks around operators; and a 400 for what it cannot read, which it does not say itself.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html. moto finds a statement's table by rules of its own:
it is shown no other table's items than those of the one that was decided, and what it would change elsewhere is not changed.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from harness.actions.dynamodb import partiql, plain
from harness.gateway.services.lazily import around, when_loaded

# Quoted text, the brackets of sets, operators.
_TOKENS = re.compile(r"""'[^']*'|"[^"]*"|<<|>>|\s*(<=|>=|<>|!=|[=<>])\s*""")
# What the parser raises where it expects something else, and what moto raises when it got nothing.
_UNREAD = (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError)
# The parser takes them for `=`.
_MISREAD = frozenset({"<>", "!="})
_SELECTING = "PartiQLSelect"
# AWS says after the colon what it expected. OBSERVED: https://github.com/awsdocs/aws-sdk-for-javascript-v3/issues/98
_NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed: the harness's parser does not read it"


def install() -> None:
    """Amend moto's way to the parser once it is loaded."""
    when_loaded("moto.dynamodb.parsing.partiql", _amend)


def spaced(statement: str) -> str:
    """The statement with one blank on both sides of each operator."""
    return _TOKENS.sub(lambda found: f" {found[1]} " if found[1] else found[0], statement)


def _amend(module: Any) -> None:
    around(module, "query", partial(_query, module.MockValidationException))
    around(module, "get_query_metadata", partial(_metadata, module.MockValidationException))


def _query(
    refusal: Callable[[str], Exception],
    original: Callable[..., Any],
    statement: str,
    source: Mapping[str, Any],
    *more: Any,
) -> Any:
    """The items that a statement finds, and its changes by table."""
    action, tables = _decided(refusal, statement)
    found = _read(
        refusal, original, statement, {name: items for name, items in source.items() if name in tables}, *more
    )
    changed = set(found[1])
    if changed - tables or (changed and action == _SELECTING):
        raise refusal(_NOT_WELL_FORMED)
    return found


def _metadata(refusal: Callable[[str], Exception], original: Callable[..., Any], statement: str) -> Any:
    """What a statement of a batch is about."""
    _, tables = _decided(refusal, statement)
    found = _read(refusal, original, statement)
    if set(found.get_table_names()) - tables:
        raise refusal(_NOT_WELL_FORMED)
    return found


def _decided(refusal: Callable[[str], Exception], statement: str) -> tuple[str, frozenset[str]]:
    """The action that was decided, and the table's names in moto's words: its own, and that of its index."""
    decided = partiql(statement)
    if decided is None:  # no policy's PartiQL actions were asked
        raise refusal(_NOT_WELL_FORMED)
    action, table, index = decided
    return action, frozenset({table, f"{table}.{index}"})


def _read(refusal: Callable[[str], Exception], original: Callable[..., Any], statement: str, *more: Any) -> Any:
    said = plain(statement)
    if any(found[1] in _MISREAD for found in _TOKENS.finditer(said)):
        raise refusal(_NOT_WELL_FORMED)
    try:
        found = original(spaced(said), *more)
    except _UNREAD as unread:
        raise refusal(_NOT_WELL_FORMED) from unread
    if found is None:
        raise refusal(_NOT_WELL_FORMED)
    return found
