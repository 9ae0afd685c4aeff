"""The Terraform commands: apply, destroy, invoke, run."""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from harness.cli.console import err, events, out, progress
from harness.errors import ToolFailed, UsageError
from harness.session import Harness

Names = Annotated[list[str] | None, typer.Argument(help="Accounts, in any order; all of them where none is named.")]

_CUT_SHORT = (
    "interrupted: what was under way may exist and be missing in Terraform's state; "
    "where the next run finds something there already, `harness down` and `harness up` start afresh"
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (apply, destroy, invoke, run):
        app.command()(command)


def apply(
    names: Names = None,
    var: Annotated[list[str] | None, typer.Option("--var", help="NAME=VALUE, for the one account named.")] = None,
) -> None:
    """Apply compositions to the sandbox, in the order of their bindings."""
    if var and len(names or []) != 1:
        raise UsageError("--var goes with exactly one account", help="harness apply NAME --var variable=value")
    harness = Harness.open(Path.cwd()).attach()
    with _used(harness), events() as on_event:
        outputs = harness.apply(names or None, on_event, _variables(var or []))
    sys.stdout.write(json.dumps(outputs, indent=2) + "\n")


@contextmanager
def _used(harness: Harness) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        err.print(_CUT_SHORT)
        raise
    finally:
        harness.close()


def _variables(given: list[str]) -> dict[str, Any]:
    values = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals:
            raise UsageError(f"`{one}` is not NAME=VALUE", help="harness apply NAME --var variable=value")
        values[name] = value
    return values


def destroy(names: Names = None) -> None:
    """Destroy what was applied, against the order of the bindings."""
    harness = Harness.open(Path.cwd()).attach()
    with _used(harness), events() as on_event:
        done = harness.destroy(names or None, on_event)
    out.print(f"destroyed {', '.join(done)}" if done else "nothing was applied")


def invoke(
    function: Annotated[str, typer.Argument(help="The function's name.")],
    account: Annotated[str | None, typer.Option("--account", "-a", help="The account that has it.")] = None,
    payload: Annotated[str | None, typer.Option("--payload", help="The event, as JSON.")] = None,
) -> None:
    """Invoke a function, and print its answer and the end of its log."""
    try:
        event = None if payload is None else json.loads(payload)
    except ValueError as error:
        raise UsageError(
            f"the payload is not JSON: {error}", help="""quote it: --payload '{"key": "value"}'"""
        ) from error
    invocation = Harness.open(Path.cwd()).attach().invoke(function, account, event)
    err.print(invocation.log, end="", markup=False)
    sys.stdout.write(json.dumps(invocation.payload) + "\n")
    if invocation.error is not None:
        raise ToolFailed(
            f"function `{function}` failed ({invocation.error})", help="`harness journal --denied` shows refusals"
        )


def run(backend: Annotated[str | None, typer.Option("--backend", help="`embedded` or `compose`.")] = None) -> None:
    """Play the stages of harness.toml on accounts of its own or on the sandbox, and destroy what they made."""
    harness = Harness.open(Path.cwd(), backend=backend)
    if not harness.config.stage:
        raise UsageError("harness.toml has no [[stage]]", help="add the steps of the walk; README, Configuration")
    own = not harness.run.is_up
    rows: list[tuple[str, float, str]] = []
    try:
        _start(harness, own=own, rows=rows)
        _walk(harness, rows)
    finally:
        if own:
            harness.remove()
        else:
            harness.close()
        _table(rows)


def _start(harness: Harness, *, own: bool, rows: list[tuple[str, float, str]]) -> None:
    began = time.monotonic()
    if not own:
        harness.attach()
        return
    with progress() as say:
        harness.up(say)
    rows.append(("start the accounts", time.monotonic() - began, "proven"))


def _walk(harness: Harness, rows: list[tuple[str, float, str]]) -> None:
    try:
        for stage in harness.config.stage:
            began, answer = time.monotonic(), "failed"
            err.print(f"[bold]{stage.name}[/]")
            try:
                with events() as on_event:
                    invocation = harness.play(stage, on_event)
                answer = f"{invocation.function} answered {json.dumps(invocation.payload)}" if invocation else "applied"
            except KeyboardInterrupt:
                answer = "interrupted"
                raise
            finally:
                rows.append((stage.name, time.monotonic() - began, answer))
    finally:
        began = time.monotonic()
        err.print("[bold]destroy[/]")
        with events() as on_event:
            done = harness.destroy(None, on_event)
        rows.append(("destroy", time.monotonic() - began, ", ".join(done) or "nothing was applied"))


def _table(rows: list[tuple[str, float, str]]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("stage")
    table.add_column("seconds", justify="right")
    table.add_column("result")
    for name, seconds, result in rows:
        table.add_row(name, f"{seconds:.1f}", result)
    out.print(table)
