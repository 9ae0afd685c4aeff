"""Whose a bucket is: its name says nothing of an account, and is one for all accounts.

Rules. `whereis` asks the others whether they hold a bucket; what they said last is only a hint of whom to ask first. A name is
claimed before a bucket of it is made, at one place for all accounts, the lowest; a claim whose holder neither has the bucket nor
is making it is void, and gives way to whoever saw it so: each claim has a token, and a renewed one another.
A silent peer makes "not found" a 503: it might hold the bucket.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.gateway.services.lazily import loaded
from harness.wire import Message

if TYPE_CHECKING:
    from harness.gateway.peering.peers import Answer, Peers


def held(account_id: str, name: str) -> Any | None:
    """LocalStack's bucket of that name in the account, None where it has none."""
    models: Any = loaded("localstack.services.s3.models")
    if models is None:
        return None
    store = models.s3_stores[account_id]["us-east-1"]  # all regions show all buckets
    return store.buckets.get(name)


def holds(account_id: str, name: str) -> bool:
    """Whether the account has a bucket of that name."""
    return held(account_id, name) is not None


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose a name is."""

    holder: str
    token: str


@dataclass(slots=True)
class Buckets:
    """The names of buckets, as this account knows them."""

    account_id: str
    peers: "Peers"
    holds: Callable[[str, str], bool] = holds
    _hints: dict[str, str] = field(default_factory=dict)
    _claims: dict[str, Claim] = field(default_factory=dict)
    """By name; kept by the lowest account."""
    _making: dict[str, str] = field(default_factory=dict)
    """Request to the name it claims or makes a bucket of, in this account."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def owner(self, name: str, request_id: str) -> str | None:
        """The account that has the bucket, None where none has. Raises PeerUnavailable."""
        if self.holds(self.account_id, name):
            return self.account_id
        hint = self._hints.get(name)
        for account in sorted(self.peers.accounts, key=lambda account: account != hint):
            if self.peers.ask(account, "whereis", {"bucket": name}, request_id=request_id).data["holds"]:
                self._hints[name] = account
                return account
        return None

    def claim(self, name: str, request_id: str) -> bool:
        """Have the name for the bucket that the request makes, until `made`; False if another account has it. Raises PeerUnavailable."""
        self._making[request_id] = name  # said before the claim stands, so that nobody finds it void
        claim = self._claimed(name, None, request_id)
        if claim.holder != self.account_id and self._is_void(name, claim, request_id):
            claim = self._claimed(name, claim.token, request_id)
        return claim.holder == self.account_id

    def made(self, request_id: str) -> None:
        """The request is answered, whatever became of its bucket, if it made one."""
        self._making.pop(request_id, None)

    def _is_void(self, name: str, claim: Claim, request_id: str) -> bool:
        said = self.peers.ask(claim.holder, "whereis", {"bucket": name}, request_id=request_id).data
        return not (said["holds"] or said["makes"])

    def _claimed(self, name: str, instead_of: str | None, request_id: str) -> Claim:
        """Whose the name is after our claim, in the place of that of the token if one is given."""
        registry = min((self.account_id, *self.peers.accounts))
        if registry == self.account_id:
            return self._register(name, self.account_id, instead_of)
        data = {"bucket": name, "instead_of": instead_of}
        said = self.peers.ask(registry, "claim", data, request_id=request_id).data
        return Claim(str(said["holder"]), str(said["token"]))

    def _register(self, name: str, claimant: str, instead_of: str | None) -> Claim:
        with self._lock:
            current = self._claims.get(name)
            if current is None or current.holder == claimant or current.token == instead_of:
                self._claims[name] = current = Claim(claimant, secrets.token_hex(8))
            return current

    def answer_whereis(self, message: Message) -> "Answer":
        """A leaf: whether this account has the bucket, and whether a request of it is making one."""
        name = message.data["bucket"]
        return {"holds": self.holds(self.account_id, name), "makes": name in list(self._making.values())}, b""

    def answer_claim(self, message: Message) -> "Answer":
        """A leaf: register the claim, unless the name is another's already."""
        claim = self._register(message.data["bucket"], message.sender, message.data["instead_of"])
        return {"holder": claim.holder, "token": claim.token}, b""
