"""The answer to "who signed this": facts about the caller and its policies, as the caller's own account states them.

No secret, token, signing key or verdict. Policies travel by digest, their documents only where the asker does not hold them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from harness.model.arn import Arn
from harness.sigv4.key_id import account_of
from harness.wire.organization import Place


class CallerKind(StrEnum):
    """What kind of principal signs requests."""

    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role-session"
    FEDERATED_USER = "federated-user"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed, and the session it is signed in."""

    kind: CallerKind
    account_id: str
    arn: str
    """As in messages: the session's ARN for a session."""
    unique_id: str
    """AIDA… of the user, AROA… of the session's role, the account id of root."""
    user_name: str | None = None
    role_arn: str | None = None
    """The role's ARN with its path."""
    session_name: str | None = None
    user_arn: str | None = None
    """The user's ARN: of the user itself, or of the user whose federated session this is."""
    principal_tags: Mapping[str, str] = field(default_factory=dict)
    """aws:PrincipalTag: the entity's tags, overridden by the session's."""
    session: "SessionFacts | None" = None
    place: Place | None = None
    """The account's place in its organization, None where it is in none."""

    @property
    def user_id(self) -> str:
        """aws:userid, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable."""
        if self.kind is CallerKind.ROLE_SESSION:
            return f"{self.unique_id}:{self.session_name}"
        if self.kind is CallerKind.FEDERATED_USER:
            return f"{self.account_id}:{self.session_name}"
        return self.unique_id

    @property
    def policy_principal(self) -> str:
        """aws:PrincipalArn: the role's ARN for a session of it."""
        return self.role_arn or self.arn


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a temporary credential was issued with; times in epoch seconds."""

    issued: float
    expires: float
    transitive_tag_keys: tuple[str, ...] = ()
    session_tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str | None = None
    mfa: bool = False
    is_chainable_role: bool = False
    """The session is a role's: assuming a role with it is role chaining."""
    provider: str | None = None
    """aws:FederatedProvider: who authenticated the person or workload that assumed the role."""
    provider_keys: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """The provider's condition keys that the session's requests have."""
    via: tuple[str, ...] = ()
    """aws:CalledVia: the services that act for the principal, the first one first, in a forward access session."""
    long_term: bool = False
    """The forward access session is one of a long-term key, and not of temporary credentials."""


@dataclass(frozen=True, slots=True)
class PolicyRef:
    """A policy by name (ARN, or the inline policy's name) and the SHA-256 of its document."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All policies that limit or grant on the caller's side."""

    identity: tuple[PolicyRef, ...] = ()
    boundary: PolicyRef | None = None
    session: tuple[PolicyRef, ...] | None = None
    """None: no session policies apply. Empty: a federated user's session without any, which grants nothing."""
    service_control: tuple[tuple[PolicyRef, ...], ...] = ()
    """By level, the root's first; none where no organization binds the account."""

    @property
    def refs(self) -> tuple[PolicyRef, ...]:
        """Every policy named."""
        controls = [ref for level in self.service_control for ref in level]
        return (*self.identity, *([self.boundary] if self.boundary else []), *(self.session or ()), *controls)


@dataclass(frozen=True, slots=True)
class Vouch:
    """The home's whole answer."""

    home: str
    revision: int
    caller: Caller
    policies: PolicySet
    key_id: str
    region: str
    service: str
    """Region and service of the signed scope."""

    def foreign_to(self, account: str) -> str | None:
        """What in the statement is not the business of `account`, which made it; None where everything is.

        An account speaks for its own principals only: every ARN, id and key that it names must be its own.
        """
        caller = self.caller
        provider = caller.session.provider if caller.session is not None else None
        known_by_domain = provider is not None and not provider.startswith("arn:")
        arns = (caller.arn, caller.role_arn, caller.user_arn, None if known_by_domain else provider)
        if self.home != account or caller.account_id != account:
            return "another account"
        if any(arn is not None and _account_of_arn(arn) != account for arn in arns):
            return "another account's principal"
        if self.key_id and account_of(self.key_id) != account:
            return "another account's key"
        prefix = _ID_PREFIXES.get(caller.kind, ("AIDA", account))
        return None if caller.unique_id.startswith(prefix) else "an id that its principals cannot have"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Vouch":
        """Read back what `to_json` wrote."""
        fields = dict(data)
        return cls(**fields | {"caller": _caller(fields["caller"]), "policies": _policies(fields["policies"])})


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
_ID_PREFIXES: Mapping[CallerKind, tuple[str, ...]] = {CallerKind.USER: ("AIDA",), CallerKind.ROLE_SESSION: ("AROA",)}


def _account_of_arn(text: str) -> str | None:
    arn = Arn.parse(text)
    return arn.account if arn is not None else None


def _caller(data: Mapping[str, Any]) -> Caller:
    session = data["session"]
    facts = session and SessionFacts(
        **session
        | {
            "transitive_tag_keys": tuple(session["transitive_tag_keys"]),
            "via": tuple(session["via"]),
            "provider_keys": {key: _value(value) for key, value in session["provider_keys"].items()},
        }
    )
    place = data["place"] and Place(**data["place"])
    return Caller(**{**data, "kind": CallerKind(data["kind"]), "session": facts, "place": place})


def _value(value: str | list[str]) -> str | tuple[str, ...]:
    return value if isinstance(value, str) else tuple(value)


def _policies(data: Mapping[str, Any]) -> PolicySet:
    boundary, session = data["boundary"], data["session"]
    return PolicySet(
        identity=_refs(data["identity"]),
        boundary=PolicyRef(**boundary) if boundary else None,
        session=None if session is None else _refs(session),
        service_control=tuple(_refs(level) for level in data["service_control"]),
    )


def _refs(data: list[Mapping[str, str]]) -> tuple[PolicyRef, ...]:
    return tuple(PolicyRef(**ref) for ref in data)
