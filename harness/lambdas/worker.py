"""One child process that runs a function, with its Runtime API, its output and its memory.

1. The child is on a leash (`harness.process.leash`): closing our end of one pipe, on purpose or by dying, kills it with
   its whole process group, in mid-call too.  Its only descriptors are that pipe, its output and an empty input.
2. Nothing here waits without a limit, and there is no thread per child: whoever waits for the child (`attend`) also
   reads its output and watches its memory.  Between calls a child's output waits in the pipe, as AWS freezes it then.
3. Memory is what the child and its descendants hold in RAM, sampled.  `RLIMIT_AS` would count address space that Python
   and its libraries reserve and never touch; `RLIMIT_DATA` makes allocations fail, which a function may catch and AWS
   does not offer, is per process and is not enforced by macOS.  AWS kills the environment; so does this.
"""

import os
import select
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.lambdas.runtime_api import Event, Invocation
from harness.lambdas.server import RuntimeServer

SAMPLE_SECONDS = 0.1
END_SECONDS = 5.0
MAX_OUTPUT = 8 * 1024 * 1024
"""Of one call's output; the rest is dropped, so that a function in a loop cannot fill the instance's memory."""
MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exited:
    """The child has ended by itself; `returncode` as `subprocess` has it."""

    returncode: int


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """The child holds more memory than it may."""


@dataclass(frozen=True, slots=True)
class Expired:
    """The deadline has come and nothing has happened."""


class Worker:
    """A started child; ended and cleaned up by `stop`."""

    def __init__(
        self,
        command: Sequence[str],
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        directory: Path,
        memory_mb: int,
    ) -> None:
        """Start `command FD arguments...` with the Runtime API's address added to its environment."""
        self._lock = threading.Lock()
        self._events: deque[Event] = deque()
        self._wake, self._wakened = os.pipe()
        os.set_blocking(self._wakened, False)
        self._memory_mb = memory_mb
        self.used_mb = 0
        self._sampled = time.monotonic()
        self._output = bytearray()
        self._server = RuntimeServer(self._happened)
        held, self._leash = os.pipe()
        self._stdout, stdout = os.pipe()
        os.set_blocking(self._stdout, False)
        self._poll = select.poll()
        for descriptor in (self._wake, self._stdout):
            self._poll.register(descriptor, select.POLLIN)
        try:
            self._process = subprocess.Popen(
                [*command, str(held), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stdout,
                cwd=directory,
                env={**environment, "AWS_LAMBDA_RUNTIME_API": self._server.address},
                pass_fds=[held],
                start_new_session=True,
            )
        except BaseException:
            self._release()
            raise
        finally:
            os.close(held)
            os.close(stdout)
        self._held = psutil.Process(self._process.pid)
        self._function: psutil.Process | None = None

    @property
    def alive(self) -> bool:
        """Tell whether the child runs."""
        return self._process.poll() is None

    def offer(self, invocation: Invocation) -> None:
        """Give the child a call; `attend` tells what comes of it."""
        self._server.offer(invocation)

    def attend(self, deadline: float) -> Event | Exited | OutOfMemory | Expired:
        """Wait for whatever happens first, until `deadline` (of `time.monotonic`)."""
        while True:
            if self._events:
                self._glance()
                return self._events.popleft()
            returncode = self._process.poll()
            if self._events:  # it answered and ended at once
                continue
            if returncode is not None:
                return Exited(returncode)
            if self._over_memory():
                return OutOfMemory()
            left = deadline - time.monotonic()
            if left <= 0:
                return Expired()
            self._wait(min(left, SAMPLE_SECONDS))

    def _wait(self, seconds: float) -> None:
        for descriptor, _ in self._poll.poll(seconds * 1000):
            if descriptor == self._wake:
                os.read(self._wake, 512)
            elif not self._read():
                self._poll.unregister(descriptor)
                # The end of the output is most often the end of the child: do not wait a whole sample for it.
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(SAMPLE_SECONDS / 2)

    def _read(self) -> bool:
        """Take what is in the output's pipe; False at its end."""
        for _ in range(64):  # bounded: a child may write faster than we read
            try:
                chunk = os.read(self._stdout, 65536)
            except BlockingIOError:
                return True
            if not chunk:
                return False
            self._output += chunk[: max(0, MAX_OUTPUT - len(self._output))]
        return True

    def take_output(self) -> str:
        """Return, once, all that the child has written up to now."""
        self._read()
        taken = bytes(self._output)
        self._output.clear()
        if len(taken) >= MAX_OUTPUT:
            taken += b"\n[output truncated]\n"
        return taken.decode(errors="replace")

    def _over_memory(self) -> bool:
        if time.monotonic() - self._sampled >= SAMPLE_SECONDS:
            self._sampled = time.monotonic()
            with suppress(psutil.NoSuchProcess):
                self._measure(self._held.children(recursive=True))
        return self.used_mb > self._memory_mb

    def _glance(self) -> None:
        """Measure the function's own process only: to find its descendants would read every process of the machine."""
        with suppress(psutil.NoSuchProcess):
            self._function = self._function or next(iter(self._held.children()), None)
            self._measure([self._function] if self._function else [])

    def _measure(self, processes: list[psutil.Process]) -> None:
        held = 0
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                held += process.memory_info().rss
        self.used_mb = max(self.used_mb, held // MEGABYTE)

    def interrupt(self) -> None:
        """Kill the child and all of its group; the only method that another thread may call meanwhile."""
        with self._lock:
            leash, self._leash = self._leash, -1
        if leash >= 0:
            os.close(leash)

    def stop(self) -> str:
        """End the child, give its resources back, and return its last output."""
        self.interrupt()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        rest = self.take_output()
        self._release()
        return rest

    def _release(self) -> None:
        self.interrupt()
        self._server.close()
        with self._lock:
            wakened, self._wakened = self._wakened, -1
        for descriptor in (self._wake, wakened, self._stdout):
            os.close(descriptor)

    def _happened(self, event: Event) -> None:
        self._events.append(event)
        with self._lock, suppress(BlockingIOError):
            if self._wakened >= 0:
                os.write(self._wakened, b"!")
