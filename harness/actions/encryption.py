"""What services ask of KMS for their callers: what is encrypted with a key is read and written by whom may use the key, too.

S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
Systems Manager: https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
DynamoDB: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
CloudWatch Logs: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
Lambda's variables: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
Kinesis: https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
SQS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html

A key is used again for every request: the services' caches of data keys are not emulated. The version of a secret is not told in
the encryption context.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from harness.actions import dynamodb, kinesis, kms, s3, ssm
from harness.actions.lambda_ import function_arn
from harness.actions.operation import Call, Encryption, Facts, Operation, OwnCall
from harness.actions.params import dig
from harness.actions.secretsmanager import batched
from harness.actions.sqs import moved_to, queue_arn

READ, WRITE = ("Decrypt",), ("GenerateDataKey", "Decrypt")
BY_KMS = frozenset({"aws:kms", "aws:kms:dsse"})
"""S3's algorithms that take a key of KMS."""
CONTEXT = frozenset({"kms:encryptioncontext:", "kms:encryptioncontextkeys"})
OF_GRANTS = CONTEXT | {
    "kms:grantoperations",
    "kms:granteeprincipal",
    "kms:retiringprincipal",
    "kms:grantconstrainttype",
}
"""What only the service knows of a grant that it asks for."""


@dataclass(frozen=True, slots=True)
class Use:
    """Some actions on a key, which the request or what is encrypted names by id, alias or ARN."""

    key: str
    actions: Sequence[str]
    context: Mapping[str, str] | None
    """The encryption context, None where it is not known before the service has done its work."""
    service: str = ""
    """That uses it, where it is not the request's own."""
    region: str = ""
    """In which it is used, where it is not the request's own."""
    by: OwnCall | None = None
    """The service that uses it for itself; None where its caller must be allowed to."""


Rule = Callable[[Operation, Facts], Iterator[Use]]


def calls(operation: Operation, facts: Facts) -> Iterator[Call]:
    """The calls on keys that the operation's service makes for its caller."""
    rules = RULES.get(operation.service)
    if rules is None or operation.name not in rules:
        return
    for use in rules[operation.name](operation, facts):
        for action in use.actions:
            yield _call(operation, facts, use, action)


def _call(operation: Operation, facts: Facts, use: Use, action: str) -> Call:
    service, region = use.service or operation.service, use.region or operation.region
    params = {"KeyId": use.key, "EncryptionContext": dict(use.context or {})}
    inner = Operation("kms", "kms", action, params, region, operation.account)
    via = {} if use.by is not None else {"kms:ViaService": f"{service}.{region}.amazonaws.com"}
    unknown = frozenset() if use.context is not None else CONTEXT
    if action == "CreateGrant":
        via["kms:GrantIsForAWSResource"], unknown = "true", unknown | OF_GRANTS
    made = kms.SERVICE.call(inner, facts, action, _key(use, operation, facts), via)
    known = made.modelled - unknown
    if use.by is not None:
        return replace(made, modelled=known, by=use.by)
    return replace(made, modelled=known, via=f"{service}.amazonaws.com")


def _key(use: Use, operation: Operation, facts: Facts) -> str | None:
    """A key in another region is named by its whole ARN, in the account that decides."""
    if not use.region or use.key.startswith("arn:"):
        return facts.arn("kms-key", use.key)
    name = use.key if use.key.startswith("alias/") else f"key/{use.key}"
    account = operation.decided_by or operation.account
    return facts.arn("kms-key", f"arn:aws:kms:{use.region}:{account}:{name}")


# S3


def _in_bucket(bucket: str, name: str, held: Encryption, *actions: str) -> Use:
    """With bucket keys, the context is the bucket: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html."""
    arn = s3.bucket_arn(bucket) if held.of_bucket else s3.object_arn(bucket, name)
    return Use(held.key, actions, {"aws:s3:arn": arn})


def _place(operation: Operation) -> tuple[str, str]:
    return str(operation.params.get("Bucket") or ""), str(operation.params.get("Key") or "")


def _object_read(operation: Operation, facts: Facts) -> Iterator[Use]:
    yield from _read(facts, *_place(operation), operation.params.get("VersionId"))


def _read(facts: Facts, bucket: str, name: str, version: str | None) -> Iterator[Use]:
    held = facts.encryption("object", bucket, name, version or "")
    if held is not None:
        yield _in_bucket(bucket, name, held, *READ)


def _source_read(operation: Operation, facts: Facts) -> Iterator[Use]:
    source = s3.copy_source(str(operation.params.get("CopySource") or ""))
    if source is not None:
        yield from _read(facts, *source)


def _object_written(operation: Operation, facts: Facts) -> Iterator[Use]:
    """What the request says, or else the bucket's default."""
    asked, key = operation.params.get("ServerSideEncryption"), operation.params.get("SSEKMSKeyId")
    bucket, name = _place(operation)
    default = facts.encryption("bucket", bucket)
    by_kms = asked in BY_KMS if asked else default is not None
    if not by_kms or operation.params.get("SSECustomerAlgorithm"):
        return
    of_bucket = bool(operation.params.get("BucketKeyEnabled")) or (default is not None and default.of_bucket)
    held = str(key or (default.key if default is not None else kms.managed_key("s3")))
    yield _in_bucket(bucket, name, Encryption(held, of_bucket), "GenerateDataKey")


def _part_written(operation: Operation, facts: Facts) -> Iterator[Use]:
    """S3 reads the parts before it puts them together: https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPart.html."""
    bucket, name = _place(operation)
    held = facts.encryption("upload", bucket, str(operation.params.get("UploadId") or ""))
    if held is not None:
        yield _in_bucket(bucket, name, held, *READ)


def _checksum_read(operation: Operation, facts: Facts) -> Iterator[Use]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html: an object's checksum is encrypted with it."""
    if operation.params.get("ChecksumMode") == "ENABLED":
        yield from (replace(use, actions=WRITE) for use in _object_read(operation, facts))


def _checksums_read(operation: Operation, facts: Facts) -> Iterator[Use]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html: with a checksum, parts are read again."""
    given = [operation.params, *dig(operation.params, "MultipartUpload.Parts")]
    if any(name.startswith("Checksum") for one in given for name in one):
        yield from _part_written(operation, facts)


def _both(*rules: Rule) -> Rule:
    def rule(operation: Operation, facts: Facts) -> Iterator[Use]:
        for one in rules:
            yield from one(operation, facts)

    return rule


# operation of Lambda's -> the parameter that holds where its code lies; empty: the request itself
_CODE = {"CreateFunction": "Code", "UpdateFunctionCode": "", "PublishLayerVersion": "Content"}


def code_bucket(operation: Operation) -> str | None:
    """The bucket that Lambda is to read code from, None where it reads from none."""
    if operation.service != "lambda" or operation.name not in _CODE:
        return None
    path = _CODE[operation.name]
    return ((operation.params.get(path) or {}) if path else operation.params).get("S3Bucket")


def _code_read(path: str) -> Rule:
    """Lambda's code comes out of a bucket with the caller's permissions.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html
    """

    def rule(operation: Operation, facts: Facts) -> Iterator[Use]:
        code = operation.params.get(path) or {} if path else operation.params
        if bucket := code.get("S3Bucket"):
            for use in _read(facts, str(bucket), str(code.get("S3Key") or ""), code.get("S3ObjectVersion")):
                yield replace(use, service="s3")

    return rule


def _variables_encrypted(operation: Operation, facts: Facts) -> Iterator[Use]:
    """Lambda decrypts them by a grant that it makes when the key is chosen."""
    key = operation.params.get("KMSKeyArn")
    if key:
        function = function_arn(operation, facts)
        yield Use(str(key), ("CreateGrant", "Encrypt"), {"aws:lambda:FunctionArn": function} if function else None)


# Secrets Manager


def _secret_used(kind: str, actions: Sequence[str], secret: str, facts: Facts) -> Iterator[Use]:
    held = facts.encryption(kind, secret)
    if held is not None:
        yield Use(held.key, actions, {"SecretARN": facts.arn("secret", secret) or secret})


# A new version is encrypted with the key that an alias means now, and read with the one that it meant then.
_secret_written = partial(_secret_used, "new-secret", WRITE)
_secret_read = partial(_secret_used, "secret", READ)


def _secret(used: Callable[[str, Facts], Iterator[Use]]) -> Rule:
    return lambda operation, facts: used(str(operation.params.get("SecretId") or ""), facts)


def _secrets(operation: Operation, facts: Facts) -> Iterator[Use]:
    for secret in batched(operation, facts):
        yield from _secret_read(secret, facts)


def _has_value(operation: Operation) -> bool:
    return bool(operation.params.get("SecretString") or operation.params.get("SecretBinary"))


def _secret_made(operation: Operation, _facts: Facts) -> Iterator[Use]:
    """A secret has an ARN once it is made."""
    if _has_value(operation):
        yield Use(str(operation.params.get("KmsKeyId") or kms.managed_key("secretsmanager")), WRITE, None)
        yield from _replicas(operation, None)


def _secret_changed(operation: Operation, facts: Facts) -> Iterator[Use]:
    """Under another key the value is encrypted anew: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecret.html."""
    secret, key = str(operation.params.get("SecretId") or ""), operation.params.get("KmsKeyId")
    if key is not None:  # an empty one means AWS's own
        yield from _secret_read(secret, facts)
        context = {"SecretARN": facts.arn("secret", secret) or secret}
        yield Use(str(key or kms.managed_key("secretsmanager")), WRITE, context)
    elif _has_value(operation):
        yield from _secret_written(secret, facts)


def _secret_replicated(operation: Operation, facts: Facts) -> Iterator[Use]:
    """A replica's value is decrypted at home, and encrypted with the replica's key in its region.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets_troubleshoot.html
    """
    secret = str(operation.params.get("SecretId") or "")
    yield from _secret_read(secret, facts)
    yield from _replicas(operation, {"SecretARN": facts.arn("secret", secret) or secret})


def _replicas(operation: Operation, context: Mapping[str, str] | None) -> Iterator[Use]:
    for replica in operation.params.get("AddReplicaRegions") or ():
        key = str(replica.get("KmsKeyId") or kms.managed_key("secretsmanager"))
        yield Use(key, WRITE, context, region=str(replica.get("Region") or ""))


# Systems Manager


_STANDARD = 4096
"""The bytes of a standard parameter: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html."""


def _parameter_written(operation: Operation, facts: Facts) -> Iterator[Use]:
    """Standard parameters are encrypted by the key itself, advanced ones by a data key of it. What is not said stays as it was."""
    name, type_ = str(operation.params.get("Name") or ""), operation.params.get("Type")
    held = facts.encryption("new-parameter", name)
    if type_ != "SecureString" and (type_ or held is None):
        return
    key = str(operation.params.get("KeyId") or (held.key if held is not None else kms.managed_key("ssm")))
    tier = operation.params.get("Tier")
    long = tier == "Intelligent-Tiering" and len(str(operation.params.get("Value") or "").encode()) > _STANDARD
    advanced = (tier == "Advanced" or long) if tier else held is not None and held.by_data_key
    action = "GenerateDataKey" if advanced else "Encrypt"
    yield Use(key, (action,), {"PARAMETER_ARN": ssm.parameter_arn(operation, name)})


def _parameters_read(operation: Operation, facts: Facts) -> Iterator[Use]:
    """A secret is decrypted whether or not the request says so."""
    decrypted = bool(operation.params.get("WithDecryption"))
    names = [str(name) for path in ("Name", "Names") for name in dig(operation.params, path)]
    if operation.name == "GetParameterHistory":
        names = [version for name in names for version in _versions(name, facts)]
    if path := operation.params.get("Path"):
        names += facts.parameters_below(str(path), deep=bool(operation.params.get("Recursive")))
    for name in names:
        if (secret := ssm.secret_in(name)) is not None:
            for use in _secret_read(secret, facts):
                yield replace(use, service="secretsmanager")
            continue
        held = facts.encryption("parameter", name)
        if held is not None and decrypted:
            yield Use(held.key, READ, {"PARAMETER_ARN": ssm.parameter_arn(operation, name)})


def _versions(name: str, facts: Facts) -> Sequence[str]:
    return facts.parameter_versions(name) if ssm.secret_in(name) is None else [name]


# DynamoDB and Kinesis


# https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html#dynamodb-customer-cmk-policy
# What DynamoDB does by itself it does by its grant.
_CHOOSING = ("DescribeKey", "CreateGrant", "GenerateDataKey", "Decrypt")
_OF_ITEMS = (
    "BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement", "ExecuteTransaction", "GetItem", "PutItem",
    "Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem",
)  # fmt: skip


def _in_table(name: str, key: str, actions: Sequence[str], operation: Operation) -> Use:
    account = operation.decided_by or operation.account
    return Use(key, actions, {"aws:dynamodb:tableName": name, "aws:dynamodb:subscriberId": account}, service="dynamodb")


def _items(operation: Operation, facts: Facts) -> Iterator[Use]:
    """To write an item, a table's key is decrypted, too. OBSERVED: https://github.com/aws/aws-cdk/issues/10010."""
    yield from _in_tables(dynamodb.tables(operation.params), operation, facts)


def _changes(operation: Operation, facts: Facts) -> Iterator[Use]:
    """A table's stream lies under the table's key."""
    yield from _in_tables([str(operation.params.get("ShardIterator") or "").partition("|")[0]], operation, facts)


def _in_tables(tables: Iterable[str], operation: Operation, facts: Facts) -> Iterator[Use]:
    for name in dict.fromkeys(map(dynamodb.table_name, tables)):
        held = facts.encryption("table", name)
        if held is not None:
            yield _in_table(name, held.key, READ, operation)


def _key_chosen(operation: Operation, _facts: Facts) -> Iterator[Use]:
    """OBSERVED: https://github.com/aws/aws-cdk/issues/18616."""
    chosen = operation.params.get("SSESpecification") or {}
    if chosen.get("Enabled"):
        key = str(chosen.get("KMSMasterKeyId") or kms.managed_key("dynamodb"))
        name = dynamodb.table_name(str(operation.params.get("TableName") or ""))
        yield _in_table(name, key, _CHOOSING, operation)


def _records(action: str) -> Rule:
    def rule(operation: Operation, facts: Facts) -> Iterator[Use]:
        consumer = str(operation.params.get("ConsumerARN") or "").partition("/consumer/")[0]
        arn = consumer or kinesis.stream_arn(operation, facts) or ""
        held = facts.encryption("stream", arn)
        if held is not None:
            yield Use(held.key, (action,), {"aws:kinesis:arn": arn})

    return rule


# CloudWatch Logs


def _group_encrypted(operation: Operation, _facts: Facts) -> Iterator[Use]:
    """The key's policy must let CloudWatch Logs use it; whoever chooses the key needs no permission for it."""
    key, group = operation.params.get("kmsKeyId"), operation.params.get("logGroupName")
    if key:
        account = operation.decided_by or operation.account
        named = f"arn:aws:logs:{operation.region}:{account}:log-group:{group}"
        arn = named if group else str(operation.params.get("resourceIdentifier") or "")
        by = OwnCall("logs.amazonaws.com", arn)
        yield Use(str(key), WRITE, {"aws:logs:arn": arn}, by=by)


# SNS and SQS


def _topic(operation: Operation, facts: Facts) -> Iterator[Use]:
    arn = str(operation.params.get("TopicArn") or operation.params.get("TargetArn") or "")
    held = facts.encryption("topic", arn)
    if held is not None:
        yield Use(held.key, WRITE, {"aws:sns:topicArn": arn})


def _queue(actions: Sequence[str]) -> Rule:
    def rule(operation: Operation, facts: Facts) -> Iterator[Use]:
        arn = queue_arn(operation, facts)
        named = (
            arn or str(operation.params.get("QueueUrl") or "").rpartition("/")[2]
        )  # LocalStack takes a bare name, too
        yield from _queue_used(named, actions, facts)

    return rule


def _queue_used(named: str, actions: Sequence[str], facts: Facts) -> Iterator[Use]:
    """A queue is in the region of its URL, whatever endpoint it is asked at."""
    held = facts.encryption("queue", named)
    if held is not None:
        whole = named.startswith("arn:")
        region = named.split(":")[3] if whole else ""
        yield Use(held.key, actions, {"aws:sqs:arn": named} if whole else None, region=region)


def _moved(operation: Operation, facts: Facts) -> Iterator[Use]:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html."""
    yield from _queue_used(str(operation.params.get("SourceArn") or ""), READ, facts)
    for queue in moved_to(operation, facts):
        yield from _queue_used(queue, WRITE, facts)


RULES: Mapping[str, Mapping[str, Rule]] = {
    "dynamodb": {
        **dict.fromkeys(_OF_ITEMS, _items),
        "CreateTable": _key_chosen,
        "UpdateTable": _key_chosen,
    },
    "dynamodbstreams": {"GetRecords": _changes},
    "kinesis": {
        "PutRecord": _records("GenerateDataKey"),
        "PutRecords": _records("GenerateDataKey"),
        "GetRecords": _records("Decrypt"),
        "SubscribeToShard": _records("Decrypt"),
    },
    "lambda": {
        **{name: _code_read(path) for name, path in _CODE.items()},
        "CreateFunction": _both(_code_read(_CODE["CreateFunction"]), _variables_encrypted),
        "UpdateFunctionConfiguration": _variables_encrypted,
    },
    "logs": {"AssociateKmsKey": _group_encrypted, "CreateLogGroup": _group_encrypted},
    "s3": {
        "GetObject": _object_read,
        "HeadObject": _checksum_read,
        "SelectObjectContent": _object_read,
        "PutObject": _object_written,
        "CreateMultipartUpload": _object_written,
        "CopyObject": _both(_source_read, _object_written),
        "UploadPart": _part_written,
        "CompleteMultipartUpload": _checksums_read,
        "UploadPartCopy": _both(_source_read, _part_written),
    },
    "secretsmanager": {
        "GetSecretValue": _secret(_secret_read),
        "BatchGetSecretValue": _secrets,
        "PutSecretValue": _secret(_secret_written),
        "CreateSecret": _secret_made,
        "ReplicateSecretToRegions": _secret_replicated,
        "UpdateSecret": _secret_changed,
    },
    "sns": {"Publish": _topic, "PublishBatch": _topic},
    "sqs": {
        "SendMessage": _queue(WRITE),
        "SendMessageBatch": _queue(WRITE),
        "ReceiveMessage": _queue(READ),
        "StartMessageMoveTask": _moved,
    },
    "ssm": {
        "PutParameter": _parameter_written,
        "GetParameter": _parameters_read,
        "GetParameters": _parameters_read,
        "GetParametersByPath": _parameters_read,
        "GetParameterHistory": _parameters_read,
    },
}
"""Service -> operation -> which keys are used for what."""
