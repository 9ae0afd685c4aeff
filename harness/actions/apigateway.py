"""API Gateway: the action is the HTTP method, the resource is the path of the request.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html
Of a document that makes or changes an API the gate tells the policy and the roles (`documentPolicy`, `documentRoles`).
Its own condition keys (`apigateway:Request/...`, `apigateway:Resource/...`) are not read: they are unknown.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.reasons import because
from harness.actions.service import Rule, Service, also, pass_role, rows

_BASE = "arn:aws:apigateway:{region}::"
_SERVICE = "apigateway.amazonaws.com"


def _tagged(method: str) -> Rule:
    """The resource of tagging is a path of its own, with the tagged ARN inside."""

    def rule(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
        arn = str(operation.params.get("resourceArn") or "")
        path = f"arn:aws:apigateway:{operation.region}::/tags/{quote(arn, safe='')}" if arn else None
        return [service.call(operation, facts, method, path)]

    return rule


def _patch(path: str, role_at: str = "", policy_at: str = "") -> Rule:
    """PATCH changes what its operations point at: at `role_at` a role is handed over, at `policy_at` the API's policy changes."""
    table = rows(_BASE, f"{path}\n    Patched")

    def rule(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
        (resource,) = table["Patched"].resources(operation, facts)
        calls = [service.call(operation, facts, "PATCH", resource)]
        for change in dig(operation.params, "patchOperations"):
            place, value = _place(change), str(change.get("value") or "")
            if role_at and place == role_at and value:
                calls.append(pass_role(operation, facts, value, _SERVICE, resource))
            if policy_at and place == policy_at:
                calls.append(service.call(operation, facts, "UpdateRestApiPolicy", resource))
        return calls

    return rule


def _place(change: Mapping[str, object]) -> str:
    return str(change.get("path") or "")


SERVICE = Service(
    prefix="apigateway",
    rows={
        **rows(_BASE, """
            /account
                GetAccount=GET
            /apikeys
                CreateApiKey=POST GetApiKeys=GET ImportApiKeys=POST
            /apikeys/{apiKey}
                DeleteApiKey=DELETE GetApiKey=GET UpdateApiKey=PATCH
            /clientcertificates
                GenerateClientCertificate=POST GetClientCertificates=GET
            /clientcertificates/{clientCertificateId}
                DeleteClientCertificate=DELETE GetClientCertificate=GET UpdateClientCertificate=PATCH
            /domainnameaccessassociations
                GetDomainNameAccessAssociations=GET
            /domainnames
                CreateDomainName=POST GetDomainNames=GET
            /domainnames/{domainName}
                DeleteDomainName=DELETE GetDomainName=GET UpdateDomainName=PATCH
            /domainnames/{domainName}/basepathmappings
                CreateBasePathMapping=POST GetBasePathMappings=GET
            /domainnames/{domainName}/basepathmappings/{basePath}
                DeleteBasePathMapping=DELETE GetBasePathMapping=GET UpdateBasePathMapping=PATCH
            /restapis
                CreateRestApi=POST GetRestApis=GET ImportRestApi=POST
            /restapis/{restApiId}
                DeleteRestApi=DELETE GetRestApi=GET PutRestApi=PUT
            /restapis/{restApiId}/authorizers
                CreateAuthorizer=POST GetAuthorizers=GET
            /restapis/{restApiId}/authorizers/{authorizerId}
                DeleteAuthorizer=DELETE GetAuthorizer=GET TestInvokeAuthorizer=POST
            /restapis/{restApiId}/deployments
                CreateDeployment=POST GetDeployments=GET
            /restapis/{restApiId}/deployments/{deploymentId}
                DeleteDeployment=DELETE GetDeployment=GET UpdateDeployment=PATCH
            /restapis/{restApiId}/documentation/parts
                CreateDocumentationPart=POST GetDocumentationParts=GET ImportDocumentationParts=PUT
            /restapis/{restApiId}/documentation/parts/{documentationPartId}
                DeleteDocumentationPart=DELETE GetDocumentationPart=GET UpdateDocumentationPart=PATCH
            /restapis/{restApiId}/documentation/versions
                CreateDocumentationVersion=POST GetDocumentationVersions=GET
            /restapis/{restApiId}/documentation/versions/{documentationVersion}
                DeleteDocumentationVersion=DELETE GetDocumentationVersion=GET UpdateDocumentationVersion=PATCH
            /restapis/{restApiId}/gatewayresponses
                GetGatewayResponses=GET
            /restapis/{restApiId}/gatewayresponses/{responseType}
                DeleteGatewayResponse=DELETE GetGatewayResponse=GET PutGatewayResponse=PUT UpdateGatewayResponse=PATCH
            /restapis/{restApiId}/models
                CreateModel=POST GetModels=GET
            /restapis/{restApiId}/models/{modelName}
                DeleteModel=DELETE GetModel=GET UpdateModel=PATCH
            /restapis/{restApiId}/models/{modelName}/default_template
                GetModelTemplate=GET
            /restapis/{restApiId}/requestvalidators
                CreateRequestValidator=POST GetRequestValidators=GET
            /restapis/{restApiId}/requestvalidators/{requestValidatorId}
                DeleteRequestValidator=DELETE GetRequestValidator=GET UpdateRequestValidator=PATCH
            /restapis/{restApiId}/resources
                GetResources=GET
            /restapis/{restApiId}/resources/{parentId}
                CreateResource=POST
            /restapis/{restApiId}/resources/{resourceId}
                DeleteResource=DELETE GetResource=GET UpdateResource=PATCH
            /restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}
                DeleteMethod=DELETE GetMethod=GET PutMethod=PUT TestInvokeMethod=POST UpdateMethod=PATCH
            /restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration
                DeleteIntegration=DELETE GetIntegration=GET PutIntegration=PUT
            /restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration/responses/{statusCode}
                DeleteIntegrationResponse=DELETE GetIntegrationResponse=GET PutIntegrationResponse=PUT
                UpdateIntegrationResponse=PATCH
            /restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/responses/{statusCode}
                DeleteMethodResponse=DELETE GetMethodResponse=GET PutMethodResponse=PUT UpdateMethodResponse=PATCH
            /restapis/{restApiId}/stages
                CreateStage=POST GetStages=GET
            /restapis/{restApiId}/stages/{stageName}
                DeleteStage=DELETE GetStage=GET UpdateStage=PATCH
            /restapis/{restApiId}/stages/{stageName}/cache/authorizers
                FlushStageAuthorizersCache=DELETE
            /restapis/{restApiId}/stages/{stageName}/cache/data
                FlushStageCache=DELETE
            /restapis/{restApiId}/stages/{stageName}/exports/{exportType}
                GetExport=GET
            /restapis/{restApiId}/stages/{stageName}/sdks/{sdkType}
                GetSdk=GET
            /sdktypes
                GetSdkTypes=GET
            /sdktypes/{id}
                GetSdkType=GET
            /usageplans
                CreateUsagePlan=POST GetUsagePlans=GET
            /usageplans/{usagePlanId}
                DeleteUsagePlan=DELETE GetUsagePlan=GET UpdateUsagePlan=PATCH
            /usageplans/{usagePlanId}/keys
                CreateUsagePlanKey=POST GetUsagePlanKeys=GET
            /usageplans/{usagePlanId}/keys/{keyId}
                DeleteUsagePlanKey=DELETE GetUsagePlanKey=GET
            /usageplans/{usagePlanId}/keys/{keyId}/usage
                UpdateUsage=PATCH
            /usageplans/{usagePlanId}/usage
                GetUsage=GET
            /vpclinks
                CreateVpcLink=POST GetVpcLinks=GET
            /vpclinks/{vpcLinkId}
                DeleteVpcLink=DELETE GetVpcLink=GET UpdateVpcLink=PATCH
        """),
        "GetTags": _tagged("GET"),
        "TagResource": _tagged("PUT"),
        "UntagResource": _tagged("DELETE"),
        "UpdateAccount": _patch("/account", role_at="/cloudwatchRoleArn"),
        "UpdateAuthorizer": _patch("/restapis/{restApiId}/authorizers/{authorizerId}", role_at="/authorizerCredentials"),
        "UpdateIntegration": _patch(
            "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}/integration", role_at="/credentials"
        ),
        "UpdateRestApi": _patch("/restapis/{restApiId}", policy_at="/policy"),
    },
    also={
        "CreateRestApi": {"UpdateRestApiPolicy": "policy"},
        **also({"UpdateRestApiPolicy": "documentPolicy"}, "ImportRestApi PutRestApi"),
    },
    passes={
        "ImportRestApi": {"documentRoles": _SERVICE},
        "PutRestApi": {"documentRoles": _SERVICE},
        "CreateAuthorizer": {"authorizerCredentials": _SERVICE},
        "PutIntegration": {"credentials": _SERVICE},
    },
    unmodelled=because(
        NOT_SERVED="CreateDomainNameAccessAssociation DeleteDomainNameAccessAssociation RejectDomainNameAccessAssociation"
    ),
)  # fmt: skip
