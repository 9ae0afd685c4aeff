"""Whose an API is: its id says nothing of an account, so the accounts are asked."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.gateway.rest_apis.deployed import holds
from harness.wire import Message

if TYPE_CHECKING:
    from harness.gateway.peering.peers import Answer, Peers


@dataclass(frozen=True, slots=True)
class Apis:
    """The deployed APIs of all accounts, as this one can ask for them."""

    account_id: str
    peers: "Peers"

    def owner(self, api: str, request_id: str) -> str | None:
        """The account that has the API, None where none has. Raises PeerUnavailable: a silent account might have it."""
        if holds(self.account_id, api):
            return self.account_id
        for account in self.peers.accounts:
            if self.peers.ask(account, "holds_api", {"api": api}, request_id=request_id).data["holds"]:
                return account
        return None

    def answer(self, message: Message) -> "Answer":
        """A leaf: whether this account has the API."""
        return {"holds": holds(self.account_id, str(message.data["api"]))}, b""
