"""A secret that is not there is named as such; LocalStack names the staging label of its value, which AWS does of secrets that are there.

OBSERVED: https://github.com/digitalis-io/vals-operator/issues/44 (no secret), https://github.com/aws/aws-sdk-js-v3/issues/7701 (no value)
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from harness.gateway.services.lazily import around, when_loaded

_NO_SECRET = "Secrets Manager can't find the specified secret."  # noqa: S105 - AWS's sentence


def install() -> None:
    """Amend LocalStack's provider once it is loaded."""
    when_loaded(
        "localstack.services.secretsmanager.provider",
        lambda module: around(module.SecretsmanagerProvider, "get_secret_value", partial(_get, module)),
    )


def _get(module: Any, original: Callable[..., Any], self: Any, context: Any, request: Any) -> Any:
    missing = module.ResourceNotFoundException
    try:
        return original(self, context, request)
    except missing as error:
        secret = request["SecretId"]
        backend = module.SecretsmanagerProvider.get_moto_backend_for_resource(secret, context)
        if backend._is_valid_identifier(secret):  # noqa: SLF001 - moto's own look-up
            raise
        raise missing(_NO_SECRET) from error
