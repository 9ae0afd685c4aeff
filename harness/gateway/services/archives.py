"""An archive's events are replayed by their time. LocalStack's archives keep it as the text that targets get, and cannot compare it."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from harness.gateway.services.lazily import around, when_loaded


def install() -> None:
    """Have archives keep times."""
    when_loaded("localstack.services.events.archive", lambda module: around(module.ArchiveService, "put_events", _kept))


def _kept(original: Callable[..., None], service: Any, events: Iterable[Mapping[str, Any]]) -> None:
    original(service, [{**event, "time": _time(event["time"])} for event in events])


def _time(told: str | datetime) -> datetime:
    return told if isinstance(told, datetime) else datetime.fromisoformat(told)
