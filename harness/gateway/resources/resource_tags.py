"""The tags of resources, read from the services' stores: one reader per service, each knows one store and nothing else.

A service without a reader has tags that are not known here, which is not the same as none.
"""

from collections.abc import Callable, Mapping
from typing import Any

from harness.gateway.s3 import buckets
from harness.gateway.services.lazily import loaded

Tags = Mapping[str, str]
Reader = Callable[[Any, str], Tags]
"""The store of the account and region, and the ARN; empty for a resource that is not there."""


def resource_tags(account_id: str, region: str, arn: str) -> Tags | None:
    """The tags of the resource with that ARN, None where they are not known."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in _READERS or parts[4] not in {account_id, ""}:  # noqa: PLR2004 - the parts of an ARN
        return None
    module, attribute, reader = _READERS[parts[2]]
    stores = loaded(module)
    if stores is None:
        return {}
    return {
        str(key): str(value)
        for key, value in reader(getattr(stores, attribute)[account_id][parts[3] or region], arn).items()
    }


def object_tags(account_id: str, region: str, bucket: str, name: str) -> Tags:
    """The tags of an S3 object's current version."""
    held = buckets.held(account_id, bucket)
    current = held.objects.get(name) if held else None
    if current is None:
        return {}
    stores: Any = loaded("localstack.services.s3.models")
    tags: Tags = stores.s3_stores[account_id][region].tags.get_tags(
        f"{bucket}/{name}/{getattr(current, 'version_id', None) or 'null'}"
    )
    return tags


def _pairs(tags: Any) -> Tags:
    return {tag["Key"]: tag["Value"] for tag in tags or ()}


def _by_arn(store: Any, arn: str) -> Tags:
    tags: Tags = store.tags.get_tags(arn)
    return tags


def _function(store: Any, arn: str) -> Tags:
    """Functions have tags, their versions and aliases have the function's."""
    return _by_arn(store, ":".join(arn.split(":")[:7]) if ":function:" in arn else arn)


def _log_group(store: Any, arn: str) -> Tags:
    group = arn.partition(":log-stream:")[0]
    tags: Tags = store.TAGS.get(group) or store.TAGS.get(f"{group}:*") or {}
    return tags


def _events(store: Any, arn: str) -> Tags:
    return _pairs(store.TAGS.list_tags_for_resource(arn)["Tags"])


def _machine(store: Any, arn: str) -> Tags:
    machine = store.state_machines.get(arn)
    return {tag["key"]: tag["value"] for tag in machine.tag_manager.to_tag_list()} if machine else {}


def _secret(store: Any, arn: str) -> Tags:
    secret = store.secrets.get(arn)
    return _pairs(secret.tags) if secret else {}


def _parameter(store: Any, arn: str) -> Tags:
    """Names may have been given with the slash that the ARN does not show twice."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind != "parameter":
        return {}
    tags = store._resource_tags.get("Parameter", {})  # noqa: SLF001 - moto's reader refuses what does not exist
    found: Tags = tags.get(name) or tags.get(f"/{name}") or {}
    return found


def _ec2(store: Any, arn: str) -> Tags:
    tags: Tags = store.tags.get(arn.rpartition("/")[2], {})
    return tags


def _stack(store: Any, arn: str) -> Tags:
    stack = store.stacks_v2.get(arn)
    return _pairs(stack.tags) if stack else {}


def _table(store: Any, arn: str) -> Tags:
    """Indexes and streams have the tags of their table."""
    table = store.tables.get(arn.split("/")[1]) if "/" in arn else None
    return _pairs(table.tags) if table else {}


def _stream(store: Any, arn: str) -> Tags:
    stream = store.streams.get(arn.partition("/")[2].partition("/")[0])
    return stream.tags if stream else {}


def _none(_store: Any, _arn: str) -> Tags:
    """Buckets have no tags in the sense of aws:ResourceTag unless ABAC is turned on for them, which LocalStack does not serve.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
    """
    return {}


# the service of the ARN -> module, attribute with the stores, reader
_READERS: Mapping[str, tuple[str, str, Reader]] = {
    "cloudformation": ("localstack.services.cloudformation.stores", "cloudformation_stores", _stack),
    "dynamodb": ("moto.dynamodb.models", "dynamodb_backends", _table),
    "ec2": ("moto.ec2.models", "ec2_backends", _ec2),
    "events": ("localstack.services.events.models", "events_stores", _events),
    "kinesis": ("moto.kinesis.models", "kinesis_backends", _stream),
    "kms": ("localstack.services.kms.models", "kms_stores", _by_arn),
    "lambda": ("localstack.services.lambda_.invocation.models", "lambda_stores", _function),
    "logs": ("localstack.services.logs.models", "logs_stores", _log_group),
    "s3": ("localstack.services.s3.models", "s3_stores", _none),
    "secretsmanager": ("moto.secretsmanager.models", "secretsmanager_backends", _secret),
    "sns": ("localstack.services.sns.models", "sns_stores", _by_arn),
    "sqs": ("localstack.services.sqs.models", "sqs_stores", _by_arn),
    "ssm": ("moto.ssm.models", "ssm_backends", _parameter),
    "states": ("localstack.services.stepfunctions.backend.store", "sfn_stores", _machine),
}
