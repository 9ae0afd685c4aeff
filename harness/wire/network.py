"""Where the requests to an account's endpoint come from, as condition keys tell it: an address, or a VPC through its endpoint.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-network-properties
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.wire.organization import Place


@dataclass(frozen=True, slots=True)
class VpcEndpoint:
    """A VPC endpoint that a request came through."""

    id: str
    vpc: str
    account: str
    region: str
    place: Place | None = None
    """The account's in its organization."""
    policy: str | None = None
    """Its policy's document; None where the endpoint lets everything through."""

    @property
    def vpc_arn(self) -> str:
        """aws:SourceVpcArn."""
        return f"arn:aws:ec2:{self.region}:{self.account}:vpc/{self.vpc}"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "VpcEndpoint":
        """Read back what `asdict` gives."""
        return cls(**{**data, "place": data["place"] and Place(**data["place"])})


@dataclass(frozen=True, slots=True)
class Network:
    """Of an account. Nothing in it: requests come from where they come from, the loopback."""

    source_ip: str | None = None
    vpc: str | None = None
    vpc_endpoint: str | None = None
    """In the VPC; together with it."""
    vpc_endpoint_policy: str | None = None
    """The document of its policy: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html."""

    def endpoint(self, account: str, region: str, place: Place | None) -> VpcEndpoint | None:
        """The endpoint as one of the account's."""
        if self.vpc is None or self.vpc_endpoint is None:
            return None
        return VpcEndpoint(self.vpc_endpoint, self.vpc, account, region, place, self.vpc_endpoint_policy)


NO_NETWORK = Network()
