"""Secrets Manager: a secret's ARN ends with six characters of AWS's choice, which only the account knows.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
OBSERVED: a secret that does not exist is refused by the name that the request gave, which no ARN in a policy matches
(https://github.com/mongodb/awscdk-resources-mongodbatlas/issues/207); one to be created by its ARN with the six characters
(https://github.com/shalb/cluster.dev/pull/76).
"""

from collections.abc import Sequence
from dataclasses import replace

from harness.actions import lambda_
from harness.actions.keys import UNKNOWN, UNREAD, KeyRule, Keys, KeyValue, Type, given, key, truth
from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import Service, each, rows

_OPERATIONS = """
    CancelRotateSecret DeleteResourcePolicy DeleteSecret DescribeSecret GetResourcePolicy GetSecretValue ListSecretVersionIds
    PutResourcePolicy PutSecretValue RemoveRegionsFromReplication ReplicateSecretToRegions RestoreSecret RotateSecret
    StopReplicationToReplica TagResource UntagResource UpdateSecret UpdateSecretVersionStage
"""
_ALL = f"{_OPERATIONS} ValidateResourcePolicy"
SUFFIX = "-??????"
"""The six characters of a secret that does not exist yet, in the form in which policies write them."""


def _secret(operation: Operation, facts: Facts) -> str | None:
    name = str(operation.params.get("SecretId") or "")
    return facts.arn("secret", name) or name or None


def _created(operation: Operation, _facts: Facts) -> str:
    name = operation.params.get("Name", "")
    return f"arn:aws:secretsmanager:{operation.region}:{operation.account}:secret:{name}{SUFFIX}"


def _validated(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """A policy may be validated for a secret or for none."""
    resource = _secret(operation, facts) if operation.params.get("SecretId") else "*"
    return [service.call(operation, facts, operation.name, resource)]


def batched(operation: Operation, facts: Facts) -> Sequence[str]:
    """The secrets that a batch is to return, by ARN, or as the request names what is not there."""
    if filters := operation.params.get("Filters"):
        return facts.secrets(filters)
    names = [str(name) for name in dig(operation.params, "SecretIdList")]
    return [facts.arn("secret", name) or name for name in names]


def _batch(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The batch, and every secret that it is to return.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
    """
    calls = [service.call(operation, facts, "BatchGetSecretValue", "*")]
    if operation.params.get("Filters"):
        calls.append(service.call(operation, facts, "ListSecrets", "*"))
    for secret in batched(operation, facts):
        one = replace(operation, params={"SecretId": secret})
        calls.append(service.call(one, facts, "GetSecretValue", secret))
    return calls


def _rotated(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Who rotates must be allowed to invoke the function that does it, the one of the request or the one that the secret has.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html (required permissions)
    """
    secret, given = _secret(operation, facts), str(operation.params.get("RotationLambdaARN") or "")
    function = given or facts.arn("rotation-function", str(operation.params.get("SecretId") or ""))
    call = service.call(operation, facts, operation.name, secret)
    return [call, lambda_.invocation(operation, facts, function)] if function else [call]


def _named(operation: Operation, facts: Facts) -> KeyValue:
    return _secret(operation, facts)


def _primary(operation: Operation, facts: Facts) -> KeyValue:
    """Where the secret was made: a replica's primary is in another region.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html#awssecretsmanager-policy-keys
    """
    primary = facts.arn("primary-secret", str(operation.params.get("SecretId") or ""))
    return primary.split(":")[3] if primary else operation.region


def _own_key(parameter: str) -> KeyRule:
    """A key given by its ARN; which one an id or an alias means is not looked up."""

    def rule(operation: Operation, _facts: Facts) -> KeyValue:
        value = str(operation.params.get(parameter) or "")
        return value if value.startswith("arn:") else UNKNOWN if value else None

    return rule


SERVICE = Service(
    prefix="secretsmanager",
    rows={
        **rows("", """
            *
                ListSecrets GetRandomPassword
        """),
        **each(_secret, _OPERATIONS),
        "RotateSecret": _rotated,
        **each(_created, "CreateSecret"),
        "ValidateResourcePolicy": _validated,
        "BatchGetSecretValue": _batch,
    },
    keys=Keys({
        "secretsmanager:SecretId": key(Type.ARN, _ALL, _named),
        "secretsmanager:SecretPrimaryRegion": key(Type.STRING, _ALL, _primary),
        "secretsmanager:Name": key(Type.STRING, "CreateSecret", "Name"),
        "secretsmanager:Description": key(Type.STRING, "CreateSecret UpdateSecret", "Description"),
        "secretsmanager:KmsKeyId": key(Type.STRING, "CreateSecret UpdateSecret", "KmsKeyId"),
        "secretsmanager:KmsKeyArn": key(Type.ARN, "CreateSecret UpdateSecret", _own_key("KmsKeyId")),
        "secretsmanager:Type": key(Type.STRING, "CreateSecret UpdateSecret", "Type"),
        "secretsmanager:AddReplicaRegions": (
            key(Type.STRINGS, "CreateSecret ReplicateSecretToRegions", "AddReplicaRegions.Region")
        ),
        "secretsmanager:ForceOverwriteReplicaSecret": key(
            Type.BOOL, "CreateSecret ReplicateSecretToRegions", truth("ForceOverwriteReplicaSecret")
        ),
        "secretsmanager:BlockPublicPolicy": key(Type.BOOL, "PutResourcePolicy", truth("BlockPublicPolicy")),
        "secretsmanager:ForceDeleteWithoutRecovery": key(Type.BOOL, "DeleteSecret", truth("ForceDeleteWithoutRecovery")),
        "secretsmanager:RecoveryWindowInDays": key(Type.NUMERIC, "DeleteSecret", "RecoveryWindowInDays"),
        "secretsmanager:VersionId": key(Type.STRING, "GetSecretValue", "VersionId"),
        "secretsmanager:VersionStage": key(Type.STRING, "GetSecretValue UpdateSecretVersionStage", "VersionStage"),
        "secretsmanager:RotationLambdaARN": key(Type.ARN, "RotateSecret", "RotationLambdaARN"),
        "secretsmanager:ModifyRotationRules": key(Type.BOOL, "RotateSecret", given("RotationRules")),
        "secretsmanager:RotateImmediately": key(
            Type.BOOL, "RotateSecret", lambda operation, _facts: "false" if operation.params.get("RotateImmediately") is False else "true"
        ),
        "secretsmanager:ExternalSecretRotationRoleArn": key(Type.ARN, "RotateSecret", "ExternalSecretRotationRoleArn"),
        # What the stored secret says of itself is not read.
        "secretsmanager:resource/AllowRotationLambdaArn": key(Type.ARN, f"{_ALL} CreateSecret", UNREAD),
        "secretsmanager:resource/Type": key(Type.STRING, f"{_ALL} CreateSecret", UNREAD),
    }),
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html (required permissions)
    also={"CreateSecret": {"TagResource": "Tags", "ReplicateSecretToRegions": "AddReplicaRegions"}},
)  # fmt: skip
