"""From an API operation to what IAM decides: actions, resources and condition keys. Tables that a person can read and extend.

The default action of operation `X` is `prefix:X`; an operation without a row has an unknown resource and unknown service keys.
"""

from collections.abc import Mapping, Sequence

from harness.actions import (
    apigateway,
    cloudformation,
    cloudwatch,
    dynamodb,
    ec2,
    encryption,
    events,
    iam,
    kinesis,
    kms,
    lambda_,
    logs,
    passed_roles,
    s3,
    s3control,
    scheduler,
    secretsmanager,
    sns,
    sqs,
    ssm,
    stepfunctions,
    sts,
    tagging,
)
from harness.actions.operation import (
    Authentication,
    Call,
    Encryption,
    Facts,
    Grant,
    Inherited,
    KeyState,
    NetworkPlace,
    Operation,
    Standing,
)
from harness.actions.owner import SeveralOwners, owner
from harness.actions.reasons import Reason
from harness.actions.service import Service, unmodelled

__all__ = [
    "SERVICES",
    "Authentication",
    "Call",
    "Encryption",
    "Facts",
    "Grant",
    "Inherited",
    "KeyState",
    "NetworkPlace",
    "Operation",
    "Reason",
    "SeveralOwners",
    "Standing",
    "calls",
    "modelled_operations",
    "owner",
]

SERVICES: Mapping[str, Service] = {
    "apigateway": apigateway.SERVICE,
    "cloudformation": cloudformation.SERVICE,
    "cloudwatch": cloudwatch.SERVICE,
    "dynamodb": dynamodb.SERVICE,
    "dynamodbstreams": dynamodb.STREAMS,
    "ec2": ec2.SERVICE,
    "events": events.SERVICE,
    "iam": iam.SERVICE,
    "kinesis": kinesis.SERVICE,
    "kms": kms.SERVICE,
    "lambda": lambda_.SERVICE,
    "logs": logs.SERVICE,
    "resourcegroupstaggingapi": tagging.SERVICE,
    "s3": s3.SERVICE,
    "s3control": s3control.SERVICE,
    "scheduler": scheduler.SERVICE,
    "secretsmanager": secretsmanager.SERVICE,
    "sns": sns.SERVICE,
    "sqs": sqs.SERVICE,
    "ssm": ssm.SERVICE,
    "stepfunctions": stepfunctions.SERVICE,
    "sts": sts.SERVICE,
}
"""By the service's name in botocore's models."""


def calls(operation: Operation, facts: Facts) -> Sequence[Call]:
    """What the operation asks of IAM; all of them must be allowed. Never empty."""
    service = SERVICES.get(operation.service)
    if service is None:
        return [unmodelled(operation.prefix, operation), *passed_roles.calls(operation, facts)]
    passed = () if operation.name in service.rows else passed_roles.calls(operation, facts)
    return [*service.calls(operation, facts), *passed, *encryption.calls(operation, facts)]


def modelled_operations() -> Mapping[str, frozenset[str]]:
    """The operations that have a row, by service: for tests and documentation."""
    return {name: frozenset(service.rows) for name, service in SERVICES.items()}
