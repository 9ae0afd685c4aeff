"""STS: AssumeRole is one to three actions on the role.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from collections.abc import Sequence

from harness.actions.keys import UNREAD, Keys, Type, key
from harness.actions.operation import Call, Facts, Operation
from harness.actions.service import Service, rows

_FEDERATED = "AssumeRoleWithSAML AssumeRoleWithWebIdentity"
WEB_KEYS = (
    "accounts.google.com:aud", "accounts.google.com:oaud", "accounts.google.com:sub", "cognito-identity.amazonaws.com:amr",
    "cognito-identity.amazonaws.com:aud", "cognito-identity.amazonaws.com:sub", "graph.facebook.com:app_id",
    "graph.facebook.com:id", "www.amazon.com:app_id", "www.amazon.com:user_id",
)  # fmt: skip
SAML_KEYS = (
    "saml:aud", "saml:doc", "saml:iss", "saml:namequalifier", "saml:sub", "saml:sub_type",
)  # fmt: skip

KEYS = Keys({
    "sts:ExternalId": key(Type.STRING, "AssumeRole", "ExternalId"),
    "sts:RoleSessionName": (
        key(Type.STRING, "AssumeRole AssumeRoleWithWebIdentity", "RoleSessionName"),
        key(Type.STRING, "AssumeRoleWithSAML", UNREAD),  # it stands in the assertion
    ),
    "sts:SourceIdentity": (
        key(Type.STRING, "AssumeRole SetSourceIdentity", "SourceIdentity"),
        key(Type.STRING, _FEDERATED, UNREAD),
    ),
    "sts:TransitiveTagKeys": (
        key(Type.STRINGS, "AssumeRole TagSession", "TransitiveTagKeys"),
        key(Type.STRINGS, _FEDERATED, UNREAD),
    ),
    "sts:TaskPolicyArn": key(Type.STRING, "AssumeRoot", "TaskPolicyArn.arn"),
    "sts:AWSServiceName": key(Type.STRING, "GetServiceBearerToken", UNREAD),
    "sts:DurationSeconds": key(Type.NUMERIC, "GetWebIdentityToken", "DurationSeconds"),
    "sts:SigningAlgorithm": key(Type.STRING, "GetWebIdentityToken", "SigningAlgorithm"),
    "sts:IdentityTokenAudience": key(Type.STRINGS, "GetWebIdentityToken", "Audience"),
    # A request that is signed with AWS credentials has none of a provider's keys; federated requests are not served.
    **{name: key(Type.STRING, "AssumeRoleWithWebIdentity", UNREAD) for name in WEB_KEYS},
    **{name: key(Type.STRING, "AssumeRoleWithSAML", UNREAD) for name in SAML_KEYS},
})  # fmt: skip


def _assume_role(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    role = operation.params.get("RoleArn")
    actions = ["AssumeRole"]
    if operation.params.get("Tags") or operation.params.get("TransitiveTagKeys"):
        actions.append("TagSession")
    if operation.params.get("SourceIdentity"):
        actions.append("SetSourceIdentity")
    # The keys of AssumeRole are those of the request: a trust policy's statement tests them for all three actions.
    context, _known = KEYS.read("AssumeRole", operation, facts)
    return [service.call(operation, facts, action, role, context) for action in actions]


SERVICE = Service(
    prefix="sts",
    rows={
        **rows("arn:aws:sts::{account}:", """
            federated-user/{Name}
                GetFederationToken
            {RoleArn}
                AssumeRoleWithSAML AssumeRoleWithWebIdentity
            arn:aws:iam::{TargetPrincipal}:root
                AssumeRoot
            *
                GetCallerIdentity GetSessionToken GetAccessKeyInfo DecodeAuthorizationMessage GetDelegatedAccessToken
                GetWebIdentityToken
        """),
        "AssumeRole": _assume_role,
    },
    keys=KEYS,
)  # fmt: skip
