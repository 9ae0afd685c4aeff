"""Tags that LocalStack does not keep, or keeps for what is not there yet, though they decide.

Alarms are made with tags, which an update does not change:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html#cloudwatch-PutMetricAlarm-request-Tags.
Log groups get tags also when they had none, by an ARN that may end with `:*`, and only while they are there:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html. What is made anew begins with its own tags.
"""

from collections.abc import Callable, MutableMapping
from typing import Any

from harness.gateway.services.lazily import around, loaded, when_loaded

Function = Callable[..., Any]


def install() -> None:
    """Have them kept as soon as the services are loaded."""
    when_loaded("localstack.services.cloudwatch.provider_v2", _of_alarms)
    when_loaded("localstack.services.logs.provider", _of_log_groups)
    when_loaded(
        "moto.scheduler.models",
        lambda module: around(module.EventBridgeSchedulerBackend, "create_schedule_group", _schedule_group),
    )


def _of_alarms(module: Any) -> None:
    for name in ("put_metric_alarm", "put_composite_alarm"):
        around(module.CloudwatchProvider, name, _alarm)


def _of_log_groups(module: Any) -> None:
    for name in ("list_tags_for_resource", "tag_resource", "untag_resource"):
        around(module.LogsProvider, name, _log_group)
    around(module.LogsProvider, "tag_log_group", _named_log_group)


def _alarm(original: Function, provider: Any, context: Any, request: Any) -> None:
    store = provider.get_store(context.account_id, context.region)
    arn = f"arn:aws:cloudwatch:{context.region}:{context.account_id}:alarm:{request['AlarmName']}"
    is_new = arn not in store.alarms
    original(provider, context, request)
    if is_new:
        store.TAGS.del_resource(arn)
        store.TAGS.tag_resource(arn, request.get("Tags") or [])


def _log_group(original: Function, provider: Any, context: Any, resource_arn: str, **kwargs: Any) -> Any:
    """Raises the error of a missing group, as one of another region is."""
    arn = resource_arn.removesuffix(":*")
    if ":log-group:" in arn:
        name = arn.removeprefix(f"arn:aws:logs:{context.region}:{context.account_id}:log-group:")
        _taggable(provider, context, name)
    return original(provider, context=context, resource_arn=arn, **kwargs)


def _named_log_group(original: Function, provider: Any, context: Any, log_group_name: str, **kwargs: Any) -> None:
    _taggable(provider, context, log_group_name)
    original(provider, context=context, log_group_name=log_group_name, **kwargs)


def _taggable(provider: Any, context: Any, name: str) -> None:
    """Have tags to add to for the group of that name. Raises the error of a missing group."""
    provider._verify_log_group_exists(name, context.account_id, context.region)  # noqa: SLF001 - LocalStack's own never asks
    stores: Any = loaded("localstack.services.logs.models")
    tags: MutableMapping[str, dict[str, str]] = stores.logs_stores[context.account_id][context.region].TAGS
    tags.setdefault(f"arn:aws:logs:{context.region}:{context.account_id}:log-group:{name}", {})


def _schedule_group(original: Function, backend: Any, name: str, tags: Any) -> Any:
    arn = f"arn:aws:scheduler:{backend.region_name}:{backend.account_id}:schedule-group/{name}"
    backend.tagger.delete_all_tags_for_resource(arn)
    return original(backend, name, tags)
