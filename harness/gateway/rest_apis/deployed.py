"""What is deployed of this account's APIs: LocalStack keeps a copy of each at its deployment, and serves that.

So it is with the resource policy: a change takes effect with the next deployment.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html
"""

import json
from collections.abc import Mapping
from typing import Any

from harness.actions import execute_api
from harness.gateway.services.lazily import loaded
from harness.policy.elements import listed

_SHORT = f"{execute_api.PREFIX}:/"


def holds(account_id: str, api: str) -> bool:
    """Whether the account has a stage of the API, whose id is in lower case."""
    kept = store(account_id)
    return kept is not None and bool(kept.active_deployments.get(api))


def deployment(account_id: str, api: str, stage: str) -> Any | None:
    """LocalStack's copy of the API at the stage's deployment; None where there is no such stage."""
    kept = store(account_id)
    if kept is None:
        return None
    return kept.internal_deployments.get(api, {}).get(kept.active_deployments.get(api, {}).get(stage))


def policy(deployed: Any, api: str) -> str | None:
    """The resource policy of a deployed API, with its short ARNs written out; None where it has none.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-examples.html
    """
    kept = deployed.rest_api.rest_api.get("policy")
    if not kept:
        return None
    document: dict[str, Any] = json.loads(json.loads(f'"{kept}"'))  # LocalStack keeps the text as the API shows it
    whole = execute_api.arn(deployed.region, deployed.account_id, api)
    for statement in listed(document.get("Statement", [])):
        for element in ("Resource", "NotResource"):
            if element in statement:
                statement[element] = [_written_out(entry, whole) for entry in listed(statement[element])]
    return json.dumps(document)


def is_private(deployed: Any) -> bool:
    """Whether the API is for callers through VPC endpoints only."""
    return _is_private(deployed.rest_api.rest_api)


def _is_private(api: Mapping[str, Any]) -> bool:
    types = (api.get("endpointConfiguration") or {}).get("types") or ()
    return "PRIVATE" in {str(one).upper() for one in types}


def lacks_policy(account_id: str, region: str, api: str) -> bool:
    """Whether the API, as it would be deployed now, is a private one without a resource policy."""
    models = loaded("localstack.services.apigateway.models")
    held = models.apigateway_stores[account_id][region].rest_apis.get(api) if models else None
    return held is not None and _is_private(held.rest_api) and not held.rest_api.get("policy")


def is_disabled(deployed: Any) -> bool:
    """Whether the API's default endpoint is disabled: it is called by a domain name of its own, of which LocalStack has none.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html
    """
    return bool(deployed.rest_api.rest_api.get("disableExecuteApiEndpoint"))


def _written_out(entry: str, whole: str) -> str:
    return f"{whole}/{entry[len(_SHORT) :]}" if entry.startswith(_SHORT) else entry


def store(account_id: str) -> Any | None:
    """LocalStack's store, None while nobody has used the service. What is deployed is in it for all regions together."""
    models = loaded("localstack.services.apigateway.models")
    return models.apigateway_stores[account_id]["us-east-1"] if models else None
