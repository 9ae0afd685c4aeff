"""Who a request is made for where no principal signed it: a service principal, LocalStack itself, or anyone at all.

Of the internal calls only this process or the call's home says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from harness.wire import Place
from harness.wire.vouch import PolicyRef


@dataclass(frozen=True, slots=True)
class ServiceSigner:
    """An internal call on behalf of a service principal, in the account whose resource it acts for."""

    principal: str
    source_arn: str | None
    account: str
    place: Place | None = None
    """The account's place in its organization."""

    @property
    def foreign_source(self) -> str | None:
        """The account of the source where it is another than the call's; S3's bucket ARNs hold none."""
        named = (self.source_arn or "").split(":", 5)[4:5]
        return named[0] if named and named[0] not in {"", self.account} else None


@dataclass(frozen=True, slots=True)
class PlumbingSigner:
    """An internal call that no AWS principal makes, and the service whose code makes it."""

    caller: str


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody: the request is not signed. It has no home; the resource's owner decides."""


@dataclass(frozen=True, slots=True)
class Authorized:
    """Whoever a Lambda authorizer of an API speaks for, with the policy that it gives them."""

    principal_id: str
    """The authorizer's name for them."""
    policy: PolicyRef


ANONYMOUS = Anonymous()
InternalSigner = ServiceSigner | PlumbingSigner


def to_json(signer: InternalSigner) -> dict[str, Any]:
    """What a home says of its call; it cannot name an account."""
    if isinstance(signer, PlumbingSigner):
        return {"caller": signer.caller}
    place = signer.place and asdict(signer.place)
    return {"principal": signer.principal, "source_arn": signer.source_arn, "place": place}


def from_json(said: Mapping[str, Any], home: str) -> InternalSigner:
    """What `home` said, taken for its own account."""
    if "caller" in said:
        return PlumbingSigner(said["caller"])
    return ServiceSigner(said["principal"], said["source_arn"], home, said["place"] and Place(**said["place"]))
