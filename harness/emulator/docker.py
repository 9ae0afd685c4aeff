"""Docker's command line: one call per question, and its many ways to say no as one sentence each.

The command line and not the engine's interface: it knows the user's contexts, credentials and plugins, and needs no library.
"""

import json
import math
import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import ToolFailed
from harness.process.command import Command
from harness.process.redact import redacted
from harness.process.runner import LeashedRunner, Runner

SHOWN_LINES = 15
# What Docker says, what it means, and what helps; the first that fits. The words are those of Docker 20 to 28 and Compose 2.
FAULTS: tuple[tuple[str, str, str], ...] = (
    (
        r"permission denied.*(docker\.sock|daemon socket|docker API)",
        "no permission on Docker's socket",
        "add yourself to its group (`docker`), or use a rootless engine; `docker info` must answer",
    ),
    (
        r"Cannot connect to the Docker daemon|error during connect|Is the docker daemon running|docker.* context .* not found",
        "no Docker engine answers",
        "start it, or set DOCKER_HOST to one that runs; without one, use `--backend embedded`",
    ),
    (
        r"is not a docker command|unknown (docker )?command|unknown shorthand flag|unknown flag: --(project-|profile|wait)",
        "Docker has no Compose v2",
        "install the `docker compose` plugin (2.20 or later)",
    ),
    (
        r"no space left on device|ENOSPC",
        "Docker's disk is full",
        "`docker system df` shows what takes the space, `docker system prune` frees what nothing uses",
    ),
    (
        r"port is already allocated|address already in use|Ports are not available|ports? .*(is|are) already in use",
        "a port of harness.toml is in use",
        "choose another `port`, or leave it out for a free one; `harness down` ends an earlier run",
    ),
    (
        r"all ports are allocated|no (free|available) ports?",
        "Docker has no free port left to publish on",
        "end containers that publish ports (`docker ps`), or set `port` in harness.toml",
    ),
    (
        r"could not find an available, non-overlapping IPv4 address pool|all predefined address pools",
        "Docker has no free network left",
        "`docker network prune` removes those that nothing uses",
    ),
    (
        r"failed to resolve (source metadata|reference)|failed to do request|pull access denied|manifest unknown|No such image",
        "the base image is not here and cannot be pulled",
        "check the network to the registry, or name an image with Python 3.13 that is here: HARNESS_BASE_IMAGE=NAME",
    ),
    (
        r"Failed to fetch|Could not fetch|tcp connect error|dns error|Temporary failure in name resolution|No matching distribution",
        "the image cannot be built: the package index cannot be reached",
        "check the network; the first build needs the package index, later ones do not",
    ),
)


def failed(what: str, lines: Sequence[str]) -> ToolFailed:
    """The error for a Docker command that failed: the known sentence, and the end of what it said."""
    said = "\n".join(lines)
    shown = "\n".join(redacted(line) for line in lines[-SHOWN_LINES:])
    for pattern, sentence, remedy in FAULTS:
        if re.search(pattern, said, re.IGNORECASE):
            return ToolFailed(f"{sentence}\n{shown}", help=remedy)
    return ToolFailed(f"{what}\n{shown}", help="the lines above are Docker's own")


@dataclass(slots=True)
class Docker:
    """Runs Docker's commands in the project's folder."""

    folder: Path
    runner: Runner = field(default_factory=LeashedRunner)
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)
    patience: float = math.inf
    """Seconds for one command: an engine far away may never answer."""

    def run(self, *args: str, on_line: Callable[[str], None] = lambda _line: None) -> list[str]:
        """All lines of a command. Raises ToolFailed."""
        lines: list[str] = []

        def keep(line: str) -> None:
            lines.append(line)
            on_line(line)

        deadline = time.monotonic() + self.patience
        command = Command(["docker", *args], self.folder, self.environment)
        outcome = self.runner.run(command, keep, lambda: time.monotonic() > deadline)
        if not outcome.succeeded:
            raise failed(str(outcome), lines)
        return lines

    def inspect(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """What Docker knows of containers."""
        if not ids:
            return []
        lines = self.run("inspect", "--type", "container", "--format", "{{json .}}", *ids)
        return [json.loads(line) for line in lines if line.startswith("{")]

    def ids(self, kind: str, label: str) -> list[str]:
        """Containers (`ps`), networks or volumes with a label."""
        listing = {"ps": ["ps", "--all"], "network": ["network", "ls"], "volume": ["volume", "ls"]}[kind]
        return [one for one in self.run(*listing, "--quiet", "--filter", f"label={label}") if one]
