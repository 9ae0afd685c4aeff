"""Which actions on a queue SQS lets its owner grant to other accounts by AddPermission.

The actions are those of https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-overview-of-managing-access.html
("Cross-account permissions don't apply to the following actions"); the sentence is the one that moto's and sqs emulators' tests
record of SQS: https://github.com/getmoto/moto/blob/4.0.0/tests/test_sqs/test_sqs.py.
"""

from harness.actions import Operation
from harness.gateway import respond

_OWNERS = frozenset({
    "AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks", "ListQueueTags", "ListQueues",
    "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue",
})  # fmt: skip


def check_granted(operation: Operation) -> None:
    """Raise SQS's error for an action that is its owner's alone."""
    if (operation.service, operation.name) != ("sqs", "AddPermission"):
        return
    for action in operation.params.get("Actions") or ():
        if action in _OWNERS:
            reason = "Only the queue owner is allowed to invoke this action."
            message = f"Value SQS:{action} for parameter ActionName is invalid. Reason: {reason}"
            raise respond.client_error("InvalidParameterValue", message)
