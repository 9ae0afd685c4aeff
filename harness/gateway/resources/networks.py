"""Where the parts of EC2's networks are: in which VPC, subnet and zone."""

from collections.abc import Callable, Mapping
from typing import Any

from harness.actions import NetworkPlace
from harness.gateway.services.lazily import loaded

Reader = Callable[[Any, str], Any | None]
"""The store, and the resource's id."""


def place(account_id: str, region: str, kind: str, identifier: str) -> NetworkPlace | None:
    """Where a resource of the account is, None for one that is not there."""
    models = loaded("moto.ec2.models")
    reader = _READERS.get(kind)
    held = reader(models.ec2_backends[account_id][region], identifier) if models and reader else None
    if held is None:
        return None
    subnet = held.subnet if kind == "network-interface" else None
    zone = (subnet or held).availability_zone if kind in {"network-interface", "subnet"} else None
    return NetworkPlace(str(held.vpc_id), str(subnet.id) if subnet else None, str(zone) if zone else None)


def _inner(attribute: str) -> Reader:
    """Of what is kept by VPC or by zone."""

    def reader(store: Any, identifier: str) -> Any | None:
        by_group = list(getattr(store, attribute).values())
        return next((held[identifier] for held in by_group if identifier in held), None)

    return reader


def _of(attribute: str) -> Reader:
    return lambda store, identifier: getattr(store, attribute).get(identifier)


_READERS: Mapping[str, Reader] = {
    "natgateway": _of("nat_gateways"),
    "network-acl": _of("network_acls"),
    "network-interface": _of("enis"),
    "route-table": _of("route_tables"),
    "security-group": _inner("groups"),
    "subnet": _inner("subnets"),
}
