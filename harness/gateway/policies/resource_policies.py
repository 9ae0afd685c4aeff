"""Resource-based policies, read from the services' stores. A service without a reader has none that grant here.

Readers are per service; each knows one store and nothing else. API Gateway's policies are about calling an API, not about managing
it, and those of its deployments count.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.actions.kms import is_managed, managed_key
from harness.gateway.rest_apis import deployed
from harness.gateway.services.lazily import loaded, store_of
from harness.model.world import ResourcePolicyKind

Reader = Callable[[Any, str], str | None]
"""The store of the account and region, and the ARN."""

_VERSION = "2012-10-17"


def resource_policy(account_id: str, region: str, resource: str) -> str | None:
    """The document attached to the resource with that ARN, None where there is none."""
    parts = resource.split(":", 5)
    if len(parts) < 6 or parts[2] not in _READERS:  # noqa: PLR2004 - the parts of an ARN
        return None
    if parts[2] == "kms" and is_managed(resource):
        return _managed(resource)
    module, attribute, reader = _READERS[parts[2]]
    held = store_of(module, attribute, account_id, parts[3] or region)
    return None if held is None else reader(held, resource)


def policy_kind(resource: str) -> ResourcePolicyKind:
    """How a policy on that resource takes part: a key's own must allow.

    https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
    """
    return ResourcePolicyKind.KEY if resource.split(":", 3)[2] == "kms" else ResourcePolicyKind.RESOURCE


def _document(statements: Sequence[Mapping[str, Any]]) -> str | None:
    return json.dumps({"Version": _VERSION, "Statement": list(statements)}) if statements else None


def _lambda(store: Any, resource: str) -> str | None:
    parts = resource.split(":")
    if len(parts) < 7:  # noqa: PLR2004 - arn:aws:lambda:region:account:function:name[:qualifier]
        return None
    qualifier = parts[7] if len(parts) > 7 else "$LATEST"  # noqa: PLR2004 - the same
    if parts[5] == "layer":
        return _layer(store, parts[6], qualifier)
    function = store.functions.get(parts[6]) if parts[5] == "function" else None
    attached = function.permissions.get(qualifier) if function else None
    return json.dumps(asdict(attached.policy)) if attached else None


def _layer(store: Any, name: str, version: str) -> str | None:
    """A layer version's permissions, in the words of a policy.

    https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html
    """
    layer = store.layers.get(name)
    held = layer.layer_versions.get(version) if layer else None
    if held is None or held.policy is None:
        return None
    return _document(
        [
            {
                "Sid": each.sid,
                "Effect": "Allow",
                "Principal": each.principal if each.principal == "*" else {"AWS": each.principal},
                "Action": each.action,
                "Resource": held.layer_version_arn,
            }
            | (
                {"Condition": {"StringEquals": {"aws:PrincipalOrgID": each.organization_id}}}
                if each.organization_id
                else {}
            )
            for each in held.policy.statements.values()
        ]
    )


def _dynamodb(store: Any, resource: str) -> str | None:
    """Indexes have their table's policy, streams one of their own."""
    owner = resource if "/stream/" in resource else "/".join(resource.split("/")[:2])
    attached = store.resource_policies.get(owner)
    return attached.policy_doc if attached else None


def _sqs(store: Any, resource: str) -> str | None:
    queue = store.queues.get(resource.rpartition(":")[2])
    return queue.attributes.get("Policy") if queue else None


def _sns(store: Any, resource: str) -> str | None:
    topic = store.topics.get(resource)
    return topic["attributes"].get("Policy") if topic else None


def _s3(store: Any, resource: str) -> str | None:
    bucket = store.buckets.get(resource.split(":", 5)[5].partition("/")[0])
    return bucket.policy if bucket else None


def _secret(store: Any, resource: str) -> str | None:
    """A replica has its primary's policy.

    https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
    """
    secret = store.secrets.get(resource)
    return getattr(getattr(secret, "source", secret), "policy", None)


def _events(store: Any, resource: str) -> str | None:
    """The bus's policy, which speaks of the bus and of the rules on it."""
    kind, *place = resource.split(":", 5)[5].split("/")
    bus = place[0] if kind == "event-bus" or len(place) > 1 else "default"
    held = store.event_buses.get(bus)
    if held is None or not held.policy:
        return None
    # LocalStack keeps a statement's absent elements as nulls.
    return _document(
        [{name: value for name, value in each.items() if value is not None} for each in _statements(held.policy)]
    )


def _logs(store: Any, resource: str) -> str | None:
    """The account's policies about its log groups, together; a destination has one of its own."""
    kind, _, name = resource.split(":", 5)[5].partition(":")
    if kind == "destination":
        held = next((each for each in store.destinations.values() if each.destination_name == name), None)
        return held.access_policy if held else None
    documents = [json.loads(each.policy_document) for each in store.resource_policies.values()]
    return _document([statement for document in documents for statement in _statements(document)])


def _statements(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = document.get("Statement") or ()
    return [found] if isinstance(found, Mapping) else found


def _kinesis(store: Any, resource: str) -> str | None:
    found: str | None = store.resource_policies.get(resource)
    return found


def _execute_api(_store: Any, resource: str) -> str | None:
    """The policy of the API at the stage's deployment."""
    _, _, _, _, account, rest = resource.split(":", 5)
    api, stage, *_ = (*rest.split("/"), "")
    found = deployed.deployment(account, api, stage)
    return deployed.policy(found, api) if found is not None else None


def _kms(store: Any, resource: str) -> str | None:
    """The key's policy, and its grants in the words of a policy. A key that does not exist has none."""
    held = store.keys.get(resource.rpartition("/")[2]) if ":key/" in resource else None
    if held is None:
        return None
    if (alias := _alias_of_awss(store, held.metadata)) is not None:
        return _managed(resource.replace(resource.split(":", 5)[5], alias))
    grants = [each.metadata for each in store.grants.values() if each.metadata["KeyArn"] == held.metadata["Arn"]]
    if not grants:
        return str(held.policy)
    document = json.loads(held.policy)
    granted = [statement for grant in grants for statement in _granted(grant)]
    return json.dumps({**document, "Statement": [*_statements(document), *granted]})


def _alias_of_awss(store: Any, key: Mapping[str, Any]) -> str | None:
    """The alias of a key that AWS manages, None for the account's own. LocalStack makes such keys as if they were an account's."""
    aliases = (name for name, alias in store.aliases.items() if alias.metadata["TargetKeyId"] == key["KeyId"])
    reserved = next((str(name) for name in aliases if is_managed(name)), None)
    models = loaded("localstack.services.s3.models")
    if reserved is not None or models is None:
        return reserved
    _, _, _, region, account, _ = key["Arn"].split(":", 5)
    return managed_key("s3") if models.s3_stores[account][region].aws_managed_kms_key_id == key["Arn"] else None


def _managed(resource: str) -> str:
    """The policy of a key that AWS manages: for whom its service acts, in its own account only. No store has it.

    OBSERVED: https://github.com/aws/aws-cdk/issues/14370
    """
    _, _, _, region, account, name = resource.split(":", 5)
    service = name.rpartition("/")[2]
    through = {"kms:CallerAccount": account, "kms:ViaService": f"{service}.{region}.amazonaws.com"}
    uses = ("Encrypt", "Decrypt", "ReEncrypt*", "GenerateDataKey*", "CreateGrant", "DescribeKey")
    looks = ("Describe*", "Get*", "List*", "RevokeGrant")
    statements: list[dict[str, Any]] = [
        {
            "Sid": f"Allow access through {service} for all principals in the account that are authorized to use it",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [f"kms:{action}" for action in uses],
            "Resource": "*",
            "Condition": {"StringEquals": through},
        },
        {
            "Sid": "Allow direct access to key metadata to the account",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": [f"kms:{action}" for action in looks],
            "Resource": "*",
        },
    ]
    return json.dumps({"Version": _VERSION, "Id": f"auto-{service}", "Statement": statements})


# The operations to which a grant's constraint applies: https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
_CONSTRAINED = frozenset({
    "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo",
})  # fmt: skip


def _granted(grant: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A grant allows its operations to its principal, and retiring it to another.

    https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
    """
    operations = frozenset(grant.get("Operations") or ())
    condition = _constraint(grant.get("Constraints") or {})
    for named, conditions in ((operations & _CONSTRAINED, condition), (operations - _CONSTRAINED, {})):
        if named:
            yield {
                "Sid": f"Grant{grant['GrantId']}",
                "Effect": "Allow",
                "Principal": _principal(grant["GranteePrincipal"]),
                "Action": sorted(f"kms:{operation}" for operation in named),
                "Resource": "*",
            } | ({"Condition": conditions} if conditions else {})


def retiring(grant: Mapping[str, Any]) -> str | None:
    """Who may retire the grant: its retiring principal, and its grantee where that is among its operations; None where it names neither.

    https://docs.aws.amazon.com/kms/latest/developerguide/grant-delete.html
    """
    named = [
        grant.get("RetiringPrincipal"),
        grant["GranteePrincipal"] if "RetireGrant" in grant["Operations"] else None,
    ]
    statements = [
        {"Effect": "Allow", "Principal": _principal(one), "Action": "kms:RetireGrant", "Resource": "*"}
        for one in named
        if one
    ]
    return _document(statements)


def _principal(named: str) -> dict[str, str]:
    return {"Service" if named.endswith(".amazonaws.com") else "AWS": named}


def _constraint(constraints: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """A subset must be in the request's context; an equal context has nothing else beside it.

    Keys are compared without case, and values as they stand: nothing in them is a policy variable.
    https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantConstraints.html
    """
    equal, subset = constraints.get("EncryptionContextEquals"), constraints.get("EncryptionContextSubset")
    pairs = {**(subset or {}), **(equal or {})}
    if not pairs:
        return {}
    conditions: dict[str, Any] = {
        "StringEquals": {f"kms:EncryptionContext:{name}": _literal(value) for name, value in pairs.items()}
    }
    if equal:
        named = [_literal(name) for name in sorted(equal)]
        conditions["ForAllValues:StringEqualsIgnoreCase"] = {"kms:EncryptionContextKeys": named}
    return conditions


def _literal(text: str) -> str:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars."""
    return text.replace("$", "${$}")


# the service of the ARN -> module, attribute with the stores, reader
_READERS: Mapping[str, tuple[str, str, Reader]] = {
    "dynamodb": ("moto.dynamodb.models", "dynamodb_backends", _dynamodb),
    "execute-api": ("localstack.services.apigateway.models", "apigateway_stores", _execute_api),
    "events": ("localstack.services.events.models", "events_stores", _events),
    "kinesis": ("moto.kinesis.models", "kinesis_backends", _kinesis),
    "kms": ("localstack.services.kms.models", "kms_stores", _kms),
    "lambda": ("localstack.services.lambda_.invocation.models", "lambda_stores", _lambda),
    "logs": ("moto.logs.models", "logs_backends", _logs),
    "s3": ("localstack.services.s3.models", "s3_stores", _s3),
    "secretsmanager": ("moto.secretsmanager.models", "secretsmanager_backends", _secret),
    "sns": ("localstack.services.sns.models", "sns_stores", _sns),
    "sqs": ("localstack.services.sqs.models", "sqs_stores", _sqs),
}
