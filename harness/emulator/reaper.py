"""Removes a Compose project when its owner is gone, however it went: `python -m harness.emulator.reaper PROJECT`.

The owner holds the write end of standard input. A byte there means that the owner has removed the project itself; the end of
file without one means that it could not.
"""

import os
import signal
import sys
import time
from pathlib import Path

from harness.emulator.docker import Docker
from harness.emulator.project import remove
from harness.errors import ToolFailed

# A `docker compose up` that was under way ends on its own leash within two seconds, and may make something until then.
ROUNDS, PAUSE = 2, 4.0


def main(project: str) -> None:
    """Wait for the owner's end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.read(0, 1):
        return
    for again in range(ROUNDS):
        time.sleep(PAUSE if again else 0)
        try:
            remove(Docker(Path.home()), project)
        except ToolFailed:
            continue  # the engine is gone as well, or is going


if __name__ == "__main__":
    main(sys.argv[1])
