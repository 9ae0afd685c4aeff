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
    """Write the document; sections that were not measured this time stay as they are."""
    kept = _sections(path.read_text(encoding="utf-8")) if path.exists() else {}
    measured = {section: _table(lines) + f"\nMeasured {when}.\n" for section, lines in rows.items()}
    parts = [
        "# Benchmarks\n\n`tox -e bench` measures again and writes this file; `tox -e bench -- NAME...` some of it.\n"
    ]
    parts += [f"\n## {section}\n\n{text}" for section, text in {**kept, **measured}.items()]
    path.write_text("".join(parts), encoding="utf-8")


def _sections(document: str) -> dict[str, str]:
    pieces = (piece.partition("\n") for piece in document.split("\n## ")[1:])
    return {title: text.strip() + "\n" for title, _, text in pieces}


def _table(lines: Sequence[tuple[str, str]]) -> str:
    return "| what | figure |\n| --- | --- |\n" + "".join(f"| {what} | {figure} |\n" for what, figure in lines)
