"""What belongs to a resource goes with it. LocalStack and moto keep some of it by ARN or by name: the next of that name would have it.

Amended where the stores lose the resource, whoever asks for it: a client, CloudFormation, or the service itself. The rows:
policies of DynamoDB's tables; those of Kinesis's streams and consumers, whose ARN tells on AWS when they were made,
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Consumer.html;
permissions of Lambda's aliases and versions; tags of log groups, of alarms, and of Scheduler's groups.
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import partial
from typing import Any

from harness.gateway.services.lazily import around, loaded, when_loaded

Function = Callable[..., Any]


def install() -> None:
    """Amend the stores as soon as they are loaded."""
    for name, amend in _AMENDED.items():
        when_loaded(name, amend)


def _of_dynamodb(module: Any) -> None:
    around(module.DynamoDBBackend, "delete_table", _table)


def _of_kinesis(module: Any) -> None:
    around(module.KinesisBackend, "delete_stream", _stream)
    around(module.KinesisBackend, "deregister_stream_consumer", partial(_consumer, module))


def _of_logs(module: Any) -> None:
    around(module.LogsBackend, "delete_log_group", _log_group)


def _of_cloudwatch(module: Any) -> None:
    around(module.CloudwatchProvider, "delete_alarms", _alarms)


def _of_scheduler(module: Any) -> None:
    around(module.EventBridgeSchedulerBackend, "delete_schedule_group", _schedule_group)


def _of_lambda(module: Any) -> None:
    for name in ("delete_alias", "delete_function"):
        around(module.LambdaProvider, name, partial(_qualified, module))


def _table(original: Function, backend: Any, *args: Any, **kwargs: Any) -> Any:
    deleted = original(backend, *args, **kwargs)
    _drop(backend.resource_policies, deleted.table_arn)
    return deleted


def _stream(original: Function, backend: Any, *args: Any, **kwargs: Any) -> Any:
    deleted = original(backend, *args, **kwargs)
    _drop(backend.resource_policies, deleted.arn)
    return deleted


def _consumer(
    module: Any,
    original: Function,
    backend: Any,
    stream_arn: str | None,
    consumer_name: str | None,
    consumer_arn: str | None,
) -> None:
    """Of a stream's consumers moto would keep the one that is named, and no other. Raises the error of a missing one."""
    consumers = [consumer for stream in list(backend.streams.values()) for consumer in stream.consumers]
    named = {
        each.consumer_arn
        for each in consumers
        if each.consumer_arn == consumer_arn or (each.stream_arn, each.consumer_name) == (stream_arn, consumer_name)
    }
    if not named:
        raise module.ConsumerNotFound(consumer=consumer_name or consumer_arn, account_id=backend.account_id)
    for arn in named:
        original(backend, None, None, arn)
        _drop(backend.resource_policies, str(arn))


def _log_group(original: Function, backend: Any, log_group_name: str) -> None:
    original(backend, log_group_name)
    stores = loaded("localstack.services.logs.models")
    if stores is not None:
        arn = f"arn:aws:logs:{backend.region_name}:{backend.account_id}:log-group:{log_group_name}"
        tags = stores.logs_stores[backend.account_id][backend.region_name].TAGS
        for kept in (arn, f"{arn}:*"):
            tags.pop(kept, None)


def _alarms(original: Function, provider: Any, context: Any, alarm_names: Sequence[str], **kwargs: Any) -> None:
    original(provider, context=context, alarm_names=alarm_names, **kwargs)
    tags = provider.get_store(context.account_id, context.region).TAGS
    for name in alarm_names:
        tags.del_resource(f"arn:aws:cloudwatch:{context.region}:{context.account_id}:alarm:{name}")


def _schedule_group(original: Function, backend: Any, name: str | None) -> None:
    group = backend.get_schedule_group(name)
    original(backend, name)
    backend.tagger.delete_all_tags_for_resource(group.arn)


def _qualified(module: Any, original: Function, provider: Any, *args: Any, **kwargs: Any) -> Any:
    """What an alias or a version had goes with it; a function takes all of it along by itself."""
    answer = original(provider, *args, **kwargs)
    context, named = kwargs["context"], kwargs["function_name"]
    account, region = module.api_utils.get_account_and_region(named, context)
    function = module.lambda_stores[account][region].functions.get(module.api_utils.get_function_name(named, context))
    if function is not None:
        there = {"$LATEST", *function.aliases, *function.versions}
        for kept in (function.permissions, function.event_invoke_configs):
            for qualifier in set(kept) - there:
                kept.pop(qualifier, None)
    return answer


def _drop(kept: MutableMapping[str, Any], arn: str) -> None:
    """The resource's own, and what is below it."""
    for name in [each for each in list(kept) if each == arn or each.startswith(f"{arn}/")]:
        kept.pop(name, None)


# module -> what is amended in it
_AMENDED: Mapping[str, Callable[[Any], None]] = {
    "localstack.services.cloudwatch.provider_v2": _of_cloudwatch,
    "localstack.services.lambda_.provider": _of_lambda,
    "moto.dynamodb.models": _of_dynamodb,
    "moto.kinesis.models": _of_kinesis,
    "moto.logs.models": _of_logs,
    "moto.scheduler.models": _of_scheduler,
}
