"""Which queue SQS takes for another one's dead letters: one that is there, of the same account and region, and that lets it.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html (RedrivePolicy, RedriveAllowPolicy)
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
OBSERVED: https://github.com/serverless/serverless/issues/5215, of a queue that is not there. The other sentences are those of
https://github.com/eucalyptus/eucalyptus, which speaks as SQS does; what SQS says of RedriveAllowPolicy is not documented.
"""

import json
from typing import Any

from harness.actions import Facts, Operation
from harness.actions.sqs import queue_arn
from harness.gateway import respond
from harness.gateway.services.lazily import store_of
from harness.model.arn import Arn

_NAMING = frozenset({"CreateQueue", "SetQueueAttributes"})
_NO_POLICY = "Redrive policy is not a valid JSON map."
_ELSEWHERE = "Dead-letter target must be in same region as the source."
_ANOTHERS = "Dead-letter target owner should be same as the source."
_MISSING = "Dead letter target does not exist."
_NOT_ALLOWED = "Dead letter target does not allow this source queue (RedriveAllowPolicy)."


def check_dead_letters(account_id: str, operation: Operation, facts: Facts) -> None:
    """Raise SQS's error for a queue that does not take the dead letters of the one that is made or changed."""
    if operation.service != "sqs" or operation.name not in _NAMING:
        return
    policy = (operation.params.get("Attributes") or {}).get("RedrivePolicy")
    if not policy:
        return
    said, source = _mapping(policy), queue_arn(operation, facts)
    if said is None:  # LocalStack would keep it, and fail whenever it reads the queue's
        fault: str | None = _NO_POLICY
    else:
        fault = _of_target(account_id, str(said.get("deadLetterTargetArn") or ""), source)
    if fault is not None:
        message = f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {fault}"
        raise respond.client_error("InvalidParameterValue", message)


def _of_target(account_id: str, named: str, source: str | None) -> str | None:
    """What is wrong with the queue that is named for the source's dead letters; what is missing is LocalStack's to say."""
    if not named or source is None:
        return None
    target, own = Arn.parse(named), Arn.parse(source)
    if target is None or own is None:
        return _MISSING
    if target.region != own.region:
        return _ELSEWHERE
    if target.account != account_id:
        return _ANOTHERS
    store = store_of("localstack.services.sqs.models", "sqs_stores", account_id, target.region)
    held = store.queues.get(named.rpartition(":")[2]) if store is not None else None
    if held is None or held.arn != named:
        return _MISSING
    return None if _lets(held.attributes.get("RedriveAllowPolicy"), source) else _NOT_ALLOWED


def _lets(policy: str | None, source: str) -> bool:
    """Whether the queue's own policy lets the source name it; one that is no policy lets none."""
    if not policy:
        return True
    said = _mapping(policy) or {}
    permission, sources = said.get("redrivePermission"), said.get("sourceQueueArns")
    return permission == "allowAll" or (permission == "byQueue" and isinstance(sources, list) and source in sources)


def _mapping(text: Any) -> dict[str, Any] | None:
    """What the JSON says; None where it is no mapping."""
    try:
        said = json.loads(text)
    except (TypeError, ValueError):
        return None
    return said if isinstance(said, dict) else None
