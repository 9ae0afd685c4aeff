"""The owner of an environment that outlives the command that asked for it: `python -m harness.supervisor FOLDER RUN BACKEND`.

It says how far it is on standard output, one line each, until it prints READY or FAILED; then it waits to be ended, by SIGTERM or
because the process that took the run is gone.
"""

import json
import signal
import sys
import threading
from pathlib import Path

from harness.emulator.folder import RunFolder
from harness.emulator.owner import owner
from harness.errors import HarnessError
from harness.run import Run

READY, FAILED = "READY", "FAILED"
_POLL = 1.0


def main(folder: str, name: str, backend: str) -> int:
    """Own the run until it is to end."""
    run = Run.open(Path(folder), name, backend)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    try:
        run.up(lambda text: print(text, flush=True))  # noqa: T201 - read by the parent
    except HarnessError as error:
        print(f"{FAILED} {json.dumps(f'{error.message}\0{error.help or ""}')}", flush=True)  # noqa: T201 - read by the parent
        run.remove()
        return error.exit_code
    print(READY, flush=True)  # noqa: T201 - read by the parent
    sys.stdout = sys.stderr
    try:
        while not ended.wait(_POLL):
            if abandoned(run.folder):
                break
    finally:
        run.close()
        run.folder.remove()
    return 0


def abandoned(folder: RunFolder) -> bool:
    """Whether the process that took the run is gone and did not mean to keep it."""
    try:
        note = json.loads(folder.taken.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # nobody took it, or the note is being written
        return False
    return not note.get("kept") and owner(folder.taken) is None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
