"""From an API operation to what IAM decides: actions, resources and condition keys. Tables that a person can read and extend.

The default action of operation `X` is `prefix:X`; an operation without a row has an unknown resource and unknown service keys.
"""

from collections.abc import Mapping, Sequence

from harness.actions import dynamodb, events, iam, lambda_, logs, sns, sqs, sts
from harness.actions.operation import Call, Facts, Operation
from harness.actions.owner import SeveralOwners, owner
from harness.actions.row import Row, Rule, call, tag_keys

__all__ = ["Call", "Facts", "Operation", "SeveralOwners", "calls", "modelled_operations", "owner"]

_TABLES: Mapping[str, tuple[Mapping[str, Row | Rule], frozenset[str]]] = {
    "dynamodb": (dynamodb.ROWS, dynamodb.KEYS),
    "events": (events.ROWS, events.KEYS),
    "iam": (iam.ROWS, iam.KEYS),
    "lambda": (lambda_.ROWS, lambda_.KEYS),
    "logs": (logs.ROWS, logs.KEYS),
    "sns": (sns.ROWS, sns.KEYS),
    "sqs": (sqs.ROWS, sqs.KEYS),
    "sts": (sts.ROWS, sts.KEYS),
}
_UNREAD: Mapping[str, Mapping[str, frozenset[str]]] = {"dynamodb": dynamodb.UNREAD}


def calls(operation: Operation, facts: Facts) -> Sequence[Call]:
    """What the operation asks of IAM; all of them must be allowed. Never empty."""
    rows, keys = _TABLES.get(operation.service, ({}, frozenset()))
    row = rows.get(operation.name)
    if row is None:
        return [Call(f"{operation.prefix}:{operation.name}", None, tag_keys(operation))]
    keys = keys - _UNREAD.get(operation.service, {}).get(operation.name, frozenset())
    if isinstance(row, Row):
        return [call(operation, facts, row, keys)]
    # A batch that names nothing is refused by its service; it is decided as unknown until then.
    return row(operation, facts) or [Call(f"{operation.prefix}:{operation.name}", None)]


def modelled_operations() -> Mapping[str, frozenset[str]]:
    """The operations that have a row, by service: for tests and documentation."""
    return {service: frozenset(rows) for service, (rows, _) in _TABLES.items()}
