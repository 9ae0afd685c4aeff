"""Whose the key is that a ciphertext was made with: a ciphertext names the key by its id alone, so the accounts are asked.

AWS's ciphertexts tell it themselves, also of another account's key: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.actions import SeveralOwners
from harness.actions.kms import key_of_ciphertext
from harness.gateway.asked import Asked
from harness.gateway.services.lazily import loaded
from harness.wire import Message

if TYPE_CHECKING:
    from harness.gateway.peering.peers import Answer, Peers


def holds(account_id: str, region: str, key_id: str) -> bool:
    """Whether the account has a key of that id."""
    models = loaded("localstack.services.kms.models")
    return models is not None and key_id in models.kms_stores[account_id][region].keys


@dataclass(slots=True)
class KmsKeys:
    """The keys of all accounts, as this one can ask for them."""

    account_id: str
    peers: "Peers"

    def owner(self, asked: Asked) -> str | None:
        """The account that has the key of the request's ciphertext; None where no ciphertext says, or none has it.

        Raises PeerUnavailable, and SeveralOwners for a ciphertext that would leave its account.
        """
        region, key_id = asked.operation.region, key_of_ciphertext(asked.operation)
        if key_id is None:
            return None
        if holds(self.account_id, region, key_id):
            return self.account_id
        for account in self.peers.accounts:
            question = {"key": key_id, "region": region}
            if self.peers.ask(account, "holds_key", question, request_id=asked.request_id).data["holds"]:
                if asked.operation.name == "ReEncrypt":
                    raise SeveralOwners(f"{account}, {self.account_id}")
                return account
        return None

    def answer(self, message: Message) -> "Answer":
        """A leaf: whether this account has the key."""
        return {"holds": holds(self.account_id, str(message.data["region"]), str(message.data["key"]))}, b""
