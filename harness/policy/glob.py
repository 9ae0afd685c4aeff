"""Wildcards: `*` for any run of characters, `?` for exactly one. Compiled once, matched in time linear in pattern times text.

No backtracking: between two stars the leftmost place that fits is always as good as any later one, so each run of literal
characters is found once, in an atomic group.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

Matcher = Callable[[str], bool]

STAR = object()
ANY = object()
Atom = object
"""A star, an any, or a string of literal characters."""


def atoms(pattern: str) -> list[Atom]:
    """The pattern taken apart; neighbouring stars are one."""
    found: list[Atom] = []
    for piece in re.split(r"([*?])", pattern):
        if piece == "*":
            if not found or found[-1] is not STAR:
                found.append(STAR)
        elif piece == "?":
            found.append(ANY)
        elif piece:
            found.append(piece)
    return found


@lru_cache(maxsize=4096)
def compile_glob(pattern: str) -> Matcher:
    """A matcher for the whole text."""
    return compile_atoms(atoms(pattern))


def compile_atoms(parts: Sequence[Atom]) -> Matcher:
    """A matcher for a pattern that was taken apart."""
    if all(isinstance(part, str) for part in parts):
        literal = "".join(str(part) for part in parts)
        return literal.__eq__
    if list(parts) == [STAR]:
        return _always
    return re.compile(_expression(parts), re.DOTALL).match  # type: ignore[return-value] # a match object is true


def _always(_text: str) -> bool:
    return True


def _expression(parts: Sequence[Atom]) -> str:
    runs: list[list[Atom]] = [[]]
    for part in parts:
        if part is STAR:
            runs.append([])
        else:
            runs[-1].append(part)
    first, *rest = ["".join("." if part is ANY else re.escape(str(part)) for part in run) for run in runs]
    if not rest:
        return rf"{first}\Z"
    middle = "".join(f"(?>.*?{run})" for run in rest[:-1] if run)
    return rf"{first}{middle}.*{rest[-1]}\Z"
