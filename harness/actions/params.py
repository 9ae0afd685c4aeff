"""Reading the parameters of a request by path."""

from collections.abc import Sequence
from typing import Any


def dig(params: Any, path: str) -> Sequence[Any]:
    """All values at a dotted path. Lists on the way are walked through; what is missing, null or empty yields nothing."""
    name, dot, rest = path.partition(".")
    found = _step(params, name)
    return [inner for value in found for inner in dig(value, rest)] if dot and found else found


def _step(value: Any, name: str) -> Sequence[Any]:
    inner = value.get(name) if isinstance(value, dict) else None
    if inner is None:
        return ()
    if isinstance(inner, list | tuple):
        return inner
    return () if inner in ("", {}) else (inner,)
