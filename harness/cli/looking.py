"""The commands that look: journal, why, items, logs; and fire, which saves waiting for a schedule."""

import json
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from harness.cli.console import escaped, note, out
from harness.errors import HarnessError, UsageError
from harness.journal import Entry
from harness.replay import question
from harness.report import refusal, why, why_json
from harness.resources import FUNCTION, TABLE, items, log_events
from harness.session import Harness

_POLL = 0.5
Which = Annotated[str | None, typer.Option("--account", "-a", help="The account that has it.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(journal)
    app.command("why")(explain)
    app.command("items")(show_items)
    app.command()(logs)
    app.command()(fire)


def journal(
    *,
    denied: Annotated[bool, typer.Option("--denied", help="Only what was refused.")] = False,
    follow: Follow = False,
    as_json: Annotated[bool, typer.Option("--json", help="The lines as they are written.")] = False,
) -> None:
    """Show who asked what, and which statement decided."""
    harness = _with_journal()
    mark: Mapping[str, int] = {}
    try:
        while True:
            entries, mark = harness.journal.read(mark)
            for entry in entries:
                if entry.denied or not denied:
                    _print_entry(entry, as_json=as_json)
            if not follow:
                return
            time.sleep(_POLL)
    except KeyboardInterrupt:
        return


def _with_journal() -> Harness:
    """The sandbox; one that has ended leaves its journal."""
    harness = Harness.open(Path.cwd())
    try:
        harness.run.attach_unasked()
    except HarnessError as error:
        if not harness.run.folder.record.exists():
            raise UsageError("there is no journal: no sandbox was started", help="`harness up` starts one") from error
    return harness


def _print_entry(entry: Entry, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"account": entry.account, **entry.fields}) + "\n")
        sys.stdout.flush()
    else:
        colour = "red" if entry.denied else "green"
        out.print(f"[{colour}]{escaped(entry.describe())}[/] [dim]{entry.request_id or ''}[/]")


def explain(
    request_id: Annotated[
        str | None, typer.Argument(help="Of the response; the last refusal where none is given.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Explain one decision: every policy, statement and condition, and the smallest change that would have allowed it."""
    harness = _with_journal()
    entry = _entry(harness, request_id)
    if entry.kind != "decision" or "action" not in entry.fields:
        if as_json:
            _print_entry(entry, as_json=True)
            return
        out.print(_which(entry, given=request_id is not None), markup=False)
        for line in refusal(entry.fields, [one.fields for one in harness.journal.find(entry.request_id or "")]):
            out.print(line, markup=False)
        return
    if not as_json:
        out.print(_which(entry, given=request_id is not None), markup=False)
    request, world = question(entry.fields, lambda digest: harness.journal.policy(entry.account, digest))
    if as_json:
        sys.stdout.write(json.dumps(why_json(entry.fields, request, world)) + "\n")
        return
    for line in why(entry.fields, request, world):
        out.print(line, markup=False)


def _which(entry: Entry, *, given: bool) -> str:
    """Which request is explained."""
    said = "" if given else "the last refusal, "
    return f"{said}at {entry.time[11:19]} UTC in {entry.account}: request {entry.request_id or '(none)'}"


def _entry(harness: Harness, request_id: str | None) -> Entry:
    """The line of a request, the refusal among several; without an id the last refusal."""
    entries = harness.journal.entries() if request_id is None else harness.journal.find(request_id)
    refused = [entry for entry in entries if entry.denied]
    if refused or (request_id is not None and entries):
        return (refused or entries)[-1]
    if request_id is None:
        raise UsageError("nothing was refused yet", help="harness why REQUEST_ID explains what was allowed")
    raise UsageError(
        f"the journal has no request `{request_id}`", help="`harness journal --json` shows the request ids"
    )


def show_items(
    table: Annotated[str, typer.Argument(help="The table's name.")], *, account: Which = None, as_json: AsJson = False
) -> None:
    """Show a DynamoDB table's items."""
    harness = Harness.open(Path.cwd()).attach()
    found = list(items(harness.having(TABLE, table, account), table))
    if as_json:
        sys.stdout.write("".join(json.dumps(item, default=_plain) + "\n" for item in found))
        return
    shown = Table(box=None, pad_edge=False)
    names = list(dict.fromkeys(name for item in found for name in item))
    for name in names:
        shown.add_column(escaped(name))
    for item in found:
        shown.add_row(*(escaped(_text(item[name])) if name in item else "" for name in names))
    out.print(shown if found else f"{table} has no items")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    """DynamoDB's numbers, sets and bytes as JSON knows them."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    return bytes(value).decode("latin-1") if hasattr(value, "__bytes__") else float(value)


def logs(
    function: Annotated[str, typer.Argument(help="The function's name.")],
    *,
    account: Which = None,
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Show what a function logged."""
    harness = Harness.open(Path.cwd()).attach()
    owning = harness.having(FUNCTION, function, account)
    shown: set[str] = set()
    try:
        while True:
            # By id, not by time: more may come with the time of the last, or from another worker with one before it.
            events = [event for event in log_events(owning, function) if event["eventId"] not in shown]
            _print_events(events, as_json=as_json)
            shown.update(event["eventId"] for event in events)
            if not follow:
                break
            time.sleep(_POLL)
    except KeyboardInterrupt:
        return
    if not shown:
        _tell_why_none(harness, function)


def _tell_why_none(harness: Harness, function: str) -> None:
    group = f":log-group:/aws/lambda/{function}:"
    refused = any(entry.denied and group in f"{entry.fields.get('resource')}:" for entry in harness.journal.entries())
    note(
        f"`{function}` may not write its log: `harness journal --denied` shows by which statement"
        if refused
        else f"`{function}` has logged nothing yet"
    )


def _print_events(events: Iterable[Mapping[str, Any]], *, as_json: bool) -> None:
    for event in events:
        if as_json:
            sys.stdout.write(json.dumps({"timestamp": event["timestamp"], "message": event["message"]}) + "\n")
            sys.stdout.flush()
        else:
            moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            out.print(f"{moment:%H:%M:%S} {str(event['message']).rstrip()}", markup=False)


def fire(
    rule: Annotated[str, typer.Argument(help="A schedule rule of the default bus.")],
    *,
    account: Which = None,
    as_json: AsJson = False,
) -> None:
    """Fire a schedule rule now, and show how each of its calls was decided."""
    harness = Harness.open(Path.cwd()).attach()
    mark = harness.journal.mark()
    fired = harness.fire(rule, account)
    entries = [
        entry
        for entry in harness.journal.entries(mark)
        if (entry.fields.get("context") or {}).get("aws:sourcearn") == fired["rule"]
    ]
    if as_json:
        sys.stdout.write(json.dumps({**fired, "decisions": [entry.fields for entry in entries]}) + "\n")
        return
    count = len(fired["targets"])
    out.print(f"fired {fired['rule']} at {count} target{'s' * (count != 1)}", markup=False)
    for entry in entries:
        _print_entry(entry, as_json=False)
