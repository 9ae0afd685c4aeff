"""Documents that make or change an API: what in them wants a permission, which no parameter tells, and what LocalStack does not read.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import io
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.utils.json import parse_json_or_yaml
from localstack.utils.strings import to_str
from yaml import YAMLError

from harness.gateway import respond
from harness.gateway.services.lazily import around, when_loaded

OPERATIONS = frozenset({"ImportRestApi", "PutRestApi"})
_POLICY, _INTEGRATION = "x-amazon-apigateway-policy", "x-amazon-apigateway-integration"
_ROLES = frozenset({"credentials", "authorizerCredentials"})
_INVALID = "Invalid OpenAPI input."
_BASE_PATH = "a document that wants IAM's authorization is imported without its base path only (basepath=ignore)"


def install() -> None:
    """Have LocalStack's import keep what it does not read."""
    when_loaded(
        "localstack.services.apigateway.legacy.provider",
        lambda module: around(module, "import_api_from_openapi_spec", _import),
    )


def with_contents(context: RequestContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The parameters with what `actions/apigateway.py` reads of the document: `documentPolicy`, and the roles in `documentRoles`.

    Raises AWS's error for what is no document.
    """
    given = params["body"]
    data = given if isinstance(given, bytes) else given.read()
    context.service_request = {**params, "body": io.BytesIO(data)}  # to be read again
    try:
        document = _resolved(parse_json_or_yaml(to_str(data)))
        policy, roles = document.get(_POLICY), list(_roles(document))
    except (YAMLError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as invalid:
        raise respond.client_error("BadRequestException", _INVALID) from invalid
    text = policy if policy is None or isinstance(policy, str) else json.dumps(policy)
    return {**params, "documentPolicy": text, "documentRoles": roles}


def _resolved(document: Any) -> Mapping[str, Any]:
    """The document as LocalStack reads it, with what its references point at. Raises ValueError for one that cannot be imported."""
    from localstack.services.apigateway.helpers import resolve_references  # noqa: PLC0415 - services load lazily

    if not isinstance(document, dict) or "$ref" in document or not isinstance(document.get("info"), dict):
        raise ValueError("a document is a mapping with its info")
    if "title" not in document["info"]:
        raise ValueError("a document has a title")
    found: Mapping[str, Any] = resolve_references(json.loads(json.dumps(document, default=str)), rest_api_id="")
    return found


def _roles(document: Any) -> Iterator[str]:
    """Every role in it, wherever it stands."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name in _ROLES and isinstance(value, str):
                yield value
            elif name in _ROLES and value is not None:
                raise ValueError("a role is a text")
            else:
                yield from _roles(value)
    elif isinstance(document, list):
        for value in document:
            yield from _roles(value)


def _import(
    original: Callable[..., Any], rest_api: Any, context: Any, open_api_spec: Any, *args: Any, **kwargs: Any
) -> Any:
    """LocalStack knows neither IAM's authorization in a document, which it takes for none, nor integrations' roles."""
    document = _resolved(open_api_spec)
    if any(_wants_iam(document, operation) for *_, operation in _operations(document)):
        based = context.request.values.get("basepath") or "ignore"
        if based != "ignore":
            raise respond.client_error("BadRequestException", _BASE_PATH)
    done = original(rest_api, context, open_api_spec, *args, **kwargs)
    made = {resource.get_path(): resource for resource in rest_api.resources.values()}
    for path, method, operation in _operations(document):
        resource = made.get(path.rstrip("/") or "/") or made.get(path)
        held = resource.resource_methods.get(method) if resource is not None else None
        if held is None:
            continue
        if _wants_iam(document, operation):
            held.authorization_type, held.authorizer_id = "AWS_IAM", None
        if held.method_integration is not None:
            held.method_integration.credentials = (operation.get(_INTEGRATION) or {}).get("credentials")
    return done


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and operation."""
    for path, fields in (document.get("paths") or {}).items():
        for field, operation in (fields or {}).items():
            if isinstance(operation, dict):
                any_method = field.lower() == "x-amazon-apigateway-any-method"
                yield path, "ANY" if any_method else field.upper(), operation


def _wants_iam(document: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html."""
    if (auth := operation.get("x-amazon-apigateway-auth")) is not None:
        return str(auth.get("type", "")).upper() == "AWS_IAM"
    schemes = document.get("securityDefinitions") or (document.get("components") or {}).get("securitySchemes") or {}
    wanted = operation.get("security", document.get("security")) or ()
    named = [schemes.get(name) or {} for one in wanted for name in one]
    return any(str(scheme.get("x-amazon-apigateway-authtype", "")).lower() == "awssigv4" for scheme in named)
