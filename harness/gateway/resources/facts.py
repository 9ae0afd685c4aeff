"""What the action tables ask about this account's state."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.actions import Encryption, Grant, KeyState, NetworkPlace, Standing
from harness.actions.kms import is_managed
from harness.actions.stepfunctions import machine_arn
from harness.gateway.iam.iam_state import IamState
from harness.gateway.policies.resource_policies import retiring
from harness.gateway.resources import encryptions, networks, resource_tags
from harness.gateway.s3 import buckets
from harness.gateway.services.lazily import loaded, store_of
from harness.model.arn import Arn


@dataclass(frozen=True, slots=True)
class StateFacts:
    """Facts of one account in one region."""

    iam: IamState
    region: str

    def iam_path(self, kind: str, name: str) -> str:
        """The entity's path."""
        return self.iam.path(kind, name)

    def boundary(self, kind: str, name: str) -> str | None:
        """The entity's boundary."""
        return self.iam.boundary_arn(self.iam.role(name) if kind == "role" else self.iam.user(name))

    def hash_key(self, table: str, index: str | None = None) -> str | None:
        """The table's partition key, or its index's."""
        models = loaded("moto.dynamodb.models")
        found = models.dynamodb_backends[self.iam.account_id][self.region].tables.get(table) if models else None
        if found is None:
            return None
        if index is None:
            return str(found.hash_key_attr)
        schemas = [each.schema for each in found.all_indexes() if each.name == index]
        return next(
            (str(key["AttributeName"]) for schema in schemas for key in schema if key["KeyType"] == "HASH"), None
        )

    def tags(self, arn: str) -> Mapping[str, str] | None:
        """Tags of IAM's entities, and of the resources of services whose stores are read for them."""
        if f":iam::{self.iam.account_id}:" in arn and (":role/" in arn or ":user/" in arn):
            name = arn.rpartition("/")[2]
            entity = self.iam.role(name) if ":role/" in arn else self.iam.user(name)
            return {} if entity is None else self.iam.tags(entity)
        return resource_tags.resource_tags(self.iam.account_id, self.region, arn)

    def object_tags(self, bucket: str, name: str) -> Mapping[str, str] | None:
        """The object's tags."""
        return resource_tags.object_tags(self.iam.account_id, self.region, bucket, name)

    def lacks_object(self, bucket: str, name: str) -> bool:
        """Whether the bucket is this account's, and what is current under the name is nothing or a marker of its deletion."""
        held = buckets.held(self.iam.account_id, bucket)
        if held is None:
            return False
        models: Any = loaded("localstack.services.s3.models")
        return not isinstance(held.objects.get(name), models.S3Object)

    def arn(self, kind: str, name: str) -> str | None:
        """The resource of that name."""
        return _ARNS[kind](self.iam.account_id, self.region, name)

    def encryption(self, kind: str, *names: str) -> Encryption | None:
        """The key that the resource is encrypted with."""
        return encryptions.encryption(self.iam.account_id, self.region, kind, *names)

    def grant(self, named: str) -> Grant | None:
        """In the region that a token names, whatever region it is sent to."""
        models = loaded("localstack.services.kms.models")
        stores = models.kms_stores[self.iam.account_id].values() if models else ()
        found = (store.grants.get(store.grant_tokens.get(named, named)) for store in stores)
        held = next((grant for grant in found if grant is not None), None)
        if held is None:
            return None
        return Grant(
            str(held.metadata["KeyArn"]), Standing(f"grant {held.metadata['GrantId']}", retiring(held.metadata))
        )

    def kms_key(self, arn: str) -> KeyState | None:
        """The key's metadata, and the aliases that mean it."""
        account, models = self.iam.account_id, loaded("localstack.services.kms.models")
        foreign = _is_foreign(arn, account)
        store = models.kms_stores[account][_region(arn, self.region)] if models and not foreign else None
        held = store.keys.get(arn.rpartition("/")[2]) if store else None
        if store is None or held is None:
            return None
        told = held.metadata
        replicated = (told.get("MultiRegionConfiguration") or {}).get("MultiRegionKeyType")
        aliases = [name for name, alias in store.aliases.items() if alias.metadata["TargetKeyId"] == told["KeyId"]]
        return KeyState(told["KeySpec"], told["KeyUsage"], told["Origin"], replicated, aliases)

    def network_place(self, kind: str, identifier: str) -> NetworkPlace | None:
        """Of EC2's in the request's region."""
        return networks.place(self.iam.account_id, self.region, kind, identifier)

    def secrets(self, filters: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        """Those that moto's own filters find; none where it refuses the filters."""
        models = loaded("moto.secretsmanager.models")
        if models is None or not all(one.get("Key") in models.filter_keys() and one.get("Values") for one in filters):
            return []
        held = models.secretsmanager_backends[self.iam.account_id][self.region].secrets.values()
        return [str(secret.arn) for secret in held if models._matches(secret, filters)]  # noqa: SLF001 - as moto itself asks

    def profile_roles(self, profile: str) -> Sequence[str] | None:
        """Those of the profile of that name, or of that ARN."""
        profiles = list(self.iam.backend.instance_profiles.values())
        held = next((one for one in profiles if profile in {one.name, one.arn}), None)
        return None if held is None else [str(role.arn) for role in held.roles]

    def redriven_to(self, queue: str) -> Sequence[str]:
        """Those whose policy of redriving names the queue, and those that its messages were in: LocalStack puts them back there."""
        region = _region(queue, self.region)
        store = store_of("localstack.services.sqs.models", "sqs_stores", self.iam.account_id, region)
        if store is None:
            return []
        queues = store.queues
        policies = [(one.arn, one.redrive_policy or {}) for one in list(queues.values())]
        sources = [arn for arn, policy in policies if policy.get("deadLetterTargetArn") == queue]
        held = queues.get(queue.rpartition(":")[2])
        came_from = [message.dead_letter_queue_source_arn for message in _messages(held)] if held else []
        return list(dict.fromkeys(str(source) for source in (*sources, *came_from) if source))

    def task_resources(self, token: str) -> Sequence[str]:
        """Of the executions in the request's region, where LocalStack looks for the token."""
        module = "localstack.services.stepfunctions.backend.store"
        store = store_of(module, "sfn_stores", self.iam.account_id, self.region)
        if store is None:
            return []
        for execution in list(store.executions.values()):
            environment = execution.exec_worker.env if execution.exec_worker else None
            waiting = environment.callback_pool_manager.get(token) if environment else None
            if waiting is not None:
                return _waiting(execution, environment, waiting) or list(store.activities)
        return []

    def parameter_versions(self, name: str) -> Sequence[str]:
        """Systems Manager's."""
        return encryptions.parameter_versions(self.iam.account_id, self.region, name)

    def parameters_below(self, path: str, *, deep: bool) -> Sequence[str]:
        """Systems Manager's parameters."""
        return encryptions.parameters_below(self.iam.account_id, self.region, path, deep=deep)


def _held_secret(account_id: str, region: str, name: str) -> Any | None:
    """By name, ARN or partial ARN, as moto looks it up."""
    models = loaded("moto.secretsmanager.models")
    return models.secretsmanager_backends[account_id][_region(name, region)].secrets.get(name) if models else None


def _secret(account_id: str, region: str, name: str) -> str | None:
    secret = _held_secret(account_id, region, name)
    return str(secret.arn) if secret else None


def _primary_secret(account_id: str, region: str, name: str) -> str | None:
    secret = _held_secret(account_id, region, name)
    return str(getattr(secret, "source", secret).arn) if secret else None


def _rotation_function(account_id: str, region: str, name: str) -> str | None:
    return getattr(_held_secret(account_id, region, name), "rotation_lambda_arn", None) or None


def _document(account_id: str, region: str, name: str) -> str | None:
    models = loaded("moto.ssm.models")
    held = name in models.ssm_backends[account_id][region]._documents if models else False  # noqa: SLF001 - moto's reader refuses what does not exist
    return f"arn:aws:ssm:{region}:{account_id}:document/{name}" if held else None


def _aliased_key(account_id: str, region: str, name: str) -> str | None:
    """The key behind `alias/NAME` or its ARN."""
    models = loaded("localstack.services.kms.models")
    if models is None or "alias/" not in name:
        return None
    if _is_foreign(name, account_id):
        return None
    store = models.kms_stores[account_id][_region(name, region)]
    alias = store.aliases.get(name[name.index("alias/") :])
    key = store.keys.get(alias.metadata["TargetKeyId"].rpartition("/")[2]) if alias else None
    return str(key.metadata["Arn"]) if key else None


def _key(account_id: str, region: str, name: str) -> str | None:
    """The key that an id, an alias or an ARN means. AWS's own have no other name than their alias here."""
    if is_managed(name):
        return f"arn:aws:kms:{_region(name, region)}:{account_id}:{name.rpartition(':')[2]}"
    if "alias/" in name:
        return name if _is_foreign(name, account_id) else _aliased_key(account_id, region, name)
    return name if name.startswith("arn:") else f"arn:aws:kms:{region}:{account_id}:key/{name}"


def _stack(account_id: str, region: str, name: str) -> str | None:
    stacks = _cloudformation(account_id, region, "stacks_v2").values()
    return next((str(each.stack_id) for each in stacks if each.stack_name == name and each.is_active()), None)


def _change_set(account_id: str, region: str, name: str) -> str | None:
    found = _cloudformation(account_id, region, "change_sets").get(name)
    return str(found.stack.stack_id) if found else None


def _cloudformation(account_id: str, region: str, attribute: str) -> Mapping[str, Any]:
    models = loaded("localstack.services.cloudformation.stores")
    found: Mapping[str, Any] = getattr(models.cloudformation_stores[account_id][region], attribute) if models else {}
    return found


def _mapped_function(account_id: str, region: str, name: str) -> str | None:
    models = loaded("localstack.services.lambda_.invocation.models")
    found = models.lambda_stores[account_id][region].event_source_mappings.get(name) if models else None
    return str(found["FunctionArn"]) if found else None


def _moved_queue(account_id: str, region: str, handle: str) -> str | None:
    """The queue of the task that a handle names; what else the handle says of it is the client's word."""
    models = loaded("localstack.services.sqs.models")
    try:
        task_id = json.loads(base64.b64decode(handle)).get("taskId")
    except (binascii.Error, ValueError, AttributeError):
        return None
    task = models.sqs_stores[account_id][region].move_tasks.get(task_id) if models else None
    return str(task.source_arn) if task else None


def _topic(account_id: str, _region: str, token: str) -> str | None:
    """The topic whose subscription waits, or waited, for that token: in whatever region."""
    models = loaded("localstack.services.sns.models")
    stores = models.sns_stores[account_id].values() if models else ()
    found = (store.subscription_tokens.get(token) for store in stores)
    subscription = next((arn for arn in found if arn is not None), None)
    return str(subscription).rpartition(":")[0] if subscription else None


def _api_destination(account_id: str, region: str, name: str) -> str | None:
    models = loaded("localstack.services.events.models")
    found = models.events_stores[account_id][region].api_destinations.get(name) if models else None
    return str(found.arn) if found else None


def _messages(queue: Any) -> Sequence[Any]:
    """All messages of a queue, FIFO or not, whoever has received them."""
    groups = getattr(queue, "message_groups", {}).values()
    grouped = [message for group in list(groups) for message in list(group.messages)]
    visible = list(queue.visible.queue) if hasattr(queue, "visible") else []
    return [*visible, *grouped, *queue.inflight, *queue.delayed]


def _waiting(execution: Any, environment: Any, endpoint: Any) -> Sequence[str]:
    """LocalStack keeps no activity with a task's token: it is one of those that the execution has given this input to."""
    if not hasattr(endpoint, "get_activity_input"):
        return [machine_arn(str(execution.state_machine_arn))]
    events = list(environment.event_manager._history_event_list)  # noqa: SLF001 - its reader copies all of it
    scheduled = [event["activityScheduledEventDetails"] for event in events if "activityScheduledEventDetails" in event]
    given = [one["resource"] for one in scheduled if one["input"] == endpoint.get_activity_input()]
    return list(dict.fromkeys(map(str, given)))


def _region(name: str, region: str) -> str:
    """An ARN's; `region` where the name is none, or the ARN has none."""
    arn = Arn.parse(name)
    return arn.region if arn is not None and arn.region else region


def _is_foreign(name: str, account_id: str) -> bool:
    """Whether it is an ARN of another account's, or of none."""
    arn = Arn.parse(name)
    return name.startswith("arn:") and (arn is None or arn.account != account_id)


_ARNS: Mapping[str, Callable[[str, str, str], str | None]] = {
    "secret": _secret,
    "primary-secret": _primary_secret,
    "rotation-function": _rotation_function,
    "document": _document,
    "kms-alias": _aliased_key,
    "kms-key": _key,
    "stack": _stack,
    "change-set": _change_set,
    "event-source-mapping": _mapped_function,
    "queue-move-task": _moved_queue,
    "subscription-token": _topic,
    "api-destination": _api_destination,
}
