"""SQS: the queue, from its URL or its name.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from harness.actions.operation import Call, Facts, Operation
from harness.actions.service import Service, also, each, rows

_NAME = re.compile(r"[A-Za-z0-9_-]+(?:\.fifo)?")
_ACCOUNT = re.compile(r"\d{12}")
_PATH_STYLE = 4
_HOST_STYLE = 2


def queue_place(url: str) -> tuple[str, str | None, str] | None:
    """Account, region and name of the queue that a URL means, None where it means none.

    Read exactly as LocalStack does (`parse_queue_url`), so that what is decided is what is used: `/queue/REGION/ACCOUNT/NAME`,
    `sqs.REGION.HOST/ACCOUNT/NAME`, `REGION.queue.HOST/ACCOUNT/NAME`, `HOST/ACCOUNT/NAME`.
    """
    try:
        parsed = urlsplit(url.rstrip("/"))
    except ValueError:
        return None
    path, host = parsed.path.lstrip("/").split("/"), parsed.netloc.split(".")
    if len(path) not in {_HOST_STYLE, _PATH_STYLE} or not _ACCOUNT.fullmatch(path[-2]) or not _NAME.fullmatch(path[-1]):
        return None
    region: str | None = None
    if len(path) == _PATH_STYLE:
        if path[0] != "queue":
            return None
        region = path[1]
    elif host[0] == "sqs" and len(host) > 1:
        region = host[1]
    elif host[1:2] == ["queue"]:
        region = host[0]
    return path[-2], region, path[-1]


def queue_arn(operation: Operation, _facts: Facts) -> str | None:
    """The queue of a request, None where it names none."""
    place = queue_place(operation.params.get("QueueUrl") or "")
    if place is not None:
        account, region, name = place
        return f"arn:aws:sqs:{region or operation.region}:{account}:{name}"
    name = operation.params.get("QueueName") or ""
    owner = operation.params.get("QueueOwnerAWSAccountId") or operation.account
    return f"arn:aws:sqs:{operation.region}:{owner}:{name}" if name else None


def moved_to(operation: Operation, facts: Facts) -> Sequence[str]:
    """The queues that messages of a dead-letter queue are moved to."""
    target = operation.params.get("DestinationArn")
    return [str(target)] if target else facts.redriven_to(str(operation.params.get("SourceArn") or ""))


def _moved(operation: Operation, facts: Facts) -> str | None:
    """The handle of a move task holds the task's id; the queue it moves from is the account's to know."""
    return facts.arn("queue-move-task", str(operation.params.get("TaskHandle") or ""))


def _move(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Taken out of one queue, and sent to another, or back to all those that its messages may have come from.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html (DestinationArn)
    """
    taken = ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    calls = [service.call(operation, facts, action, operation.params.get("SourceArn")) for action in taken]
    return calls + [service.call(operation, facts, "SendMessage", target) for target in moved_to(operation, facts)]


SERVICE = Service(
    prefix="sqs",
    rows={
        **rows("", """
            {SourceArn}
                ListMessageMoveTasks
            *
                ListQueues
        """),
        **each(queue_arn, """
            SendMessage ReceiveMessage DeleteMessage ChangeMessageVisibility GetQueueAttributes SetQueueAttributes PurgeQueue
            DeleteQueue AddPermission RemovePermission TagQueue UntagQueue ListQueueTags ListDeadLetterSourceQueues CreateQueue
            GetQueueUrl
            SendMessageBatch=SendMessage DeleteMessageBatch=DeleteMessage
            ChangeMessageVisibilityBatch=ChangeMessageVisibility
        """),
        **each(_moved, "CancelMessageMoveTask"),
        "StartMessageMoveTask": _move,
    },
    also=also({"TagQueue": "tags"}, "CreateQueue"),
)  # fmt: skip
