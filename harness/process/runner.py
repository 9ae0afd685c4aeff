"""The one way to run a program to its end: streamed line by line, stoppable, and never outliving its owner.

1. Every program runs under the leash (`harness.process.leash`), in a session of its own: Ctrl-C reaches this process alone,
   which then interrupts the program once; two interrupts would make Terraform leave without its state.
2. The leash is never killed, as only the leash can end a program that ignores its signals: the last resort is to close the
   pipe, on which the leash kills the program's whole process group.
3. Whoever reads a program's output closes it: a descendant may hold it open for longer than the program lives.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.errors import ToolFailed
from harness.process import leash
from harness.process.command import Command, Outcome

KEPT_LINES = 40
POLL = 0.1
GRACE = 2.0
"""Seconds between SIGINT and SIGKILL when the owner is gone, or has let go."""
ORPHANED = 1.0
"""Seconds that the output of a program which has ended may still be held open by a descendant."""
# Interrupted, Terraform ends within a tenth of a second or once what it has under way is in its state; a second signal would make
# it give that up, so it comes late.
PATIENCE = ((signal.SIGINT, 20.0), (signal.SIGTERM, 3.0))

OnLine = Callable[[str], None]
ShouldStop = Callable[[], bool]


class Runner(Protocol):
    """Runs commands; `harness.process.fake` has one that runs nothing."""

    def run(self, command: Command, on_line: OnLine, should_stop: ShouldStop) -> Outcome:
        """Run to the end, or until `should_stop` says so."""


class LeashedRunner:
    """Runs commands under the leash: when this process ends in any way, they end."""

    def run(
        self, command: Command, on_line: OnLine = lambda _line: None, should_stop: ShouldStop = lambda: False
    ) -> Outcome:
        """Run to the end, feeding `on_line`, or until `should_stop` (asked ten times a second) says so.

        Raises ToolFailed when the program cannot be run; lets through what the callbacks raise, after ending the program.
        """
        began = time.monotonic()
        kept: deque[str] = deque(maxlen=KEPT_LINES)
        with leashed(command, stdout=subprocess.PIPE) as held:
            stopped = _follow(held.process, kept, on_line, should_stop)
            if stopped:
                held.end()
            exit_code = held.process.wait()
        _must_have_run(command, exit_code, kept)
        return Outcome(command, exit_code, tuple(kept), time.monotonic() - began, stopped)


@dataclass(slots=True)
class Held:
    """A process under the leash, and the pipe that holds it."""

    process: subprocess.Popen[str]
    """The leash; it ends as the program does."""
    _pipe: int | None = field(repr=False)

    def end(self) -> None:
        """Interrupt, terminate, let go, each with its patience; the process has ended then."""
        try:
            for number, patience in PATIENCE:
                if self.process.poll() is not None:
                    return
                self.process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(patience)
        finally:
            self._let_go()
        self.process.wait()

    def _let_go(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            os.close(pipe)


@contextmanager
def leashed(command: Command, *, stdout: int) -> Iterator[Held]:
    """A process under the leash, whose owner is this process; ended when the context is left. The caller reads and closes `stdout`."""
    read_end, write_end = os.pipe()
    try:
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-S", str(Path(leash.__file__))),
                *(str(read_end), "--grace", str(GRACE), "--", *command.args),
            ],
            cwd=command.folder,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            pass_fds=(read_end,),
            start_new_session=True,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        os.close(write_end)
        raise ToolFailed(f"cannot start `{command.args[0]}`: {error.strerror or error}") from error
    finally:
        os.close(read_end)
    held = Held(process, write_end)
    try:
        yield held
    finally:
        held.end()


def _must_have_run(command: Command, exit_code: int, kept: "deque[str]") -> None:
    if exit_code == leash.EXIT_NOT_FOUND and kept and kept[-1].startswith("leash: cannot run"):
        raise ToolFailed(kept[-1].removeprefix("leash: "), help=f"install `{command.args[0]}`, or put it on PATH")


def _follow(process: subprocess.Popen[str], kept: "deque[str]", on_line: OnLine, should_stop: ShouldStop) -> bool:
    """Feed the lines until the output ends; whether the process is to be stopped before."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_pump, args=(process, lines), daemon=True).start()
    due = time.monotonic() + POLL
    ended: float | None = None
    while ended is None or time.monotonic() - ended < ORPHANED:
        if time.monotonic() >= due:  # asked on time however much the program prints
            if should_stop():
                return True
            due = time.monotonic() + POLL
            ended = time.monotonic() if ended is None and process.poll() is not None else ended
        try:
            line = lines.get(timeout=POLL)
        except queue.Empty:
            continue
        if line is None:
            return False
        kept.append(line)
        on_line(line)
    return False


def _pump(process: subprocess.Popen[str], lines: "queue.SimpleQueue[str | None]") -> None:
    assert process.stdout is not None  # noqa: S101 - started with PIPE
    with process.stdout as output:
        for line in output:
            lines.put(line.rstrip("\n"))
    lines.put(None)
