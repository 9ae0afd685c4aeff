"""Who owns a run: a process by its id and its time of creation, since an id alone may be another process by now."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def identity() -> dict[str, float]:
    """Who this process is."""
    own = psutil.Process()
    return {"pid": own.pid, "started": own.create_time()}


def claim(path: Path) -> None:
    """Write this process down as the owner."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(json.dumps(identity()), encoding="utf-8")


@contextmanager
def alone(project: Path) -> Iterator[None]:
    """No other process claims a run of the project meanwhile."""
    project.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = os.open(project, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def is_own(path: Path) -> bool:
    """Whether this process is the owner."""
    owning = owner(path)
    return owning is not None and owning.pid == os.getpid()


def owner(path: Path) -> psutil.Process | None:
    """The living owner, None where there is none (any more)."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        process = psutil.Process(fields["pid"])
        alive = process.create_time() == fields["started"] and process.status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return None
    return process if alive else None
