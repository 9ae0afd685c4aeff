"""Which queue SQS takes for another one's dead letters: one that is there, of the same account and region, and that lets it.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html (RedrivePolicy, RedriveAllowPolicy)
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
OBSERVED: https://github.com/serverless/serverless/issues/5215, of a queue that is not there. The sentences on the place are those of
https://github.com/eucalyptus/eucalyptus, which speaks as SQS does; what SQS says of RedriveAllowPolicy is not documented.
"""

import json
from typing import Any

from harness.actions import Facts, Operation
from harness.actions.sqs import queue_arn
from harness.gateway import respond
from harness.gateway.services.lazily import loaded
from harness.model.arn import Arn

_NAMING = frozenset({"CreateQueue", "SetQueueAttributes"})
_ELSEWHERE = "Dead-letter target must be in same region as the source."
_ANOTHERS = "Dead-letter target owner should be same as the source."
_MISSING = "Dead letter target does not exist."
_NOT_ALLOWED = "Dead letter target does not allow this source queue (RedriveAllowPolicy)."


def check_dead_letters(account_id: str, operation: Operation, facts: Facts) -> None:
    """Raise SQS's error for a queue that does not take the dead letters of the one that is made or changed."""
    if operation.service != "sqs" or operation.name not in _NAMING:
        return
    policy = (operation.params.get("Attributes") or {}).get("RedrivePolicy")
    named, source = _mapping(policy).get("deadLetterTargetArn"), queue_arn(operation, facts)
    if not named or source is None:
        return  # what is missing is LocalStack's to say
    fault = _fault(account_id, str(named), source)
    if fault is not None:
        message = f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {fault}"
        raise respond.client_error("InvalidParameterValue", message)


def _fault(account_id: str, named: str, source: str) -> str | None:
    target, own = Arn.parse(named), Arn.parse(source)
    if target is None or own is None:
        return _MISSING
    if target.region != own.region:
        return _ELSEWHERE
    if target.account != account_id:
        return _ANOTHERS
    models = loaded("localstack.services.sqs.models")
    held = models.sqs_stores[account_id][target.region].queues.get(named.rpartition(":")[2]) if models else None
    if held is None or held.arn != named:
        return _MISSING
    return None if _lets(held.attributes.get("RedriveAllowPolicy"), source) else _NOT_ALLOWED


def _lets(policy: str | None, source: str) -> bool:
    """Whether the queue's own policy lets the source name it; one that is no policy lets none."""
    if not policy:
        return True
    said = _mapping(policy)
    permission = said.get("redrivePermission")
    return permission == "allowAll" or (permission == "byQueue" and source in (said.get("sourceQueueArns") or ()))


def _mapping(text: Any) -> dict[str, Any]:
    """What the JSON says; nothing where it is none."""
    try:
        said = json.loads(text or "null")
    except (TypeError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
