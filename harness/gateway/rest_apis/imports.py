"""Documents that make or change an API: what in them wants a permission, which no parameter tells, and what LocalStack does not read.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

import copy
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.utils.json import parse_json_or_yaml
from localstack.utils.strings import to_str
from yaml import YAMLError

from harness.gateway import respond
from harness.gateway.rest_apis.forms import AUTHORIZATION_TYPES, AUTHORIZER_TYPES
from harness.gateway.services.lazily import around, when_loaded

OPERATIONS = frozenset({"ImportRestApi", "PutRestApi"})
_POLICY, _INTEGRATION = "x-amazon-apigateway-policy", "x-amazon-apigateway-integration"
_ENDPOINT = "x-amazon-apigateway-endpoint-configuration"
_ROLES = frozenset({"credentials", "authorizerCredentials"})
_INVALID = "Invalid OpenAPI input."
_PATH = re.compile(r"/|(?:/[^/]+)+/?")
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
    original: Callable[..., Any], rest_api: Any, context: RequestContext, open_api_spec: Any, *args: Any, **kwargs: Any
) -> Any:
    """LocalStack knows neither IAM's authorization in a document, which it takes for none, nor integrations' roles.

    A document that cannot be imported changes nothing:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-import-api-errors-warnings.html
    """
    document = _resolved(open_api_spec)
    try:
        _check(document, context.request.values.get("basepath") or "ignore")
    except (AttributeError, TypeError) as invalid:  # parts that are no mappings
        raise _bad(_INVALID) from invalid
    changed = (rest_api, _container(context, rest_api.id))
    before = [copy.deepcopy(vars(each)) for each in changed]
    try:
        done = original(rest_api, context, open_api_spec, *args, **kwargs)
        _complete(rest_api, document)
    except Exception as invalid:
        for each, held in zip(changed, before, strict=True):
            vars(each).clear()
            vars(each).update(held)
        if isinstance(invalid, CommonServiceException):
            raise
        raise _bad(_INVALID) from invalid
    return done


def _container(context: RequestContext, api: str) -> Any:
    """What LocalStack keeps of the API beside moto."""
    from localstack.services.apigateway.helpers import get_apigateway_store  # noqa: PLC0415 - services load lazily

    return get_apigateway_store(context=context).rest_apis[api]


def _check(document: Mapping[str, Any], base_path: str) -> None:
    """Raise what keeps the document from being imported as it stands."""
    if odd := [path for path in document.get("paths") or {} if _PATH.fullmatch(str(path)) is None]:
        raise _bad(f"`{odd[0]}` is no path of a resource")  # LocalStack would make another one
    for name, scheme in _schemes(document).items():
        authorizer = scheme.get("x-amazon-apigateway-authorizer")
        if authorizer and str(authorizer.get("type")).upper() not in AUTHORIZER_TYPES:
            raise _bad(f"`{name}` has an authorizer of no type that there is: {', '.join(sorted(AUTHORIZER_TYPES))}")
    wanted = [_wants_iam(document, operation) for *_, operation in _operations(document)]
    if any(wanted) and base_path != "ignore":
        raise _bad(_BASE_PATH)


def _complete(rest_api: Any, document: Mapping[str, Any]) -> None:
    """Keep what LocalStack does not read."""
    made = {resource.get_path(): resource for resource in rest_api.resources.values()}
    for path, method, operation in _operations(document):
        resource = made.get(path.rstrip("/") or "/") or made.get(path)
        held = resource.resource_methods.get(method) if resource is not None else None
        role = (operation.get(_INTEGRATION) or {}).get("credentials")
        if held is None:
            if role or _wants_iam(document, operation):
                raise _bad(f"LocalStack has not made {method} {path}")
            continue
        if _wants_iam(document, operation):
            held.authorization_type, held.authorizer_id = "AWS_IAM", None
        if held.method_integration is not None:
            held.method_integration.credentials = role
    servers = [server for server in document.get("servers") or () if isinstance(server, dict)]
    if any((place.get(_ENDPOINT) or {}).get("disableExecuteApiEndpoint") is True for place in (document, *servers)):
        rest_api.disableExecuteApiEndpoint = True


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Path, method and operation."""
    for path, fields in (document.get("paths") or {}).items():
        for field, operation in (fields or {}).items():
            if isinstance(operation, dict):
                any_method = field.lower() == "x-amazon-apigateway-any-method"
                yield path, "ANY" if any_method else field.upper(), operation


def _schemes(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (
        document.get("securityDefinitions") or (document.get("components") or {}).get("securitySchemes") or {}
    )
    return found


def _wants_iam(document: Mapping[str, Any], operation: Mapping[str, Any]) -> bool:
    """Raises AWS's error where it wants what there is not: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions-authtype.html."""
    if (auth := operation.get("x-amazon-apigateway-auth")) is not None:
        wanted = str(auth.get("type")).upper()
        if wanted not in AUTHORIZATION_TYPES:
            raise _bad(f"`{auth.get('type')}` is no authorization type: {', '.join(sorted(AUTHORIZATION_TYPES))}")
        return wanted == "AWS_IAM"
    schemes = _schemes(document)
    names = [name for one in operation.get("security", document.get("security")) or () for name in one]
    if unknown := [name for name in names if name not in schemes]:
        raise _bad(f"no security scheme is called `{unknown[0]}`")
    return any(str(schemes[name].get("x-amazon-apigateway-authtype", "")).lower() == "awssigv4" for name in names)


def _bad(message: str) -> CommonServiceException:
    return respond.client_error("BadRequestException", message)
