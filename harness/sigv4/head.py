"""The head of an HTTP request as it was received: nothing decoded, joined, reordered or normalized."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote_to_bytes


@dataclass(frozen=True)
class Head:
    """Method, raw target and header pairs, as bytes decoded with latin-1 so that nothing is lost."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    @cached_property
    def path(self) -> str:
        """The raw path of the target."""
        return self.target.partition("?")[0]

    @cached_property
    def query(self) -> tuple[tuple[str, str], ...]:
        """The query's pairs in order, decoded once, as bytes in latin-1.

        A `+` is a space, as the service will read it: were it a plus here, `%2B` and `+` would have one signature and two
        meanings.
        """
        raw = self.target.partition("?")[2]
        pairs = (part.partition("=") for part in raw.split("&") if part)
        return tuple((_decoded(name), _decoded(value)) for name, _, value in pairs)

    def values(self, name: str) -> list[str]:
        """All values of a header, in order; `name` in lower case."""
        return self._by_name.get(name, [])

    def value(self, name: str) -> str | None:
        """The value of a header that occurs exactly once, else None."""
        found = self.values(name)
        return found[0].strip() if len(found) == 1 else None

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        """A head is asked for some thirty headers."""
        values: dict[str, list[str]] = {}
        for name, value in self.headers:
            values.setdefault(name.lower(), []).append(value)
        return values


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("latin-1")
