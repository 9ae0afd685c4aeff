"""What AWS says about a call: the payloads of failures that the function did not describe itself, and the log's own lines.

Log lines: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html, and for INIT_REPORT, Status and Error Type
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.  Payloads: the same wording as the public
emulator of AWS (https://github.com/aws/aws-lambda-runtime-interface-emulator).
"""

import json
import signal
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil

TIMED_OUT = "Sandbox.Timedout"
EXITED = "Runtime.ExitError"
OUT_OF_MEMORY = "Runtime.OutOfMemory"
INVALID_ENTRYPOINT = "Runtime.InvalidEntrypoint"
INVALID_RUNTIME = "Runtime.InvalidRuntime"


@dataclass(frozen=True, slots=True)
class Failure:
    """A call's failure as its caller and its log are told of it."""

    payload: bytes
    error_type: str
    log: str
    """The lines that stand in the log, each with its newline."""
    status: str = "error"
    """What the log's figures say of it: nothing if empty."""


def raised(payload: bytes, error_type: str) -> Failure:
    """Describe an error that the handler raised; the runtime has described it already, and printed it."""
    return Failure(payload, error_type, log="", status="")


def not_initialized(payload: bytes, error_type: str) -> Failure:
    """Describe an initialization that failed; the runtime has described it already, and printed it."""
    return Failure(payload, error_type, log="")


def timed_out(request_id: str, seconds: float, now: datetime) -> Failure:
    """Describe a call that was ended after its function's timeout."""
    said = f"Task timed out after {seconds:.2f} seconds"
    stamp = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    payload = _payload(TIMED_OUT, f"RequestId: {request_id} Error: {said}")
    return Failure(payload, TIMED_OUT, f"{stamp} {request_id} {said}\n\n", status="timeout")


def exited(request_id: str, returncode: int) -> Failure:
    """Describe a runtime that ended by itself; `returncode` as `subprocess` has it, negative for a signal."""
    return _platform(EXITED, request_id, _how(returncode))


def out_of_memory(request_id: str) -> Failure:
    """Describe a runtime that was killed because it used more memory than its function has."""
    return _platform(OUT_OF_MEMORY, request_id, _how(-signal.SIGKILL))


def no_bootstrap(request_id: str) -> Failure:
    """Describe a `provided` function whose package and layers hold no `bootstrap`."""
    return _platform(
        INVALID_ENTRYPOINT, request_id, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    )


def unsupported(request_id: str, runtime: str) -> Failure:
    """Describe a function whose runtime this machine does not offer."""
    return _platform(
        INVALID_RUNTIME,
        request_id,
        f"runtime `{runtime}` is not available in this emulation: use python3.x or provided.* with a bootstrap",
    )


def start_line(request_id: str, version: str) -> str:
    """Open a call's log."""
    return f"START RequestId: {request_id} Version: {version}\n"


def end_line(request_id: str) -> str:
    """Close the function's own part of a call's log."""
    return f"END RequestId: {request_id}\n"


@dataclass(frozen=True, slots=True)
class Usage:
    """What a call took."""

    duration_ms: float
    memory_mb: int
    """The function's memory size."""
    used_mb: int
    """The most that its environment has used so far."""
    init_ms: float | None
    """The initialization before the call, where there was one."""


def report_line(request_id: str, usage: Usage, failure: Failure | None) -> str:
    """Give a call's figures."""
    # https://aws.amazon.com/blogs/compute/aws-lambda-standardizes-billing-for-init-phase/: since August 2025
    billed = ceil(usage.duration_ms + (usage.init_ms or 0))
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {usage.duration_ms:.2f} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {usage.memory_mb} MB",
        f"Max Memory Used: {usage.used_mb} MB",
    ]
    if usage.init_ms is not None:
        fields.append(f"Init Duration: {usage.init_ms:.2f} ms")
    return "\t".join(fields + _status_fields(failure)) + "\t\n"


def init_report_line(duration_ms: float, phase: str, failure: Failure) -> str:
    """Give the figures of an initialization that failed, in phase `init` or `invoke`."""
    fields = [f"INIT_REPORT Init Duration: {duration_ms:.2f} ms", f"Phase: {phase}", *_status_fields(failure)]
    return "\t".join(fields) + "\t\n"


def _status_fields(failure: Failure | None) -> list[str]:
    if failure is None or not failure.status:
        return []
    fields = [f"Status: {failure.status}"]
    return fields if failure.status == "timeout" else [*fields, f"Error Type: {failure.error_type}"]


def _how(returncode: int) -> str:
    if returncode == 0:
        return "Runtime exited without providing a reason"
    if returncode < 0:
        return f"Runtime exited with error: signal: {(signal.strsignal(-returncode) or str(-returncode)).lower()}"
    return f"Runtime exited with error: exit status {returncode}"


def _platform(error_type: str, request_id: str, said: str) -> Failure:
    message = f"RequestId: {request_id} Error: {said}"
    return Failure(_payload(error_type, message), error_type, f"{message}\n{error_type}\n")


def _payload(error_type: str, message: str) -> bytes:
    return json.dumps({"errorType": error_type, "errorMessage": message}, separators=(",", ":")).encode()
