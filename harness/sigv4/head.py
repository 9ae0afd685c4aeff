"""The head of an HTTP request as it was received: nothing decoded, joined, reordered or normalized."""

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes


@dataclass(frozen=True, slots=True)
class Head:
    """Method, raw target and header pairs, as bytes decoded with latin-1 so that nothing is lost."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]

    @property
    def path(self) -> str:
        """The raw path of the target."""
        return self.target.partition("?")[0]

    @property
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
        return [value for key, value in self.headers if key.lower() == name]

    def value(self, name: str) -> str | None:
        """The value of a header that occurs exactly once, else None."""
        found = self.values(name)
        return found[0].strip() if len(found) == 1 else None


def _decoded(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("latin-1")
