"""KMS: every use of a key is decided on the key's ARN, also where the request names it by an alias or by what it encrypted.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
https://docs.aws.amazon.com/kms/latest/developerguide/policy-conditions.html
https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.actions.keys import UNKNOWN, UNREAD, KeyRule, Keys, KeyValue, Type, key, text, truth
from harness.actions.operation import Call, ContextValue, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import Service, each, rows

_KEY_ID = re.compile(r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})")
_ID_LENGTH = 36
_MANAGED = "alias/aws/"

_KEY = """
    CancelKeyDeletion CreateGrant DeleteImportedKeyMaterial DeriveSharedSecret DescribeKey DisableKey DisableKeyRotation EnableKey
    EnableKeyRotation Encrypt GenerateDataKey GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext
    GenerateDataKeyWithoutPlaintext GenerateMac GetKeyPolicy GetKeyRotationStatus GetParametersForImport GetPublicKey
    ImportKeyMaterial ListGrants ListKeyPolicies ListKeyRotations ListResourceTags PutKeyPolicy ReplicateKey RevokeGrant
    RotateKeyOnDemand ScheduleKeyDeletion Sign TagResource UntagResource UpdateKeyDescription UpdatePrimaryRegion Verify VerifyMac
"""
_CRYPTO = "Encrypt Decrypt GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext"
_BY_ALIAS = f"{_CRYPTO} DescribeKey GetPublicKey Sign Verify GenerateMac VerifyMac DeriveSharedSecret"
_REENCRYPT = "ReEncryptFrom ReEncryptTo"
_STORES = """
    CreateCustomKeyStore ConnectCustomKeyStore DeleteCustomKeyStore DescribeCustomKeyStores DisconnectCustomKeyStore
    UpdateCustomKeyStore
"""
_ALIASES = "CreateAlias UpdateAlias DeleteAlias"
_ON_KEY = f"{_KEY} Decrypt {_REENCRYPT} {_ALIASES}"
_KEYED = f"{_KEY} Decrypt CreateKey {_REENCRYPT} {_ALIASES}"


def managed_key(service: str) -> str:
    """The alias of the key that AWS manages for a service in each account.

    https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
    """
    return f"{_MANAGED}{service}"


def is_managed(name: str) -> bool:
    """Whether an alias or its ARN means a key that AWS manages."""
    return name.rpartition(":")[2].startswith(_MANAGED)


def key_arn(operation: Operation, facts: Facts, name: str) -> str | None:
    """The key that an id, an ARN or an alias means; None for an alias that there is not."""
    if ":alias/" in name or name.startswith("alias/"):
        return facts.arn("kms-key" if is_managed(name) else "kms-alias", name)
    if name.startswith("arn:"):
        return name
    return f"arn:aws:kms:{operation.region}:{operation.account}:key/{name}" if name else None


def _key(operation: Operation, facts: Facts) -> str | None:
    return key_arn(operation, facts, str(operation.params.get("KeyId") or ""))


# operation -> the parameter that may be left out
_LEFT_OUT = {"Decrypt": "KeyId", "ReEncrypt": "SourceKeyId"}


def key_of_ciphertext(operation: Operation) -> str | None:
    """The id of the key that the request leaves to its ciphertext; None for every other request."""
    parameter = _LEFT_OUT.get(operation.name) if operation.service == "kms" else None
    if parameter is None or operation.params.get(parameter):
        return None
    return key_in(operation.params.get("CiphertextBlob"))


def key_in(ciphertext: object) -> str | None:
    """The id of a ciphertext's key: LocalStack's begin with it, as AWS's do in their own way."""
    head = bytes(ciphertext[:_ID_LENGTH]).decode("latin-1") if isinstance(ciphertext, bytes | bytearray) else ""
    return head if _KEY_ID.fullmatch(head) else None


def _encrypted_under(operation: Operation, facts: Facts, parameter: str) -> str | None:
    """The key that the parameter names, or the ciphertext; the latter's is the deciding account's, which has it."""
    if named := str(operation.params.get(parameter) or ""):
        return key_arn(operation, facts, named)
    if (found := key_in(operation.params.get("CiphertextBlob"))) is None:
        return None
    return key_arn(replace(operation, account=operation.decided_by or operation.account), facts, found)


def _deciphered(operation: Operation, facts: Facts) -> str | None:
    return _encrypted_under(operation, facts, "KeyId")


def _re_encrypt(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Out of one key and into another: two actions."""
    target = str(operation.params.get("DestinationKeyId") or "")
    return [
        service.call(operation, facts, "ReEncryptFrom", _encrypted_under(operation, facts, "SourceKeyId")),
        service.call(operation, facts, "ReEncryptTo", key_arn(operation, facts, target)),
    ]


def _alias(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """An alias and the key that it means, or is to mean: both.

    https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    """
    alias = str(operation.params.get("AliasName") or "")
    named = f"arn:aws:kms:{operation.region}:{operation.account}:{alias}"
    keys = [facts.arn("kms-alias", alias)] if operation.name != "CreateAlias" else []
    if operation.params.get("TargetKeyId"):
        keys.append(key_arn(operation, facts, str(operation.params["TargetKeyId"])))
    # An alias that does not exist is refused by the service, which then touches no key.
    resources = [named, *(arn for arn in dict.fromkeys(keys) if arn is not None)]
    return [service.call(operation, facts, operation.name, resource) for resource in resources]


def _create(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """A key has no ARN before it is made; tagging it asks for any key of the account.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
    """
    calls = [service.call(operation, facts, "CreateKey", "*")]
    if operation.params.get("Tags"):
        calls.append(
            service.call(operation, facts, "TagResource", f"arn:aws:kms:{operation.region}:{operation.account}:key/*")
        )
    return calls


def _retire(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Whom the grant names retires it, and whom the account's own policies let; the key's policy has no say.

    https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
    """
    params = operation.params
    grant = facts.grant(str(params.get("GrantToken") or params.get("GrantId") or ""))
    if grant is None:  # the service says so
        return [service.call(operation, facts, "RetireGrant", _key(operation, facts))]
    return [replace(service.call(operation, facts, "RetireGrant", grant.key), policy=grant.retiring)]


# condition keys


def _context(parameter: str) -> KeyRule:
    """kms:EncryptionContext:KEY, one for each pair."""

    def rule(operation: Operation, _facts: Facts) -> KeyValue:
        pairs: Mapping[str, Any] = operation.params.get(parameter) or {}
        return {str(name): str(value) for name, value in pairs.items()}

    return rule


def _context_keys(parameter: str) -> KeyRule:
    def rule(operation: Operation, _facts: Facts) -> KeyValue:
        return tuple(str(name) for name in operation.params.get(parameter) or {}) or None

    return rule


def _alias_used(operation: Operation, _facts: Facts) -> KeyValue:
    return _alias_in(str(operation.params.get("KeyId") or ""))


def _origin(operation: Operation, _facts: Facts) -> KeyValue:
    return str(operation.params.get("Origin") or "AWS_KMS")


def _or(default: str, *names: str) -> KeyRule:
    """A parameter by its name or its older name, with the default that AWS gives it."""

    def rule(operation: Operation, _facts: Facts) -> KeyValue:
        return next((text(value) for name in names for value in dig(operation.params, name)), default)

    return rule


def _multi_region(operation: Operation, _facts: Facts) -> KeyValue:
    return "PRIMARY" if operation.params.get("MultiRegion") else None


def _constraint(operation: Operation, _facts: Facts) -> KeyValue:
    return next(iter(operation.params.get("Constraints") or {}), None)


def _caller(operation: Operation, _facts: Facts) -> KeyValue:
    return operation.account


def _granted_context(operation: Operation, _facts: Facts) -> KeyValue:
    """The pairs that a grant is to ask for."""
    constraints = operation.params.get("Constraints") or {}
    pairs = {**(constraints.get("EncryptionContextEquals") or {}), **(constraints.get("EncryptionContextSubset") or {})}
    return {str(name): str(value) for name, value in pairs.items()}


def _granted_context_keys(operation: Operation, facts: Facts) -> KeyValue:
    return tuple(_granted_context(operation, facts)) or None  # type: ignore[arg-type] # a mapping


def _re_encrypted_alias(parameter: str) -> KeyRule:
    return lambda operation, _facts: _alias_in(str(operation.params.get(parameter) or ""))


def _alias_in(name: str) -> str | None:
    return name.rpartition(":")[2] if "alias/" in name else None


def _on_same_key(operation: Operation, facts: Facts) -> KeyValue:
    source = _encrypted_under(operation, facts, "SourceKeyId")
    target = key_arn(operation, facts, str(operation.params.get("DestinationKeyId") or ""))
    return text(source == target) if source and target else UNKNOWN


# Of an existing key; https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
_STATE = frozenset({
    "kms:keyspec", "kms:keyusage", "kms:keyorigin", "kms:multiregion", "kms:multiregionkeytype", "kms:resourcealiases",
})  # fmt: skip


def _state(facts: Facts, resource: str | None) -> tuple[Mapping[str, ContextValue], frozenset[str]]:
    """What the key is like; of an alias nothing is told."""
    held = facts.kms_key(resource) if resource is not None and ":key/" in resource else None
    if held is None:
        return {}, frozenset()
    values: dict[str, ContextValue] = {
        "kms:KeySpec": held.spec,
        "kms:KeyUsage": held.usage,
        "kms:KeyOrigin": held.origin,
        "kms:MultiRegion": text(held.multi_region_type is not None),
    }
    if held.multi_region_type is not None:
        values["kms:MultiRegionKeyType"] = held.multi_region_type
    if held.aliases:
        values["kms:ResourceAliases"] = tuple(held.aliases)
    return values, _STATE


SERVICE = Service(
    prefix="kms",
    rows={
        **rows("", """
            *
                ListKeys ListAliases GenerateRandom ListRetirableGrants CreateCustomKeyStore ConnectCustomKeyStore
                DeleteCustomKeyStore DescribeCustomKeyStores DisconnectCustomKeyStore UpdateCustomKeyStore
        """),
        **each(_key, _KEY),
        **each(_deciphered, "Decrypt"),
        "ReEncrypt": _re_encrypt,
        "CreateKey": _create,
        "RetireGrant": _retire,
        **dict.fromkeys(_ALIASES.split(), _alias),
    },
    keys=Keys({
        # The account of the caller: operations on another account's key are decided where the key is, by its policy.
        "kms:CallerAccount": key(Type.STRING, f"{_KEYED} {_STORES} RetireGrant", _caller),
        # Of what a service asks for its caller (`encryption`); direct calls have none.
        "kms:ViaService": key(Type.STRING, _KEYED, lambda _operation, _facts: None),
        "kms:RequestAlias": (
            key(Type.STRING, _BY_ALIAS, _alias_used),
            key(Type.STRING, "ReEncryptFrom", _re_encrypted_alias("SourceKeyId")),
            key(Type.STRING, "ReEncryptTo", _re_encrypted_alias("DestinationKeyId")),
        ),
        "kms:EncryptionContext:": (
            key(Type.STRING, _CRYPTO, _context("EncryptionContext")),
            key(Type.STRING, "ReEncryptFrom", _context("SourceEncryptionContext")),
            key(Type.STRING, "ReEncryptTo", _context("DestinationEncryptionContext")),
            key(Type.STRING, "CreateGrant", _granted_context),
            key(Type.STRING, "RetireGrant", UNREAD),
        ),
        "kms:EncryptionContextKeys": (
            key(Type.STRINGS, _CRYPTO, _context_keys("EncryptionContext")),
            key(Type.STRINGS, "ReEncryptFrom", _context_keys("SourceEncryptionContext")),
            key(Type.STRINGS, "ReEncryptTo", _context_keys("DestinationEncryptionContext")),
            key(Type.STRINGS, "CreateGrant", _granted_context_keys),
            key(Type.STRINGS, "RetireGrant", UNREAD),
        ),
        "kms:EncryptionAlgorithm": (
            key(Type.STRING, "Encrypt Decrypt", _or("SYMMETRIC_DEFAULT", "EncryptionAlgorithm")),
            key(Type.STRING, "ReEncryptFrom", _or("SYMMETRIC_DEFAULT", "SourceEncryptionAlgorithm")),
            key(Type.STRING, "ReEncryptTo", _or("SYMMETRIC_DEFAULT", "DestinationEncryptionAlgorithm")),
            key(
                Type.STRING,
                "GenerateDataKey GenerateDataKeyWithoutPlaintext GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext",
                lambda _operation, _facts: "SYMMETRIC_DEFAULT",
            ),
        ),
        "kms:BypassPolicyLockoutSafetyCheck": key(Type.BOOL, "CreateKey PutKeyPolicy", truth("BypassPolicyLockoutSafetyCheck")),
        # Of the request for a new key; of an existing one its state tells them (`_state`).
        "kms:KeyOrigin": (key(Type.STRING, "CreateKey", _origin), key(Type.STRING, _ON_KEY, UNREAD)),
        "kms:KeySpec": (
            key(Type.STRING, "CreateKey", _or("SYMMETRIC_DEFAULT", "KeySpec", "CustomerMasterKeySpec")),
            key(Type.STRING, _ON_KEY, UNREAD),
        ),
        "kms:KeyUsage": (key(Type.STRING, "CreateKey", _or("ENCRYPT_DECRYPT", "KeyUsage")), key(Type.STRING, _ON_KEY, UNREAD)),
        "kms:MultiRegion": (key(Type.BOOL, "CreateKey", truth("MultiRegion")), key(Type.BOOL, _ON_KEY, UNREAD)),
        "kms:MultiRegionKeyType": (key(Type.STRING, "CreateKey", _multi_region), key(Type.STRING, _ON_KEY, UNREAD)),
        "kms:DataKeyPairSpec": key(Type.STRING, "GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext", "KeyPairSpec"),
        "kms:GrantConstraintType": (
            key(Type.STRING, "CreateGrant", _constraint),
            key(Type.STRING, "RetireGrant", UNREAD),
        ),
        # True only for the calls of AWS services on a principal's behalf; there are none here.
        "kms:GrantIsForAWSResource": key(Type.BOOL, "CreateGrant ListGrants RevokeGrant", lambda _operation, _facts: "false"),
        "kms:GrantOperations": key(Type.STRINGS, "CreateGrant", "Operations"),
        "kms:GranteePrincipal": key(Type.STRING, "CreateGrant", "GranteePrincipal"),
        "kms:RetiringPrincipal": key(Type.STRING, "CreateGrant", "RetiringPrincipal"),
        "kms:MacAlgorithm": key(Type.STRING, "GenerateMac VerifyMac", "MacAlgorithm"),
        "kms:MessageType": key(Type.STRING, "Sign Verify", _or("RAW", "MessageType")),
        "kms:SigningAlgorithm": key(Type.STRING, "Sign Verify", "SigningAlgorithm"),
        "kms:KeyAgreementAlgorithm": key(Type.STRING, "DeriveSharedSecret", "KeyAgreementAlgorithm"),
        "kms:WrappingAlgorithm": key(Type.STRING, "GetParametersForImport", "WrappingAlgorithm"),
        "kms:WrappingKeySpec": key(Type.STRING, "GetParametersForImport", "WrappingKeySpec"),
        "kms:ExpirationModel": key(Type.STRING, "ImportKeyMaterial", _or("KEY_MATERIAL_EXPIRES", "ExpirationModel")),
        "kms:ValidTo": key(Type.DATE, "ImportKeyMaterial", "ValidTo"),
        "kms:RotationPeriodInDays": key(Type.NUMERIC, "EnableKeyRotation", _or("365", "RotationPeriodInDays")),
        "kms:ScheduleKeyDeletionPendingWindowInDays": key(
            Type.NUMERIC, "ScheduleKeyDeletion", _or("30", "PendingWindowInDays")
        ),
        "kms:ReplicaRegion": key(Type.STRING, "ReplicateKey", "ReplicaRegion"),
        "kms:PrimaryRegion": key(Type.STRING, "UpdatePrimaryRegion", "PrimaryRegion"),
        "kms:ReEncryptOnSameKey": key(Type.BOOL, _REENCRYPT, _on_same_key),
        "kms:ResourceAliases": key(Type.STRINGS, _KEYED, UNREAD),
    }),
    also={
        "ReplicateKey": {"TagResource": "Tags"},
    },
    state=_state,
)  # fmt: skip
