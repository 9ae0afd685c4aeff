"""Identifiers and secrets as AWS makes them: moto's come from a seedable generator and lack the prefixes.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes
"""

import base64
import secrets
import string
from typing import Any

import moto.iam.models

from harness.gateway.services.lazily import when_loaded
from harness.model.canonical_user import canonical_user
from harness.sigv4.key_id import new_key_id

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def unique_id(prefix: str) -> str:
    """A unique id such as AROA…: 21 characters, never used again."""
    return prefix + "".join(secrets.choice(_ALPHABET) for _ in range(17))


def key_id(prefix: str, account_id: str) -> str:
    """A fresh access key id of the account."""
    return new_key_id(prefix, account_id, secrets.token_bytes(8))


def secret_key() -> str:
    """A fresh secret access key: 40 characters."""
    return base64.b64encode(secrets.token_bytes(30)).decode()


def session_token() -> str:
    """A fresh session token."""
    return "IQoJ" + base64.b64encode(secrets.token_bytes(150)).decode()


def install() -> None:
    """Make moto's IAM take its identifiers and secrets from here."""
    models: Any = moto.iam.models
    models.random_role_id = lambda _account_id: unique_id("AROA")
    models.random_policy_id = lambda: unique_id("ANPA")
    models.generate_access_key_id_from_account_id = lambda account_id, prefix, **_: key_id(prefix, account_id)
    models.random_alphanumeric = _secret
    when_loaded("localstack.services.s3.utils", _name_owners)
    for entity, prefix in ((models.User, "AIDA"), (models.Group, "AGPA"), (models.InstanceProfile, "AIPA")):
        _prefix_ids(entity, prefix)


def _name_owners(s3: Any) -> None:
    """Owners of buckets and objects by the account's own canonical user id; LocalStack has one for all."""
    s3.get_owner_for_account_id = lambda account_id: {"ID": canonical_user(account_id)}


def _secret(length: int) -> str:
    alphabet = string.ascii_letters + string.digits + "+/"
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _prefix_ids(entity: Any, prefix: str) -> None:
    original = entity.__init__

    def with_prefix(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.id = unique_id(prefix)

    entity.__init__ = with_prefix
