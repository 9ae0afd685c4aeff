"""What LocalStack does not serve is told in the harness's words: LocalStack's name its licences, which nobody has here.

LocalStack words it in one function for all operations that it lacks, which its skeleton and its exception handler have imported, and
anew for the resources of stacks.
"""

from typing import Any

from localstack.aws import catalog_exceptions, skeleton
from localstack.aws.catalog_exceptions import AwsServiceAvailabilityException
from localstack.aws.handlers import service

from harness.gateway.services.lazily import when_loaded

_UNSERVED = "{} is not served by the harness: README, `What it does not do`"
_CODE = 4
"""LocalStack's own number of it, which its analytics count."""


def install() -> None:
    """Have LocalStack say it so."""
    places: tuple[Any, ...] = (catalog_exceptions, skeleton, service)
    for place in places:
        place.get_service_availability_exception = _operation
    when_loaded("localstack.services.cloudformation.engine.v2.change_set_resource_support_checker", _amend_stacks)


def _operation(service_name: str, operation_name: str | None, _status: Any) -> AwsServiceAvailabilityException:
    named = service_name if operation_name is None else f"{service_name}:{operation_name}"
    return AwsServiceAvailabilityException(_UNSERVED.format(named), _CODE)


def _amend_stacks(module: Any) -> None:
    module._build_resource_failure_message = _resource  # noqa: SLF001 - there is no other place


def _resource(resource_type: str, _status: Any) -> str:
    return _UNSERVED.format(resource_type)
