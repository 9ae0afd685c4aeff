"""A shard iterator of Kinesis tells its stream. moto's tells none where the stream was named by its ARN, and is then of no use."""

from collections.abc import Callable
from typing import Any

from harness.gateway.services.lazily import around, when_loaded


def install() -> None:
    """Have moto read the name out of the ARN."""
    when_loaded("moto.kinesis.models", lambda module: around(module.KinesisBackend, "get_shard_iterator", _named))


def _named(original: Callable[..., str], backend: Any, stream_arn: str | None, name: str | None, *more: Any) -> str:
    return original(backend, stream_arn, name or (stream_arn or "").partition(":stream/")[2], *more)
