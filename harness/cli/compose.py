"""The compose file: for teams that keep it in their repository and start the accounts with `docker compose up --wait`."""

import sys
from pathlib import Path

import typer

import harness as package
from harness.emulator.compose_file import render
from harness.run import Run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(compose)


def compose() -> None:
    """Print the compose file of harness.toml: harness compose > compose.yaml"""
    run = Run.open(Path.cwd())
    text = render(run.wanted, run.config.external_accounts, _context(run.config.folder))
    sys.stdout.write(text)


def _context(folder: Path) -> str:
    """The installed package, from which the image is built: relative where it lies in the project, else another on each machine."""
    context = Path(package.__file__).resolve().parent
    inside = context.is_relative_to(folder.resolve())
    return context.relative_to(folder.resolve()).as_posix() if inside else f"${{HARNESS_CONTEXT:-{context}}}"
