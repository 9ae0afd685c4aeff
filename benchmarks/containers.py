"""Start to healthy and to proven on Docker Compose, and what the containers take."""

import time
from datetime import datetime
from typing import Any

from benchmarks.sandbox import HERE, STARTS
from benchmarks.table import Rows, note, seconds
from harness.emulator.compose import Container
from harness.emulator.compose_file import IMAGE
from harness.emulator.docker import Docker
from harness.errors import ToolFailed
from harness.session import Harness

SECTION = "Docker Compose"


def measure_containers(rows: Rows) -> None:
    """Seconds to healthy and to proven accounts, the image's size and each container's memory; without an engine, why not."""
    docker = Docker(HERE)
    try:
        docker.run("info", "--format", "{{.ServerVersion}}")
    except ToolFailed as error:
        print(f"{SECTION}: not measured: {error.message.splitlines()[0]}", flush=True)
        return
    warm, healthy, proven, sizes = [], [], [], {}
    for turn in range(STARTS):
        harness = Harness.open(HERE, run=f"bench-containers-{turn}", backend="compose")
        try:
            began = time.perf_counter()
            harness.run.build()
            built = time.perf_counter()
            harness.up()
            proven.append(time.perf_counter() - built)
            if turn:  # the first may have built the image
                warm.append(built - began)
            containers = [instance for instance in harness.run.instances if isinstance(instance, Container)]
            healthy.append(_until_healthy(docker.inspect([one.id for one in containers])))
            sizes = {one.name: _memory(docker, one) for one in containers}
        finally:
            harness.remove()
    note(rows, SECTION, f"{len(sizes)} accounts, from the first container to the last healthy one", seconds(healthy))
    note(rows, SECTION, f"{len(sizes)} accounts, from start to proven", seconds(proven))
    note(rows, SECTION, "the image, built again with nothing changed", seconds(warm))
    size = int(docker.run("image", "inspect", "--format", "{{.Size}}", IMAGE)[0])
    note(rows, SECTION, "the image", f"{size / 10**6:.0f} MB")
    for name, used in sizes.items():
        note(rows, SECTION, f"container of {name}, proven", used)


def _until_healthy(containers: list[dict[str, Any]]) -> float:
    created = min(datetime.fromisoformat(one["Created"]) for one in containers)
    passed = (next(probe for probe in one["State"]["Health"]["Log"] if probe["ExitCode"] == 0) for one in containers)
    return (max(datetime.fromisoformat(probe["End"]) for probe in passed) - created).total_seconds()


def _memory(docker: Docker, container: Container) -> str:
    used, _, _limit = docker.run("stats", "--no-stream", "--format", "{{.MemUsage}}", container.id)[0].partition(" / ")
    return used
