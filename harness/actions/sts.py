"""STS: AssumeRole is one to three actions on the role.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from collections.abc import Sequence

from harness.actions.operation import Call, ContextValue, Facts, Operation
from harness.actions.row import Row, Rule, call, no_resource, parameter, string

KEYS = frozenset({
    "sts:externalid", "sts:rolesessionname", "sts:sourceidentity", "sts:transitivetagkeys", "sts:awsservicename",
    "iam:resourcetag/", "saml:aud", "saml:iss", "saml:sub",
})  # fmt: skip

_ASSUME = {
    "sts:ExternalId": string("ExternalId"),
    "sts:RoleSessionName": string("RoleSessionName"),
    "sts:SourceIdentity": string("SourceIdentity"),
}


def _assume_role(operation: Operation, facts: Facts) -> Sequence[Call]:
    context: dict[str, ContextValue] = {}
    transitive = tuple(operation.params.get("TransitiveTagKeys") or ())
    if transitive:
        context["sts:TransitiveTagKeys"] = transitive
    actions = ["sts:AssumeRole"]
    if operation.params.get("Tags") or transitive:
        actions.append("sts:TagSession")
    if operation.params.get("SourceIdentity"):
        actions.append("sts:SetSourceIdentity")
    role = parameter("RoleArn")
    return [call(operation, facts, Row(role, action, _ASSUME), KEYS, context) for action in actions]


def _federated_user(operation: Operation, _facts: Facts) -> str:
    return f"arn:aws:sts::{operation.account}:federated-user/{operation.params.get('Name', '')}"


ROWS: dict[str, Row | Rule] = {
    "AssumeRole": _assume_role,
    "GetCallerIdentity": Row(no_resource),
    "GetSessionToken": Row(no_resource),
    "GetFederationToken": Row(_federated_user),
    "GetAccessKeyInfo": Row(no_resource),
    "DecodeAuthorizationMessage": Row(no_resource),
}
