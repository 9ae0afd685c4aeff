"""What the accounts hold, found by name: functions to invoke and their logs, tables and their items, schedule rules."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3.dynamodb.types
import botocore.exceptions

from harness.accounts import Account
from harness.errors import UsageError, hidden_in_pytest
from harness.toml import nearest

__tracebackhide__ = hidden_in_pytest
MISSING = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource: its word, and a call that fails with ResourceNotFoundException where there is none of that name."""

    word: str
    look: Callable[[Account, str], object]
    names: Callable[[Account], Sequence[str]]
    """Those that an account has, or the first of many."""


FUNCTION = Kind(
    "function",
    lambda account, name: account.client("lambda").get_function(FunctionName=name),
    lambda account: [one["FunctionName"] for one in account.client("lambda").list_functions()["Functions"]],
)
TABLE = Kind(
    "table",
    lambda account, name: account.client("dynamodb").describe_table(TableName=name),
    lambda account: account.client("dynamodb").list_tables()["TableNames"],
)
RULE = Kind(
    "rule",
    lambda account, name: account.client("events").describe_rule(Name=name),
    lambda account: [one["Name"] for one in account.client("events").list_rules()["Rules"]],
)


def only_with(accounts: Mapping[str, Account], kind: Kind, name: str) -> Account:
    """The one account that has it. Raises UsageError where none has, or several."""
    having = [account for account in accounts.values() if _has(account, kind, name)]
    if len(having) == 1:
        return having[0]
    if not having:
        there = [one for account in accounts.values() for one in kind.names(account)]
        known = nearest(name, there) if there else "`harness apply` creates what Terraform describes"
        raise UsageError(f"no account has a {kind.word} `{name}`", help=known)
    listed = ", ".join(f"`{account.name}`" for account in having)
    raise UsageError(f"several accounts have a {kind.word} `{name}`: {listed}", help="say which with --account NAME")


def _has(account: Account, kind: Kind, name: str) -> bool:
    try:
        kind.look(account, name)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == MISSING:
            return False
        raise
    return True


@dataclass(frozen=True, slots=True)
class Invocation:
    """What a function answered."""

    function: str
    payload: Any
    """The decoded JSON."""
    error: str | None
    """`Unhandled` or `Handled` where the function failed."""
    log: str
    """The end of its log, as Lambda returns it."""
    request_id: str


def invoke(account: Account, function: str, payload: Any) -> Invocation:
    """Invoke a function and wait for its answer; a payload of None is none."""
    options = {} if payload is None else {"Payload": json.dumps(payload).encode()}
    answer = account.client("lambda").invoke(FunctionName=function, LogType="Tail", **options)
    text = answer["Payload"].read()
    return Invocation(
        function=function,
        payload=json.loads(text) if text else None,
        error=answer.get("FunctionError"),
        log=base64.b64decode(answer.get("LogResult", "")).decode(errors="replace"),
        request_id=answer["ResponseMetadata"]["RequestId"],
    )


def items(account: Account, table: str) -> Iterator[dict[str, Any]]:
    """The table's items as plain values, page by page."""
    plain = boto3.dynamodb.types.TypeDeserializer().deserialize
    pages = account.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return ({name: plain(value) for name, value in item.items()} for page in pages for item in page["Items"])


def log_events(account: Account, function: str) -> list[Mapping[str, Any]]:
    """What a function logged, in the order of the times; none before it ran."""
    pages = account.client("logs").get_paginator("filter_log_events")
    try:
        found = [event for page in pages.paginate(logGroupName=f"/aws/lambda/{function}") for event in page["events"]]
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] == MISSING:
            return []
        raise
    return sorted(found, key=lambda event: event["timestamp"])
