"""Lambda: function ARNs from every form of FunctionName, and iam:PassRole wherever a role is handed over.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

from harness.actions.keys import UNKNOWN, UNREAD, Keys, KeyValue, Type, key
from harness.actions.operation import Call, Facts, Operation, Standing
from harness.actions.params import dig
from harness.actions.reasons import because
from harness.actions.service import Rule, Service, each, rows

_FUNCTION = """
    GetFunction GetFunctionConfiguration DeleteFunction
    PublishVersion ListVersionsByFunction ListAliases CreateAlias GetAlias UpdateAlias DeleteAlias AddPermission
    RemovePermission GetPolicy GetFunctionCodeSigningConfig DeleteFunctionCodeSigningConfig GetFunctionConcurrency
    PutFunctionConcurrency DeleteFunctionConcurrency GetFunctionEventInvokeConfig PutFunctionEventInvokeConfig
    UpdateFunctionEventInvokeConfig DeleteFunctionEventInvokeConfig ListFunctionEventInvokeConfigs
    GetProvisionedConcurrencyConfig PutProvisionedConcurrencyConfig DeleteProvisionedConcurrencyConfig
    ListProvisionedConcurrencyConfigs CreateFunctionUrlConfig GetFunctionUrlConfig UpdateFunctionUrlConfig
    DeleteFunctionUrlConfig ListFunctionUrlConfigs GetRuntimeManagementConfig PutRuntimeManagementConfig
    GetFunctionRecursionConfig PutFunctionRecursionConfig GetFunctionScalingConfig PutFunctionScalingConfig
    ListDurableExecutionsByFunction
    Invoke=InvokeFunction InvokeAsync=InvokeFunction InvokeWithResponseStream=InvokeFunction
"""
_URLS = "CreateFunctionUrlConfig GetFunctionUrlConfig UpdateFunctionUrlConfig DeleteFunctionUrlConfig"
_MAPPINGS = "GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping"
# What acts on a version or an alias, where the request names one; everything else acts on the function, whatever it names.
_QUALIFIED = frozenset({
    "AddPermission", "CreateFunctionUrlConfig", "DeleteFunction", "DeleteFunctionEventInvokeConfig", "DeleteFunctionUrlConfig",
    "DeleteProvisionedConcurrencyConfig", "GetFunction", "GetFunctionConfiguration", "GetFunctionEventInvokeConfig",
    "GetFunctionScalingConfig", "GetFunctionUrlConfig", "GetPolicy", "GetProvisionedConcurrencyConfig", "GetRuntimeManagementConfig",
    "Invoke", "InvokeAsync", "InvokeWithResponseStream", "PutFunctionEventInvokeConfig", "PutFunctionScalingConfig",
    "PutProvisionedConcurrencyConfig", "PutRuntimeManagementConfig", "RemovePermission", "UpdateFunctionEventInvokeConfig",
    "UpdateFunctionUrlConfig",
})  # fmt: skip
_REGION = r"[a-z]{2}(?:-gov)?-[a-z]+-\d"
_FORM = re.compile(
    rf"(?:arn:aws:lambda:(?P<region>[\w-]+):(?P<arn_account>\d{{12}}):function:"
    rf"|(?:(?P<own_region>{_REGION}):)?(?:(?P<account>\d{{12}}):)?(?:function:)?)"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>[\w$-]+))?"
)


def function_arn(operation: Operation, _facts: Facts) -> str | None:
    """The function, with its qualifier where the request names one and the operation is about one.

    FunctionName may be a name, `name:alias`, `region:account:function:name` or an ARN:
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    form = _FORM.fullmatch(operation.params.get("FunctionName") or "")
    if form is None:
        return None
    region = form["region"] or form["own_region"] or operation.region
    account = form["arn_account"] or form["account"] or operation.account
    qualifier = operation.params.get("Qualifier") or form["qualifier"]
    named = qualifier and qualifier != "$LATEST" and operation.name in _QUALIFIED
    suffix = f":{qualifier}" if named else ""
    return f"arn:aws:lambda:{region}:{account}:function:{form['name']}{suffix}"


def _unqualified(operation: Operation, facts: Facts) -> KeyValue:
    arn = function_arn(operation, facts)
    return _whole(arn) if arn else None


def _whole(arn: str) -> str:
    """The function, without version or alias."""
    return ":".join(arn.split(":")[:7])


def _mapped_function(operation: Operation, facts: Facts) -> KeyValue:
    """The function of an existing event source mapping; unknown where the request gives it another one."""
    arn = facts.arn("event-source-mapping", str(operation.params.get("UUID") or ""))
    held = _whole(arn) if arn else None
    return held if not operation.params.get("FunctionName") or _unqualified(operation, facts) == held else UNKNOWN


def _code_signing(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Both the function and the configuration that it is given."""
    config = operation.params.get("CodeSigningConfigArn")
    return [service.call(operation, facts, operation.name, arn) for arn in (function_arn(operation, facts), config)]


def _layers(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """Who gives layers to a function must be allowed to read them; another account's lets in whom its own policy names.

    OBSERVED: https://github.com/keithrozario/Klayers/issues/90 (identity policies),
    https://github.com/crucial-project/serverless-shell/issues/2 (another account's layer).
    """
    layers = dict.fromkeys(str(layer) for layer in dig(operation.params, "Layers"))
    return [service.call(operation, facts, "GetLayerVersion", layer) for layer in layers]


def _network(operation: Operation) -> Sequence[Call]:
    """Lambda looks at the network with the permissions of who puts a function into it.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
    OBSERVED: https://github.com/serverless/serverless/issues/8209
    """
    if not any(dig(operation.params, "VpcConfig.SubnetIds")):
        return ()
    names = ("DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs")
    return [Call(f"ec2:{name}", "*") for name in names]


def _configuration(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    function = service.call(operation, facts, operation.name, function_arn(operation, facts))
    return [function, *_layers(service, operation, facts), *_network(operation)]


def _code(path: str) -> Rule:
    """An operation that takes code, at `path` of its parameters: who names an object of S3's must be allowed to read it.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html
    """

    def calls(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
        layer = operation.params.get("LayerName") or ""
        if layer and not layer.startswith("arn:"):
            layer = f"arn:aws:lambda:{operation.region}:{operation.account}:layer:{layer}"
        resource = layer or function_arn(operation, facts)
        found = [service.call(operation, facts, operation.name, resource)]
        code = operation.params.get(path) or {} if path else operation.params
        if bucket := code.get("S3Bucket"):
            action = "GetObjectVersion" if code.get("S3ObjectVersion") else "GetObject"
            found.append(Call(f"s3:{action}", f"arn:aws:s3:::{bucket}/{code.get('S3Key')}"))
        return [*found, *_layers(service, operation, facts), *_network(operation)]

    return calls


def _layer(operation: Operation, _facts: Facts) -> str | None:
    """A layer's version, given by name or by ARN, with its number."""
    name, version = operation.params.get("LayerName") or "", operation.params.get("VersionNumber")
    if not name or version is None:
        return None
    base = name if name.startswith("arn:") else f"arn:aws:lambda:{operation.region}:{operation.account}:layer:{name}"
    return f"{base}:{version}"


_ANYONE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": "*"}],
}

SERVICE = Service(
    prefix="lambda",
    rows={
        **rows("arn:aws:lambda:{region}:{account}:", """
            {CodeSigningConfigArn}
                GetCodeSigningConfig UpdateCodeSigningConfig DeleteCodeSigningConfig ListFunctionsByCodeSigningConfig
            event-source-mapping:{UUID}
                GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping
            {Arn}
                GetLayerVersionByArn=GetLayerVersion
            capacity-provider:{CapacityProviderName}
                CreateCapacityProvider GetCapacityProvider UpdateCapacityProvider DeleteCapacityProvider
                ListFunctionVersionsByCapacityProvider
            {DurableExecutionArn}
                CheckpointDurableExecution GetDurableExecution GetDurableExecutionHistory GetDurableExecutionState
                StopDurableExecution
            {Resource}
                ListTags TagResource UntagResource
            *
                ListFunctions ListLayers ListLayerVersions ListEventSourceMappings CreateEventSourceMapping GetAccountSettings
                ListCodeSigningConfigs CreateCodeSigningConfig ListCapacityProviders
        """),
        **each(function_arn, _FUNCTION),
        **each(_layer, "GetLayerVersion DeleteLayerVersion AddLayerVersionPermission GetLayerVersionPolicy "
                       "RemoveLayerVersionPermission"),
        "PutFunctionCodeSigningConfig": _code_signing,
        "CreateFunction": _code("Code"),
        "UpdateFunctionConfiguration": _configuration,
        "UpdateFunctionCode": _code(""),
        "PublishLayerVersion": _code("Content"),
    },
    keys=Keys({
        "lambda:CodeSigningConfigArn": key(
            Type.ARN, "CreateFunction PutFunctionCodeSigningConfig", "CodeSigningConfigArn"
        ),
        "lambda:EventSourceToken": key(Type.STRING, "InvokeFunction", UNREAD),
        "lambda:FunctionArn": (
            key(Type.ARN, f"CreateEventSourceMapping {_URLS}", _unqualified),
            key(Type.ARN, _MAPPINGS, _mapped_function),
        ),
        "lambda:FunctionUrlAuthType": (
            key(Type.STRING, "CreateFunctionUrlConfig UpdateFunctionUrlConfig", "AuthType"),
            key(Type.STRING, "AddPermission", "FunctionUrlAuthType"),
            key(Type.STRING, "GetFunctionUrlConfig DeleteFunctionUrlConfig ListFunctionUrlConfigs RemovePermission", UNREAD),
        ),
        "lambda:Layer": key(Type.STRINGS, "CreateFunction UpdateFunctionConfiguration", "Layers"),
        "lambda:Principal": (
            key(Type.STRING, "AddPermission", "Principal"),
            key(Type.STRING, "RemovePermission", UNREAD),
        ),
        "lambda:SecurityGroupIds": (
            key(Type.STRINGS, "CreateFunction UpdateFunctionConfiguration", "VpcConfig.SecurityGroupIds"),
            key(Type.STRINGS, "CreateCapacityProvider", "VpcConfig.SecurityGroupIds"),
        ),
        "lambda:SubnetIds": key(
            Type.STRINGS, "CreateFunction UpdateFunctionConfiguration CreateCapacityProvider", "VpcConfig.SubnetIds"
        ),
        # The VPC of the subnets, and which function's credentials make the call, are not known here, whatever the operation.
        "lambda:VpcIds": key(Type.STRING, "CreateFunction UpdateFunctionConfiguration", UNREAD),
        # Function URLs are not served (README).
        "lambda:InvokedViaFunctionUrl": key(Type.BOOL, "InvokeFunction", lambda _operation, _facts: "false"),
    }),
    also={
        name: {"TagResource": "Tags"}
        for name in ("CreateFunction", "CreateEventSourceMapping", "CreateCodeSigningConfig", "CreateCapacityProvider")
    },
    passes={
        "CreateFunction": {"Role": "lambda.amazonaws.com"},
        "UpdateFunctionConfiguration": {"Role": "lambda.amazonaws.com"},
        "CreateCapacityProvider": {"PermissionsConfig.CapacityProviderOperatorRoleArn": "lambda.amazonaws.com"},
    },
    unmodelled=because(
        NOT_TOLD="SendDurableExecutionCallbackFailure SendDurableExecutionCallbackHeartbeat SendDurableExecutionCallbackSuccess"
    ),
)  # fmt: skip


def invocation(operation: Operation, facts: Facts, function: str) -> Call:
    """That the caller of another service's operation invokes a function by its ARN, as the service wants it.

    Another account's function is known there alone, where its policy is asked about the service when the service invokes it.
    """
    invoked = replace(operation, service="lambda", prefix="lambda", name="Invoke", params={"FunctionName": function})
    resource = function_arn(invoked, facts)
    call = SERVICE.call(invoked, facts, "InvokeFunction", resource)
    if resource is None or resource.split(":")[4] == operation.account:
        return call
    return replace(call, policy=Standing(f"policy of {resource}", json.dumps(_ANYONE)))
