"""The one way to run a program to its end: streamed line by line, stoppable, and never outliving its owner."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from harness.errors import ToolFailed
from harness.process import leash
from harness.process.command import Command, Outcome

KEPT_LINES = 40
POLL = 0.1
# Interrupted, Terraform ends within a tenth of a second or once what it has under way is in its state; a second signal would make
# it give that up, so it comes late.
PATIENCE = ((signal.SIGINT, 20.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))

OnLine = Callable[[str], None]
ShouldStop = Callable[[], bool]


class Runner(Protocol):
    """Runs commands; a fake one keeps tests fast."""

    def run(self, command: Command, on_line: OnLine, should_stop: ShouldStop) -> Outcome:
        """Run to the end, or until `should_stop` says so."""


class LeashedRunner:
    """Runs commands under the leash: when this process ends in any way, they end."""

    def run(
        self, command: Command, on_line: OnLine = lambda _line: None, should_stop: ShouldStop = lambda: False
    ) -> Outcome:
        """Run to the end, feeding `on_line`, or until `should_stop` (asked ten times a second) says so.

        Raises ToolFailed when the program cannot be started.
        """
        began = time.monotonic()
        kept: deque[str] = deque(maxlen=KEPT_LINES)
        with leashed(command, stdout=subprocess.PIPE) as process:
            try:
                stopped = _follow(process, kept, on_line, should_stop)
            except BaseException:
                end(process)
                raise
            exit_code = process.wait()
        return Outcome(command, exit_code, tuple(kept), time.monotonic() - began, stopped)


@contextmanager
def leashed(command: Command, *, stdout: int) -> Iterator[subprocess.Popen[str]]:
    """A process under the leash, whose owner is this process; ended when the context is left."""
    read_end, write_end = os.pipe()
    os.set_inheritable(write_end, False)
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(leash.__file__)), str(read_end), "--grace", "2", "--", *command.args],
            cwd=command.folder,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            pass_fds=(read_end,),
            start_new_session=True,
            text=True,
            errors="replace",
        )
    except OSError as error:
        os.close(write_end)
        raise ToolFailed(f"cannot start `{command.args[0]}`: {error.strerror or error}") from error
    finally:
        os.close(read_end)
    try:
        yield process
    finally:
        end(process)
        os.close(write_end)
        if process.stdout is not None:
            process.stdout.close()


def end(process: subprocess.Popen[str]) -> None:
    """Interrupt, terminate, kill, each with its patience."""
    for number, patience in PATIENCE:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


def _follow(process: subprocess.Popen[str], kept: deque[str], on_line: OnLine, should_stop: ShouldStop) -> bool:
    """Feed the lines until the output ends; whether we stopped the process."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_pump, args=(process, lines), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=POLL)
        except queue.Empty:
            if should_stop():
                end(process)
                return True
            continue
        if line is None:
            return False
        kept.append(line)
        on_line(line)


def _pump(process: subprocess.Popen[str], lines: "queue.SimpleQueue[str | None]") -> None:
    assert process.stdout is not None  # noqa: S101 - started with PIPE
    try:
        for line in process.stdout:
            lines.put(line.rstrip("\n"))
    finally:
        lines.put(None)
