"""The answer: an effect and the statements that made it. A denial is an answer, not an error."""

from dataclasses import dataclass
from enum import StrEnum


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


@dataclass(frozen=True, slots=True)
class Evidence:
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


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict with its evidence."""

    effect: Effect
    because: tuple[Evidence, ...] = ()
    unmodelled: bool = False
    """A statement met something unknown; where it decided, the verdict is on the strict side."""

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.effect is Effect.ALLOWED
