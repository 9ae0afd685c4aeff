"""Which account an operation belongs to: the account of the one parameter that *is* its resource, else the caller's home.

No other ARN routes: `PolicyArn`, `Role`, `Endpoint`, `Targets` stay with the caller, and so does everything of IAM.
"""

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.actions.dynamodb import tables
from harness.actions.operation import Operation
from harness.actions.params import dig
from harness.actions.sqs import queue_place

_ARN = re.compile(r"arn:aws[\w-]*:[\w-]+:[\w-]*:(\d{12}):.+", re.DOTALL)
_LAMBDA_PARTIAL = re.compile(r"(?:[a-z]{2}(?:-gov)?-[a-z]+-\d:)?(\d{12}):(?:function:)?[\w-]+.*")

# service -> the parameters that may hold the resource's ARN
_RESOURCE_PARAMETERS: dict[str, tuple[str, ...]] = {
    "cloudformation": ("StackName", "ChangeSetName"),
    "cloudwatch": ("ResourceARN",),
    "dynamodb": ("TableName", "ResourceArn", "BackupArn", "TableArn", "SourceTableArn", "ExportArn", "ImportArn"),
    "dynamodbstreams": ("StreamArn", "ShardIterator"),
    "events": ("EventBusName", "ResourceARN"),
    "kinesis": ("StreamARN", "ConsumerARN", "ResourceARN"),
    "kms": ("KeyId",),
    "lambda": ("FunctionName", "Resource", "CodeSigningConfigArn", "LayerName", "Arn"),
    "logs": ("logGroupIdentifier", "logGroupIdentifiers", "resourceArn", "resourceIdentifier"),
    "scheduler": ("ResourceArn",),
    "secretsmanager": ("SecretId",),
    "sns": ("TopicArn", "TargetArn", "ResourceArn", "SubscriptionArn", "PlatformApplicationArn", "EndpointArn"),
    "sqs": ("SourceArn",),
    "ssm": ("Name", "Names", "Path", "ResourceArn"),
    "stepfunctions": (
        "stateMachineArn", "stateMachineVersionArn", "stateMachineAliasArn", "executionArn", "activityArn", "mapRunArn",
        "resourceArn",
    ),
    "sts": ("RoleArn",),
}  # fmt: skip
# (service, operation) -> the parameters that hold it there, instead of the service's: elsewhere the same name is a mere reference.
_OPERATION_PARAMETERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("events", "PutEvents"): (),
    ("kms", "ReEncrypt"): ("SourceKeyId", "DestinationKeyId"),
    ("lambda", "CreateFunction"): ("FunctionName",),
    ("lambda", "PutFunctionCodeSigningConfig"): ("FunctionName",),
    # The mapping is the caller's, which reads from the source and invokes the function with its role.
    ("lambda", "CreateEventSourceMapping"): (),
    ("lambda", "UpdateEventSourceMapping"): (),
    ("lambda", "ListEventSourceMappings"): (),
    ("logs", "PutDeliverySource"): (),
    # A platform endpoint is a resource of the topic's subscriber, not of the topic.
    ("sns", "Subscribe"): ("TopicArn",),
    ("stepfunctions", "CreateStateMachineAlias"): ("routingConfiguration.stateMachineVersionArn",),
}


class SeveralOwners(Exception):
    """One request names resources of several accounts, and no row says how it splits."""


def owner(operation: Operation, home: str) -> str:
    """The owning account of the operation; `home` is the caller's. Raises SeveralOwners."""
    # A bare name means the caller's own resource, also beside another account's ARN: that is two owners, not the ARN's alone.
    found = {_account(operation.service, value) or home for value in _values(operation)}
    if len(found) > 1:
        raise SeveralOwners(", ".join(sorted(found)))
    return found.pop() if found else home


def _values(operation: Operation) -> Iterator[str]:
    parameters = _OPERATION_PARAMETERS.get(
        (operation.service, operation.name), _RESOURCE_PARAMETERS.get(operation.service, ())
    )
    for path in parameters:
        yield from (value for value in dig(operation.params, path) if isinstance(value, str))
    more = _MORE.get(operation.service)
    if more is not None:
        yield from more(operation.params)


def _buses(params: Mapping[str, Any]) -> Iterator[str]:
    """An entry without a bus means the default one."""
    yield from (str(entry.get("EventBusName") or "default") for entry in params.get("Entries") or ())


def _queues(params: Mapping[str, Any]) -> Iterator[str]:
    if (place := queue_place(str(params.get("QueueUrl") or ""))) is not None:
        yield f"arn:aws:sqs::{place[0]}:{place[2]}"
    if queue_owner := params.get("QueueOwnerAWSAccountId"):
        yield f"arn:aws:sqs::{queue_owner}:queue"


def _grants(params: Mapping[str, Any]) -> Iterator[str]:
    """A grant's token holds its account: LocalStack's in clear, AWS's in a way of its own."""
    if token := params.get("GrantToken"):
        try:
            account = base64.b64decode(str(token)).decode("latin-1").partition(":")[0]
        except ValueError:
            return
        yield f"arn:aws:kms::{account}:grant"


# What a service names otherwise than by a parameter that holds an ARN.
_MORE: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "dynamodb": tables,
    "events": _buses,
    "kms": _grants,
    "sqs": _queues,
}


def _account(service: str, value: str) -> str | None:
    if found := _ARN.fullmatch(value):
        return found[1]
    if service == "lambda" and (found := _LAMBDA_PARTIAL.fullmatch(value)):
        return found[1]
    return None
