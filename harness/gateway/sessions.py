"""The sessions that this account issued: temporary credentials and what they were issued with."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from harness.sigv4 import Credential, SigningKey
from harness.wire.vouch import CallerKind

KEPT_AFTER_END = timedelta(days=1)
"""So long an ended session is told apart from an unknown key."""


@dataclass(frozen=True, slots=True)
class Session:
    """One temporary credential. `owner_id` is the unique id of its role or user: a session ends with it."""

    credential: Credential
    kind: CallerKind
    owner_id: str
    name: str
    issued: datetime
    session_tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str | None = None
    policies: tuple[tuple[str, str], ...] | None = None
    """Session policies as (name, document); None where none were passed."""
    mfa: bool = False
    provider: str | None = None
    """Who authenticated for it, where it is of a federated assumption of a role."""
    provider_keys: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    via: tuple[str, ...] = ()
    """The services that act for the principal, the first one first, where it is a forward access session."""
    long_term: bool = False
    """The forward access session is one of a long-term key."""


class Sessions:
    """All sessions of the account, by key id."""

    def __init__(self) -> None:
        self._by_key: dict[str, Session] = {}
        self._look_again = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.Lock()

    def add(self, session: Session) -> None:
        """Remember a session that was just issued."""
        with self._lock:
            self._by_key[session.credential.key_id] = session

    def get(self, key_id: str) -> Session | None:
        """The session of a key id; an expired one too, so that it is told apart from an unknown key."""
        return self._by_key.get(key_id)

    def forget_ended(self, now: datetime) -> None:
        """Drop sessions that ended more than a day before `now`; they are looked through once an hour."""
        before = now - KEPT_AFTER_END
        with self._lock:
            if now < self._look_again:
                return
            self._look_again = now + timedelta(hours=1)
            ended = [
                key for key, session in self._by_key.items() if (end := session.credential.expires) and end < before
            ]
            for key in ended:
                del self._by_key[key]


def credential(key_id: str, secret: str, token: str, expires: datetime) -> Credential:
    """The credential of a new session."""
    return Credential(key_id, SigningKey(secret), SigningKey(token), active=True, expires=expires)
