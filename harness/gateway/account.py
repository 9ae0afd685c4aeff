"""One account per process: whatever the request's key said, what executes here executes in this instance's account."""

import re
from dataclasses import dataclass

from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from harness.gateway.arrival import arrival_of, signer_of
from harness.gateway.iam import identifiers
from harness.gateway.signers import Anonymous
from harness.sigv4.key_id import account_of
from harness.wire.vouch import Vouch

_CREDENTIAL = re.compile(r"Credential=([^/]+)/")


@dataclass(slots=True)
class PinAccount:
    """Request handler, behind LocalStack's own reading of the account from the key."""

    account_id: str
    region: str
    _stand_in: str = ""

    def __post_init__(self) -> None:
        """A key id of this account that belongs to nobody stands in for foreign keys."""
        self._stand_in = identifiers.key_id("ASIA", self.account_id)

    def __call__(self, _chain: HandlerChain, context: RequestContext, _response: Response) -> None:
        """Set the account in the context, for moto, and in the credential that services read."""
        context.account_id = self.account_id
        headers = context.request.headers
        headers["x-moto-account-id"] = self.account_id
        signer = signer_of(context)
        own = isinstance(signer, Vouch) and account_of(signer.key_id) == self.account_id
        key_id = signer.key_id if own and isinstance(signer, Vouch) else self._stand_in
        if authorization := headers.get("Authorization"):
            headers["Authorization"] = _CREDENTIAL.sub(f"Credential={key_id}/", authorization, count=1)
        if isinstance(signer, Anonymous):
            context.region = self.region  # no scope names one: it is the endpoint's
        elsewhere = "X-Amz-Credential" in context.request.args or arrival_of(context).form is not None
        if isinstance(signer, Vouch) and elsewhere:
            context.region = signer.region  # LocalStack reads the region from headers only
