"""DynamoDB: tables, their indexes, streams and backups; batches and transactions are decided item by item.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.actions.operation import Call, ContextValue, Facts, Operation
from harness.actions.row import KeyRule, Row, Rule, call, no_resource, parameter, string

KEYS = frozenset({
    "dynamodb:leadingkeys", "dynamodb:select", "dynamodb:returnvalues", "dynamodb:returnconsumedcapacity",
    "dynamodb:enclosingoperation", "dynamodb:fulltablescan",
})  # fmt: skip
# `dynamodb:Attributes` needs the expressions to be parsed: modelled only where the request lists the attributes plainly.

_TABLE = (
    "CreateTable", "DescribeTable", "UpdateTable", "DeleteTable", "DescribeContinuousBackups", "UpdateContinuousBackups",
    "DescribeTimeToLive", "UpdateTimeToLive", "CreateBackup", "DescribeContributorInsights",
    "UpdateContributorInsights", "DescribeKinesisStreamingDestination", "EnableKinesisStreamingDestination",
    "DisableKinesisStreamingDestination", "UpdateKinesisStreamingDestination", "DescribeTableReplicaAutoScaling",
    "UpdateTableReplicaAutoScaling",
)  # fmt: skip
_ON_ARN = (
    "ListTagsOfResource",
    "TagResource",
    "UntagResource",
    "GetResourcePolicy",
    "PutResourcePolicy",
    "DeleteResourcePolicy",
)
_NO_RESOURCE = ("ListTables", "ListBackups", "ListGlobalTables", "ListExports", "ListImports", "ListContributorInsights",
                "DescribeLimits", "DescribeEndpoints")  # fmt: skip
_WITH_KEY = ("GetItem", "UpdateItem", "DeleteItem")
_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def table_arn(operation: Operation, table: str) -> str:
    """The ARN of a table given by name or by ARN."""
    return (
        table if table.startswith("arn:") else f"arn:aws:dynamodb:{operation.region}:{operation.account}:table/{table}"
    )


def table_name(table: str) -> str:
    """The bare name of a table given by name or by ARN."""
    return table.rpartition("/")[2] if table.startswith("arn:") else table


def _table(operation: Operation, _facts: Facts) -> str | None:
    table = operation.params.get("TableName")
    return table_arn(operation, table) if table else None


def _table_or_index(operation: Operation, facts: Facts) -> str | None:
    table, index = _table(operation, facts), operation.params.get("IndexName")
    return f"{table}/index/{index}" if table and index else table


def scalar(value: Mapping[str, Any] | None) -> str | None:
    """A key attribute's value as the policy sees it: `{"S": "x"}` is `x`; binary keys stay as they travel, in base64."""
    if not value:
        return None
    inner = next(iter(value.values()))
    return inner.decode("latin-1") if isinstance(inner, bytes) else str(inner)


def _leading_keys(facts: Facts, table: str, items: Iterable[Mapping[str, Any]]) -> tuple[str, ...] | None:
    hash_key = facts.hash_key(table_name(table))
    if hash_key is None:
        return None
    return tuple(value for item in items if (value := scalar(item.get(hash_key))) is not None) or None


def _leading(source: str) -> KeyRule:
    def rule(operation: Operation, facts: Facts) -> ContextValue | None:
        item = operation.params.get(source) or {}
        return _leading_keys(facts, operation.params.get("TableName", ""), [item])

    return rule


_COMMON: dict[str, KeyRule] = {
    "dynamodb:ReturnValues": string("ReturnValues"),
    "dynamodb:ReturnConsumedCapacity": string("ReturnConsumedCapacity"),
    "dynamodb:Select": string("Select"),
}


def _put_attributes(operation: Operation, _facts: Facts) -> ContextValue | None:
    if operation.params.get("ConditionExpression") or operation.params.get("Expected"):
        return None
    return tuple(operation.params.get("Item") or ()) or None


def _put_item(operation: Operation, facts: Facts) -> Sequence[Call]:
    keys = {**_COMMON, "dynamodb:LeadingKeys": _leading("Item")}
    plain = not (operation.params.get("ConditionExpression") or operation.params.get("Expected"))
    if plain:
        keys["dynamodb:Attributes"] = _put_attributes
    return [call(operation, facts, Row(_table, keys=keys), KEYS)]


def _batch(action: str, operation: Operation, facts: Facts, table: str, items: list[Mapping[str, Any]]) -> Call:
    context: dict[str, ContextValue] = {"dynamodb:EnclosingOperation": operation.name}
    leading = _leading_keys(facts, table, items)
    if leading:
        context["dynamodb:LeadingKeys"] = leading
    row = Row(
        lambda op, _facts: table_arn(op, table),
        action,
        {"dynamodb:ReturnConsumedCapacity": string("ReturnConsumedCapacity")},
    )
    return call(operation, facts, row, KEYS, context)


def _batch_get(operation: Operation, facts: Facts) -> Sequence[Call]:
    requested: Mapping[str, Any] = operation.params.get("RequestItems") or {}
    return [
        _batch("dynamodb:BatchGetItem", operation, facts, table, list(wanted.get("Keys", ())))
        for table, wanted in requested.items()
    ]


def _batch_write(operation: Operation, facts: Facts) -> Sequence[Call]:
    requested: Mapping[str, Any] = operation.params.get("RequestItems") or {}
    return [
        _batch("dynamodb:BatchWriteItem", operation, facts, table, [_written(write) for write in writes])
        for table, writes in requested.items()
    ]


def _written(write: Mapping[str, Any]) -> Mapping[str, Any]:
    put: Mapping[str, Any] = (write.get("PutRequest") or {}).get("Item") or {}
    return put or (write.get("DeleteRequest") or {}).get("Key") or {}


def _transact(operation: Operation, facts: Facts) -> Sequence[Call]:
    calls = []
    for entry in operation.params.get("TransactItems") or ():
        for verb, inner in entry.items():
            if inner:
                item = inner.get("Item") or inner.get("Key") or {}
                action = f"dynamodb:{_TRANSACTED[verb]}"
                calls.append(_batch(action, operation, facts, inner.get("TableName", ""), [item]))
    return calls


def _create_table(operation: Operation, facts: Facts) -> Sequence[Call]:
    calls = [call(operation, facts, Row(_table), KEYS)]
    if operation.params.get("Tags"):
        calls.append(call(operation, facts, Row(_table, "dynamodb:TagResource"), KEYS))
    if operation.params.get("ResourcePolicy"):
        calls.append(call(operation, facts, Row(_table, "dynamodb:PutResourcePolicy"), KEYS))
    return calls


ROWS: dict[str, Row | Rule] = {
    **{name: Row(_table) for name in _TABLE},
    **{name: Row(parameter("ResourceArn")) for name in _ON_ARN},
    **{name: Row(no_resource) for name in _NO_RESOURCE},
    **{name: Row(_table, keys={**_COMMON, "dynamodb:LeadingKeys": _leading("Key")}) for name in _WITH_KEY},
    "CreateTable": _create_table,
    "PutItem": _put_item,
    "Scan": Row(_table_or_index, keys={**_COMMON, "dynamodb:FullTableScan": lambda _operation, _facts: "true"}),
    "BatchGetItem": _batch_get,
    "BatchWriteItem": _batch_write,
    "TransactGetItems": _transact,
    "TransactWriteItems": _transact,
    "DescribeBackup": Row(parameter("BackupArn")),
    "DeleteBackup": Row(parameter("BackupArn")),
    # Query: the leading keys stand in an expression, which is not parsed here: they are unknown, not absent.
    "Query": Row(_table_or_index, keys=_COMMON),
}

UNREAD = {"Query": frozenset({"dynamodb:leadingkeys"})}
"""Keys that AWS would fill for an operation and that are not modelled here: unknown for it."""
