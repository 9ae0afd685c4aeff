"""Execution environments with real small child processes."""

import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from threading import Event, Thread

import psutil
import pytest

from harness.lambdas import messages
from harness.lambdas.sandbox import Call, Called, Recipe, Refusing, Sandbox
from harness.process import leash

RUNTIME = Path(__file__).with_name("mini_runtime.py")
PATIENCE = 10
type Make = Callable[..., Sandbox]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make sandboxes of the mini runtime; stop them after the test and see that no child is left."""
    made: list[Sandbox] = []

    def make(init: str = "fine", *, timeout: float = PATIENCE, memory_mb: int = 512) -> Sandbox:
        recipe = Recipe(
            command=[sys.executable, "-I", "-S", leash.__file__],
            arguments=["--", sys.executable, "-I", "-S", str(RUNTIME), init],
            environment={"OWN": "1"},
            directory=tmp_path,
            version="$LATEST",
            timeout=timeout,
            memory_mb=memory_mb,
        )
        made.append(Sandbox(recipe))
        return made[-1]

    yield make
    for sandbox in made:
        sandbox.stop()
    assert not psutil.Process().children(recursive=True)


def call(sandbox: Sandbox, do: str, **more: str) -> Called:
    """Call with a payload that says what to do."""
    return sandbox.call(Call("id-1", json.dumps({"do": do, **more}).encode(), "arn", "trace"))


def said(called: Called) -> dict[str, str]:
    """Return a failed call's payload."""
    assert called.failed
    payload: dict[str, str] = json.loads(called.payload)
    return payload


def test_calls_share_one_child(make: Make) -> None:
    """The second call is the child's second; only the first one's log tells of the initialization."""
    sandbox = make()
    sandbox.start()
    first, second = call(sandbox, "print", text="hello"), call(sandbox, "print", text="again")
    assert (first.payload, second.payload) == (b"1", b"2")
    lines = first.log.splitlines()
    assert lines[:4] == ["init fine", "START RequestId: id-1 Version: $LATEST", "hello", "END RequestId: id-1"]
    assert "Init Duration" in lines[4]
    assert second.log.startswith("START RequestId: id-1 Version: $LATEST\nagain\nEND RequestId: id-1\nREPORT ")
    assert "Init Duration" not in second.log


def test_the_child_has_no_environment_but_its_own(make: Make) -> None:
    """And the address of its Runtime API."""
    sandbox = make()
    seen = json.loads(call(sandbox, "environment").payload)
    assert seen.pop("AWS_LAMBDA_RUNTIME_API").startswith("127.0.0.1:")
    seen.pop("LC_CTYPE", None)  # Python's own doing
    assert seen.pop("__CF_USER_TEXT_ENCODING", None) is None or sys.platform == "darwin"
    assert seen == {"OWN": "1"}


def test_a_handler_that_raises_keeps_its_child(make: Make) -> None:
    """The error is the function's own."""
    sandbox = make()
    assert said(call(sandbox, "raise")) == {"errorType": "Oops"}
    assert call(sandbox, "nothing").payload == b"2"


def test_a_chunked_response_arrives_whole(make: Make) -> None:
    """Streaming runtimes send no length."""
    assert call(make(), "stream").payload == b'{"streamed":1}'


def test_much_output_does_not_stop_a_call(make: Make) -> None:
    """More than a pipe holds is read while the call runs."""
    assert len(call(make(), "chatter").log) > 1024 * 1024


def test_a_timeout_ends_a_child_that_listens_to_nobody(make: Make) -> None:
    """The next call gets a new child."""
    sandbox = make(timeout=3)
    sandbox.start()
    called = call(sandbox, "hang")
    assert said(called)["errorType"] == "Sandbox.Timedout"
    assert " id-1 Task timed out after 3.00 seconds\n" in called.log
    assert "Status: timeout" in called.log
    assert call(sandbox, "nothing").payload == b"1"


@pytest.mark.parametrize(("status", "how"), [("0", "without providing a reason"), ("3", "with error: exit status 3")])
def test_a_child_that_exits_fails_its_call(make: Make, status: str, how: str) -> None:
    """The next call gets a new child."""
    sandbox = make()
    called = call(sandbox, "exit", status=status)
    assert said(called) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: id-1 Error: Runtime exited {how}",
    }
    assert call(sandbox, "nothing").payload == b"1"


def test_a_child_beyond_its_memory_is_killed(make: Make) -> None:
    """The report tells how much it had."""
    called = call(make(memory_mb=64), "hoard")
    assert said(called)["errorType"] == "Runtime.OutOfMemory"
    assert "signal: killed" in said(called)["errorMessage"]
    assert int(called.log.partition("Max Memory Used: ")[2].split()[0]) > 64


def test_an_initialization_that_fails_is_tried_again_and_told_by_the_call(make: Make) -> None:
    """As AWS does; the log shows both."""
    sandbox = make("error")
    sandbox.start()
    called = call(sandbox, "nothing")
    assert said(called) == {"errorType": "Bad"}
    before, _, after = called.log.partition("START RequestId")
    assert "init error\nINIT_REPORT Init Duration: " in before
    assert "Phase: init\tStatus: error\tError Type: Bad" in before
    assert "init error\n" in after


def test_a_child_that_exits_while_initializing_fails_the_call(make: Make) -> None:
    """With its exit status."""
    sandbox = make("exit")
    sandbox.start()
    assert (
        said(call(sandbox, "nothing"))["errorMessage"]
        == "RequestId: id-1 Error: Runtime exited with error: exit status 4"
    )


def test_stopping_ends_a_call_under_way(make: Make) -> None:
    """From another thread, at once."""
    sandbox = make(timeout=60)
    sandbox.start()
    called: list[Called] = []
    entered = Event()

    def hang() -> None:
        entered.set()
        called.append(call(sandbox, "hang"))

    thread = Thread(target=hang)
    thread.start()
    assert entered.wait(PATIENCE)
    sandbox.stop()
    thread.join(PATIENCE)
    assert said(called[0])["errorType"] == "Runtime.ExitError"


def test_a_function_that_cannot_run_says_so_at_each_call() -> None:
    """With the call's request id, in answer and log."""
    refusing = Refusing(partial(messages.unsupported, runtime="java21"), version="1", memory_mb=128)
    refusing.start()
    called = refusing.call(Call("id-9", b"{}", "arn", "trace"))
    refusing.stop()
    assert said(called)["errorMessage"].startswith("RequestId: id-9 Error: runtime `java21` is not available")
    assert called.log.startswith("START RequestId: id-9 Version: 1\n")
