"""The way to an instance in a container: a relay that `docker exec` runs there (`harness/gateway/containers/relay.py`), frame by frame.

The peer port is never published, and the record is root's in the container: whoever may use the Docker engine may drive.
A relay that is late is given up, since its answer would come in place of the next one.
"""

import os
import select
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from harness.wire import frame, read_frame

RELAY = "/opt/harness/package/harness/gateway/containers/relay.py"
RECORD = "/run/harness/record.json"
OPEN_TIMEOUT = 20.0
CLOSE_TIMEOUT = 5.0


@dataclass(slots=True)
class ExecLine:
    """One container's relay, started when it is first needed and again after it was given up."""

    container: str
    port: int
    environment: Mapping[str, str] = field(repr=False)
    _process: subprocess.Popen[bytes] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def open(self) -> bool:
        """Whether the relay runs; it ends with its container."""
        return self._process is not None and self._process.poll() is None

    def record(self) -> bytes:
        """The launch record of the instance. Raises OSError where the container does not run."""
        with self._lock:
            self._end()
            return self._begin()

    def send(self, question: bytes, timeout: float) -> bytes:
        """The peer port's answer. Raises OSError where there is none."""
        with self._lock:
            if not self.open:
                self._end()
                self._begin()
            try:
                self._write(question)
                answer = self._read(timeout)
            except OSError:
                self._end()
                raise
        if not answer:
            raise OSError("its peer port gives no answer")
        return answer

    def close(self) -> None:
        """End the relay; safe to call twice."""
        with self._lock:
            self._end()

    def _begin(self) -> bytes:
        command = ["docker", "exec", "--interactive", "--user", "0:0", self.container]
        self._process = subprocess.Popen(
            [*command, "python", "-I", "-S", RELAY, RECORD, str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(self.environment),
            start_new_session=True,  # Ctrl-C is the driver's alone
        )
        return self._read(OPEN_TIMEOUT)

    def _write(self, question: bytes) -> None:
        assert self._process is not None and self._process.stdin is not None  # noqa: S101, PT018 - begun with pipes
        self._process.stdin.write(frame(question))
        self._process.stdin.flush()

    def _read(self, timeout: float) -> bytes:
        assert self._process is not None and self._process.stdout is not None  # noqa: S101, PT018 - begun with pipes
        descriptor, deadline = self._process.stdout.fileno(), time.monotonic() + timeout

        def receive(most: int) -> bytes:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise TimeoutError("its container does not answer in time")
            return os.read(descriptor, most)

        read = read_frame(receive)
        if read is None:
            raise ConnectionResetError("its container does not run")
        return read

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what is still unsent is no longer wanted
                if pipe is not None:
                    pipe.close()
        try:
            process.wait(CLOSE_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
