"""`harness simulate`: decision cases from a file, or one question to the running accounts."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.console import note, out
from harness.errors import UsageError
from harness.report import explanation
from harness.session import Harness
from harness.simulate import answer_lines

FAULTY = 2
_USAGE = "harness simulate FILE, or harness simulate --principal ARN --action PREFIX:NAME --resource ARN"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    file: Annotated[str | None, typer.Argument(help="A file of decision cases, or - for standard input.")] = None,
    *,
    principal: Annotated[
        str | None, typer.Option(help="Who would ask: a user, role, session, root, or service.")
    ] = None,
    action: Annotated[str | None, typer.Option(help="One action: dynamodb:PutItem.")] = None,
    resource: Annotated[str | None, typer.Option(help="One ARN, or *.")] = None,
    context: Annotated[list[str] | None, typer.Option(help="KEY=VALUE; again for a second value.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The decision as a line of the journal.")] = False,
) -> None:
    """Decide cases of a file (exit code 2 if a line was none), or what the running accounts would say to one request."""
    one = (principal, action, resource)
    if file is not None:
        if any(one) or context or as_json:
            raise UsageError("a file of cases goes without options", help=_USAGE)
        _cases(file)
        return
    if principal is None or action is None or resource is None:
        raise UsageError("name a file of cases, or a principal, an action and a resource", help=_USAGE)
    if ":" not in action:
        raise UsageError(f"`{action}` is no action", help="write it with its prefix: dynamodb:PutItem")
    if not principal.startswith("arn:") and not principal.endswith(".amazonaws.com"):
        raise UsageError(f"`{principal}` is no principal", help="an ARN, or a service: lambda.amazonaws.com")
    if resource != "*" and not resource.startswith("arn:"):
        raise UsageError(f"`{resource}` is no resource", help="an ARN, or *")
    given = _context(context or [])
    _check_spelling(action, given)
    line = Harness.open(Path.cwd()).attach().simulate(principal, action, resource, given)
    if as_json:
        sys.stdout.write(json.dumps(line) + "\n")
        return
    for text in explanation(line):
        out.print(text, markup=False)


def _check_spelling(action: str, keys: Iterable[str]) -> None:
    from harness.actions.spelling import meant, meant_key  # noqa: PLC0415 - only questions pay for the tables

    for name, known in ((action, meant(action)), *((key, meant_key(key)) for key in keys)):
        if known is not None:
            note(f"the harness does not know `{name}`; did you mean `{known}`?")


def _context(given: list[str]) -> dict[str, str | list[str]]:
    """Condition keys; one that is given again has several values."""
    values: dict[str, list[str]] = {}
    for one in given:
        key, equals, value = one.partition("=")
        if not equals or ":" not in key:
            raise UsageError(f"`{one}` is not KEY=VALUE", help="--context aws:RequestedRegion=us-west-2")
        values.setdefault(key, []).append(value)
    return {key: several[0] if len(several) == 1 else several for key, several in values.items()}


def _cases(file: str) -> None:
    failed = False
    for answer in answer_lines(_lines(file)):
        sys.stdout.write(answer.to_json() + "\n")
        failed = failed or answer.failed
    if failed:
        raise typer.Exit(FAULTY)


def _lines(file: str) -> list[str]:
    try:
        return sys.stdin.read().splitlines() if file == "-" else Path(file).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(
            f"cannot read `{file}`: {error.strerror}", help="name a file of decision cases, or -"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"`{file}` is not UTF-8 text: {error.reason}", help="name a file of decision cases") from error
