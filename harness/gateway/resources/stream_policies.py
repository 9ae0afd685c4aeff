"""Kinesis's resource policies are of streams and consumers that are there. moto keeps one for whatever ARN, and finds none of a consumer's.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutResourcePolicy.html
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from harness.gateway.services.lazily import around, when_loaded

Function = Callable[..., Any]


def install() -> None:
    """Have moto look for what has the policy."""
    when_loaded("moto.kinesis.models", _amend)


def _amend(module: Any) -> None:
    around(module.KinesisBackend, "put_resource_policy", partial(_put, module))
    around(module.KinesisBackend, "get_resource_policy", partial(_get, module))
    around(module.KinesisBackend, "delete_resource_policy", partial(_delete, module))


def _put(module: Any, original: Function, backend: Any, resource_arn: str, policy_doc: str) -> None:
    _require(module, backend, resource_arn)
    original(backend, resource_arn, policy_doc)


def _get(module: Any, _original: Function, backend: Any, resource_arn: str) -> str:
    _require(module, backend, resource_arn)
    found: str = backend.resource_policies.get(resource_arn, "{}")
    return found


def _delete(module: Any, _original: Function, backend: Any, resource_arn: str) -> None:
    _require(module, backend, resource_arn)
    if backend.resource_policies.pop(resource_arn, None) is None:
        raise module.ResourceNotFoundError(message=f"No resource policy found for resource ARN {resource_arn}.")


def _require(module: Any, backend: Any, arn: str) -> None:
    stream = backend._find_stream_by_arn(arn.partition("/consumer/")[0])  # noqa: SLF001 - moto has no other reader
    is_there = stream is not None and ("/consumer/" not in arn or stream.get_consumer_by_arn(arn) is not None)
    if not is_there:
        raise module.StreamNotFoundError(arn, backend.account_id)
