"""The launch message: all that an instance is told at its start, by an inherited pipe or a 0400 file, never by environment."""

import json
from dataclasses import asdict, dataclass

from harness.wire.network import NO_NETWORK, Network
from harness.wire.organization import Membership
from harness.wire.quotas import DEFAULT_QUOTAS, Quotas


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to listen: a socket that the owner has bound already (`descriptor`), or an address of a container's network."""

    descriptor: int | None = None
    host: str = "127.0.0.1"
    port: int = 0


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """The two key pairs that exist before any IAM call: the deployer's and, kept apart, the root user's."""

    deployer_key_id: str
    deployer_secret: str
    root_key_id: str
    root_secret: str

    def __repr__(self) -> str:
        return f"AccountKeys({self.deployer_key_id}, {self.root_key_id}, secrets withheld)"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another account of the launch and where its peer port is."""

    account_id: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Launch:
    """One instance's launch."""

    account_id: str
    region: str
    version: str
    public: Listen
    peer: Listen
    peers: tuple[Peer, ...]
    external_accounts: tuple[str, ...]
    keys: AccountKeys
    launch_key: str
    """The launch's shared key, in hex."""
    journal: str
    """Path of this instance's journal."""
    issuer_keys: str
    """The keys that verify web identity tokens, a JSON Web Key Set as JSON."""
    issuer_key: str = ""
    """The key that signs them: only in the record that a driver reads, since an instance verifies and never signs."""
    eager_services: tuple[str, ...] = ()
    """Services to load in the background once the instance is ready."""
    organization: Membership | None = None
    """This account's own place; None where it is in no organization."""
    quotas: Quotas = DEFAULT_QUOTAS
    network: Network = NO_NETWORK

    def __repr__(self) -> str:
        return f"Launch({self.account_id}, secrets withheld)"

    def to_json(self) -> str:
        """One line of JSON, secrets included: for the pipe or the secret file only."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Launch":
        """Read back what `to_json` wrote."""
        fields = json.loads(text)
        return cls(
            **fields
            | {
                "public": Listen(**fields["public"]),
                "peer": Listen(**fields["peer"]),
                "peers": tuple(Peer(**peer) for peer in fields["peers"]),
                "external_accounts": tuple(fields["external_accounts"]),
                "keys": AccountKeys(**fields["keys"]),
                "eager_services": tuple(fields["eager_services"]),
                "quotas": Quotas(**fields["quotas"]),
                "network": Network(**fields["network"]),
                "organization": fields["organization"] and Membership.from_json(fields["organization"]),
            }
        )
