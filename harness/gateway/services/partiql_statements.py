"""PartiQL as moto's parser takes it: with blanks around operators; and a 400 for what it cannot read, which it does not say itself.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html. Blanks outside of quotes mean nothing, so the
statement that runs is the one that was decided.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from harness.gateway.services.lazily import around, when_loaded

# Quoted text, the brackets of sets, operators.
_TOKENS = re.compile(r"""'[^']*'|"[^"]*"|<<|>>|\s*(<=|>=|<>|!=|[=<>])\s*""")
# What the parser raises where it expects something else, and what moto raises when it got nothing.
_UNREAD = (AssertionError, AttributeError, IndexError, KeyError, TypeError, ValueError)
# The parser takes them for `=`.
_MISREAD = frozenset({"<>", "!="})
# AWS says after the colon what it expected. OBSERVED: https://github.com/awsdocs/aws-sdk-for-javascript-v3/issues/98
_NOT_WELL_FORMED = "Statement wasn't well formed, can't be processed: the harness's parser does not read it"


def install() -> None:
    """Amend moto's way to the parser once it is loaded."""
    when_loaded("moto.dynamodb.parsing.partiql", _amend)


def spaced(statement: str) -> str:
    """The statement with one blank on both sides of each operator."""
    return _TOKENS.sub(lambda found: f" {found[1]} " if found[1] else found[0], statement)


def _amend(module: Any) -> None:
    for name in ("query", "get_query_metadata"):
        around(module, name, partial(_read, module.MockValidationException))


def _read(refusal: Callable[[str], Exception], original: Callable[..., Any], statement: str, *more: Any) -> Any:
    if any(found[1] in _MISREAD for found in _TOKENS.finditer(statement)):
        raise refusal(_NOT_WELL_FORMED)
    try:
        found = original(spaced(statement), *more)
    except _UNREAD as unread:
        raise refusal(_NOT_WELL_FORMED) from unread
    if found is None:
        raise refusal(_NOT_WELL_FORMED)
    return found
