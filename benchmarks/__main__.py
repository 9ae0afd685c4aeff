"""Measure, and write docs/benchmarks.md. The walk is measured against plain Terraform on plain LocalStack in the same run."""

import os
import platform
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.containers import measure_containers
from benchmarks.engine import measure_engine
from benchmarks.functions import measure_functions
from benchmarks.gate import measure_gate, measure_soak
from benchmarks.plain import measure_plain
from benchmarks.sandbox import measure_start, measure_walk
from benchmarks.table import Rows, write

TARGET = Path(__file__).parents[1] / "docs" / "benchmarks.md"


MEASURES: Mapping[str, Callable[[Rows], None]] = {
    "engine": measure_engine,
    "start": measure_start,
    "walk": measure_walk,
    "functions": measure_functions,
    "plain": measure_plain,
    "gate": measure_gate,
    "soak": measure_soak,
    "containers": measure_containers,
}


def main() -> None:
    """Run every measure in turn, or those named; each prints what it finds, and takes its sections' place in the document."""
    names = sys.argv[1:] or list(MEASURES)
    if unknown := [name for name in names if name not in MEASURES]:
        sys.exit(f"error: no measure `{unknown[0]}`; there are {', '.join(MEASURES)}")
    rows: Rows = {}
    for name in names:
        MEASURES[name](rows)
    cores = f"{len(os.sched_getaffinity(0))} cores" if sys.platform == "linux" else "unknown cores"
    machine = f"{platform.system()} {platform.machine()}, {cores}, Python {platform.python_version()}"
    write(TARGET, f"{datetime.now(UTC):%Y-%m-%d}, {machine}", rows)
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
