"""The table that the benchmarks write."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

Rows = dict[str, list[tuple[str, str]]]
"""Section to (what, figure)."""


def seconds(samples: Sequence[float]) -> str:
    """Median, and the range where there are several."""
    middle = f"{statistics.median(samples):.2f} s"
    return middle if len(samples) == 1 else f"{middle} ({min(samples):.2f} to {max(samples):.2f}, {len(samples)} runs)"


def milliseconds(samples: Sequence[float]) -> str:
    """Median and 99th percentile."""
    ordered = sorted(samples)
    last = ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    return f"{statistics.median(ordered) * 1000:.1f} ms (p99 {last * 1000:.1f} ms, {len(ordered)} calls)"


def note(rows: Rows, section: str, what: str, figure: str) -> None:
    """Add a row, and print it."""
    rows.setdefault(section, []).append((what, figure))
    print(f"{section}: {what}: {figure}", flush=True)


def write(path: Path, when: str, rows: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """Write the document."""
    parts = [f"# Benchmarks\n\n`tox -e bench` measures again and writes this file. Measured {when}.\n"]
    for section, lines in rows.items():
        parts.append(f"\n## {section}\n\n| what | figure |\n| --- | --- |\n")
        parts.extend(f"| {what} | {figure} |\n" for what, figure in lines)
    path.write_text("".join(parts), encoding="utf-8")
