"""One execution environment: calls one after the other, and a child process for them for as long as it is sound.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html:
1. `start` is the INIT phase, at most ten seconds, outside the function's timeout.  If it fails, that is only logged: the
   first call initializes once more, within its own timeout, and it is that failure which the caller is told.
2. A call that times out, runs out of memory or loses its runtime ends the child; the next call starts another.
3. A handler that raises leaves the child as it is.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, assert_never

from harness.lambdas import messages
from harness.lambdas.messages import Failure
from harness.lambdas.runtime_api import Errored, Event, InitErrored, Invocation, Ready, Responded
from harness.lambdas.worker import Exited, Expired, OutOfMemory, Worker

INIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that starting the child takes."""

    command: Sequence[str]
    """Up to the descriptor of the leash."""
    arguments: Sequence[str]
    environment: Mapping[str, str]
    directory: Path
    version: str
    timeout: float
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Call:
    """One invocation as the instance hands it over."""

    request_id: str
    payload: bytes
    function_arn: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Called:
    """What came of a call."""

    payload: bytes
    failed: bool
    log: str


class Environment(Protocol):
    """What takes calls."""

    def start(self) -> None:
        """Initialize."""

    def call(self, call: Call) -> Called:
        """Invoke the function."""

    def stop(self) -> None:
        """End, in mid-call too."""


class Refusing:
    """The environment of a function that cannot run here: every call fails, and says why."""

    def __init__(self, why: "Refusal", *, version: str, memory_mb: int) -> None:
        """Remember the reason, which is told with each call's own request id."""
        self._why = why
        self._version = version
        self._memory_mb = memory_mb

    def start(self) -> None:
        """Do nothing: the first call tells."""

    def call(self, call: Call) -> Called:
        """Fail."""
        usage = messages.Usage(duration_ms=0, memory_mb=self._memory_mb, used_mb=0, init_ms=None)
        return _closed(call, self._version, "", "", self._why(call.request_id), usage)

    def stop(self) -> None:
        """Do nothing: there is no child."""


class Refusal(Protocol):
    """Makes the failure of one call of a function that cannot run."""

    def __call__(self, request_id: str, /) -> Failure:
        """Describe it."""


class Sandbox:
    """The environment of a function that can run here."""

    def __init__(self, recipe: Recipe) -> None:
        """Hold the recipe; nothing is started yet."""
        self._recipe = recipe
        self._turn = threading.Lock()
        self._worker: Worker | None = None
        self._stopped = False
        self._before = ""
        self._init_ms: float | None = None
        self._used_mb = 0

    def start(self) -> None:
        """Run the INIT phase."""
        with self._turn:
            started = time.monotonic()
            worker = self._spawn()
            outcome = worker.attend(started + INIT_SECONDS)
            spent = (time.monotonic() - started) * 1000
            failure = self._failure(outcome, "", INIT_SECONDS)
            if failure is None:
                self._init_ms = spent
            else:
                self._before = self._end() + messages.init_report_line(spent, "init", failure)

    def call(self, call: Call) -> Called:
        """Invoke the function, starting a child first if there is none."""
        with self._turn:
            started = time.monotonic()
            before, self._before = self._before + self._drain(), ""
            outcome = self._serve(call, started + self._recipe.timeout)
            spent = (time.monotonic() - started) * 1000
            failure = self._failure(outcome, call.request_id, self._recipe.timeout)
            output = self._output_of(outcome)
            init_ms, self._init_ms = self._init_ms, None
            usage = messages.Usage(spent, self._recipe.memory_mb, self._used_mb, init_ms)
            if isinstance(outcome, Responded):
                log = _log(call, self._recipe.version, before, output, None, usage)
                return Called(outcome.payload, failed=False, log=log)
            assert failure is not None  # noqa: S101 - only a response is none
            return _closed(call, self._recipe.version, before, output, failure, usage)

    def stop(self) -> None:
        """End the child, in mid-call too."""
        self._stopped = True
        if worker := self._worker:
            worker.interrupt()
        with self._turn:
            self._end()

    def _spawn(self) -> Worker:
        recipe = self._recipe
        self._worker = Worker(
            recipe.command,
            recipe.arguments,
            environment=recipe.environment,
            directory=recipe.directory,
            memory_mb=recipe.memory_mb,
        )
        if self._stopped:  # `stop` may have looked just before
            self._worker.interrupt()
        return self._worker

    def _drain(self) -> str:
        """Return what the child wrote since the last call; let go of it if it has ended meanwhile."""
        if self._worker is None:
            return ""
        return self._worker.take_output() if self._worker.alive else self._end()

    def _serve(self, call: Call, deadline: float) -> "Outcome":
        worker = self._worker
        if worker is None:
            worker = self._spawn()
            outcome = worker.attend(deadline)
            if not isinstance(outcome, Ready):
                return outcome
        left = deadline - time.monotonic()
        deadline_ms = int((datetime.now(UTC).timestamp() + left) * 1000)
        worker.offer(Invocation(call.request_id, call.payload, call.function_arn, deadline_ms, call.trace_id))
        while isinstance(outcome := worker.attend(deadline), Ready):
            pass  # its request for this call
        return outcome

    def _output_of(self, outcome: "Outcome") -> str:
        assert self._worker is not None  # noqa: S101 - a call leaves it in place
        self._used_mb = max(self._used_mb, self._worker.used_mb)
        return self._worker.take_output() if isinstance(outcome, Responded | Errored) else self._end()

    def _end(self) -> str:
        worker, self._worker = self._worker, None
        if worker is None:
            return ""
        self._used_mb = max(self._used_mb, worker.used_mb)
        return worker.stop()

    @staticmethod
    def _failure(outcome: "Outcome", request_id: str, seconds: float) -> Failure | None:
        match outcome:
            case Ready() | Responded():
                return None
            case Errored(payload, error_type):
                return messages.raised(payload, error_type)
            case InitErrored(payload, error_type):
                return messages.not_initialized(payload, error_type)
            case Expired():
                return messages.timed_out(request_id, seconds, datetime.now(UTC))
            case Exited(returncode):
                return messages.exited(request_id, returncode)
            case OutOfMemory():
                return messages.out_of_memory(request_id)
            case _:
                assert_never(outcome)


type Outcome = Event | Exited | Expired | OutOfMemory


def _closed(call: Call, version: str, before: str, output: str, failure: Failure, usage: messages.Usage) -> Called:
    return Called(failure.payload, failed=True, log=_log(call, version, before, output, failure, usage))


def _log(call: Call, version: str, before: str, output: str, failure: Failure | None, usage: messages.Usage) -> str:
    parts = [
        _whole_lines(before),
        messages.start_line(call.request_id, version),
        _whole_lines(output),
        failure.log if failure else "",
        messages.end_line(call.request_id),
        messages.report_line(call.request_id, usage, failure),
    ]
    return "".join(parts)


def _whole_lines(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"
