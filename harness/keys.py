"""The keys that exist before any IAM call, made where a launch is made: by the driver, or by Compose's one-shot service."""

import json
import secrets
import string
from typing import NamedTuple

from harness.sigv4.key_id import new_key_id
from harness.wire import AccountKeys

_ALPHABET = string.ascii_letters + string.digits
_SECRET_LENGTH = 40
ISSUER_ALGORITHM = "RS256"
"""Of the tokens that the driver issues: the one that every issuer of OpenID Connect has."""


def fresh_keys(account_id: str) -> AccountKeys:
    """New key pairs for the account's deployer and its root user."""
    return AccountKeys(
        deployer_key_id=new_key_id("AKIA", account_id, secrets.token_bytes(8)),
        deployer_secret=_secret(),
        root_key_id=new_key_id("AKIA", account_id, secrets.token_bytes(8)),
        root_secret=_secret(),
    )


def fresh_launch_key() -> str:
    """A new key for the seals of one launch, in hex."""
    return secrets.token_hex(32)


class IssuerKey(NamedTuple):
    """The key of the issuer that the driver plays, as JSON: one private JSON Web Key, and the set that verifies."""

    private: str
    public: str

    def __repr__(self) -> str:
        return "IssuerKey(secret withheld)"


def fresh_issuer_key() -> IssuerKey:
    """A new key for the web identity tokens of one launch."""
    from joserfc.jwk import KeySet, RSAKey  # noqa: PLC0415 - a tenth of a second that only a launch pays for

    key = RSAKey.generate_key(2048, {"use": "sig", "alg": ISSUER_ALGORITHM}, auto_kid=True)
    public = KeySet([key]).as_dict(private=False)
    return IssuerKey(json.dumps(key.as_dict(private=True)), json.dumps(public))


def _secret() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
