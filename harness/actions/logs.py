"""CloudWatch Logs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
OBSERVED: AWS names a log group in refusals as `...:log-group:NAME:log-stream:STREAM`, with an empty stream where the operation
is about the group; a policy's `log-group:NAME:*` matches both.
"""

from harness.actions.operation import Facts, Operation
from harness.actions.row import Row, Rule, no_resource

KEYS: frozenset[str] = frozenset()
"""None of the service's own keys is read from requests: all are unknown."""

_STREAM = ("CreateLogStream", "DeleteLogStream", "PutLogEvents", "GetLogEvents")
_GROUP = (
    "CreateLogGroup", "DeleteLogGroup", "DescribeLogStreams", "FilterLogEvents", "PutRetentionPolicy", "DeleteRetentionPolicy",
    "PutSubscriptionFilter", "DeleteSubscriptionFilter", "DescribeSubscriptionFilters", "PutMetricFilter",
    "DeleteMetricFilter", "AssociateKmsKey", "DisassociateKmsKey", "StartQuery", "GetLogGroupFields",
    "DescribeLogGroups", "DescribeMetricFilters", "PutDataProtectionPolicy", "GetDataProtectionPolicy",
    "DeleteDataProtectionPolicy",
)  # fmt: skip
_TAGS = ("TagResource", "UntagResource", "ListTagsForResource")
_NO_RESOURCE = ("DescribeQueries", "DescribeDestinations", "DescribeExportTasks", "DescribeResourcePolicies", "PutResourcePolicy",
                "DeleteResourcePolicy", "StopQuery", "GetQueryResults", "DescribeQueryDefinitions")  # fmt: skip


def _stream(operation: Operation, _facts: Facts) -> str:
    identifier = operation.params.get("logGroupIdentifier") or ""
    group = operation.params.get("logGroupName") or identifier
    stream = operation.params.get("logStreamName") or ""
    if group.startswith("arn:"):
        return f"{group.removesuffix(':*')}:log-stream:{stream}"
    return f"arn:aws:logs:{operation.region}:{operation.account}:log-group:{group}:log-stream:{stream}"


def _tagged(operation: Operation, _facts: Facts) -> str | None:
    arn = operation.params.get("resourceArn")
    return arn.removesuffix(":*") if isinstance(arn, str) else None


ROWS: dict[str, Row | Rule] = {
    **{name: Row(_stream) for name in (*_STREAM, *_GROUP)},
    **{name: Row(_tagged) for name in _TAGS},
    **{name: Row(no_resource) for name in _NO_RESOURCE},
}
