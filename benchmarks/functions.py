"""Lambda cold and warm, and the calls that the gate decides."""

import io
import time
import zipfile
from collections.abc import Callable
from typing import Any

from benchmarks.sandbox import open_run
from benchmarks.table import Rows, milliseconds, note
from harness.scenario import Principals, statement, trust
from harness.session import Harness

COLD, WARM, CALLS = 15, 100, 300
CODE = "def handler(event, context):\n    return event\n"


def measure_functions(rows: Rows) -> None:
    """Invoke a plain function cold and warm, and time single calls through the gate."""
    harness = open_run("functions")
    try:
        harness.up()
        with Principals() as principals:
            _functions(rows, harness, principals)
            _calls(rows, harness, principals)
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


def _calls(rows: Rows, harness: Harness, principals: Principals) -> None:
    a, b = harness.account("account_a"), harness.account("account_b")
    tables = a.client("dynamodb")
    tables.create_table(
        TableName="bench",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    role = principals.role(a, trust({"AWS": f"arn:aws:iam::{b.id}:root"}), statement("dynamodb:*"))
    sts = b.client("sts")
    foreign = principals.deployer(b).assume(role).client("dynamodb")
    item = {"TableName": "bench", "Item": {"k": {"S": "x"}}}
    for what, call in (
        ("PutItem at the owner's door", lambda: tables.put_item(**item)),
        ("PutItem through another account's door", lambda: foreign.put_item(**item)),
        ("GetCallerIdentity", sts.get_caller_identity),
        ("AssumeRole across accounts", lambda: sts.assume_role(RoleArn=role, RoleSessionName="bench")),
    ):
        timed = _timed(call)
        timed()
        note(rows, "Calls through the gate", what, milliseconds([timed() for _ in range(CALLS)]))


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
