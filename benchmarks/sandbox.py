"""Start to proven, and the walk by stage."""

import time
from pathlib import Path

import psutil

from benchmarks.table import Rows, note, seconds
from harness.emulator.instance import Process
from harness.session import Harness

STARTS = 3
HERE = Path(__file__).parents[1]


def open_run(name: str) -> Harness:
    """A run of its own, on the example."""
    return Harness.open(HERE, run=f"bench-{name}")


def measure_start(rows: Rows) -> None:
    """Seconds from start until every account is proven, and each process's memory."""
    samples, sizes = [], {}
    for turn in range(STARTS):
        harness = open_run(f"start-{turn}")
        began = time.perf_counter()
        try:
            harness.up()
            samples.append(time.perf_counter() - began)
            sizes = memory(harness)
        finally:
            harness.remove()
    note(rows, "Start", f"{len(sizes)} accounts, from start to proven", seconds(samples))
    for name, size in sizes.items():
        note(rows, "Memory", f"instance of {name}, proven", f"{size} MB")


def memory(harness: Harness) -> dict[str, int]:
    """Resident megabytes of each instance."""
    return {
        instance.name: psutil.Process(instance.process.pid).memory_info().rss // 2**20
        for instance in harness.run.instances
        if isinstance(instance, Process)
    }


def measure_walk(rows: Rows) -> None:
    """The stages of harness.toml, with the start and the destroy."""
    harness = open_run("walk")
    began = time.perf_counter()
    try:
        harness.up()
        stages = [("start", time.perf_counter() - began)]
        for stage in harness.config.stage:
            at = time.perf_counter()
            harness.play(stage)
            stages.append((stage.name, time.perf_counter() - at))
        at = time.perf_counter()
        harness.destroy()
        stages.append(("destroy", time.perf_counter() - at))
        total = time.perf_counter() - began
        sizes = memory(harness)
    finally:
        harness.remove()
    for name, took in (*stages, ("the whole walk", total)):
        note(rows, "The walk, through the gate", name, seconds([took]))
    for name, size in sizes.items():
        note(rows, "Memory", f"instance of {name}, after the walk", f"{size} MB")
