"""The journal of an instance whose files the driver does not see, kept complete in the run's folder.

The instance sends what was written since; several processes may use one run, so that a lock on the file orders their appending.
What is mirrored stays when the instance is gone.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator
from typing import Any

from harness.emulator.control import Control
from harness.emulator.folder import AccountFolder

# Digests become file names, and the instance that sends them runs foreign code beside it.
_DIGEST = re.compile(r"[0-9a-f]{64}")


def pull(folder: AccountFolder, control: Control) -> None:
    """Append what is new, and the policies that it names. Raises ToolFailed where the instance does not answer."""
    folder.policies.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder.journal, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        size = os.fstat(file.fileno()).st_size
        while chunk := control.ask("journal", {"offset": size}).blob:
            whole = chunk[: chunk.rfind(b"\n") + 1]
            if not whole:
                break
            _keep_policies(folder, control, whole)
            file.write(whole)
            file.flush()
            size += len(whole)


def _keep_policies(folder: AccountFolder, control: Control, lines: bytes) -> None:
    named = {digest for line in lines.splitlines() for digest in _digests(json.loads(line).get("policies"))}
    missing = sorted(digest for digest in named if not (folder.policies / f"{digest}.json").exists())
    if not missing:
        return
    for digest, text in control.ask("policies", {"digests": missing}).data["documents"].items():
        if digest in named:
            (folder.policies / f"{digest}.json").write_text(text, encoding="utf-8")


def _digests(value: Any) -> Iterator[str]:
    match value:
        case str() if _DIGEST.fullmatch(value):
            yield value
        case list():
            for one in value:
                yield from _digests(one)
        case dict():
            for one in value.values():
                yield from _digests(one)
        case _:
            pass
