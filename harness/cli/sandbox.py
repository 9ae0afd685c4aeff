"""The sandbox's commands: up, down, status, env."""

import json
import shlex
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.table import Table

from harness.cli import INTERRUPTED
from harness.cli.console import err, note, out, progress
from harness.config import find
from harness.detached import end, start
from harness.emulator.docker import Docker
from harness.emulator.folder import RunFolder, project_folder
from harness.emulator.owner import owner
from harness.emulator.project import project_of, projects, remove
from harness.errors import ToolFailed
from harness.run import SANDBOX
from harness.session import Harness

_POLL = 0.5


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (up, down, status, env):
        app.command()(command)


def up(
    *,
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Return once the accounts are ready.")] = False,
    backend: Annotated[str | None, typer.Option("--backend", help="`embedded` or `compose`.")] = None,
) -> None:
    """Start the accounts of harness.toml, and prove that each answers and denies."""
    harness = Harness.open(Path.cwd(), backend=backend)
    if detach:
        with progress() as say:
            start(harness.run, say)
        _show(harness)
        return
    ended, ready = threading.Event(), False
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    try:
        with progress() as say:
            harness.up(say)
        ready = True
        _show(harness)
        err.print("Ctrl-C ends them; `harness env` in another terminal points the AWS CLI and boto3 at them")
        while not ended.wait(_POLL):
            harness.run.check_alive()
    except KeyboardInterrupt:
        err.print("ending the accounts")
        if not ready:
            raise typer.Exit(INTERRUPTED) from None
    finally:
        harness.remove()


def down() -> None:
    """End the sandbox and what was kept or stands by, and remove what earlier runs of this project left."""
    folder_of_project = find(Path.cwd()).parent  # whatever the file holds by now
    project = project_folder(folder_of_project)
    paths = [path for path in sorted(project.iterdir()) if path.is_dir()] if project.is_dir() else []
    ended, removed = 0, 0
    for folder in map(RunFolder, paths):
        busy = _busy(folder)
        if busy is not None:
            err.print(f"left alone: the run `{folder.path.name}` belongs to the living process {busy.pid}")
            continue
        with progress() as say:
            if owner(folder.owner) is not None:
                say(f"ending {folder.path.name}")
            ended += end(folder)
        folder.remove()
        removed += 1
    _remove_notes(project)
    ended += _end_projects(folder_of_project, {path.name for path in paths if path.is_dir()})
    out.print(f"ended {ended} sandbox{'es' * (ended != 1)}, removed {removed} folder{'s' * (removed != 1)}")


def _busy(folder: RunFolder) -> psutil.Process | None:
    """The living process that uses a run which is not the sandbox: a test session."""
    if folder.path.name == SANDBOX:
        return None
    taker, owning = owner(folder.taken), owner(folder.owner)
    supervised = owning is not None and "harness.supervisor" in owning.cmdline()
    return taker if supervised else owning


def _remove_notes(project: Path) -> None:
    """Remove what stands beside runs that are gone."""
    for path in project.iterdir() if project.is_dir() else ():
        if path.is_file() and not path.with_name(path.name.partition(".")[0]).is_dir():
            path.unlink()


def _end_projects(folder: Path, busy: set[str]) -> int:
    """Remove the Compose projects of this folder whose runs are gone; how many."""
    docker = Docker(folder)
    try:
        found = projects(docker, folder)
    except ToolFailed:  # without an engine there are none
        return 0
    left = [one for one in found if one not in {project_of(folder, run) for run in busy}]
    for one in left:
        remove(docker, one)
    return len(left)


def status() -> None:
    """Show what runs, and where its files are."""
    harness = Harness.open(Path.cwd())
    harness.run.attach_unasked()
    _show(harness)


def _show(harness: Harness) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("account", "id", "region", "endpoint", "profiles", "answers"):
        table.add_column(column)
    for name, account in harness.accounts.items():
        profiles = ", ".join(account.record.profiles)
        table.add_row(
            name,
            account.id,
            account.region,
            account.endpoint_url,
            profiles,
            "yes" if harness.run.answers(name) else "no",
        )
    out.print(table)
    if harness.run.is_outdated:
        note(
            "harness.toml, or the harness's own code, is another than the accounts were started with: "
            "`harness down` and `harness up` start them afresh"
        )
    err.print(f"logs and journals: {harness.run.folder.path / 'accounts'}")


def env(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print accounts, endpoints and keys as JSON.")] = False
) -> None:
    """Print shell lines that point the AWS CLI and boto3 at the sandbox: eval "$(harness env)"."""
    harness = Harness.open(Path.cwd()).attach()
    if as_json:
        sys.stdout.write(json.dumps({"accounts": _accounts(harness)}, indent=2) + "\n")
        return
    path = harness.run.folder.path / "aws-config"
    _write_config(harness, path)
    lines = {
        "AWS_CONFIG_FILE": str(path),
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    # What would beat the profiles' endpoints and send the calls to the real AWS.
    unset = ("AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
             "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION")  # fmt: skip
    sys.stdout.write("".join(f"export {name}={shlex.quote(value)}\n" for name, value in lines.items()))
    sys.stdout.write(f"unset {' '.join(unset)}\n")


def _accounts(harness: Harness) -> dict[str, object]:
    return {
        name: {
            "account_id": account.id,
            "endpoint_url": account.endpoint_url,
            "region": account.region,
            "aws_access_key_id": account.record.deployer.key_id,
            "aws_secret_access_key": account.record.deployer.secret,
            "root": {
                "aws_access_key_id": account.record.root.key_id,
                "aws_secret_access_key": account.record.root.secret,
            },
        }
        for name, account in harness.accounts.items()
    }


def _write_config(harness: Harness, path: Path) -> None:
    from harness.terraform.workspace import write_profiles  # noqa: PLC0415 - only env writes one

    write_profiles(path, harness.profiles())
