"""Wildcards: `*` for any run of characters, `?` for exactly one. A whole list of patterns is compiled into one matcher.

1. Exact texts and prefixes, which most patterns are, are left to the built-in types.
2. The rest runs on one bit-parallel automaton for the whole list (Shift-And; Baeza-Yates and Gonnet, "A new approach to text
   searching", CACM 35(10), 1992): bit i of the state says that the first i characters of the patterns are matched. There is no
   backtracking: time grows with the text's length times the patterns' summed length, and 64 places cost as much as one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html#reference_policies_elements_resource_wildcards
"""

import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from functools import partial
from operator import methodcaller

Matcher = Callable[[str], bool]


class Wild(Enum):
    """The two wildcards."""

    STAR = "*"
    ANY = "?"


class Colons(Enum):
    """Whether a wildcard reaches over the colons between the first five parts of an ARN."""

    ORDINARY = "ordinary"
    """The text is no ARN: a colon is a character."""
    AT_THE_END = "at the end"
    """The Resource element: a star that ends a part may reach beyond it (same page); other wildcards may not."""
    NEVER = "never"
    """The Arn operators: each of the six parts is checked by itself."""


Atom = str | Wild
Pattern = Sequence[Atom]
"""A pattern taken apart: literal text, which may hold stars that mean themselves, and wildcards."""

_STAR, _ANY = Wild.STAR, Wild.ANY
_WILD: dict[str, Atom] = {wild.value: wild for wild in Wild}
_WILDCARDS = re.compile(r"([*?])")
HEAD = 5
"""The colons that separate an ARN's six parts."""


def atoms(text: str) -> list[Atom]:
    """The pattern that `text` writes."""
    if "*" not in text and "?" not in text:
        return [text]
    return [_WILD.get(piece, piece) for piece in _WILDCARDS.split(text) if piece]


def compile_globs(texts: Iterable[str], colons: Colons = Colons.ORDINARY) -> Matcher:
    """A matcher for whole texts: whether any of the patterns fits."""
    return compile_patterns(map(atoms, texts), colons)


def compile_patterns(patterns: Iterable[Pattern], colons: Colons = Colons.ORDINARY) -> Matcher:
    """The same for patterns that were taken apart, as those with policy variables are."""
    exact: list[str] = []
    prefixes: list[str] = []
    others: list[Pattern] = []
    for pattern in patterns:
        *before, last = pattern
        if last is _ANY or not all(isinstance(atom, str) for atom in before):
            others.append(pattern)
        elif isinstance(last, str):
            exact.append("".join(map(str, pattern)))
        elif _reaches_all(start := "".join(map(str, before)), colons):
            prefixes.append(start)
        else:
            others.append(pattern)
    return _joined(exact, prefixes, others, colons)


def _reaches_all(start: str, colons: Colons) -> bool:
    """Whether a star at the end, after `start`, fits whatever follows."""
    return colons is not Colons.NEVER or start.count(":") >= HEAD


def _joined(exact: list[str], prefixes: list[str], others: list[Pattern], colons: Colons) -> Matcher:
    matchers: list[Matcher] = []
    if exact or not (prefixes or others):
        matchers.append(frozenset(exact).__contains__)
    if prefixes:
        matchers.append(methodcaller("startswith", tuple(prefixes)))
    if others:
        matchers.append(_automaton(others, colons))
    return matchers[0] if len(matchers) == 1 else partial(_any, matchers)


def _any(matchers: Sequence[Matcher], text: str) -> bool:
    return any(matcher(text) for matcher in matchers)


def _automaton(patterns: Iterable[Pattern], colons: Colons) -> Matcher:
    rows = _Rows()
    for pattern in patterns:
        rows.add(pattern, colons)
    start, accept, stars, stars_at_colon, wild = rows.start, rows.accept, rows.stars, rows.stars_at_colon, rows.wild
    masks = {character: mask | wild for character, mask in rows.masks.items()}
    masks[":"] = rows.masks.get(":", 0) | rows.wild_at_colon

    def fits(text: str) -> bool:
        state = start
        for character in text:
            loops = stars_at_colon if character == ":" else stars
            state = ((state << 1) & masks.get(character, wild)) | (state & loops)
        return state & accept != 0

    return fits


class _Rows:
    """The automaton's tables: every pattern has a row of bits, one for each of its characters and one before the first."""

    def __init__(self) -> None:
        self.masks: dict[str, int] = {}
        """Character to the places that it reaches."""
        self.wild = self.wild_at_colon = 0
        """Places reached by any character, and by a colon among them."""
        self.stars = self.stars_at_colon = 0
        """Places where a star waits, and where it gets over a colon."""
        self.start = self.accept = 0
        self._width = 0

    def add(self, pattern: Pattern, colons: Colons) -> None:
        """A row for the pattern, made by itself and then put after the others, so that its numbers stay small."""
        masks: dict[str, int] = {}
        wild = wild_at_colon = stars = stars_at_colon = seen = 0
        place = 1
        for index, atom in enumerate(pattern):
            in_head = colons is not Colons.ORDINARY and seen < HEAD
            if isinstance(atom, str):
                for character in atom:
                    place <<= 1
                    masks[character] = masks.get(character, 0) | place
                seen += atom.count(":")
            elif atom is _ANY:
                place <<= 1
                wild |= place
                wild_at_colon |= 0 if in_head else place
            else:
                stars |= place
                reaches = not in_head or (colons is Colons.AT_THE_END and _ends_part(pattern, index))
                stars_at_colon |= place if reaches else 0
        width = self._width
        for character, mask in masks.items():
            self.masks[character] = self.masks.get(character, 0) | mask << width
        self.wild |= wild << width
        self.wild_at_colon |= wild_at_colon << width
        self.stars |= stars << width
        self.stars_at_colon |= stars_at_colon << width
        self.start |= 1 << width
        self.accept |= place << width
        self._width = width + place.bit_length()


def _ends_part(pattern: Pattern, index: int) -> bool:
    following = pattern[index + 1 : index + 2]
    return not following or (isinstance(following[0], str) and following[0].startswith(":"))
