"""Whose a bucket is: its name says nothing of an account, and is one for all accounts.

Rules. `whereis` asks the others whether they hold a bucket; what they said last is only a hint of whom to ask first. A name is
claimed before a bucket of it is made, at one place for all accounts, the lowest; a claim that its holder has no bucket for is void.
A silent peer makes "not found" a 503: it might hold the bucket.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException

from harness.gateway.lazily import loaded
from harness.gateway.peers import Answer, Peers
from harness.wire import Message

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
TAKEN = (
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a "
    "different name and try again."
)


def holds(account_id: str, name: str) -> bool:
    """Whether the account has a bucket of that name."""
    models: Any = loaded("localstack.services.s3.models")
    return models is not None and models.s3_stores[account_id]["us-east-1"].global_bucket_map.get(name) == account_id


@dataclass(slots=True)
class Buckets:
    """The names of buckets, as this account knows them."""

    account_id: str
    peers: Peers
    holds: Callable[[str, str], bool] = holds
    _hints: dict[str, str] = field(default_factory=dict)
    _claims: dict[str, str] = field(default_factory=dict)
    """Name to claimant; kept by the lowest account."""
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

    def claim(self, name: str, request_id: str) -> None:
        """Have the name for a bucket that is about to be made. Raises BucketAlreadyExists and PeerUnavailable."""
        holder = self._claimed(name, None, request_id)
        if holder == self.account_id:
            return
        if not self.peers.ask(holder, "whereis", {"bucket": name}, request_id=request_id).data["holds"]:
            holder = self._claimed(name, holder, request_id)
        if holder != self.account_id:
            raise CommonServiceException("BucketAlreadyExists", TAKEN, HTTPStatus.CONFLICT, sender_fault=True)

    def _claimed(self, name: str, instead_of: str | None, request_id: str) -> str:
        """Whose the name is after our claim."""
        registry = min(self.account_id, *self.peers.accounts) if self.peers.accounts else self.account_id
        if registry == self.account_id:
            return self._register(name, self.account_id, instead_of)
        data = {"bucket": name, "instead_of": instead_of}
        return str(self.peers.ask(registry, "claim", data, request_id=request_id).data["holder"])

    def _register(self, name: str, claimant: str, instead_of: str | None) -> str:
        with self._lock:
            if self._claims.get(name) == instead_of:
                self._claims[name] = claimant
            return self._claims[name]

    def answer_whereis(self, message: Message) -> Answer:
        """A leaf: whether this account has the bucket."""
        return {"holds": self.holds(self.account_id, message.data["bucket"])}, b""

    def answer_claim(self, message: Message) -> Answer:
        """A leaf: register the claim, unless the name is another's already."""
        return {"holder": self._register(message.data["bucket"], message.sender, message.data["instead_of"])}, b""
