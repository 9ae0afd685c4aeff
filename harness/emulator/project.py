"""Compose projects by their names: which belong to a folder, and how one is removed with nothing else touched."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from harness.emulator.compose_file import ACCOUNT_LABEL
from harness.emulator.docker import Docker
from harness.errors import ToolFailed

PROJECT = "com.docker.compose.project"
_FOLDER = f"{PROJECT}.working_dir"
_UNFIT = re.compile(r"[^a-z0-9]+")


def prefix(folder: Path) -> str:
    """What the names of our own projects for this folder begin with."""
    resolved = folder.resolve()
    digest = hashlib.sha256(str(resolved).encode()).hexdigest()[:8]
    return f"harness-{_UNFIT.sub('-', resolved.name.lower()).strip('-') or 'project'}-{digest}-"


def project_of(folder: Path, run: str) -> str:
    """The project of a run."""
    return prefix(folder) + _UNFIT.sub("-", run.lower())


def projects(docker: Docker, folder: Path) -> list[str]:
    """Every project of this folder of which anything is left, those that were started by hand included. Raises ToolFailed."""
    containers = docker.inspect(docker.ids("ps", ACCOUNT_LABEL))
    labels = [container["Config"]["Labels"] for container in containers]
    found = {one[PROJECT] for one in labels if _is_of(one, folder)}
    for kind in ("network", "volume"):
        names = docker.run(kind, "ls", "--filter", f"label={PROJECT}", "--format", f'{{{{.Label "{PROJECT}"}}}}')
        found |= {name for name in names if name.startswith(prefix(folder))}
    return sorted(found)


def _is_of(labels: Mapping[str, str], folder: Path) -> bool:
    own = labels[PROJECT].startswith(prefix(folder))
    return own or Path(labels.get(_FOLDER, "/")).resolve() == folder.resolve()


def remove(docker: Docker, project: str) -> None:
    """Remove its containers, networks and volumes; nothing that does not bear its name. Raises ToolFailed."""
    label = f"{PROJECT}={project}"
    if containers := docker.ids("ps", label):
        docker.run("rm", "--force", "--volumes", *containers)
    if networks := docker.ids("network", label):
        docker.run("network", "rm", *networks)
    if volumes := docker.ids("volume", label):
        docker.run("volume", "rm", "--force", *volumes)


def started_by_hand(docker: Docker, folder: Path) -> str | None:
    """The project that a person started in this folder with `docker compose up`; None without one, or without Docker."""
    try:
        found = [one for one in projects(docker, folder) if not one.startswith(prefix(folder))]
    except ToolFailed:
        return None
    return found[0] if found else None
