"""`harness simulate`: decision cases from a file, one line in, one line out."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import UsageError
from harness.simulate import answer_lines

FAULTY = 2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(file: Annotated[str, typer.Argument(help="A file of decision cases, or - for standard input.")]) -> None:
    """Decide cases; exit code 2 if a line was no valid case, the others are answered all the same."""
    failed = False
    for answer in answer_lines(_lines(file)):
        sys.stdout.write(answer.to_json() + "\n")
        failed = failed or answer.failed
    if failed:
        raise typer.Exit(FAULTY)


def _lines(file: str) -> list[str]:
    if file == "-":
        return sys.stdin.read().splitlines()
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(
            f"cannot read `{file}`: {error.strerror}", help="name a file of decision cases, or -"
        ) from error
