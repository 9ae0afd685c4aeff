"""Canonical user ids: the name that S3 has for an account beside its number.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html
Sixty-four hexadecimal digits; made of the number alone here, so that every account knows every other's.
"""

from hashlib import sha256


def canonical_user(account: str) -> str:
    """The id of the account."""
    return sha256(f"canonical user of {account}".encode()).hexdigest()
