"""When, where and for which service a user's key or a role's session was last used: noted as a signature is found good, asked by moto.

moto notes what its own services are asked, with a region that none was signed for, and nothing of roles.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html, API_RoleLastUsed.html, and of what counts (every
attempt, denied or not) API_GenerateServiceLastAccessedDetails.html
"""

from datetime import datetime
from typing import Any

from moto.iam.models import AccessKey, AccessKeyLastUsed, Role, User

from harness.gateway.sessions import Session
from harness.sigv4 import Claim
from harness.wire.vouch import CallerKind

# https://docs.aws.amazon.com/IAM/latest/UserGuide/disaster-recovery-resiliency.html: where IAM itself is
_OF_IAM = "us-east-1"


class LastUsed:
    """The last use of each key by its id, and of each role by its unique id."""

    def __init__(self) -> None:
        self._uses: dict[str, tuple[datetime, Claim]] = {}

    def note(self, holder: Session | User | None, claim: Claim, now: datetime) -> None:
        """`holder` has signed; root and other sessions than a role's are asked about by nothing."""
        if isinstance(holder, User):
            self._uses[claim.key_id] = now, claim
        elif isinstance(holder, Session) and holder.kind is CallerKind.ROLE_SESSION:
            self._uses[holder.owner_id] = now, claim

    def install(self) -> None:
        """Have moto's entities say it; what moto notes itself is dropped."""
        key: Any = AccessKey
        role: Any = Role
        key.last_used = property(lambda held: self._use(held.access_key_id), _drop)
        role.last_used = property(lambda held: getattr(self._use(held.id), "timestamp", None), _drop)
        role.last_used_region = property(lambda held: getattr(self._use(held.id), "region", None), _drop)

    def _use(self, used: str) -> AccessKeyLastUsed | None:
        """As moto has it. IAM tells no fractions of seconds, and moto no time zones."""
        if used not in self._uses:
            return None
        time, claim = self._uses[used]
        region = _OF_IAM if claim.service == "iam" else claim.region
        return AccessKeyLastUsed(time.replace(microsecond=0, tzinfo=None), claim.service, region)


def _drop(_held: Any, _value: Any) -> None:
    """Nothing is kept."""
