"""Commands that need no running accounts: init and package."""

from pathlib import Path

import typer

from harness import package as packages
from harness.cli.console import out
from harness.config import load
from harness.starter import write_starter


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (init, package):
        app.command()(command)


def init() -> None:
    """Write a harness.toml and one scenario into this folder."""
    for path in write_starter(Path.cwd()):
        out.print(f"wrote {path.relative_to(Path.cwd())}")
    out.print("next: look through harness.toml, then run `pytest scenarios`")


def package() -> None:
    """Build the Lambda packages of harness.toml in place, the same bytes every time."""
    config = load(Path.cwd())
    for path in packages.build_all(config):
        out.print(f"built {path.relative_to(config.folder)}", markup=False)
    if not config.package:
        out.print("harness.toml has no [[package]]", markup=False)
