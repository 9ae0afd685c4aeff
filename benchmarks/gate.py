"""What the gate costs: the same calls through it, through one that lets all pass, and on a plain LocalStack, in turns in one run."""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from benchmarks.plain import passing_instance, plain_instances
from benchmarks.sandbox import memory, open_run
from benchmarks.table import Rows, milliseconds, note
from harness.accounts import Account, AccountSession
from harness.emulator.record import Keys
from harness.scenario import Principals, statement, trust
from harness.session import Harness

CALLS, WARM = 600, 50
MANY = 1_000
SOAK, CLIENTS = 100_000, 4
SECTION = "The gate"
Calls = dict[str, Callable[[], Any]]


def measure_gate(rows: Rows) -> None:
    """Single calls with and without the gate, across accounts, and in an account with a thousand roles and policies."""
    harness = open_run("gate")
    with ExitStack() as stack:
        stack.callback(harness.remove)
        harness.up()
        gated = _calls(harness.account("account_a").session, _lent_role(harness))
        passing = _open_calls(passing_instance(stack, "bench-gate-passing"))
        plain = _open_calls(plain_instances(stack, "bench-gate-plain")["account_a"])
        for what, with_gate in gated.items():
            gate, passed, without = _in_turns(with_gate, passing[what], plain[what])
            note(rows, SECTION, f"{what}, with the gate", milliseconds(gate))
            note(rows, SECTION, f"{what}, with the gate passing all through", milliseconds(passed))
            note(rows, SECTION, f"{what}, on plain LocalStack", milliseconds(without))
            note(rows, SECTION, f"{what}, the gate's own work", _apart(gate, passed))
            note(rows, SECTION, f"{what}, apart from plain LocalStack", _apart(gate, without))
        with Principals() as principals:
            _across(rows, harness, principals)
        _crowded(rows, harness.account("account_a"), gated["PutItem"])


def measure_soak(rows: Rows) -> None:
    """Memory of an account's instance before and after a hundred thousand calls."""
    harness = open_run("soak")
    try:
        harness.up()
        account = harness.account("account_a")
        call = _calls(account.session, _lent_role(harness))["PutItem"]
        before = memory(harness)[account.name]
        began = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            for _ in pool.map(lambda _: call(), range(SOAK)):
                pass
        rate = SOAK / (time.perf_counter() - began)
        after = memory(harness)[account.name]
    finally:
        harness.remove()
    note(
        rows,
        "The gate, memory",
        f"memory before and after {SOAK:,} calls",
        f"{before} MB, {after} MB ({rate:.0f} calls/s)",
    )


def _lent_role(harness: Harness) -> str:
    """A role that the deployer of its own account may assume."""
    account = harness.account("account_a")
    trusted = trust({"AWS": f"arn:aws:iam::{account.id}:root"})
    document = json.dumps(trusted)
    arn = account.client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    return str(arn)


def _open_calls(port: int) -> Calls:
    """On an instance that takes an account's id for a key."""
    session = AccountSession(f"http://127.0.0.1:{port}", "us-west-2", Keys("111111111111", "test"))
    return _calls(session, "arn:aws:iam::111111111111:role/bench")


def _apart(one: Sequence[float], other: Sequence[float]) -> str:
    return f"{(statistics.median(one) - statistics.median(other)) * 1000:.2f} ms apart at the median"


def _calls(session: AccountSession, role: str) -> Calls:
    tables, sts = session.client("dynamodb"), session.client("sts")
    tables.create_table(
        TableName="bench",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return {
        "PutItem": lambda: tables.put_item(TableName="bench", Item={"k": {"S": "x"}}),
        "GetCallerIdentity": sts.get_caller_identity,
        "AssumeRole": lambda: sts.assume_role(RoleArn=role, RoleSessionName="bench"),
    }


def _in_turns(*calls: Callable[[], Any]) -> list[list[float]]:
    """Seconds of each call, one after the other, so that whatever else the machine does hits all alike."""
    samples: list[list[float]] = [[] for _ in calls]
    for turn in range(WARM + CALLS):
        for call, taken in zip(calls, samples, strict=True):
            began = time.perf_counter()
            call()
            if turn >= WARM:
                taken.append(time.perf_counter() - began)
    return samples


def _across(rows: Rows, harness: Harness, principals: Principals) -> None:
    a, b = harness.account("account_a"), harness.account("account_b")
    role = principals.role(a, trust({"AWS": f"arn:aws:iam::{b.id}:root"}), statement("dynamodb:*"))
    sts = b.client("sts")
    foreign = principals.deployer(b).assume(role).client("dynamodb")
    for what, call in (
        ("AssumeRole across accounts", lambda: sts.assume_role(RoleArn=role, RoleSessionName="bench")),
        (
            "PutItem through another account's door",
            lambda: foreign.put_item(TableName="bench", Item={"k": {"S": "x"}}),
        ),
    ):
        note(rows, SECTION, what, milliseconds(_in_turns(call)[0]))


def _crowded(rows: Rows, account: Account, put: Callable[[], Any]) -> None:
    iam = account.client("iam")
    trusted = json.dumps(trust({"Service": "lambda.amazonaws.com"}))
    for number in range(MANY):
        iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=trusted)
        iam.create_policy(PolicyName=f"policy-{number}", PolicyDocument=json.dumps(statement("s3:GetObject")))
    what = f"PutItem, with the gate, beside {MANY:,} roles and {MANY:,} policies"
    note(rows, SECTION, what, milliseconds(_in_turns(put)[0]))
