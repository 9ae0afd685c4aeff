"""The way of a function's log to CloudWatch Logs, as its own role: LocalStack's, where that differs from AWS put right.

LocalStack (`localstack/services/lambda_/invocation/logs.py`) assumes the role once, when the function is made: after an
hour the session ends and with it the logs.  It also asks for the log group whenever a stream is missing, so that a role that
may only write into an existing group, a common policy, writes nothing.

A role that may not write its logs loses them, and its calls notice nothing:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
"""

import logging
import time
from typing import Protocol, cast

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to
from localstack.services.lambda_.invocation.logs import QUEUE_SHUTDOWN, LogHandler, LogItem
from localstack.utils.aws.client_types import ServicePrincipal

LOG = logging.getLogger(__name__)
MISSING = "ResourceNotFoundException"
EXISTS = "ResourceAlreadyExistsException"
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"})


class LogsClient(Protocol):
    """What is used of boto3's client."""

    def put_log_events(self, *, logGroupName: str, logStreamName: str, logEvents: list[dict[str, object]]) -> object:  # noqa: N803 - boto3's names
        """Append to a stream."""

    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> object:  # noqa: N803 - boto3's names
        """Make a stream in a group."""

    def create_log_group(self, *, logGroupName: str) -> object:  # noqa: N803 - boto3's names
        """Make a group."""


def install() -> None:
    """Take the place of LocalStack's loop, for functions made from now on."""
    LogHandler.run_log_loop = _run


def _run(handler: LogHandler, *_arguments: object, **_keywords: object) -> None:
    client: LogsClient | None = None
    while (item := handler.log_queue.get()) is not QUEUE_SHUTDOWN:
        try:
            client = _deliver(handler, item, client)
        except ClientError as refusal:
            LOG.warning("logs of %s lost: %s", item.log_group, refusal)


def _deliver(handler: LogHandler, item: LogItem, client: LogsClient | None) -> LogsClient:
    """Write one call's log, with a new session if the last one has expired; return the client that did it."""
    if client is not None:
        try:
            _write(client, item)
        except ClientError as refusal:
            if _code(refusal) not in EXPIRED:
                raise
        else:
            return client
    client = _as_role(handler)
    _write(client, item)
    return client


def _as_role(handler: LogHandler) -> LogsClient:
    factory = connect_to.with_assumed_role(
        region_name=handler.region, role_arn=handler.role_arn, service_principal=ServicePrincipal.lambda_
    )
    return cast("LogsClient", factory.logs)


def _write(client: LogsClient, item: LogItem) -> None:
    try:
        _put(client, item)
    except ClientError as missing:
        if _code(missing) != MISSING:
            raise
        _make_stream(client, item)
        _put(client, item)


def _put(client: LogsClient, item: LogItem) -> None:
    now = int(time.time() * 1000)
    events: list[dict[str, object]] = [
        {"timestamp": now, "message": f"{line}\n"} for line in item.logs.split("\n") if line
    ]
    client.put_log_events(logGroupName=item.log_group, logStreamName=item.log_stream, logEvents=events)


def _make_stream(client: LogsClient, item: LogItem) -> None:
    try:
        client.create_log_stream(logGroupName=item.log_group, logStreamName=item.log_stream)
    except ClientError as missing:
        if _code(missing) != MISSING:
            raise
        _make_group(client, item)
        client.create_log_stream(logGroupName=item.log_group, logStreamName=item.log_stream)


def _make_group(client: LogsClient, item: LogItem) -> None:
    try:
        client.create_log_group(logGroupName=item.log_group)
    except ClientError as existing:  # another environment was first
        if _code(existing) != EXISTS:
            raise


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
