"""The call sites of LocalStack's internal clients: for whom each call is made, where LocalStack itself does not say.

Four tables, by the service whose code makes the call. A call is made for the service principal that LocalStack names, or the
one that `MARKS` names; or with the credentials of a role, assumed for the resource that `ASSUMERS` finds; or it is `PLUMBING`:
on AWS there is no such call, or the service makes it by itself. Every other call is refused.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Source:
    """The resource a call is made for: the first of these variables on the stack, innermost first, and its ARN in it."""

    variables: tuple[str, ...]
    arn: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Mark:
    """What LocalStack leaves out: the service principal, and the resource it acts for."""

    principal: str
    source: Source


@dataclass(frozen=True, slots=True)
class Plumbing:
    """Calls without a principal that pass, and why."""

    callers: frozenset[str]
    service: str
    operations: frozenset[str]
    reason: str
    crosses: bool = False
    """Whether the call may go to another account of the launch."""


def _row(callers: str, service: str, operations: str, reason: str, *, crosses: bool = False) -> Plumbing:
    return Plumbing(frozenset(callers.split()), service, frozenset(operations.split()), reason, crosses)


PLUMBING: tuple[Plumbing, ...] = (
    _row(
        "lambda s3transfer", "s3", "CreateBucket HeadBucket PutObject GetObject HeadObject DeleteObject",
        "functions' code is kept in a bucket of the service's own account; reading the user's own archive is decided with CreateFunction",
    ),
    _row("lambda", "ec2", "DescribeSubnets", "the network of the subnets that the outer call names"),
    _row("lambda", "lambda", "Invoke", "a mapping hands its events to its own function; the mapping was decided when it was made"),
    _row(
        "sns s3 events lambda", "sqs", "GetQueueUrl",
        "the queue's URL is looked up before each message; the sending itself is decided", crosses=True,
    ),
    _row("s3", "sns", "GetTopicAttributes", "whether a notification's topic exists; publishing to it is decided", crosses=True),
    _row("s3", "lambda", "GetFunction", "whether a notification's function exists; invoking it is decided", crosses=True),
    _row("s3", "kms", "DescribeKey", "whether the key that the outer call names is enabled"),
    _row("s3", "kms", "CreateKey", "the key of the service's own that encrypts where the user named none"),
    _row("sns", "sns", "GetEndpointAttributes GetPlatformApplicationAttributes", "the service reads its own platform endpoints"),
    _row(
        "sns", "logs", "CreateLogGroup CreateLogStream PutLogEvents",
        "LocalStack logs each delivery, where AWS does so for topics with a feedback role only",
    ),
    _row("sns", "ses", "VerifyEmailAddress SendEmail", "mail to a subscriber is the service's own"),
    _row("s3 ssm stepfunctions", "events", "PutEvents", "services announce on the default bus what happened to them"),
    _row("events lambda logs scheduler sns sqs utils.cloudwatch", "cloudwatch", "PutMetricData", "services publish their own metrics"),
    _row("cloudwatch", "cloudwatch", "DescribeAlarms GetMetricData SetAlarmState", "an alarm is watched by the service itself"),
    _row("events", "events", "DescribeApiDestination DescribeConnection", "the service reads its own destinations"),
    _row(
        "events", "events", "PutRule PutTargets RemoveTargets DeleteRule",
        "the managed rule of an archive, which the service keeps: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-archive.html",
    ),
    _row(
        "events", "secretsmanager", "CreateSecret UpdateSecret DeleteSecret GetSecretValue",
        "a connection's secret, kept by the service-linked role: "
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-target-connection-auth.html",
    ),
    _row(
        "stepfunctions", "logs", "CreateLogStream PutLogEvents",
        "executions are logged by log delivery, whose policy on the group AWS writes itself",
    ),
    _row("ssm", "ssm", "GetParameter", "GetParameters was decided for each of its names"),
    _row("ssm", "secretsmanager", "GetSecretValue", "a parameter that refers to a secret was decided as reading it"),
    _row("cloudformation", "iam", "ListPolicies", "the SAM transform knows the names of AWS's managed policies"),
    _row("apigateway", "apigateway", "GetRestApi GetResources GetModels", "what the outer GetExport exports"),
)  # fmt: skip


def plumbing(caller: str, service: str, operation: str) -> Plumbing | None:
    """The row that lets an unmarked call pass."""
    return next(
        (row for row in PLUMBING if row.service == service and operation in row.operations and caller in row.callers),
        None,
    )


_ALARM = Source(("composite_alarm", "alarm"), lambda alarm: alarm.alarm["AlarmArn"])
_SECRET = Source(("secret",), lambda secret: secret.arn)

# (calling service, service, operation) -> for whom
MARKS: Mapping[tuple[str, str, str], Mark] = {
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    ("cloudwatch", "sns", "Publish"): Mark("cloudwatch.amazonaws.com", _ALARM),
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
    ("cloudwatch", "lambda", "Invoke"): Mark("lambda.alarms.cloudwatch.amazonaws.com", _ALARM),
    # https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets-required-permissions-function.html
    ("secretsmanager", "lambda", "Invoke"): Mark("secretsmanager.amazonaws.com", _SECRET),
    ("secretsmanager", "lambda", "GetFunction"): Mark("secretsmanager.amazonaws.com", _SECRET),
}

# The calling service -> the resource for which it assumes a role: AWS shows it to the role's trust policy.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
ASSUMERS: Mapping[str, Source] = {
    "events": Source(("self",), lambda sender: sender.rule_arn),
    "logs": Source(("log_group_arn",), str),
    "stepfunctions": Source(("env",), lambda env: env.states.context_object.context_object_data["StateMachine"]["Id"]),
}

# (calling service, service, operation) -> the operation as which it is decided: LocalStack looks at the target where AWS tries it
# before it takes its ARN.
STAND_INS: Mapping[tuple[str, str, str], str] = {
    ("events", "events", "DescribeApiDestination"): "InvokeApiDestination",
    ("logs", "lambda", "GetFunction"): "Invoke",
    ("logs", "kinesis", "DescribeStream"): "PutRecord",
    ("secretsmanager", "lambda", "GetFunction"): "Invoke",
}

# service principal -> the source that AWS shows, where LocalStack shows another
_SOURCES: Mapping[str, Callable[[str], str]] = {
    # A dead-letter queue's policy names the topic, LocalStack the subscription:
    # https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html
    "sns.amazonaws.com": lambda arn: ":".join(arn.split(":")[:6]),
    # A group's ARN ends in a wildcard: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    "logs.amazonaws.com": lambda arn: arn if arn.endswith(":*") else f"{arn}:*",
}


def source(principal: str, arn: str | None) -> str | None:
    """The source ARN as AWS would show it."""
    shown = _SOURCES.get(principal)
    return shown(arn) if shown and arn else arn


OWN_SCHEDULER = "harness.gateway.services.scheduling"
"""The one service that is ours."""


def calling_service(modules: Iterator[str]) -> str:
    """The service that makes a call, from the modules on the stack, innermost first: that of LocalStack's innermost service code.

    A call on a thread of its own has none on its stack: it is then the helper's that makes it.
    """
    nearest = ""
    for module in modules:
        if module == OWN_SCHEDULER:
            return "scheduler"
        if module.startswith("localstack.services."):
            return module.split(".")[2].rstrip("_")
        if not nearest and module.startswith("localstack.utils."):
            nearest = f"utils.{module.split('.')[2]}"
        if not nearest and module.startswith("s3transfer."):
            nearest = "s3transfer"
    return nearest
