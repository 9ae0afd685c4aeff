"""`harness doctor`: what this machine and this project have, and what is missing for what."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.console import escaped, out
from harness.config import Config, load
from harness.emulator.docker import Docker
from harness.emulator.environment import environment_folder
from harness.emulator.folder import RunFolder, project_folder
from harness.emulator.owner import owner
from harness.errors import HarnessError
from harness.process import Command, LeashedRunner
from harness.run import Run
from harness.terraform.mirror import find_provider_mirror

OLDEST_TERRAFORM = (1, 5)


class State(StrEnum):
    """How a finding stands."""

    OK = "ok"
    NOTE = "note"
    """Nothing is wrong; something is not there yet, or not needed by all."""
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    said: str
    help: str = ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Look at all that the harness needs; exit code 1 if something is wrong."""
    findings = [look() for look in (_python, _project, _environment, _terraform, _provider, _docker)]
    findings += _runs()
    if as_json:
        sys.stdout.write(json.dumps([asdict(finding) for finding in findings], indent=2) + "\n")
    else:
        for finding in findings:
            _print(finding)
    if any(finding.state is State.FAULT for finding in findings):
        raise typer.Exit(1)


def _print(finding: Finding) -> None:
    colour = {State.OK: "green", State.NOTE: "yellow", State.FAULT: "red"}[finding.state]
    out.print(f"[{colour}]{finding.state:5}[/] {finding.what}: {escaped(finding.said)}")
    if finding.help:
        out.print(f"      {escaped(finding.help)}")


def _python() -> Finding:
    return Finding("python", State.OK, f"{sys.version.split()[0]} at {sys.executable}")


def _project() -> Finding:
    config, fault = _config()
    if config is None:
        return Finding("project", State.FAULT, *fault)
    accounts = ", ".join(f"{name} ({account.id})" for name, account in config.accounts.items())
    return Finding("project", State.OK, f"{config.folder / 'harness.toml'}: {accounts}")


def _config() -> tuple[Config | None, tuple[str, str]]:
    try:
        return load(Path.cwd()), ("", "")
    except HarnessError as error:
        return None, (error.message, error.help or "")


def _environment() -> Finding:
    folder = environment_folder()
    if folder.exists():
        return Finding("instances' environment", State.OK, str(folder))
    return Finding(
        "instances' environment", State.NOTE, "is not built yet", "the first `harness up` builds it, about 330 MB"
    )


def _terraform() -> Finding:
    remedy = "install Terraform 1.5 or later: https://developer.hashicorp.com/terraform/install"
    try:
        command = Command(("terraform", "version", "-json"), Path.cwd(), {"PATH": os.environ.get("PATH", "")})
        said = json.loads("\n".join(LeashedRunner().run(command).lines))["terraform_version"]
    except HarnessError as error:
        return Finding("terraform", State.FAULT, error.message, remedy)
    except (ValueError, KeyError):
        return Finding("terraform", State.FAULT, "does not tell its version", remedy)
    old = tuple(int(part) for part in said.split(".")[:2]) < OLDEST_TERRAFORM
    return Finding("terraform", State.FAULT if old else State.OK, said, remedy if old else "")


def _provider() -> Finding:
    mirror = find_provider_mirror(os.environ)
    if mirror is not None:
        return Finding("AWS provider", State.OK, f"in the mirror {mirror}")
    return Finding("AWS provider", State.NOTE, "in no mirror", "`terraform init` gets it from the registry, once")


def _docker() -> Finding:
    try:
        version = Docker(Path.cwd(), patience=5.0).run("compose", "version")
    except HarnessError as error:
        return Finding("docker", State.NOTE, error.message.splitlines()[0], "only `--backend compose` needs it")
    return Finding("docker", State.OK, " ".join(version))


def _runs() -> Iterator[Finding]:
    config, _ = _config()
    if config is None:
        return
    folder = project_folder(config.folder)
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_dir():
            yield _run(path)


def _run(path: Path) -> Finding:
    owning = owner(RunFolder(path).owner)
    if owning is None:
        return Finding(
            f"run {path.name}", State.NOTE, f"was left by a process that is gone: {path}", "`harness down` removes it"
        )
    return _answering(path, owning.pid)


def _answering(path: Path, pid: int) -> Finding:
    try:
        run = Run.open(Path.cwd(), path.name).attach_unasked()
    except HarnessError as error:
        return Finding(f"run {path.name}", State.NOTE, f"is of process {pid}: {error.message}")
    silent = [name for name in run.record.accounts if not run.answers(name)]
    if silent:
        listed = ", ".join(silent)
        return Finding(
            f"run {path.name}", State.FAULT, f"does not answer: {listed}", "`harness down`, then `harness up`"
        )
    return Finding(f"run {path.name}", State.OK, f"of process {pid}, every account answers")
