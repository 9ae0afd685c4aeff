"""SQS: the queue, from its URL or its name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
"""

import re

from harness.actions.operation import Facts, Operation
from harness.actions.row import Row, Rule, no_resource

KEYS: frozenset[str] = frozenset()

_URL = re.compile(r"https?://[^/]+/(?:queue/(?P<region>[\w-]+)/)?(?P<account>\d{12})/(?P<name>[^/]+)")
_QUEUE = (
    "SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes", "SetQueueAttributes",
    "PurgeQueue", "DeleteQueue", "AddPermission", "RemovePermission", "TagQueue", "UntagQueue", "ListQueueTags",
    "ListDeadLetterSourceQueues", "CreateQueue", "GetQueueUrl",
)  # fmt: skip
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
_BATCHES = {
    "SendMessageBatch": "sqs:SendMessage",
    "DeleteMessageBatch": "sqs:DeleteMessage",
    "ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
}


def _queue(operation: Operation, _facts: Facts) -> str | None:
    url = _URL.fullmatch(operation.params.get("QueueUrl") or "")
    if url is not None:
        return f"arn:aws:sqs:{url['region'] or operation.region}:{url['account']}:{url['name']}"
    name = operation.params.get("QueueName")
    owner = operation.params.get("QueueOwnerAWSAccountId") or operation.account
    return f"arn:aws:sqs:{operation.region}:{owner}:{name}" if name else None


ROWS: dict[str, Row | Rule] = {
    **{name: Row(_queue) for name in _QUEUE},
    **{name: Row(_queue, action) for name, action in _BATCHES.items()},
    "ListQueues": Row(no_resource),
}
