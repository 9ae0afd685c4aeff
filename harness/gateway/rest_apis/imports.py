"""Documents that make or change an API: what in them AWS asks permissions for, which no parameter of the request tells.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.utils.json import parse_json_or_yaml
from localstack.utils.strings import to_str
from yaml import YAMLError

OPERATIONS = frozenset({"ImportRestApi", "PutRestApi"})
_POLICY = "x-amazon-apigateway-policy"
_ROLES = frozenset({"credentials", "authorizerCredentials"})


def with_contents(context: RequestContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters with what `actions/apigateway.py` reads of the document: `documentPolicy`, and the roles in `documentRoles`."""
    given = params["body"]
    data = given if isinstance(given, bytes) else given.read()
    context.service_request = {**params, "body": io.BytesIO(data)}  # to be read again
    try:
        document = parse_json_or_yaml(to_str(data))
    except (YAMLError, ValueError):
        return params  # the service refuses it
    policy = document.get(_POLICY) if isinstance(document, dict) else None
    text = policy if policy is None or isinstance(policy, str) else json.dumps(policy)
    return {**params, "documentPolicy": text, "documentRoles": list(_roles(document))}


def _roles(document: Any) -> Iterator[str]:
    """Every role in it, wherever it stands: a reference may point at any part."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name in _ROLES and isinstance(value, str):
                yield value
            else:
                yield from _roles(value)
    elif isinstance(document, list):
        for value in document:
            yield from _roles(value)
