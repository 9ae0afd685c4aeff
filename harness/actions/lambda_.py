"""Lambda: function ARNs from every form of FunctionName, and iam:PassRole wherever a role is handed over.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
"""

import re
from collections.abc import Sequence
from typing import Any

from harness.actions.operation import Call, ContextValue, Facts, Operation
from harness.actions.pass_role import pass_role
from harness.actions.row import KeyRule, Row, Rule, call, no_resource, parameter, string

KEYS = frozenset({
    "lambda:codesigningconfigarn", "lambda:eventsourcetoken", "lambda:functionurlauthtype", "lambda:layer",
    "lambda:principal", "lambda:securitygroupids", "lambda:subnetids",
})  # fmt: skip
# Not read, and so unknown: `lambda:VpcIds` (the VPC of the subnets) and `lambda:SourceFunctionArn` (the calling function).

_FUNCTION = (
    "CreateFunction", "GetFunction", "GetFunctionConfiguration", "UpdateFunctionCode", "UpdateFunctionConfiguration",
    "DeleteFunction", "PublishVersion", "ListVersionsByFunction", "ListAliases", "CreateAlias", "GetAlias", "UpdateAlias",
    "DeleteAlias", "AddPermission", "RemovePermission", "GetPolicy", "GetFunctionCodeSigningConfig",
    "PutFunctionCodeSigningConfig", "DeleteFunctionCodeSigningConfig", "GetFunctionConcurrency", "PutFunctionConcurrency",
    "DeleteFunctionConcurrency", "GetFunctionEventInvokeConfig", "PutFunctionEventInvokeConfig",
    "UpdateFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig", "ListFunctionEventInvokeConfigs",
    "GetProvisionedConcurrencyConfig", "PutProvisionedConcurrencyConfig", "DeleteProvisionedConcurrencyConfig",
    "ListProvisionedConcurrencyConfigs", "CreateFunctionUrlConfig", "GetFunctionUrlConfig", "UpdateFunctionUrlConfig",
    "DeleteFunctionUrlConfig", "ListFunctionUrlConfigs", "GetRuntimeManagementConfig", "PutRuntimeManagementConfig",
    "GetFunctionRecursionConfig", "PutFunctionRecursionConfig",
)  # fmt: skip
_NO_RESOURCE = (
    "ListFunctions",
    "ListLayers",
    "ListEventSourceMappings",
    "GetAccountSettings",
    "ListCodeSigningConfigs",
)
_FORM = re.compile(
    r"(?:arn:aws[\w-]*:lambda:(?P<region>[\w-]+):(?P<arn_account>\d{12}):function:|(?:(?P<account>\d{12}):)?(?:function:)?)"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>[\w$-]+))?"
)


def function_arn(operation: Operation, _facts: Facts) -> str | None:
    """The function, with its qualifier where the request names one.

    FunctionName may be a name, `name:alias`, `account:function:name` or an ARN:
    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """
    form = _FORM.fullmatch(operation.params.get("FunctionName") or "")
    if form is None:
        return None
    region = form["region"] or operation.region
    account = form["arn_account"] or form["account"] or operation.account
    qualifier = operation.params.get("Qualifier") or form["qualifier"]
    suffix = f":{qualifier}" if qualifier and qualifier != "$LATEST" else ""
    return f"arn:aws:lambda:{region}:{account}:function:{form['name']}{suffix}"


def _listed(*path: str) -> KeyRule:
    def rule(operation: Operation, _facts: Facts) -> ContextValue | None:
        value: Any = operation.params
        for name in path:
            value = (value or {}).get(name)
        return tuple(value) if value else None

    return rule


_CONFIGURED: dict[str, KeyRule] = {
    "lambda:Layer": _listed("Layers"),
    "lambda:SubnetIds": _listed("VpcConfig", "SubnetIds"),
    "lambda:SecurityGroupIds": _listed("VpcConfig", "SecurityGroupIds"),
    "lambda:CodeSigningConfigArn": string("CodeSigningConfigArn"),
}
_URL = ("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig")


def _with_role(operation: Operation, facts: Facts) -> Sequence[Call]:
    calls = [call(operation, facts, Row(function_arn, keys=_CONFIGURED), KEYS)]
    if operation.params.get("Tags"):
        calls.append(call(operation, facts, Row(function_arn, "lambda:TagResource"), KEYS))
    if role := operation.params.get("Role"):
        calls.append(pass_role(facts, role, "lambda.amazonaws.com", function_arn(operation, facts)))
    return calls


ROWS: dict[str, Row | Rule] = {
    **{name: Row(function_arn) for name in _FUNCTION},
    **{name: Row(no_resource) for name in _NO_RESOURCE},
    **{name: Row(parameter("Resource")) for name in ("ListTags", "TagResource", "UntagResource")},
    **{name: Row(function_arn, keys={"lambda:FunctionUrlAuthType": string("AuthType")}) for name in _URL},
    "PutFunctionCodeSigningConfig": Row(
        function_arn, keys={"lambda:CodeSigningConfigArn": string("CodeSigningConfigArn")}
    ),
    "CreateFunction": _with_role,
    "UpdateFunctionConfiguration": _with_role,
    "AddPermission": Row(
        function_arn,
        keys={
            "lambda:Principal": string("Principal"),
            "lambda:FunctionUrlAuthType": string("FunctionUrlAuthType"),
            "lambda:EventSourceToken": string("EventSourceToken"),
        },
    ),
    "Invoke": Row(function_arn, "lambda:InvokeFunction"),
    "InvokeAsync": Row(function_arn, "lambda:InvokeFunction"),
    "InvokeWithResponseStream": Row(function_arn, "lambda:InvokeFunction"),
}
