"""IAM: the resource is the entity that the operation names, with the path it has.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from harness.actions.operation import ContextValue, Facts, Operation
from harness.actions.row import KeyRule, ResourceRule, Row, no_resource, parameter, string

KEYS = frozenset({
    "iam:associatedresourcearn", "iam:awsservicename", "iam:delegationduration", "iam:organizationspolicyid",
    "iam:passedtoservice", "iam:permissionsboundary", "iam:policyarn", "iam:registersecuritykey",
    "iam:resourcetag/", "iam:fido-fips-140-2-certification", "iam:fido-fips-140-3-certification", "iam:fido-certification",
    "iam:servicespecificcredentialservicename", "iam:servicespecificcredentialagedays",
})  # fmt: skip

_WHOLE_ACCOUNT = (
    "ListRoles", "ListUsers", "ListGroups", "ListPolicies", "ListInstanceProfiles", "ListAccountAliases", "CreateAccountAlias",
    "DeleteAccountAlias", "GetAccountSummary", "GetAccountAuthorizationDetails", "GetAccountPasswordPolicy",
    "UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy", "GenerateCredentialReport", "GetCredentialReport",
    "ListVirtualMFADevices", "ListSAMLProviders", "ListOpenIDConnectProviders", "ListServerCertificates",
    "SimulateCustomPolicy", "GetContextKeysForCustomPolicy",
)  # fmt: skip
_ROLE = (
    "GetRole", "UpdateRole", "UpdateRoleDescription", "DeleteRole", "UpdateAssumeRolePolicy", "PutRolePolicy", "GetRolePolicy",
    "DeleteRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies", "AttachRolePolicy", "DetachRolePolicy",
    "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "TagRole", "UntagRole", "ListRoleTags",
    "ListInstanceProfilesForRole", "DeleteServiceLinkedRole",
)  # fmt: skip
USER_OPERATIONS = (
    "GetUser", "UpdateUser", "DeleteUser", "PutUserPolicy", "GetUserPolicy", "DeleteUserPolicy", "ListUserPolicies",
    "ListAttachedUserPolicies", "AttachUserPolicy", "DetachUserPolicy", "PutUserPermissionsBoundary",
    "DeleteUserPermissionsBoundary", "TagUser", "UntagUser", "ListUserTags", "CreateAccessKey", "UpdateAccessKey",
    "DeleteAccessKey", "ListAccessKeys", "CreateLoginProfile", "GetLoginProfile", "UpdateLoginProfile", "DeleteLoginProfile",
    "ListGroupsForUser", "ListMFADevices", "EnableMFADevice", "DeactivateMFADevice", "ResyncMFADevice", "ChangePassword",
    "ListSigningCertificates", "ListSSHPublicKeys", "UploadSSHPublicKey", "GetSSHPublicKey", "DeleteSSHPublicKey",
)  # fmt: skip
_GROUP = (
    "GetGroup", "UpdateGroup", "DeleteGroup", "PutGroupPolicy", "GetGroupPolicy", "DeleteGroupPolicy", "ListGroupPolicies",
    "ListAttachedGroupPolicies", "AttachGroupPolicy", "DetachGroupPolicy", "AddUserToGroup", "RemoveUserFromGroup",
)  # fmt: skip
_POLICY = (
    "GetPolicy", "DeletePolicy", "CreatePolicyVersion", "GetPolicyVersion", "DeletePolicyVersion", "ListPolicyVersions",
    "SetDefaultPolicyVersion", "ListEntitiesForPolicy", "TagPolicy", "UntagPolicy", "ListPolicyTags",
)  # fmt: skip
_INSTANCE_PROFILE = (
    "GetInstanceProfile", "DeleteInstanceProfile", "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile",
    "TagInstanceProfile", "UntagInstanceProfile", "ListInstanceProfileTags",
)  # fmt: skip


_WITH_BOUNDARY = frozenset(
    f"{verb}{kind}{what}"
    for kind in ("Role", "User")
    for verb, what in (
        ("Create", ""), ("Put", "Policy"), ("Delete", "Policy"), ("Attach", "Policy"), ("Detach", "Policy"),
        ("Put", "PermissionsBoundary"), ("Delete", "PermissionsBoundary"),
    )
)  # fmt: skip


def _existing(kind: str, parameter_name: str) -> ResourceRule:
    def resource(operation: Operation, facts: Facts) -> str | None:
        name = operation.params.get(parameter_name) or (operation.user if kind == "user" else None)
        if not name:
            # A session or root that leaves UserName out: AWS names no user, and no user is meant.
            return None
        return entity_arn(operation.account, kind, facts.iam_path(kind, name), name)

    return resource


def _new(kind: str, parameter_name: str) -> ResourceRule:
    def resource(operation: Operation, _facts: Facts) -> str | None:
        path = operation.params.get("Path") or "/"
        return entity_arn(operation.account, kind, path, operation.params.get(parameter_name, ""))

    return resource


def entity_arn(account: str, kind: str, path: str, name: str) -> str:
    """The ARN of an IAM entity; `path` begins and ends with a slash."""
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def _access_key_last_used(operation: Operation, _facts: Facts) -> str:
    return entity_arn(operation.account, "user", "/", "*")


def _rows(names: tuple[str, ...], resource: ResourceRule) -> dict[str, Row]:
    return {name: Row(resource, keys=_keys(name)) for name in names}


def _keys(name: str) -> dict[str, KeyRule]:
    keys: dict[str, KeyRule] = {}
    if name.startswith(("Attach", "Detach")):
        keys["iam:PolicyARN"] = string("PolicyArn")
    if name in _WITH_BOUNDARY:
        keys["iam:PermissionsBoundary"] = _boundary
    return keys


def _boundary(operation: Operation, facts: Facts) -> ContextValue | None:
    """The boundary that the request sets, or the one that the entity has (iam:PermissionsBoundary)."""
    if operation.name.startswith("Create") or (
        operation.name.endswith("PermissionsBoundary") and operation.name.startswith("Put")
    ):
        value: ContextValue | None = operation.params.get("PermissionsBoundary")
        return value
    kind = "role" if operation.params.get("RoleName") else "user"
    name = operation.params.get("RoleName") or operation.params.get("UserName") or operation.user or ""
    return facts.boundary(kind, name)


ROWS: dict[str, Row] = {
    **_rows(_WHOLE_ACCOUNT, no_resource),
    **_rows(_ROLE, _existing("role", "RoleName")),
    **_rows(USER_OPERATIONS, _existing("user", "UserName")),
    **_rows(_GROUP, _existing("group", "GroupName")),
    **_rows(_POLICY, parameter("PolicyArn")),
    **_rows(_INSTANCE_PROFILE, _existing("instance-profile", "InstanceProfileName")),
    **_rows(("CreateRole",), _new("role", "RoleName")),
    **_rows(("CreateUser",), _new("user", "UserName")),
    **_rows(("CreateGroup",), _new("group", "GroupName")),
    **_rows(("CreatePolicy",), _new("policy", "PolicyName")),
    **_rows(("CreateInstanceProfile",), _new("instance-profile", "InstanceProfileName")),
    **_rows(("SimulatePrincipalPolicy", "GetContextKeysForPrincipalPolicy"), parameter("PolicySourceArn")),
    **_rows(("GetAccessKeyLastUsed",), _access_key_last_used),
}
