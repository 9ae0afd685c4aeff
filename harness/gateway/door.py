"""The instance's endpoint: where the requests of its clients count as coming from."""

from dataclasses import asdict
from typing import Any

from localstack.aws.api import RequestContext

from harness.wire import Message, Network, Place, VpcEndpoint


class Door:
    """One per instance; the driver may say at any time that everything comes from elsewhere."""

    def __init__(self, account_id: str, region: str, place: Place | None, network: Network) -> None:
        """As harness.toml says; `place`: the account's in its organization."""
        self._account_id = account_id
        self._region = region
        self._place = place
        self._network = network

    def address(self, context: RequestContext) -> str:
        """The client's."""
        return self._network.source_ip or str(context.request.environ.get("REMOTE_ADDR", ""))

    @property
    def vpc_endpoint(self) -> VpcEndpoint | None:
        """What clients come through, None where they come over the internet."""
        return self._network.endpoint(self._account_id, self._region, self._place)

    def answer_network(self, message: Message) -> tuple[dict[str, Any], bytes]:
        """The driver's word from where everything comes now; the answer is from where it came before."""
        before, self._network = self._network, Network(**message.data)
        return asdict(before), b""
