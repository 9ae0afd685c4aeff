"""The journal as the driver reads it: the instances' lines in one order."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.report import because


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an instance's journal."""

    account: str
    """The account's name in harness.toml: whose instance wrote the line."""
    fields: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """`decision`, `authentication`, `validation`, `peer` or `failure`."""
        return str(self.fields["kind"])

    @property
    def time(self) -> str:
        """Real time, ISO 8601."""
        return str(self.fields["time"])

    @property
    def request_id(self) -> str | None:
        """The id that the response carries."""
        return self.fields.get("request_id")

    @property
    def decision(self) -> str:
        """`allowed`, `implicit_deny`, `explicit_deny` or `refused`."""
        return str(self.fields["decision"])

    @property
    def denied(self) -> bool:
        """Whether the request was refused."""
        return self.decision != "allowed"

    @property
    def because(self) -> Sequence[Mapping[str, Any]]:
        """The statements and missing Allows that made a decision."""
        found: Sequence[Mapping[str, Any]] = self.fields.get("because", ())
        return found

    def describe(self) -> str:
        """The line for a person: when, who, what, on what, the verdict and its reason."""
        asked = [name for name in (self.fields.get("service"), self.fields.get("operation")) if name]
        what = self.fields.get("action") or ":".join(asked)
        who = self.fields.get("principal") or self.fields.get("key_id") or "nobody"
        if subject := self.fields.get("subject"):
            who = f"{who} ({subject})"
        where = self.fields.get("resource") or ""
        return f"{self.time[11:23]} {self.account} {self.decision}: {who} {what} {where} ({self._reason()})"

    def _reason(self) -> str:
        if self.because:
            return "; ".join(because(evidence) for evidence in self.because)
        error = self.fields.get("error") or {}
        return str(self.fields.get("reason") or error.get("message") or self.fields.get("detail") or self.kind)


def _complete() -> None:
    """The files are the instances' own."""


@dataclass(slots=True)
class JournalReader:
    """Reads the journals of all accounts, from a mark on."""

    paths: Mapping[str, Path]
    refresh: Callable[[], None] = _complete
    """Called before each reading: where the files are copies, it completes them."""
    left_out: frozenset[str] = frozenset()
    """The ids of requests that are nobody's to see, unless they are asked for by their id."""

    def mark(self) -> dict[str, int]:
        """Where the journals end now."""
        self.refresh()
        return {name: path.stat().st_size if path.exists() else 0 for name, path in self.paths.items()}

    def entries(self, since: Mapping[str, int] | None = None) -> list[Entry]:
        """All entries since the mark, in the order of their times."""
        return self.read(since or {})[0]

    def read(self, since: Mapping[str, int]) -> tuple[list[Entry], dict[str, int]]:
        """The entries since a mark, in the order of their times, and the mark after exactly them."""
        self.refresh()
        found: list[Entry] = []
        mark = dict(since)
        for name, path in self.paths.items():
            begin = since.get(name, 0)
            lines = _whole_lines(path, begin)
            mark[name] = begin + sum(map(len, lines))
            found += (Entry(name, json.loads(line)) for line in lines)
        shown = (entry for entry in found if entry.request_id not in self.left_out)
        return sorted(shown, key=lambda entry: entry.time), mark

    def find(self, request_id: str) -> list[Entry]:
        """The entries of one request."""
        self.refresh()
        wanted = request_id.encode()
        found = [
            Entry(name, json.loads(line))
            for name, path in self.paths.items()
            for line in _whole_lines(path, 0)
            if wanted in line  # a journal may be long, and reading all of it as JSON takes its time
        ]
        return sorted((entry for entry in found if entry.request_id == request_id), key=lambda entry: entry.time)

    def policy(self, account: str, digest: str) -> str:
        """The document of a policy that a line of this account's journal names by its digest."""
        return (self.paths[account].parent / "policies" / f"{digest}.json").read_text(encoding="utf-8")


def _whole_lines(path: Path, offset: int) -> list[bytes]:
    """The lines from `offset` on; the last one may still be on its way."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(offset)
        return [line for line in file if line.endswith(b"\n")]
