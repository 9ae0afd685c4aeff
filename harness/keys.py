"""The keys that exist before any IAM call, made where a launch is made: by the driver, or by Compose's one-shot service."""

import secrets
import string

from harness.sigv4.key_id import new_key_id
from harness.wire import AccountKeys

_ALPHABET = string.ascii_letters + string.digits
_SECRET_LENGTH = 40


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


def _secret() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
