"""The instance's endpoint: where the requests of its clients count as coming from."""

from dataclasses import asdict
from typing import Any

from harness.wire import Message, Network, Place, VpcEndpoint


class Door:
    """One per instance; the driver may say at any time that everything comes from elsewhere."""

    def __init__(self, account_id: str, region: str, place: Place | None, network: Network) -> None:
        """As harness.toml says; `place`: the account's in its organization."""
        self._account_id = account_id
        self._region = region
        self._place = place
        self._network = network

    def origin(self, address: str, *, by_service: bool) -> tuple[str, VpcEndpoint | None]:
        """Where a request from `address` counts as coming from, and what it came through: None over the internet.

        What a service asks (`by_service`: an internal call of LocalStack's) comes by none of the client's ways.
        """
        network = self._network
        if by_service:
            return address, None
        return network.source_ip or address, network.endpoint(self._account_id, self._region, self._place)

    def answer_network(self, message: Message) -> tuple[dict[str, Any], bytes]:
        """The driver's word from where everything comes now; the answer is from where it came before."""
        before, self._network = self._network, Network(**message.data)
        return asdict(before), b""
