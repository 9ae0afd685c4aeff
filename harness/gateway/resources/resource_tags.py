"""The tags of resources, read from the services' stores: one reader per kind, each knows one store and nothing else.

A kind without a reader has tags that are not known here, which is not the same as none. Which kinds AWS knows no tags of:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from harness.gateway.s3 import buckets
from harness.gateway.services.lazily import loaded, store_of

Tags = Mapping[str, str]
Reader = Callable[[Any, str], Tags | None]
"""The store of the account and region, and the ARN; empty for a resource that is not there, None where its tags are not known."""


def resource_tags(account_id: str, region: str, arn: str) -> Tags | None:
    """The tags of the resource with that ARN, None where they are not known."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] not in _SERVICES:  # noqa: PLR2004 - the parts of an ARN
        return None
    if parts[4] in _NOBODYS and parts[2] != _WITHOUT_ACCOUNT:
        return {}
    service = _SERVICES[parts[2]]
    reader = service.kinds.get(re.split("[:/]", parts[5])[0], service.kinds.get(_ANY))
    if reader is None or parts[4] not in {account_id, ""}:
        return None
    held = store_of(service.module, service.attribute, account_id, service.region or parts[3] or region)
    if held is None:
        return {}
    found = reader(held, arn)
    return None if found is None else {str(key): str(value) for key, value in found.items()}


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
    return _by_arn(store, ":".join(arn.split(":")[:7]))


def _log_group(store: Any, arn: str) -> Tags:
    """A stream has its group's."""
    group = arn.partition(":log-stream:")[0]
    tags: Tags = store.TAGS.get(group) or store.TAGS.get(group.removesuffix(":*")) or store.TAGS.get(f"{group}:*") or {}
    return tags


def _listed(store: Any, arn: str) -> Tags:
    return _pairs(store.TAGS.list_tags_for_resource(arn)["Tags"])


def _machine(store: Any, arn: str) -> Tags:
    """Versions, aliases and executions have their state machine's.

    https://docs.aws.amazon.com/step-functions/latest/dg/tag-based-policies.html
    """
    _, _, _, region, account, _, name, *_ = *arn.split(":"), ""
    machine = store.state_machines.get(f"arn:aws:states:{region}:{account}:stateMachine:{name}")
    return {tag["key"]: tag["value"] for tag in machine.tag_manager.to_tag_list()} if machine else {}


def _secret(store: Any, arn: str) -> Tags:
    secret = store.secrets.get(arn)
    return _pairs(secret.tags) if secret else {}


def _of_systems_manager(kind: str, store: Any, arn: str) -> Tags:
    """Names may have been given with the slash that the ARN does not show twice."""
    name = arn.rpartition(":")[2].partition("/")[2]
    tags = store._resource_tags.get(kind, {})  # noqa: SLF001 - moto's reader refuses what does not exist
    found: Tags = tags.get(name) or tags.get(f"/{name}") or {}
    return found


def _ec2(store: Any, arn: str) -> Tags:
    tags: Tags = store.tags.get(arn.rpartition("/")[2], {})
    return tags


def _stack(store: Any, arn: str) -> Tags:
    stack = store.stacks_v2.get(arn)
    return _pairs(stack.tags) if stack else {}


def _table(store: Any, arn: str) -> Tags:
    """Indexes have the tags of their table; its streams, backups, exports and imports have none."""
    _, name, kind, *_ = *arn.split("/"), "", ""
    table = store.tables.get(name) if kind in {"", "index"} else None
    return _pairs(table.tags) if table else {}


def _stream(store: Any, arn: str) -> Tags | None:
    """A consumer has tags of its own, which moto does not keep.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html
    """
    if "/consumer/" in arn:
        return None
    stream = store.streams.get(arn.partition("/")[2])
    return stream.tags if stream else {}


def _schedule_group(store: Any, arn: str) -> Tags:
    tags: Tags = store.tagger.get_tag_dict_for_resource(arn)
    return tags


def _entity(store: Any, arn: str) -> Tags:
    from harness.gateway.iam import iam_tags  # noqa: PLC0415 - moto, which is only where IAM is

    return _pairs(iam_tags.held_by(store, arn))


def _none(_store: Any, _arn: str) -> Tags:
    return {}


class _Service(NamedTuple):
    """Where a service's tags are, and who reads them."""

    module: str
    attribute: str
    kinds: Mapping[str, Reader]
    """By what an ARN's last part begins with."""
    region: str = ""
    """Of a service whose ARNs name none."""


_NOBODYS = frozenset({"", "aws"})
"""The account in the ARNs of AWS's own policies and documents, which have no tags, and in those of buckets and their objects.

Buckets have no tags in the sense of aws:ResourceTag unless ABAC is turned on for them, which LocalStack does not serve.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
"""
_WITHOUT_ACCOUNT = "ec2"
"""Its images and snapshots have tags, and no account in their ARNs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html#amazonec2-resources-for-iam-policies
"""
_ANY = "*"
"""Whatever other kind the service has."""


def _without(kinds: str) -> Mapping[str, Reader]:
    """Kinds that have no tags on AWS."""
    return dict.fromkeys(kinds.split(), _none)


# the service of the ARN -> module, attribute with the stores, readers
_SERVICES: Mapping[str, _Service] = {
    "cloudformation": _Service(
        "localstack.services.cloudformation.stores",
        "cloudformation_stores",
        {"stack": _stack, **_without("generatedTemplate resourceScan stackset-target type")},
    ),
    "cloudwatch": _Service(
        "localstack.services.cloudwatch.models", "cloudwatch_stores", {"alarm": _listed, **_without("dashboard")}
    ),
    "dynamodb": _Service("moto.dynamodb.models", "dynamodb_backends", {"table": _table, **_without("global-table")}),
    "ec2": _Service("moto.ec2.models", "ec2_backends", {_ANY: _ec2}),
    "events": _Service(
        "localstack.services.events.models",
        "events_stores",
        {
            "event-bus": _listed,
            "rule": _listed,
            **_without("api-destination archive connection endpoint event-source replay target"),
        },
    ),
    "iam": _Service(
        "moto.iam.models",
        "iam_backends",
        {
            **dict.fromkeys(("instance-profile", "mfa", "oidc-provider", "policy", "saml-provider"), _entity),
            "server-certificate": _entity,
            **_without("access-report assumed-role federated-user group sms-mfa"),
        },
        region="aws",
    ),
    "kinesis": _Service("moto.kinesis.models", "kinesis_backends", {"stream": _stream}),
    "kms": _Service("localstack.services.kms.models", "kms_stores", {"key": _by_arn, **_without("alias")}),
    "lambda": _Service(
        "localstack.services.lambda_.invocation.models",
        "lambda_stores",
        {
            **dict.fromkeys(("capacity-provider", "code-signing-config", "event-source-mapping"), _by_arn),
            "function": _function,
            **_without("layer"),
        },
    ),
    "logs": _Service("localstack.services.logs.models", "logs_stores", {"log-group": _log_group}),
    "s3": _Service("localstack.services.s3.models", "s3_stores", {}),
    "scheduler": _Service(
        "moto.scheduler.models", "scheduler_backends", {"schedule-group": _schedule_group, **_without("schedule")}
    ),
    "secretsmanager": _Service("moto.secretsmanager.models", "secretsmanager_backends", {"secret": _secret}),
    "sns": _Service("localstack.services.sns.models", "sns_stores", {_ANY: _by_arn}),
    "sqs": _Service("localstack.services.sqs.models", "sqs_stores", {_ANY: _by_arn}),
    "ssm": _Service(
        "moto.ssm.models",
        "ssm_backends",
        {
            "document": partial(_of_systems_manager, "Document"),
            "maintenancewindow": partial(_of_systems_manager, "MaintenanceWindow"),
            "parameter": partial(_of_systems_manager, "Parameter"),
            "patchbaseline": partial(_of_systems_manager, "PatchBaseline"),
            **_without(
                "automation-definition managed-instance-inventory opsitemgroup resource-data-sync servicesetting"
            ),
        },
    ),
    "states": _Service(
        "localstack.services.stepfunctions.backend.store",
        "sfn_stores",
        {"stateMachine": _machine, "execution": _machine, **_without("express mapRun")},
    ),
}
