"""What a service answers where the key of KMS that it needs cannot be used: disabled, or about to be deleted. LocalStack asks for S3 only.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html, and for the errors each service's API reference. Where none is
linked, the sentence is not documented.
"""

import base64
import re
from collections.abc import Mapping

from harness.actions import Operation, encryption
from harness.actions.operation import Facts
from harness.gateway import respond
from harness.gateway.services.lazily import loaded

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors
_NOT_DECRYPTED = "Secrets Manager can't decrypt the protected secret text using the provided KMS key."
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html#API_PutSecretValue_Errors
_NOT_ENCRYPTED = (
    "Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, "
    "and not in an invalid state."
)
_TOKEN = re.compile(r"\d{12}:[a-z0-9-]+:[0-9a-f-]+")
"""LocalStack's grant tokens, decoded."""
# (service, action on the key): shape and code of the error, and its sentence.
_ANSWERS: Mapping[tuple[str, str], tuple[str, str, str]] = {
    # https://github.com/localstack/localstack/issues/8422 has the code
    ("s3", "Decrypt"): ("KMS.DisabledException", "KMS.DisabledException", "The key is disabled."),
    ("s3", "GenerateDataKey"): ("KMS.DisabledException", "KMS.DisabledException", "The key is disabled."),
    ("secretsmanager", "Decrypt"): ("DecryptionFailure", "DecryptionFailure", _NOT_DECRYPTED),
    ("secretsmanager", "GenerateDataKey"): ("EncryptionFailure", "EncryptionFailure", _NOT_ENCRYPTED),
    ("ssm", "Decrypt"): ("InvalidKeyId", "InvalidKeyId", "The query key ID isn't valid."),
    ("ssm", "Encrypt"): ("InvalidKeyId", "InvalidKeyId", "The query key ID isn't valid."),
    ("ssm", "GenerateDataKey"): ("InvalidKeyId", "InvalidKeyId", "The query key ID isn't valid."),
    # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html#API_PutRecord_Errors
    ("kinesis", "GenerateDataKey"): ("KMSDisabledException", "KMSDisabledException", "The key is disabled."),
    ("kinesis", "Decrypt"): ("KMSDisabledException", "KMSDisabledException", "The key is disabled."),
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
    ("logs", "GenerateDataKey"): ("InvalidParameterException", "InvalidParameterException", "The key is disabled."),
    ("sns", "GenerateDataKey"): ("KMSDisabled", "KMSDisabled", "The key is disabled."),
    ("sqs", "GenerateDataKey"): ("KmsDisabled", "KMS.DisabledException", "The key is disabled."),
    ("sqs", "Decrypt"): ("KmsDisabled", "KMS.DisabledException", "The key is disabled."),
}
_ASKING = frozenset(service for service, _ in _ANSWERS)


# https://docs.aws.amazon.com/kms/latest/APIReference/API_RetireGrant.html#API_RetireGrant_Errors; its text is not known
_NO_TOKEN = ("InvalidGrantTokenException", "The grant token is not valid.")


def check_grant_token(operation: Operation) -> None:
    """Raise KMS's error for what cannot be a token."""
    token = operation.params.get("GrantToken") if operation.service == "kms" else None
    if token and _TOKEN.fullmatch(_decoded(str(token))) is None:
        raise respond.client_error(*_NO_TOKEN)


def _decoded(token: str) -> str:
    try:
        return base64.b64decode(token).decode("latin-1")
    except ValueError:
        return ""


def check_keys(account_id: str, operation: Operation, facts: Facts) -> None:
    """Raise the service's error for a key that cannot be used; the caller may use it, were it enabled."""
    if operation.service not in _ASKING:
        return
    for call in encryption.calls(operation, facts):
        answer = _ANSWERS.get((operation.service, call.action.removeprefix("kms:")))
        if answer is not None and not _is_enabled(account_id, call.resource or ""):
            raise respond.shaped_error(*answer)


def _is_enabled(account_id: str, arn: str) -> bool:
    """AWS's own keys always are, and what is no key of the account is not asked for here: it was denied."""
    models = loaded("localstack.services.kms.models")
    if models is None or ":key/" not in arn:
        return True
    held = models.kms_stores[account_id][arn.split(":")[3]].keys.get(arn.rpartition("/")[2])
    return held is None or held.metadata["KeyState"] == "Enabled"
