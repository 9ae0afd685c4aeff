"""Tickets: how an internal call crosses to another account. The request travels as any forwarded one does and carries no identity.

The owner asks the home for whom the call is made; the home answers once, for exactly that request to exactly that owner.
"""

import hashlib
import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.gateway.signers import InternalSigner, to_json
from harness.sigv4 import Head
from harness.wire import Message
from harness.wire.seal import MAX_AGE


@dataclass(frozen=True, slots=True)
class _Issued:
    receiver: str
    request: str
    signer: InternalSigner
    until: float


@dataclass(slots=True)
class Tickets:
    """The tickets that this account issued and nobody has redeemed."""

    now: Callable[[], float]
    """Real time, in seconds."""
    _issued: dict[str, _Issued] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self, receiver: str, request: str, signer: InternalSigner) -> str:
        """A ticket for the request of that digest to the owner `receiver`."""
        ticket, now = secrets.token_hex(16), self.now()
        with self._lock:
            for old in [held for held, issued in self._issued.items() if issued.until < now]:
                del self._issued[old]
            self._issued[ticket] = _Issued(receiver, request, signer, now + MAX_AGE)
        return ticket

    def answer(self, message: Message) -> tuple[dict[str, Any], bytes]:
        """For whom the request of a ticket is made; the ticket is gone with the first question, whoever asks it."""
        with self._lock:
            issued = self._issued.pop(str(message.data["ticket"]), None)
        if issued is None or issued.until < self.now():
            return {"refused": "the ticket is unknown, was used before or is too old"}, b""
        if (issued.receiver, issued.request) != (message.sender, message.data["request"]):
            return {"refused": "the ticket is for another request"}, b""
        return to_json(issued.signer), b""


def digest(head: Head, payload_hash: str) -> str:
    """All of a request: its head, and its body by the hash."""
    whole = json.dumps([head.method, head.target, head.headers, payload_hash])
    return hashlib.sha256(whole.encode()).hexdigest()
