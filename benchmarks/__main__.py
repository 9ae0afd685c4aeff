"""Measure, and write docs/benchmarks.md. The walk is measured against plain Terraform on plain LocalStack in the same run."""

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.functions import measure_functions
from benchmarks.plain import measure_plain
from benchmarks.sandbox import measure_start, measure_walk
from benchmarks.table import Rows, write

TARGET = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main() -> None:
    """Run every measure in turn; each prints what it finds."""
    rows: Rows = {}
    measure_start(rows)
    measure_walk(rows)
    measure_functions(rows)
    measure_plain(rows)
    cores = f"{len(os.sched_getaffinity(0))} cores" if sys.platform == "linux" else "unknown cores"
    machine = f"{platform.system()} {platform.machine()}, {cores}, Python {platform.python_version()}"
    write(TARGET, f"{datetime.now(UTC):%Y-%m-%d}, {machine}", rows)
    print(f"wrote {TARGET}")


if __name__ == "__main__":
    main()
