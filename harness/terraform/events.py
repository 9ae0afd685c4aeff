"""Terraform's `-json` lines as typed events. Pure.

https://developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or a warning, with its place where it has one."""

    severity: str
    summary: str
    detail: str = ""
    address: str | None = None
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " if self.file else ""
        what = f" ({self.address})" if self.address else ""
        detail = f": {' '.join(self.detail.split())}" if self.detail else ""
        return f"{where}{self.summary}{what}{detail}"


@dataclass(frozen=True, slots=True)
class Event:
    """Progress on one resource: `start`, `complete` or `errored`, with what was done to it."""

    phase: str
    address: str
    action: str
    seconds: float = 0.0

    def __str__(self) -> str:
        took = f" ({self.seconds:.0f} s)" if self.phase == "complete" else ""
        return f"{self.action} {self.address}: {self.phase}{took}"


_PHASES = {"apply_start": "start", "apply_complete": "complete", "apply_errored": "errored"}


def read_line(line: str) -> Event | Diagnostic | None:
    """The event or diagnostic of a line; None for lines that say nothing of either, and for lines that are not JSON."""
    try:
        data = json.loads(line)
    except ValueError:
        return None
    if not isinstance(data, dict):
        return None
    if data.get("type") == "diagnostic":
        return _diagnostic(data.get("diagnostic", {}))
    phase = _PHASES.get(str(data.get("type")))
    return _event(phase, data.get("hook", {})) if phase else None


def _event(phase: str, hook: Mapping[str, Any]) -> Event:
    resource = hook.get("resource", {})
    return Event(
        phase, str(resource.get("addr", "")), str(hook.get("action", "")), float(hook.get("elapsed_seconds", 0))
    )


def _diagnostic(data: Mapping[str, Any]) -> Diagnostic:
    place = data.get("range") or {}
    start = place.get("start") or {}
    return Diagnostic(
        severity=str(data.get("severity", "error")),
        summary=str(data.get("summary", "")),
        detail=str(data.get("detail", "")),
        address=data.get("address"),
        file=place.get("filename"),
        line=start.get("line"),
    )
