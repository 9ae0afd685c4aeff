"""STS: an assumption of a role, federated or not, is one to three actions on the role.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
"""

from collections.abc import Sequence
from dataclasses import replace

from harness.actions.keys import UNKNOWN, UNREAD, Keys, KeyValue, Type, key
from harness.actions.operation import Call, Facts, Operation, Standing
from harness.actions.service import Service, rows

# Operations that nobody signs: an identity provider speaks for somebody, who is no principal of any account.
UNSIGNED = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})
_ASSUMING = "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity"
WEB_KEYS = (
    "accounts.google.com:aud", "accounts.google.com:oaud", "accounts.google.com:sub", "cognito-identity.amazonaws.com:amr",
    "cognito-identity.amazonaws.com:aud", "cognito-identity.amazonaws.com:sub", "graph.facebook.com:app_id",
    "graph.facebook.com:id", "www.amazon.com:app_id", "www.amazon.com:user_id",
)  # fmt: skip
SAML_KEYS = (
    "saml:aud", "saml:doc", "saml:iss", "saml:namequalifier", "saml:sub", "saml:sub_type",
)  # fmt: skip

# Whether a request has these also for the tags that a chain hands down is not documented: they are unknown for it.
_TAG_KEYS = frozenset({"aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"})


def _source_identity(operation: Operation, _facts: Facts) -> KeyValue:
    """The one that the request sets; whether it has one that a chain hands down is not documented."""
    given = operation.params.get("SourceIdentity")
    return str(given) if given else UNKNOWN if operation.inherited.source_identity else None


KEYS = Keys({
    "sts:ExternalId": key(Type.STRING, "AssumeRole", "ExternalId"),
    "sts:RoleSessionName": key(Type.STRING, _ASSUMING, "RoleSessionName"),
    "sts:SourceIdentity": key(Type.STRING, f"{_ASSUMING} SetSourceIdentity", _source_identity),
    "sts:TransitiveTagKeys": key(Type.STRINGS, f"{_ASSUMING} TagSession", "TransitiveTagKeys"),
    "sts:TaskPolicyArn": key(Type.STRING, "AssumeRoot", "TaskPolicyArn.arn"),
    "sts:AWSServiceName": key(Type.STRING, "GetServiceBearerToken", UNREAD),
    "sts:DurationSeconds": key(Type.NUMERIC, "GetWebIdentityToken", "DurationSeconds"),
    "sts:SigningAlgorithm": key(Type.STRING, "GetWebIdentityToken", "SigningAlgorithm"),
    "sts:IdentityTokenAudience": key(Type.STRINGS, "GetWebIdentityToken", "Audience"),
    # A request that is signed with AWS credentials has none of a provider's keys; `federation` reads those of one that is not.
    **{name: key(Type.STRING, "AssumeRoleWithWebIdentity", UNREAD) for name in WEB_KEYS},
    **{name: key(Type.STRING, "AssumeRoleWithSAML", UNREAD) for name in SAML_KEYS},
})  # fmt: skip


def _assume_role(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """What a session hands down is set again with every role of a chain, and asks for the same permissions.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html (permissions required)
    OBSERVED: https://github.com/MaterializeInc/materialize/pull/37427 for source identities,
    https://github.com/aws/eks-pod-identity-agent/issues/80 for transitive tags.
    """
    role, inherited = operation.params.get("RoleArn"), operation.inherited
    actions = [operation.name]
    if operation.params.get("Tags") or operation.params.get("TransitiveTagKeys") or inherited.tags:
        actions.append("TagSession")
    if operation.params.get("SourceIdentity") or inherited.source_identity:
        actions.append("SetSourceIdentity")
    # The keys of the assumption are those of the request: a trust policy's statement tests them for all three actions.
    context, known = KEYS.read(operation.name, operation, facts)
    unknown = (KEYS.names - known) | (_TAG_KEYS if inherited.tags else frozenset())
    found = [service.call(operation, facts, action, role, context) for action in actions]
    return [_not_knowing(unknown, call) for call in found] if unknown else found


def _not_knowing(unknown: frozenset[str], call: Call) -> Call:
    """The same call without what may be more than the request shows."""
    values = {key: value for key, value in call.context.items() if key.lower() not in unknown}
    return replace(call, context=values, modelled=call.modelled - unknown)


def _federate(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """With session tags the user must be allowed to pass them, too; a federated user has no trust policy that could say so.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_permissions-required
    """
    federated = f"arn:aws:sts::{operation.account}:federated-user/{operation.params.get('Name')}"
    found = [service.call(operation, facts, operation.name, federated)]
    if operation.params.get("Tags"):
        tagged = service.call(operation, facts, "TagSession", federated)
        found.append(replace(tagged, policy=Standing(federated, None)))
    return found


SERVICE = Service(
    prefix="sts",
    rows={
        **rows("arn:aws:sts::{account}:", """
            arn:aws:iam::{TargetPrincipal}:root
                AssumeRoot
            *
                GetCallerIdentity GetSessionToken GetAccessKeyInfo DecodeAuthorizationMessage GetDelegatedAccessToken
                GetWebIdentityToken
        """),
        **dict.fromkeys(("AssumeRole", *UNSIGNED), _assume_role),
        "GetFederationToken": _federate,
    },
    keys=KEYS,
)  # fmt: skip
