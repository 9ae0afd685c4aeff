"""The answer: an effect and the statements that made it. A denial is an answer, not an error."""

from enum import StrEnum
from typing import NamedTuple


class Effect(StrEnum):
    """The three-way verdict."""

    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicit_deny"
    EXPLICIT_DENY = "explicit_deny"


class Layer(StrEnum):
    """The kinds of policies that a decision passes through."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    KEY = "key"
    BOUNDARY = "permissions_boundary"
    SESSION = "session"
    SERVICE_CONTROL = "service_control"
    RESOURCE_CONTROL = "resource_control"
    VPC_ENDPOINT = "vpc_endpoint"


class Evidence(NamedTuple):
    """One statement that made the decision, or (without a policy) a layer that lacked an Allow."""

    layer: Layer
    policy: str | int | None = None
    """The policy's ARN or name; in decision cases its place in the case's list."""
    statement: int | None = None
    sid: str | None = None
    effect: str | None = None
    """`Allow` or `Deny`; None for a missing Allow."""
    note: str | None = None
    """What AWS's rules add: a fault of the stored policy, a rule such as root being unable to assume roles."""


class FailedCondition(NamedTuple):
    """A condition that did not hold."""

    operator: str
    """As the document writes it."""
    key: str
    wanted: tuple[str, ...]
    """The document's values, variables and all."""
    value: str | tuple[str, ...] | None
    """The request's; None where the key is absent."""


class NearMiss(NamedTuple):
    """A statement that meant this principal, action and resource, and whose conditions did not hold."""

    statement: Evidence
    failed: tuple[FailedCondition, ...]


class Decision(NamedTuple):
    """The verdict with its evidence."""

    effect: Effect
    because: tuple[Evidence, ...] = ()
    unmodelled: bool = False
    """A statement met something unknown; where it decided, the verdict is on the strict side."""
    near_misses: tuple[NearMiss, ...] = ()
    """What did not take effect for its conditions alone: a missing Allow's cause is most often here."""

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.effect is Effect.ALLOWED
