"""Which public keys IAM takes for SSH: RSA's of 2048 bits or more, in OpenSSH's form or in PEM.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_UploadSSHPublicKey.html (InvalidPublicKey); the sentence is the one there.
"""

from harness.actions import Operation
from harness.gateway.respond import client_error

_FEWEST_BITS = 2048
_INVALID = "The public key is malformed or otherwise invalid."


def check_public_key(operation: Operation) -> None:
    """Raise IAM's error for a key that it does not take."""
    if (operation.service, operation.name) != ("iam", "UploadSSHPublicKey"):
        return
    if not _is_taken(operation.params["SSHPublicKeyBody"].encode()):
        raise client_error("InvalidPublicKey", _INVALID)


def _is_taken(body: bytes) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - the library loads when it is first needed
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key  # noqa: PLC0415

    load = load_pem_public_key if body.lstrip().startswith(b"-----BEGIN") else load_ssh_public_key
    try:
        key = load(body.strip())
    except (UnsupportedAlgorithm, ValueError):
        return False
    return isinstance(key, RSAPublicKey) and key.key_size >= _FEWEST_BITS
