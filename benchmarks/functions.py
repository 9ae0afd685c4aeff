"""Lambda cold and warm."""

import io
import time
import zipfile
from collections.abc import Callable
from typing import Any

from benchmarks.sandbox import open_run
from benchmarks.table import Rows, milliseconds, note
from harness.scenario import Principals, statement, trust
from harness.session import Harness

COLD, WARM = 15, 100
CODE = "def handler(event, context):\n    return event\n"


def measure_functions(rows: Rows) -> None:
    """Invoke a plain function cold and warm."""
    harness = open_run("functions")
    try:
        harness.up()
        with Principals() as principals:
            _functions(rows, harness, principals)
    finally:
        harness.remove()


def _functions(rows: Rows, harness: Harness, principals: Principals) -> None:
    account = harness.account("account_b")
    role = principals.role(account, trust({"Service": "lambda.amazonaws.com"}), statement("logs:*"))
    client = account.client("lambda")
    client.create_function(
        FunctionName="f", Role=role, Runtime="python3.13", Handler="f.handler", Code={"ZipFile": _zip()}
    )
    invoke = _timed(lambda: client.invoke(FunctionName="f", Payload=b"{}"))
    cold = []
    for turn in range(COLD):
        client.update_function_configuration(FunctionName="f", Description=str(turn))
        client.get_waiter("function_updated_v2").wait(FunctionName="f", WaiterConfig={"Delay": 1})
        cold.append(invoke())
    note(rows, "Lambda", "cold, as the caller sees it", milliseconds(cold))
    note(rows, "Lambda", "warm, as the caller sees it", milliseconds([invoke() for _ in range(WARM)]))
    client.delete_function(FunctionName="f")


def _timed(call: Callable[[], Any]) -> Callable[[], float]:
    def timed() -> float:
        began = time.perf_counter()
        call()
        return time.perf_counter() - began

    return timed


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("f.py", CODE)
    return buffer.getvalue()
