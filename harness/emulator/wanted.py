"""What the driver wants of an instance: an account, and how it is reached."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.wire import DEFAULT_QUOTAS, NO_NETWORK, Membership, Network, Quotas


@dataclass(frozen=True, slots=True)
class Wanted:
    """One account to stand in for."""

    name: str
    account_id: str
    region: str
    profiles: Sequence[str]
    port: int | None = None
    organization: Membership | None = None
    quotas: Quotas = DEFAULT_QUOTAS
    network: Network = NO_NETWORK
