"""The journal: one JSON line for each request decided or refused, and each policy document once, by digest, beside it.

Append-only. A line is written with one `write` on a descriptor opened with O_APPEND, so that concurrent writers never mix.
Policies stand in the folder `policies` beside the journal as `<sha256>.json`, written before the line that names them.
"""

import json
import os
import re
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

REFUSED = "the journal cannot be written, and nothing is done without it: free space where the account's files are, or start it afresh"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Unwritable(OSError):
    """The journal, or a policy that it names, cannot be written: the request is refused in these words."""


class Journal:
    """One file per instance; the driver merges them."""

    def __init__(self, path: Path) -> None:
        """Open `path` for appending; raises OSError if that is impossible: an instance without a journal does not start."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._policies = path.parent / "policies"
        self._policies.mkdir(exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def write(self, line: Mapping[str, Any]) -> None:
        """Append one line; raises Unwritable when it cannot be written, and the request is then refused."""
        data = _ENCODER.encode(line).encode() + b"\n"
        with self._lock:
            size = os.fstat(self._descriptor).st_size
            try:
                self._append(data)
            except OSError as error:
                os.ftruncate(self._descriptor, size)  # half a line would spoil the next one
                raise Unwritable(error.errno, f"{REFUSED} ({error.strerror})") from error

    def _append(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def keep(self, digest: str, document: str) -> None:
        """Keep a policy document under its digest, once; raises Unwritable when that is impossible."""
        if digest in self._known:
            return
        target = self._policies / f"{digest}.json"
        if not target.exists():
            draft = self._policies / f".{digest}.{os.getpid()}.{threading.get_ident()}"
            try:
                draft.write_text(document)
                draft.replace(target)
            except OSError as error:
                raise Unwritable(error.errno, f"{REFUSED} ({error.strerror})") from error
        self._known.add(digest)

    def read(self, offset: int, limit: int) -> bytes:
        """What was written from `offset` on, for a driver that does not see the file."""
        with self._path.open("rb") as file:
            file.seek(offset)
            return file.read(limit)

    def documents(self, digests: Iterable[str]) -> dict[str, str]:
        """The kept documents among `digests`."""
        paths = {digest: self._policies / f"{digest}.json" for digest in digests if _DIGEST.fullmatch(digest)}
        return {digest: path.read_text() for digest, path in paths.items() if path.exists()}


def _plain(value: object) -> object:
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=_plain)
