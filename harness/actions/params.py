"""Reading the parameters of a request by path."""

from collections.abc import Mapping, Sequence
from typing import Any


def dig(params: Any, path: str) -> list[Any]:
    """All values at a dotted path. Lists on the way are walked through; what is missing, null or empty yields nothing."""
    found = [params]
    for name in path.split("."):
        found = [inner for value in found for inner in _step(value, name)]
    return found


def _step(value: Any, name: str) -> Sequence[Any]:
    inner = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(inner, list | tuple):
        return inner
    return () if inner is None or inner in ("", {}) else (inner,)
