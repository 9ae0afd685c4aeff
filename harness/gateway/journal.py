"""The journal: one JSON line for each request decided or refused, and each policy document once, by digest, beside it.

Append-only. A line is written with one `write` on a descriptor opened with O_APPEND, so that concurrent writers never mix.
Policies stand in the folder `policies` beside the journal as `<sha256>.json`, written before the line that names them.
"""

import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Journal:
    """One file per instance; the driver merges them."""

    def __init__(self, path: Path) -> None:
        """Open `path` for appending; raises OSError if that is impossible: an instance without a journal does not start."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._policies = path.parent / "policies"
        self._policies.mkdir(exist_ok=True)
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._known: set[str] = set()
        self._torn = False
        self._lock = threading.Lock()

    def write(self, line: Mapping[str, Any]) -> None:
        """Append one line; raises OSError when it cannot be written, and the request is then refused."""
        data = json.dumps(line, separators=(",", ":"), default=_plain).encode() + b"\n"
        with self._lock:
            # What a full disk cut off must not run into the next line.
            if self._torn:
                data = b"\n" + data
            written = 0
            try:
                while written < len(data):
                    written += os.write(self._descriptor, data[written:])
            finally:
                self._torn = written < len(data) and (written > 0 or self._torn)

    def keep(self, digest: str, document: str) -> None:
        """Keep a policy document under its digest, once."""
        if digest in self._known:
            return
        target = self._policies / f"{digest}.json"
        if not target.exists():
            draft = self._policies / f".{digest}.{os.getpid()}.{threading.get_ident()}"
            draft.write_text(document)
            draft.replace(target)
        self._known.add(digest)


def _plain(value: object) -> object:
    if isinstance(value, frozenset | set):
        return sorted(value)
    return str(value)
