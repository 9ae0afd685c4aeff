"""What resources are encrypted with, read from the services' stores: one reader per kind, each knows one store and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.actions import Encryption
from harness.actions.dynamodb import table_name
from harness.actions.encryption import BY_KMS
from harness.actions.kms import is_managed, managed_key
from harness.gateway.services.lazily import loaded, store_of
from harness.model.arn import Arn

Reader = Callable[..., Encryption | None]
"""The store of the account and region, and the names."""

KeysOf = Callable[[str], Callable[[str, str], str | None]]
"""`Facts.arn` of a region."""

_SECRETS_WRITTEN = frozenset({"CreateSecret", "PutSecretValue", "ReplicateSecretToRegions", "UpdateSecret"})
_TABLES_WRITTEN = frozenset({"CreateTable", "UpdateTable"})
_WRITTEN_UNDER = "harness_key"
"""The attribute in which moto's secrets, parameters and tables keep the key's ARN."""

_OF_DYNAMODB, _OF_S3, _OF_SECRETS_MANAGER, _OF_SYSTEMS_MANAGER = map(
    managed_key, ("dynamodb", "s3", "secretsmanager", "ssm")
)


def encryption(account_id: str, region: str, kind: str, *names: str) -> Encryption | None:
    """The key of KMS that the resource is encrypted with; an ARN's region goes before `region`."""
    module, attribute, reader = _READERS[kind]
    arn = Arn.parse(names[0])
    if arn is not None and arn.region:
        region = arn.region  # a queue's URL, too, may be of another region than the endpoint
    store = store_of(module, attribute, account_id, region)
    return reader(store, *names) if store is not None else None


def parameters_below(account_id: str, region: str, path: str, *, deep: bool) -> Sequence[str]:
    """The names of the parameters under a path."""
    stores = loaded("moto.ssm.models")
    parameters = stores.ssm_backends[account_id][region]._parameters if stores else None  # noqa: SLF001 - moto has no other reader
    return list(parameters.get_keys_beginning_with(path.rstrip("/") + "/", deep)) if parameters is not None else []


def parameter_versions(account_id: str, region: str, name: str) -> Sequence[str]:
    """The names of all versions of a parameter."""
    stores = loaded("moto.ssm.models")
    versions = _versions(stores.ssm_backends[account_id][region], _selected(name)[0]) if stores else ()
    return [f"{name}:{one.version}" for one in versions]


def remember_key(account_id: str, region: str, operation: str, params: Mapping[str, Any], keys: KeysOf) -> None:
    """Remember with what was just written which key its alias means now: the alias may move."""
    if operation in _TABLES_WRITTEN:
        _remember_table(account_id, region, params, keys(region))
        return
    if operation == "PutParameter" and (stores := loaded("moto.ssm.models")):
        versions = _versions(stores.ssm_backends[account_id][region], _selected(str(params.get("Name")))[0])
        held, alias = (versions[-1], versions[-1].keyid) if versions else (None, None)
    elif operation in _SECRETS_WRITTEN and (stores := loaded("moto.secretsmanager.models")):
        backends = stores.secretsmanager_backends[account_id]
        held = backends[region].secrets.get(params.get("SecretId") or params.get("Name"))
        alias = getattr(held, "kms_key_id", None)
        for replica in params.get("AddReplicaRegions") or ():
            _remember_replica(backends, replica, str(held.name), keys)
    else:
        return
    if held is not None and operation == "UpdateSecret" and params.get("KmsKeyId") == "":
        # moto keeps the old one: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html
        held.kms_key_id = alias = None
        setattr(held, _WRITTEN_UNDER, None)
    encrypted = operation != "ReplicateSecretToRegions" and (operation != "UpdateSecret" or _encrypts(params))
    if held is not None and alias and encrypted:
        setattr(held, _WRITTEN_UNDER, keys(region)("kms-key", alias))


def _remember_table(
    account_id: str, region: str, params: Mapping[str, Any], keys: Callable[[str, str], str | None]
) -> None:
    """Moto forgets what UpdateTable says of it."""
    chosen: Mapping[str, Any] = params.get("SSESpecification") or {}
    stores, name = loaded("moto.dynamodb.models"), table_name(str(params.get("TableName")))
    held = stores.dynamodb_backends[account_id][region].tables.get(name) if stores and chosen else None
    if held is None:
        return
    key = chosen.get("KMSMasterKeyId") if chosen.get("Enabled") else None
    own = keys("kms-key", key) or key if key and not is_managed(key) else None  # one that is not there is nobody's
    shown = own or held._get_default_encryption_key(account_id, region)  # noqa: SLF001 - what moto shows for AWS's own
    held.sse_specification = {**chosen, "KMSMasterKeyId": shown}
    setattr(held, _WRITTEN_UNDER, own)


def _remember_replica(backends: Any, replica: Mapping[str, Any], name: str, keys: KeysOf) -> None:
    """LocalStack forgets a replica's key.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicaRegionType.html
    """
    region, key = str(replica.get("Region")), replica.get("KmsKeyId")
    held = backends[region].secrets.get(name)
    if held is not None and key and not hasattr(held, _WRITTEN_UNDER):
        setattr(held, _WRITTEN_UNDER, keys(region)("kms-key", str(key)))


def _encrypts(params: Mapping[str, Any]) -> bool:
    return params.get("KmsKeyId") is not None or bool(params.get("SecretString") or params.get("SecretBinary"))


def _bucket(store: Any, bucket: str) -> Encryption | None:
    """What new objects are encrypted with where the request does not say."""
    held = store.buckets.get(bucket)
    rule = (held.encryption_rule if held else None) or {}
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    if default.get("SSEAlgorithm") not in BY_KMS:
        return None
    return Encryption(default.get("KMSMasterKeyID") or _OF_S3, bool(rule.get("BucketKeyEnabled")))


def _object(store: Any, bucket: str, name: str, version: str) -> Encryption | None:
    """A bucket that never had versions keeps objects by their names alone."""
    held = store.buckets.get(bucket)
    if held is None:
        return None
    found = held.objects.get(name, version) if version and held.versioning_status else held.objects.get(name)
    return _of(store, found)


def _upload(store: Any, bucket: str, upload: str) -> Encryption | None:
    held = store.buckets.get(bucket)
    found = held.multiparts.get(upload) if held else None
    return _of(store, found.object) if found else None


def _of(store: Any, held: Any) -> Encryption | None:
    if getattr(held, "encryption", None) not in BY_KMS:
        return None
    key = held.kms_key_id
    return Encryption(_OF_S3 if key in {None, store.aws_managed_kms_key_id} else key, bool(held.bucket_key_enabled))


def _secret(store: Any, secret: str) -> Encryption | None:
    """Every secret is encrypted, a replica with a key of its own region."""
    held = store.secrets.get(secret)
    if held is None:
        return None
    return Encryption(getattr(held, _WRITTEN_UNDER, None) or getattr(held, "kms_key_id", None) or _OF_SECRETS_MANAGER)


def _new_secret(store: Any, secret: str) -> Encryption | None:
    """What the next version will be encrypted with: the key that an alias means now."""
    held = store.secrets.get(secret)
    return None if held is None else Encryption(getattr(held, "kms_key_id", None) or _OF_SECRETS_MANAGER)


def _parameter(store: Any, name: str) -> Encryption | None:
    """The version that the name selects, by number or label; the newest one where it selects none."""
    plain, selected = _selected(name)
    found = [one for one in _versions(store, plain) if selected in {"", str(one.version), *one.labels}]
    if not found or found[-1].parameter_type != "SecureString":
        return None
    key = getattr(found[-1], _WRITTEN_UNDER, None) or found[-1].keyid or _OF_SYSTEMS_MANAGER
    return Encryption(key, by_data_key=found[-1].tier == "Advanced")


def _new_parameter(store: Any, name: str) -> Encryption | None:
    """What the next version will be encrypted with: the key that an alias means now."""
    held = _parameter(store, name)
    newest = _versions(store, _selected(name)[0])
    return None if held is None else Encryption(newest[-1].keyid or _OF_SYSTEMS_MANAGER, by_data_key=held.by_data_key)


def _selected(name: str) -> tuple[str, str]:
    """A parameter's name and what it selects; an ARN's path has no slash of its own."""
    plain, _, selected = (name.split(":parameter", 1)[-1] if name.startswith("arn:") else name).partition(":")
    return plain, selected


def _versions(store: Any, plain: str) -> Sequence[Any]:
    """LocalStack keeps a name of one part without its slash, and takes it with any."""
    held, bare = store._parameters, plain.strip("/")  # noqa: SLF001 - moto's reader parses names its own way
    return held.get(bare) or held.get(f"/{bare}") or ()


def _queue(store: Any, arn: str) -> Encryption | None:
    queue = store.queues.get(arn.rpartition(":")[2])
    key = queue.attributes.get("KmsMasterKeyId") if queue else None
    return Encryption(key) if key else None


def _topic(store: Any, arn: str) -> Encryption | None:
    topic = store.topics.get(arn)
    key = topic["attributes"].get("KmsMasterKeyId") if topic else None
    return Encryption(key) if key else None


def _table(store: Any, name: str) -> Encryption | None:
    """Where nothing is said, a key of AWS's own encrypts, which is for everybody."""
    held = store.tables.get(name)
    if held is None or not (held.sse_specification or {}).get("Enabled"):
        return None
    return Encryption(getattr(held, _WRITTEN_UNDER, None) or _OF_DYNAMODB)


def _stream(store: Any, arn: str) -> Encryption | None:
    held = store.streams.get(arn.rpartition("/")[2])
    return Encryption(held.key_id) if held is not None and held.encryption_type == "KMS" and held.key_id else None


# kind -> module, attribute with the stores, reader
_READERS: Mapping[str, tuple[str, str, Reader]] = {
    "bucket": ("localstack.services.s3.models", "s3_stores", _bucket),
    "object": ("localstack.services.s3.models", "s3_stores", _object),
    "upload": ("localstack.services.s3.models", "s3_stores", _upload),
    "new-secret": ("moto.secretsmanager.models", "secretsmanager_backends", _new_secret),
    "new-parameter": ("moto.ssm.models", "ssm_backends", _new_parameter),
    "secret": ("moto.secretsmanager.models", "secretsmanager_backends", _secret),
    "parameter": ("moto.ssm.models", "ssm_backends", _parameter),
    "queue": ("localstack.services.sqs.models", "sqs_stores", _queue),
    "stream": ("moto.kinesis.models", "kinesis_backends", _stream),
    "table": ("moto.dynamodb.models", "dynamodb_backends", _table),
    "topic": ("localstack.services.sns.models", "sns_stores", _topic),
}
