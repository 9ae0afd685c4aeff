"""LocalStack's own code, amended where a refused internal call must end as it does on AWS, or a role is assumed by the wrong one."""

import json
import logging
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api.lambda_ import InvalidParameterValueException
from localstack.aws.connect import InternalClientFactory, connect_to

from harness.gateway.call_sites import Source
from harness.gateway.internal import from_stack
from harness.gateway.lazily import when_loaded

LOG = logging.getLogger(__name__)
Function = Callable[..., Any]

_EXECUTION_ROLE = Source(("env",), lambda env: env.states.context_object.context_object_data["Execution"]["RoleArn"])


def install() -> None:
    """Amend what is loaded, and what will be when it is."""
    _around(InternalClientFactory, "with_assumed_role", _by_the_execution_role)
    when_loaded(
        "localstack.services.events.target", lambda module: _around(module.TargetSender, "process_event", _deliver)
    )
    when_loaded(
        "localstack.services.cloudwatch.provider_v2",
        lambda module: _around(module.CloudwatchProvider, "set_alarm_state", _set_state),
    )
    when_loaded(
        "localstack.services.lambda_.provider",
        lambda module: _around(module.LambdaProvider, "check_service_resource_exists", _map),
    )


def _around(owner: Any, name: str, amended: Function) -> None:
    original = getattr(owner, name)

    def replacement(*args: Any, **kwargs: Any) -> Any:
        return amended(original, *args, **kwargs)

    setattr(owner, name, replacement)


def _by_the_execution_role(original: Function, self: Any, *, role_arn: str, **options: Any) -> Any:
    """A state's Credentials name a role that the execution's own role assumes, and not Step Functions.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-access-cross-acct-resources.html
    """
    execution_role = from_stack(_EXECUTION_ROLE) if options.get("service_principal") == "states" else None
    if execution_role in {None, role_arn}:
        return original(self, role_arn=role_arn, **options)
    session = original(self, role_arn=execution_role, **options).get_client("sts")
    given = session.assume_role(RoleArn=role_arn, RoleSessionName="states")["Credentials"]
    return self(
        region_name=options.get("region_name"),
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        config=options.get("config"),
    )


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
        _count(self, "FailedInvocations")
        if dead := (self.target.get("DeadLetterConfig") or {}).get("Arn"):
            _bury(self, sent, error, dead)
        raise


def _count(sender: Any, metric: str) -> None:
    data = {
        "MetricName": metric,
        "Dimensions": [{"Name": "RuleName", "Value": sender.rule_name}],
        "Value": 1,
        "Unit": "Count",
    }
    connect_to(region_name=sender.region).cloudwatch.put_metric_data(Namespace="AWS/Events", MetricData=[data])


def _bury(sender: Any, event: dict[str, Any], error: ClientError, queue: str) -> None:
    _, _, _, region, account, name = queue.split(":")
    sqs = connect_to(region_name=region).sqs
    attributes = {
        "RULE_ARN": sender.rule_arn,
        "TARGET_ARN": sender.arn,
        "ERROR_CODE": error.response["Error"]["Code"],
        "ERROR_MESSAGE": error.response["Error"]["Message"],
    }
    try:
        url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
        sqs.request_metadata(service_principal="events", source_arn=sender.rule_arn).send_message(
            QueueUrl=url,
            MessageBody=json.dumps(event, default=str),
            MessageAttributes={
                key: {"DataType": "String", "StringValue": str(value)} for key, value in attributes.items()
            },
        )
        _count(sender, "InvocationsSentToDlq")
    except ClientError as refused:
        LOG.info("the dead-letter queue %s takes nothing from %s: %s", queue, sender.rule_arn, refused)
        _count(sender, "InvocationsFailedToBeSentToDlq")


def _set_state(original: Function, *args: Any, **kwargs: Any) -> Any:
    """An alarm changes its state whether or not its actions are allowed: only its history tells of them.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
    """
    try:
        return original(*args, **kwargs)
    except ClientError as refused:
        LOG.info("an alarm's action failed: %s", refused)
        return None


def _map(original: Function, *args: Any, **kwargs: Any) -> Any:
    """A mapping whose function's role may not look at the source is refused.

    OBSERVED: https://github.com/anomalyco/sst/issues/5737 and https://github.com/aws/aws-cdk/issues/6770, of queues.
    """
    try:
        return original(*args, **kwargs)
    except ClientError as error:
        if not error.response["Error"]["Code"].startswith("AccessDenied"):
            raise
        message = f"The function execution role does not have permissions to call {error.operation_name}"
        raise InvalidParameterValueException(message, Type="User") from error
