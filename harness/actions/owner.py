"""Which account an operation belongs to: the account of the one parameter that *is* its resource, else the caller's home.

No other ARN routes: `PolicyArn`, `Role`, `Endpoint`, `Targets` stay with the caller, and so does everything of IAM.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.actions.operation import Operation

_ARN = re.compile(r"arn:aws[\w-]*:[\w-]+:[\w-]*:(\d{12}):.+", re.DOTALL)
_LAMBDA_PARTIAL = re.compile(r"(\d{12}):(?:function:)?[\w-]+.*")
_QUEUE_URL = re.compile(r"https?://[^/]+/(?:queue/[\w-]+/)?(\d{12})/[^/]+")

# service -> the parameters that may hold the resource's ARN
_RESOURCE_PARAMETERS: dict[str, tuple[str, ...]] = {
    "dynamodb": ("TableName", "ResourceArn", "BackupArn", "TableArn"),
    "dynamodbstreams": ("StreamArn",),
    "events": ("EventBusName", "ResourceARN"),
    "kinesis": ("StreamARN", "ConsumerARN", "ResourceARN"),
    "kms": ("KeyId",),
    "lambda": ("FunctionName", "Resource"),
    "logs": ("logGroupIdentifier", "resourceArn"),
    "secretsmanager": ("SecretId",),
    "sns": ("TopicArn", "TargetArn", "ResourceArn"),
    "sqs": ("QueueUrl",),
    "ssm": ("Name",),
    "stepfunctions": ("stateMachineArn", "executionArn", "activityArn", "resourceArn"),
    "sts": ("RoleArn",),
}


class SeveralOwners(Exception):
    """One request names resources of several accounts, and no row says how it splits."""


def owner(operation: Operation, home: str) -> str:
    """The owning account of the operation; `home` is the caller's. Raises SeveralOwners."""
    found = {account for value in _values(operation) if (account := _account(operation.service, value))}
    if len(found) > 1:
        raise SeveralOwners(", ".join(sorted(found)))
    return found.pop() if found else home


def _values(operation: Operation) -> Iterator[str]:
    for name in _RESOURCE_PARAMETERS.get(operation.service, ()):
        value = operation.params.get(name)
        if isinstance(value, str):
            yield value
    if operation.service == "dynamodb":
        yield from _tables(operation.params)
    if operation.service == "events" and operation.name == "PutEvents":
        yield from (str(entry.get("EventBusName") or "") for entry in operation.params.get("Entries") or ())
    if operation.service == "sqs" and (queue_owner := operation.params.get("QueueOwnerAWSAccountId")):
        yield f"arn:aws:sqs::{queue_owner}:queue"


def _tables(params: Mapping[str, Any]) -> Iterator[str]:
    requested = params.get("RequestItems")
    if isinstance(requested, Mapping):
        yield from requested
    for entry in params.get("TransactItems") or ():
        yield from (str(inner.get("TableName", "")) for inner in entry.values() if inner)


def _account(service: str, value: str) -> str | None:
    if found := _ARN.fullmatch(value):
        return found[1]
    if service == "lambda" and (found := _LAMBDA_PARTIAL.fullmatch(value)):
        return found[1]
    if service == "sqs" and (found := _QUEUE_URL.fullmatch(value)):
        return found[1]
    return None
