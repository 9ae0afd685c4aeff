"""What of a request to API Gateway is refused whatever policies say: changes that its rules cannot follow, roles that they cannot see.

LocalStack takes a place's name in other letters too, and copies from one place to another; on AWS both are invalid.
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

import re
from collections.abc import Iterator

from localstack.aws.api import CommonServiceException

from harness.actions import Operation
from harness.actions.params import dig
from harness.gateway import respond
from harness.gateway.rest_apis.deployed import lacks_policy

# Where roles, policies and authorization are; UpdateStage promotes a canary by copying.
_PATCHED = frozenset({"UpdateAccount", "UpdateAuthorizer", "UpdateIntegration", "UpdateMethod", "UpdateRestApi"})
_OF_FUNCTIONS = re.compile(r"arn:aws[\w-]*:apigateway:[^:]+:lambda:path/[^/]+/functions/.+/invocations")
_CHANGES = frozenset({"add", "remove", "replace"})
# Others are LocalStack's own fields.
_OF_API = re.compile(
    r"/(?:name|description|policy|apiKeySource|minimumCompressionSize|disableExecuteApiEndpoint|securityPolicy|endpointAccessMode)"
    r"|/binaryMediaTypes(?:/.*)?|/endpointConfiguration/(?:types|vpcEndpointIds|ipAddressType)(?:/.*)?"
)
_PLACE = re.compile(r"/[a-z][A-Za-z0-9]*(?:/.*)?", re.DOTALL)
_ROLES = {"/credentials", "/authorizerCredentials", "/cloudwatchRoleArn"}
# https://docs.aws.amazon.com/apigateway/latest/api/API_CreateAuthorizer.html#apigw-CreateAuthorizer-request-type
AUTHORIZER_TYPES = frozenset({"TOKEN", "REQUEST", "COGNITO_USER_POOLS"})
AUTHORIZATION_TYPES = frozenset({"NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"})
_CALLERS_OWN = "arn:aws:iam::*:user/*"
_NOT_THE_CALLERS = (
    f"an integration with its caller's own credentials ({_CALLERS_OWN}) is not supported by the harness: give it a role"
)
_NO_VARIABLES = (
    "a role that a stage variable names is not supported by the harness: nobody would be asked for handing it over"
)

# OBSERVED: https://github.com/hashicorp/terraform-provider-aws/issues/7916
_NO_ROLE = "Role ARN must be specified for AWS integrations"
# OBSERVED: https://github.com/hashicorp/terraform-provider-aws/issues/14290
_NO_POLICY = "Private REST API doesn't have a resource policy attached to it"


def check_form(operation: Operation) -> None:
    """Raise API Gateway's error for what it does not take."""
    if operation.service != "apigateway":
        return
    for change in (operation.params.get("patchOperations") or ()) if operation.name in _PATCHED else ():
        _check_change(operation.name, str(change.get("op")), str(change.get("path") or ""))
    for role in _roles(operation):
        if role == _CALLERS_OWN:
            raise _bad(_NOT_THE_CALLERS)
        if "${" in role:
            raise _bad(_NO_VARIABLES)
    _check_types(operation, "authorizationType", AUTHORIZATION_TYPES)
    if operation.name in {"CreateAuthorizer", "UpdateAuthorizer"}:
        _check_types(operation, "type", AUTHORIZER_TYPES)
    for expression in _values(operation, "identityValidationExpression"):
        try:
            re.compile(expression)
        except re.error as invalid:
            raise _bad(f"`{expression}` is no regular expression that the harness reads: {invalid}") from invalid


def _check_types(operation: Operation, name: str, known: frozenset[str]) -> None:
    for type_ in _values(operation, name):
        if type_ not in known:
            raise _bad(f"`{type_}` is no {name} that there is: {', '.join(sorted(known))}")


def check_integration(operation: Operation) -> None:
    """Raise AWS's error for an integration that calls a service without a role; functions alone have policies that let API Gateway in.

    https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html#apigw-PutIntegration-request-credentials
    """
    if (operation.service, operation.name) != ("apigateway", "PutIntegration"):
        return
    params = operation.params
    of_function = _OF_FUNCTIONS.fullmatch(str(params.get("uri"))) is not None
    if params.get("type") == "AWS" and not params.get("credentials") and not of_function:
        raise _bad(_NO_ROLE)


def check_deployment(account_id: str, operation: Operation) -> None:
    """Raise AWS's error for the deployment of a private API that lets nobody in."""
    if (operation.service, operation.name) == ("apigateway", "CreateDeployment"):
        api = str(operation.params.get("restApiId"))
        if lacks_policy(account_id, operation.region, api):
            raise _bad(_NO_POLICY)


def _check_change(operation: str, kind: str, place: str) -> None:
    if kind not in _CHANGES:
        raise _bad("Invalid patch operation specified. Must be one of: [add, remove, replace]")
    if _PLACE.fullmatch(place) is None or (operation == "UpdateRestApi" and _OF_API.fullmatch(place) is None):
        raise _bad(f"Invalid patch path {place}")


def _roles(operation: Operation) -> Iterator[str]:
    if operation.name == "PutIntegration":
        yield from map(str, dig(operation.params, "credentials"))
    yield from map(str, dig(operation.params, "authorizerCredentials"))
    yield from map(str, dig(operation.params, "documentRoles"))
    for change in operation.params.get("patchOperations") or ():
        if change.get("path") in _ROLES:
            yield str(change.get("value") or "")


def _values(operation: Operation, name: str) -> Iterator[str]:
    """A parameter's value, as it is given or changed."""
    if name in operation.params:
        yield str(operation.params[name] or "")
    for change in operation.params.get("patchOperations") or ():
        if change.get("path") == f"/{name}" and change.get("op") != "remove":
            yield str(change.get("value") or "")


def _bad(message: str) -> CommonServiceException:
    return respond.client_error("BadRequestException", message)
