"""A log group that is named by its ARN is that one. moto takes the group that was made last, and none to filter events of."""

import json
from collections.abc import Callable
from typing import Any

from harness.gateway.services.lazily import around, when_loaded


def install() -> None:
    """Have moto look for the group."""
    when_loaded("moto.logs.models", lambda module: around(module.LogsBackend, "_find_log_group", _found))
    when_loaded("moto.logs.responses", lambda module: around(module.LogsResponse, "filter_log_events", _filtered))


def _found(
    original: Callable[..., Any], backend: Any, log_group_id: str | None = None, log_group_name: str | None = None
) -> Any:
    """Raises moto's error where there is none."""
    if log_group_id and not log_group_name:
        wanted = log_group_id.removesuffix(":*")
        named = (name for name, group in backend.groups.items() if wanted in {name, group.arn.removesuffix(":*")})
        log_group_name = next(named, log_group_id)
    return original(backend, log_group_name=log_group_name)


def _filtered(original: Callable[..., str], response: Any) -> str:
    """By the name of the group that is identified."""
    said = json.loads(response.body)
    identifier = said.get("logGroupIdentifier")
    if identifier and not said.get("logGroupName"):
        group = response.logs_backend._find_log_group(log_group_id=identifier)  # noqa: SLF001 - moto has no other reader
        response.body = json.dumps({**said, "logGroupName": group.name})
    return original(response)
