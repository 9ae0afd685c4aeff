"""LocalStack's own code, amended where it tells what is encrypted, or fails at what AWS takes or refuses."""

import base64
import hmac
import secrets
from collections.abc import Callable
from typing import Any

from harness.actions.kms import key_in
from harness.gateway import respond
from harness.gateway.services.lazily import around, when_loaded

_UNREADABLE = secrets.token_bytes(32)
Function = Callable[..., Any]


def install() -> None:
    """Amend what is loaded, and what will be when it is."""
    when_loaded("moto.ssm.models", lambda module: around(module.Parameter, "response_object", _encrypted))
    when_loaded(
        "localstack.services.ssm.provider",
        lambda module: around(module.SsmProvider, "_get_secrets_information", _referred),
    )
    when_loaded(
        "localstack.services.secretsmanager.provider",
        # Of replicas it raises; the gate asks for every secret's key (`actions/encryption`).
        lambda module: setattr(module.SecretsmanagerProvider, "_raise_if_default_kms_key", lambda *_: None),
    )
    when_loaded("localstack.services.kms.provider", _amend_kms)


def _amend_kms(module: Any) -> None:
    around(module.KmsProvider, "re_encrypt", _re_encrypt)
    around(module.KmsProvider, "_get_key_id_from_any_id", _key_id)


def _encrypted(original: Function, parameter: Any, decrypt: bool = False, *args: Any, **kwargs: Any) -> Any:
    """A SecureString that is not to be decrypted is told as what nobody can read; moto's stand-in holds the value.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
    """
    told = original(parameter, decrypt, *args, **kwargs)
    if parameter.parameter_type == "SecureString" and not decrypt:
        told["Value"] = base64.b64encode(hmac.digest(_UNREADABLE, str(parameter.value).encode(), "sha512")).decode()
    return told


def _referred(original: Function, account_id: str, region: str, name: str, secret: str) -> Any:
    """A secret that a parameter refers to: LocalStack fails at a name with a version, which moto, asked next, can find.

    https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
    """
    return None if ":" in secret else original(account_id, region, name, secret)


def _re_encrypt(original: Function, provider: Any, context: Any, **params: Any) -> Any:
    """A ciphertext's key need not be named; LocalStack fails without.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_ReEncrypt.html#API_ReEncrypt_RequestParameters
    """
    source = params.get("source_key_id") or key_in(params.get("ciphertext_blob"))
    if source is None:
        raise respond.client_error("InvalidCiphertextException", "the ciphertext names no key")
    return original(provider, context, **{**params, "source_key_id": source})


def _key_id(original: Function, *args: str) -> Any:
    """An ARN of anything but a key or an alias.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html#API_DescribeKey_Errors
    """
    try:
        return original(*args)
    except ValueError as invalid:
        raise respond.client_error("InvalidArnException", str(invalid)) from invalid
