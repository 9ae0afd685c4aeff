"""DynamoDB: tables, their indexes, streams and backups; batches, transactions and PartiQL are decided statement by statement.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.actions.expressions import Unreadable, attributes, equal_to
from harness.actions.keys import UNKNOWN, UNREAD, Keys, KeyValue, Type, key
from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import Service, each, rows
from harness.model.arn import Arn

_ITEMS = "GetItem PutItem UpdateItem DeleteItem ConditionCheckItem"
_BATCHES = "BatchGetItem BatchWriteItem"
_PARTIQL = "PartiQLSelect PartiQLInsert PartiQLUpdate PartiQLDelete"
_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
# What a restored table is written with, on its own ARN: the same reference, "dependent actions".
_RESTORING = ("BatchWriteItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem")
_EXPRESSIONS = (
    "ProjectionExpression", "FilterExpression", "ConditionExpression", "KeyConditionExpression", "UpdateExpression",
)  # fmt: skip
_NAMED = ("Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter", "Item", "Key")

# condition keys


def scalar(value: Mapping[str, Any] | None) -> str | None:
    """A key attribute's value as the policy sees it: `{"S": "x"}` is `x`; binary keys stay as they travel, in base64."""
    if not value:
        return None
    inner = next(iter(value.values()))
    return inner.decode("latin-1") if isinstance(inner, bytes) else str(inner)


def _leading_keys(operation: Operation, facts: Facts) -> KeyValue:
    params = operation.params
    attribute = facts.hash_key(table_name(str(params.get("TableName") or "")), params.get("IndexName"))
    if attribute is None:
        return UNKNOWN
    try:
        found = [item.get(attribute) for item in _items(params)] + _queried(params, attribute)
    except Unreadable:
        return UNKNOWN
    return tuple(dict.fromkeys(value for each_ in found if (value := scalar(each_)) is not None)) or UNKNOWN


def _items(params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("Item", "Key", "Items", "Keys"):
        yield from (item for item in dig(params, name) if isinstance(item, Mapping))


def _queried(params: Mapping[str, Any], attribute: str) -> list[Any]:
    legacy = [*dig((params.get("KeyConditions") or {}).get(attribute), "AttributeValueList")]
    expression = params.get("KeyConditionExpression")
    if not expression:
        return legacy
    names, values = params.get("ExpressionAttributeNames") or {}, params.get("ExpressionAttributeValues") or {}
    return legacy + equal_to(expression, attribute, names, values)


def _attributes(operation: Operation, _facts: Facts) -> KeyValue:
    """The top-level attributes that the request names, wherever it does."""
    params = operation.params
    found = [str(name) for name in dig(params, "AttributesToGet")]
    for source in (*(params.get(name) or {} for name in _NAMED), *dig(params, "Items"), *dig(params, "Keys")):
        found += source
    try:
        for name in _EXPRESSIONS:
            if expression := params.get(name):
                found += attributes(expression, params.get("ExpressionAttributeNames") or {})
    except Unreadable:
        return UNKNOWN
    return tuple(dict.fromkeys(found)) or None


# Both always have a value, whether or not the request says one:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html#FGAC_DDB.Examples


def _selected(operation: Operation, _facts: Facts) -> KeyValue:
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html#DDB-Query-request-Select."""
    params = operation.params
    if params.get("Select"):
        return str(params["Select"])
    if params.get("ProjectionExpression") or params.get("AttributesToGet"):
        return "SPECIFIC_ATTRIBUTES"
    return "ALL_PROJECTED_ATTRIBUTES" if params.get("IndexName") else "ALL_ATTRIBUTES"


def _returned(operation: Operation, _facts: Facts) -> KeyValue:
    return str(operation.params.get("ReturnValues") or "NONE")


KEYS = Keys({
    "dynamodb:Attributes": (
        key(Type.STRINGS, f"{_ITEMS} {_BATCHES} Query Scan", _attributes),
        key(Type.STRINGS, _PARTIQL, UNREAD),
    ),
    "dynamodb:LeadingKeys": (
        key(Type.STRINGS, f"{_ITEMS} {_BATCHES} Query", _leading_keys),
        key(Type.STRINGS, _PARTIQL, UNREAD),
    ),
    "dynamodb:ReturnConsumedCapacity": key(Type.STRING, f"{_ITEMS} {_BATCHES} Query Scan", "ReturnConsumedCapacity"),
    "dynamodb:ReturnValues": (
        key(Type.STRING, "PutItem UpdateItem DeleteItem", _returned),
        key(Type.STRING, "ConditionCheckItem Query Scan", "ReturnValues"),
        key(Type.STRING, "PartiQLUpdate PartiQLDelete", UNREAD),
    ),
    "dynamodb:Select": (
        key(Type.STRING, "GetItem BatchGetItem Query Scan", _selected),
        key(Type.STRING, "PartiQLSelect", UNREAD),
    ),
    # Single operations have none; transactions give it.
    "dynamodb:EnclosingOperation": key(
        Type.STRING, f"GetItem PutItem UpdateItem DeleteItem {_PARTIQL}", lambda operation, _facts: _enclosing(operation)
    ),
    "dynamodb:FullTableScan": key(Type.BOOL, "PartiQLSelect", UNREAD),
})  # fmt: skip


def _enclosing(operation: Operation) -> KeyValue:
    return (
        operation.name if operation.name in {"TransactGetItems", "TransactWriteItems", "ExecuteTransaction"} else None
    )


# resources


def table_arn(operation: Operation, table: str) -> str:
    """The ARN of a table given by name or by ARN."""
    return (
        table if table.startswith("arn:") else f"arn:aws:dynamodb:{operation.region}:{operation.account}:table/{table}"
    )


def table_name(table: str) -> str:
    """The bare name of a table given by name or by ARN."""
    return table.split("/")[1] if table.startswith("arn:") and "/" in table else table


def tables(params: Mapping[str, Any]) -> Iterator[str]:
    """Every table that a request for items names, by name or ARN."""
    if table := params.get("TableName"):
        yield str(table)
    requested = params.get("RequestItems")
    if isinstance(requested, Mapping):
        yield from requested
    for entry in params.get("TransactItems") or ():
        yield from (str(inner.get("TableName", "")) for inner in entry.values() if inner)
    yield from (read[1] for statement in statements(params) if (read := partiql(statement)) is not None)


def _table_or_index(operation: Operation, _facts: Facts) -> str | None:
    table, index = operation.params.get("TableName"), operation.params.get("IndexName")
    if not table:
        return None
    return f"{table_arn(operation, table)}/index/{index}" if index else table_arn(operation, table)


def _iterated(operation: Operation, _facts: Facts) -> str | None:
    """A stream's iterator begins with the stream's ARN: `ARN|1|...`."""
    arn = str(operation.params.get("ShardIterator") or "").partition("|")[0]
    return arn if arn.startswith("arn:") else None


# operations that are several calls


def _on_table(service: Service, operation: Operation, facts: Facts, action: str, params: Mapping[str, Any]) -> Call:
    """One call on the table that `params` name, a part of the request that has the whole's ReturnConsumedCapacity."""
    part = {"ReturnConsumedCapacity": operation.params.get("ReturnConsumedCapacity"), **params}
    inner = replace(operation, params=part)
    return service.call(inner, facts, action, table_arn(operation, str(params.get("TableName") or "")))


def _batch_get(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    requested: Mapping[str, Any] = operation.params.get("RequestItems") or {}
    return [
        _on_table(service, operation, facts, "BatchGetItem", {"TableName": table, **wanted})
        for table, wanted in requested.items()
    ]


def _batch_write(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    calls = []
    for table, writes in (operation.params.get("RequestItems") or {}).items():
        request = {"Writes": writes}
        items, keys = dig(request, "Writes.PutRequest.Item"), dig(request, "Writes.DeleteRequest.Key")
        part = {"TableName": table, "Items": items, "Keys": keys}
        calls.append(_on_table(service, operation, facts, "BatchWriteItem", part))
    return calls


def _transact(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    return [
        _on_table(service, operation, facts, _TRANSACTED[verb], inner)
        for entry in operation.params.get("TransactItems") or ()
        for verb, inner in entry.items()
        if inner
    ]


def _restore(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The backup or the source table, in whatever ways it is named, and the new table with all that fills it."""
    params = operation.params
    name, given = params.get("SourceTableName"), str(params.get("BackupArn") or params.get("SourceTableArn") or "")
    arn = Arn.parse(given)
    place = f"arn:aws:dynamodb:{operation.region}:{arn.account if arn else operation.account}:table"
    sources: list[str | None] = [f"{place}/{name}"] if name else []
    sources += [given if arn else None] if given or not name else []
    target = f"{place}/{params.get('TargetTableName') or ''}"
    return [
        *(service.call(operation, facts, operation.name, one) for one in dict.fromkeys(sources)),
        service.call(operation, facts, operation.name, target),
        # The keys of the filling's own items are AWS's: nothing of the request is theirs.
        *(Call(f"dynamodb:{action}", target) for action in _RESTORING),
    ]


_STATEMENT = re.compile(
    r"\s*(?:EXISTS\s*\(\s*)?(?P<verb>SELECT\b.*?\bFROM|INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+"
    r'(?:"(?P<quoted>[^"]+)"|(?P<bare>[\w.-]+?))(?:\s*\.\s*"(?P<index>[^"]+)")?(?=\s|$|\))',
    re.IGNORECASE | re.DOTALL,
)


_QUOTED = re.compile(r"""'(?:[^']|'')*'|"[^"]*\"""")
_SPACE = re.compile(rf"{_QUOTED.pattern}|(\s)")
_TABLE_WORD = re.compile(r"\b(?:FROM|INTO|UPDATE)\b", re.IGNORECASE)


def plain(statement: str) -> str:
    """The statement with blanks for all white space outside of quotes: moto's parser knows no other."""
    return _SPACE.sub(lambda found: " " if found[1] else found[0], statement)


def partiql(statement: str) -> tuple[str, str, str | None] | None:
    """The action, the table and the index of a PartiQL statement, None where it cannot be read.

    Nor is one read that moto would take for another: it looks for the table's keyword anywhere, and splits a table's name at a dot.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
    """
    statement = plain(statement)
    found = _STATEMENT.match(statement)
    bare = _QUOTED.sub("", statement)
    if found is None or "." in (found["quoted"] or found["bare"]):
        return None
    if len(_TABLE_WORD.findall(bare)) != 1 or statement[found.end() :].lstrip().startswith(","):
        return None
    verb = found["verb"].split(maxsplit=1)[0].capitalize()
    return f"PartiQL{verb}", found["quoted"] or found["bare"], found["index"]


def statements(params: Mapping[str, Any]) -> list[str]:
    """The PartiQL statements of a request."""
    paths = ("Statement", "Statements.Statement", "TransactStatements.Statement")
    return [str(statement) for path in paths for statement in dig(params, path)]


def _partiql(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    calls = []
    for statement in statements(operation.params):
        read = partiql(statement)
        if read is None:
            calls.append(Call(f"dynamodb:{operation.name}", None))
            continue
        action, table, index = read
        arn = table_arn(operation, table)
        calls.append(service.call(operation, facts, action, f"{arn}/index/{index}" if index else arn))
    return calls


SERVICE = Service(
    prefix="dynamodb",
    rows={
        **rows("arn:aws:dynamodb:{region}:{account}:", """
            table/{TableName}
                CreateTable DescribeTable UpdateTable DeleteTable DescribeContinuousBackups UpdateContinuousBackups
                DescribeTimeToLive UpdateTimeToLive CreateBackup DescribeKinesisStreamingDestination
                EnableKinesisStreamingDestination DisableKinesisStreamingDestination UpdateKinesisStreamingDestination
                DescribeTableReplicaAutoScaling UpdateTableReplicaAutoScaling PutItem GetItem UpdateItem DeleteItem
            {ResourceArn}
                ListTagsOfResource TagResource UntagResource GetResourcePolicy PutResourcePolicy DeleteResourcePolicy
            {BackupArn}
                DescribeBackup DeleteBackup
            {TableArn}
                ExportTableToPointInTime
            {ExportArn}
                DescribeExport
            {ImportArn}
                DescribeImport
            table/{TableCreationParameters.TableName}
                ImportTable
            arn:aws:dynamodb::{account}:global-table/{GlobalTableName}
                DescribeGlobalTable DescribeGlobalTableSettings
            arn:aws:dynamodb::{account}:global-table/{GlobalTableName} & table/{GlobalTableName}
                CreateGlobalTable UpdateGlobalTable UpdateGlobalTableSettings
            *
                ListTables ListBackups ListGlobalTables ListExports ListImports ListContributorInsights DescribeLimits
                DescribeEndpoints
        """),
        **each(_table_or_index, "Query Scan DescribeContributorInsights UpdateContributorInsights"),
        "BatchGetItem": _batch_get,
        "BatchWriteItem": _batch_write,
        "TransactGetItems": _transact,
        "TransactWriteItems": _transact,
        "RestoreTableFromBackup": _restore,
        "RestoreTableToPointInTime": _restore,
        "ExecuteStatement": _partiql,
        "BatchExecuteStatement": _partiql,
        "ExecuteTransaction": _partiql,
    },
    keys=KEYS,
    also={"CreateTable": {"TagResource": "Tags", "PutResourcePolicy": "ResourcePolicy"}},
    names_only=True,
)  # fmt: skip

STREAMS = Service(
    prefix="dynamodb",
    rows={
        **rows("", """
            {StreamArn}
                DescribeStream GetShardIterator
            *
                ListStreams
        """),
        **each(_iterated, "GetRecords"),
    },
    keys=KEYS,
    names_only=True,
)  # fmt: skip
