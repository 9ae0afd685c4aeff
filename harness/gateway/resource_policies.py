"""Resource-based policies, read from the services' stores. A service without a reader has none that grant here.

Readers are per service; each knows one store and nothing else.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict

Reader = Callable[[str, str, str], str | None]


def resource_policy(account_id: str, region: str, resource: str) -> str | None:
    """The document attached to the resource with that ARN, None where there is none."""
    service = resource.split(":", 3)[2] if resource.startswith("arn:") else ""
    reader = _READERS.get(service)
    return reader(account_id, region, resource) if reader else None


def _lambda(account_id: str, region: str, resource: str) -> str | None:
    parts = resource.split(":")
    if len(parts) < 7 or parts[5] != "function":  # noqa: PLR2004 - arn:aws:lambda:region:account:function:name[:qualifier]
        return None
    from localstack.services.lambda_.invocation.models import lambda_stores  # noqa: PLC0415 - services load lazily

    function = lambda_stores[account_id][region].functions.get(parts[6])
    qualifier = parts[7] if len(parts) > 7 else "$LATEST"  # noqa: PLR2004 - the same
    attached = function.permissions.get(qualifier) if function else None
    return json.dumps(asdict(attached.policy)) if attached else None


def _dynamodb(account_id: str, region: str, resource: str) -> str | None:
    from moto.dynamodb.models import dynamodb_backends  # noqa: PLC0415 - services load lazily

    table = "/".join(resource.split("/")[:2])
    attached = dynamodb_backends[account_id][region].resource_policies.get(table)
    return attached.policy_doc if attached else None


def _sqs(account_id: str, region: str, resource: str) -> str | None:
    from localstack.services.sqs.models import sqs_stores  # noqa: PLC0415 - services load lazily

    queue = sqs_stores[account_id][region].queues.get(resource.rpartition(":")[2])
    return queue.attributes.get("Policy") if queue else None


def _sns(account_id: str, region: str, resource: str) -> str | None:
    from localstack.services.sns.models import sns_stores  # noqa: PLC0415 - services load lazily

    topic = sns_stores[account_id][region].topics.get(resource)
    return topic["attributes"].get("Policy") if topic else None


def _s3(account_id: str, region: str, resource: str) -> str | None:
    from localstack.services.s3.models import s3_stores  # noqa: PLC0415 - services load lazily

    name = resource.split(":", 5)[5].partition("/")[0]
    bucket = s3_stores[account_id][region].buckets.get(name)
    return bucket.policy if bucket else None


_READERS: Mapping[str, Reader] = {"dynamodb": _dynamodb, "lambda": _lambda, "s3": _s3, "sns": _sns, "sqs": _sqs}
