"""What AWS tells of a delivery that failed, a refused one too, where LocalStack is silent: metrics, and dead letters of rules."""

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.connect import connect_to

from harness.gateway.services.dead_letters import attributes
from harness.gateway.services.lazily import around, when_loaded
from harness.gateway.services.metrics import count
from harness.model.arn import Arn

LOG = logging.getLogger(__name__)
Function = Callable[..., Any]


def install() -> None:
    """Amend the code that delivers, when it is loaded."""
    when_loaded("localstack.services.events.target", _amend_rules)
    when_loaded("localstack.services.sns.publisher", _amend_topics)
    when_loaded("localstack.services.lambda_.invocation.event_manager", _amend_functions)


# EventBridge


def _amend_rules(target: Any) -> None:
    around(target.TargetSender, "process_event", _deliver)


def _deliver(original: Function, self: Any, event: Any, trace_header: Any) -> Any:
    """A failed delivery counts in the rule's metric and goes to the target's dead-letter queue.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    if self.target.get("RoleArn"):
        self._client = None  # the role is assumed for each event: LocalStack's one session ends and outlives its trust
    sent = dict(event)
    try:
        return original(self, event, trace_header)
    except ClientError as error:
        _count_rule(self, "FailedInvocations")
        if dead := (self.target.get("DeadLetterConfig") or {}).get("Arn"):
            _bury(self, sent, error, dead)
        raise


def _count_rule(sender: Any, metric: str) -> None:
    count(sender.region, "AWS/Events", metric, RuleName=sender.rule_name)


def _bury(sender: Any, event: dict[str, Any], error: ClientError, queue: str) -> None:
    arn, why = Arn.of(queue), error.response["Error"]
    sqs = connect_to(region_name=arn.region).sqs
    letter = {
        "RULE_ARN": sender.rule_arn,
        "TARGET_ARN": sender.arn,
        "ERROR_CODE": why["Code"],
        "ERROR_MESSAGE": why["Message"],
    }
    try:
        url = sqs.get_queue_url(QueueName=arn.resource, QueueOwnerAWSAccountId=arn.account)["QueueUrl"]
        sqs.request_metadata(service_principal="events", source_arn=sender.rule_arn).send_message(
            QueueUrl=url, MessageBody=json.dumps(event, default=str), MessageAttributes=attributes(letter)
        )
    except ClientError as refused:
        LOG.info("the dead-letter queue %s takes nothing from %s: %s", queue, sender.rule_arn, refused)
        _count_rule(sender, "InvocationsFailedToBeSentToDlq")
    else:
        _count_rule(sender, "InvocationsSentToDlq")


# SNS: https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html


def _amend_topics(publisher: Any) -> None:
    around(publisher, "store_delivery_log", _count_delivery)
    around(publisher, "sns_error_to_dead_letter_queue", _count_redriven)


def _count_delivery(original: Function, message: Any, subscriber: Any, success: bool, **more: Any) -> Any:
    if not success:
        _count_topic(subscriber, "NumberOfNotificationsFailed")
    return original(message, subscriber, success, **more)


def _count_redriven(original: Function, subscriber: Any, *args: Any, **more: Any) -> Any:
    try:
        queue = original(subscriber, *args, **more)
    except Exception:  # LocalStack raises no narrower one
        _count_topic(subscriber, "NumberOfNotificationsFailedToRedriveToDlq")
        raise
    if queue is not None:
        _count_topic(subscriber, "NumberOfNotificationsRedrivenToDlq")
    return queue


def _count_topic(subscriber: Any, metric: str) -> None:
    topic = Arn.of(subscriber["TopicArn"])
    count(topic.region, "AWS/SNS", metric, TopicName=topic.resource)


# Lambda: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html (asynchronous invocation)


def _amend_functions(manager: Any) -> None:
    around(manager, "send_event_to_target", _count_destination)
    around(manager.dead_letter_queue, "_send_to_dead_letter_queue", _count_letter)


def _count_destination(original: Function, *args: Any, source_arn: str, **more: Any) -> Any:
    return _counting("DestinationDeliveryFailures", source_arn, partial(original, *args, source_arn=source_arn, **more))


def _count_letter(original: Function, source_arn: str, *args: Any, **more: Any) -> Any:
    """The function that sends the letters of topics sends those of functions too."""
    send = partial(original, source_arn, *args, **more)
    return _counting("DeadLetterErrors", source_arn, send) if Arn.of(source_arn).service == "lambda" else send()


def _counting(metric: str, function: str, send: Callable[[], Any]) -> Any:
    try:
        return send()
    except Exception:  # LocalStack raises no narrower one
        arn = Arn.of(function)
        count(arn.region, "AWS/Lambda", metric, FunctionName=arn.resource.split(":")[1])
        raise
