"""AWS's words for a call's log and its failures."""

import json
from datetime import UTC, datetime

import pytest

from harness.lambdas import messages
from harness.lambdas.messages import Failure, Usage

NOW = datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)


def told(failure: Failure) -> tuple[str, str]:
    """Return type and message as the caller gets them."""
    payload = json.loads(failure.payload)
    return payload["errorType"], payload["errorMessage"]


def test_a_timeout_names_request_and_seconds() -> None:
    """The caller gets the request id, the log also the time."""
    failure = messages.timed_out("id-1", 3, NOW)
    assert told(failure) == ("Sandbox.Timedout", "RequestId: id-1 Error: Task timed out after 3.00 seconds")
    assert failure.log == "2026-01-02T03:04:05.678Z id-1 Task timed out after 3.00 seconds\n\n"


@pytest.mark.parametrize(
    ("returncode", "how"),
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (-9, "Runtime exited with error: signal: killed"),
        (-11, "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_an_exit_says_how(returncode: int, how: str) -> None:
    """Exit status or signal."""
    failure = messages.exited("id-1", returncode)
    assert told(failure) == ("Runtime.ExitError", f"RequestId: id-1 Error: {how}")
    assert failure.log == f"RequestId: id-1 Error: {how}\nRuntime.ExitError\n"


def test_out_of_memory_is_a_kill_with_its_own_type() -> None:
    """The type tells it from any other kill."""
    expected = ("Runtime.OutOfMemory", "RequestId: id-1 Error: Runtime exited with error: signal: killed")
    assert told(messages.out_of_memory("id-1")) == expected


def test_a_function_that_cannot_run_says_what_can() -> None:
    """One sentence with the remedy."""
    _, message = told(messages.unsupported("id-1", "nodejs20.x"))
    assert "runtime `nodejs20.x` is not available" in message
    assert "python3.x or provided.*" in message


def test_the_report_of_a_cold_call_bills_its_initialization() -> None:
    """Fields are set apart by tabs."""
    line = messages.report_line("id-1", Usage(duration_ms=1.234, memory_mb=128, used_mb=36, init_ms=100.5), None)
    assert line == (
        "REPORT RequestId: id-1\tDuration: 1.23 ms\tBilled Duration: 102 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 36 MB\tInit Duration: 100.50 ms\t\n"
    )


@pytest.mark.parametrize(
    ("failure", "end"),
    [
        (None, "36 MB\t\n"),
        (messages.raised(b"{}", "ValueError"), "36 MB\t\n"),
        (messages.timed_out("id-1", 1, NOW), "36 MB\tStatus: timeout\t\n"),
        (messages.exited("id-1", 1), "36 MB\tStatus: error\tError Type: Runtime.ExitError\t\n"),
        (
            messages.not_initialized(b"{}", "Runtime.ImportModuleError"),
            "36 MB\tStatus: error\tError Type: Runtime.ImportModuleError\t\n",
        ),
    ],
)
def test_the_report_of_a_warm_call_tells_what_the_platform_ended(failure: Failure | None, end: str) -> None:
    """A handler that raised is no concern of the platform's."""
    assert messages.report_line("id-1", Usage(1, 128, 36, None), failure).endswith(end)


def test_start_and_end_frame_the_log() -> None:
    """The version stands at the start."""
    assert messages.start_line("id-1", "$LATEST") == "START RequestId: id-1 Version: $LATEST\n"
    assert messages.end_line("id-1") == "END RequestId: id-1\n"
