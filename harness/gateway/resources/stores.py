"""Which accounts have anything in this process's stores: its own, and the account of LocalStack's plumbing, or something leaked."""

import gc
from collections.abc import Iterator
from typing import Any

from localstack.services.stores import AccountRegionBundle
from moto.core.base_backend import BackendDict


def accounts() -> dict[str, list[str]]:
    """Account -> the services that keep something for it."""
    found: dict[str, set[str]] = {}
    for service, account in _kept():
        found.setdefault(account, set()).add(service)
    return {account: sorted(services) for account, services in sorted(found.items())}


def _kept() -> Iterator[tuple[str, str]]:
    # Stores are module globals of each provider, without a list of them anywhere; this is asked by tests only.
    for bundle in [thing for thing in gc.get_objects() if type(thing) is AccountRegionBundle]:
        yield from ((str(bundle.service_name), account) for account in list(bundle))
    for backends in list(BackendDict._instances):  # noqa: SLF001 - moto has no other list
        for account, regions in list(backends.items()):
            if any(_holds_anything(backend) for backend in list(regions.values())):
                yield str(backends.service_name), account


def _holds_anything(backend: Any) -> bool:
    """Whether the backend is other than a new one: LocalStack makes one of account 000000000000 only to read its routes."""
    return _sizes(backend) != _sizes(type(backend)(backend.region_name, backend.account_id))


def _sizes(backend: Any) -> dict[str, int]:
    return {name: len(value) for name, value in vars(backend).items() if isinstance(value, dict | list | set)}
