"""Lambda authorizers: functions of the API's author that say who calls, and with which policy.

Rules. The function is called by API Gateway itself, for the authorizer, or with the authorizer's role. Nothing that it said is kept for
another call, as AWS keeps it for a time that is configured: what changes here counts at once.
https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.connect import connect_to

from harness.gateway.rest_apis.errors import CallRefused
from harness.gateway.services.integrations import SESSION
from harness.policy import InvalidPolicy, PolicyKind, parse_policy

_FUNCTION = re.compile(
    r".*:lambda:path/[^/]+/functions/(?P<arn>arn:aws[\w-]*:lambda:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):\d{12}:function:.+)/invocations"
)
_SOURCE = re.compile(r"method\.request\.(?P<place>header|querystring)\.(?P<name>.+)")
_CONTEXT_VALUES = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Given:
    """What an authorizer says."""

    principal_id: str
    policy: str
    """The document, as JSON."""


def ask(authorizer: Mapping[str, Any], found: Any, api_arn: str, method_arn: str) -> Given:
    """Whom the authorizer speaks for; what it says beside it goes to the API's own templates and functions. Raises CallRefused.

    `found` is LocalStack's context of the call.
    """
    from localstack.services.apigateway.next_gen.execute_api.helpers import (  # noqa: PLC0415 - services load lazily
        render_uri_with_stage_variables,
    )

    uri = render_uri_with_stage_variables(str(authorizer.get("authorizerUri") or ""), found.stage_variables)
    function = _FUNCTION.fullmatch(uri)
    if function is None:
        raise _misconfigured("the method's authorizer is gone, or names no function")
    event = _event(authorizer, found, method_arn)
    source = f"{api_arn}/authorizers/{authorizer['id']}"
    said = _called(function, source, authorizer.get("authorizerCredentials"), event)
    given = _read(said)
    context = said.get("context") or {}
    found.context_variables["authorizer"] = {**_texts(context), "principalId": given.principal_id}
    return given


def _event(authorizer: Mapping[str, Any], found: Any, method_arn: str) -> Mapping[str, Any]:
    """What the function is told; a caller who shows nothing of what it goes by is not let through to it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
    """
    request = found.invocation_request
    shown = list(_shown(str(authorizer.get("identitySource") or ""), request))
    if not all(shown):
        raise _unauthorized("the request lacks what its authorizer goes by")
    if authorizer.get("type") == "TOKEN":
        expression = authorizer.get("identityValidationExpression")
        token = "".join(value or "" for value in shown)
        if not token or (expression and not _fits(str(expression), token)):
            raise _unauthorized("the token is not of the form that its authorizer takes")
        return {"type": "TOKEN", "methodArn": method_arn, "authorizationToken": token}
    headers = request["headers"]
    return {
        "type": "REQUEST",
        "methodArn": method_arn,
        "resource": found.resource["path"],
        "path": request["path"],
        "httpMethod": request["http_method"],
        "headers": dict(headers),
        "multiValueHeaders": {name: headers.getlist(name) for name, _ in headers},
        "queryStringParameters": request["query_string_parameters"],
        "multiValueQueryStringParameters": request["multi_value_query_string_parameters"],
        "pathParameters": request["path_parameters"],
        "stageVariables": found.stage_variables or {},
        "requestContext": found.context_variables,
    }


def _shown(sources: str, request: Mapping[str, Any]) -> Iterator[str | None]:
    """What the request has at each of the identity sources that a request can have."""
    for source in filter(None, map(str.strip, sources.split(","))):
        if (place := _SOURCE.fullmatch(source)) is not None:
            where = request["headers"] if place["place"] == "header" else request["query_string_parameters"]
            yield where.get(place["name"])


def _fits(expression: str, token: str) -> bool:
    try:
        return re.fullmatch(expression, token) is not None
    except re.error as invalid:
        raise _misconfigured(f"the authorizer's expression is none: {invalid}") from invalid


def _called(function: re.Match[str], source: str, role: str | None, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """The function's answer. Raises CallRefused where API Gateway may not call it, and where it fails."""
    region = function["region"]
    try:
        clients = (
            connect_to.with_assumed_role(
                role_arn=role, region_name=region, service_principal="apigateway", session_name=SESSION
            )
            if role
            else connect_to(region_name=region)
        )
        function_client = clients.lambda_.request_metadata(service_principal="apigateway", source_arn=source)
        answer = function_client.invoke(FunctionName=function["arn"], Payload=json.dumps(event).encode())
    except (ClientError, BotoCoreError) as refused:
        raise _misconfigured(f"the authorizer's function could not be called: {refused}") from refused
    try:
        said = json.loads(answer["Payload"].read() or "null")
    except ValueError as invalid:
        raise _misconfigured("the authorizer's function answered no JSON") from invalid
    if answer.get("FunctionError"):
        if isinstance(said, dict) and said.get("errorMessage") == "Unauthorized":
            raise _unauthorized("the authorizer's function says so")
        raise _misconfigured("the authorizer's function failed")
    return said if isinstance(said, dict) else {}


def _read(said: Mapping[str, Any]) -> Given:
    """The principal and the policy in an answer.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
    """
    principal, document = said.get("principalId"), json.dumps(said.get("policyDocument"))
    context = said.get("context") or {}
    if not isinstance(principal, str) or not isinstance(context, dict):
        raise _misconfigured("the authorizer's answer has no principalId, or a context that is no map")
    if not all(isinstance(value, _CONTEXT_VALUES) or value is None for value in context.values()):
        raise _misconfigured(
            "the context of the authorizer's answer has values that are neither text, number nor truth"
        )
    try:
        parse_policy(document, PolicyKind.IDENTITY)
    except InvalidPolicy as invalid:
        raise _misconfigured(f"the policy of the authorizer's answer is none: {invalid.message}") from invalid
    return Given(principal, document)


def _texts(context: Mapping[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in context.items()}


def _unauthorized(why: str) -> CallRefused:
    return CallRefused("UnauthorizedException", "Unauthorized", HTTPStatus.UNAUTHORIZED, why=why)


def _misconfigured(why: str) -> CallRefused:
    return CallRefused("AuthorizerConfigurationException", None, HTTPStatus.INTERNAL_SERVER_ERROR, why=why)
