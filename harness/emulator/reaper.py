"""Removes a Compose project when its owner is gone, however it went: `python -m harness.emulator.reaper PROJECT`.

The owner holds the write end of standard input. A byte there means that the owner has removed the project itself; the end of
file without one means that it could not.
"""

import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from harness.emulator.docker import Docker
from harness.emulator.project import remove
from harness.errors import ToolFailed

# What was under way in the engine when the owner went may still come to be; a look a little later finds it.
ROUNDS, PAUSE = 2, 4.0


def main(project: str) -> None:
    """Wait for the owner's end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if os.read(0, 1):
        return
    for again in range(ROUNDS):
        time.sleep(PAUSE if again else 0)
        end_commands(project)
        try:
            remove(Docker(Path.home()), project)
        except ToolFailed:
            continue  # the engine is gone as well, or is going


def end_commands(project: str) -> None:
    """End the owner's `docker compose` commands for this project, which outlive it: they could start what was just removed."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # gone meanwhile, or another user's
            words = process.cmdline()
            if _is_compose(words) and any(project in word for word in words):
                process.kill()


def _is_compose(words: Sequence[str]) -> bool:
    """Docker's own process, its plugin's, or pytest-docker's shell around them."""
    return any(word == "compose" or word.startswith("docker compose ") for word in words)


if __name__ == "__main__":
    main(sys.argv[1])
