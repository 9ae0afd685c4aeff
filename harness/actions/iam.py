"""IAM: the resource is the entity that the operation names, with the path it has.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from collections.abc import Sequence

from harness.actions.keys import UNREAD, Keys, KeyValue, Type, key
from harness.actions.operation import Call, Facts, Operation
from harness.actions.reasons import because
from harness.actions.service import ResourceRule, Rule, Service, each, rows

_ROLE = """
    GetRole UpdateRole UpdateRoleDescription DeleteRole UpdateAssumeRolePolicy PutRolePolicy GetRolePolicy DeleteRolePolicy
    ListRolePolicies ListAttachedRolePolicies AttachRolePolicy DetachRolePolicy PutRolePermissionsBoundary
    DeleteRolePermissionsBoundary TagRole UntagRole ListRoleTags ListInstanceProfilesForRole DeleteServiceLinkedRole
"""
_NAMED_USER = """
    UpdateUser DeleteUser PutUserPolicy GetUserPolicy DeleteUserPolicy ListUserPolicies ListAttachedUserPolicies
    AttachUserPolicy DetachUserPolicy PutUserPermissionsBoundary DeleteUserPermissionsBoundary TagUser UntagUser ListUserTags
    UpdateLoginProfile ListGroupsForUser EnableMFADevice ResyncMFADevice
    UploadSSHPublicKey GetSSHPublicKey UpdateSSHPublicKey DeleteSSHPublicKey CreateServiceSpecificCredential
"""
_OWN_USER = """
    GetUser CreateAccessKey UpdateAccessKey DeleteAccessKey ListAccessKeys CreateLoginProfile GetLoginProfile DeleteLoginProfile
    ListMFADevices DeactivateMFADevice GetMFADevice ChangePassword ListSigningCertificates UploadSigningCertificate
    UpdateSigningCertificate DeleteSigningCertificate ListSSHPublicKeys ListServiceSpecificCredentials
    UpdateServiceSpecificCredential DeleteServiceSpecificCredential ResetServiceSpecificCredential
"""
OWN_USER_OPERATIONS = tuple(_OWN_USER.split())
"""Those in which UserName may be left out."""
USER_OPERATIONS = (*_NAMED_USER.split(), *OWN_USER_OPERATIONS)
_GROUP = """
    GetGroup DeleteGroup PutGroupPolicy GetGroupPolicy DeleteGroupPolicy ListGroupPolicies ListAttachedGroupPolicies
    AttachGroupPolicy DetachGroupPolicy AddUserToGroup RemoveUserFromGroup
"""
_INSTANCE_PROFILE = """
    GetInstanceProfile DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile TagInstanceProfile
    UntagInstanceProfile ListInstanceProfileTags
"""
_SERVER_CERTIFICATE = """
    DeleteServerCertificate GetServerCertificate ListServerCertificateTags TagServerCertificate UntagServerCertificate
"""
_OF_EXISTING = """
    DeleteRole UpdateRole UpdateRoleDescription GetRole UpdateAssumeRolePolicy PutRolePolicy DeleteRolePolicy AttachRolePolicy
    DetachRolePolicy DeleteRolePermissionsBoundary PutUserPolicy DeleteUserPolicy AttachUserPolicy DetachUserPolicy
    DeleteUserPermissionsBoundary
"""
_DELEGATION = """
    AcceptDelegationRequest AssociateDelegationRequest CreateDelegationRequest GetDelegationRequest GetHumanReadableSummary
    RejectDelegationRequest SendDelegationToken
"""
# Who gives tags to what is made must be allowed to tag it. OBSERVED: https://github.com/openshift/installer/issues/1073 (of a role)
_TAG_ON_CREATE = {
    "CreateInstanceProfile": {"TagInstanceProfile": "Tags"},
    "CreateOpenIDConnectProvider": {"TagOpenIDConnectProvider": "Tags"},
    "CreatePolicy": {"TagPolicy": "Tags"},
    "CreateRole": {"TagRole": "Tags"},
    "CreateSAMLProvider": {"TagSAMLProvider": "Tags"},
    "CreateUser": {"TagUser": "Tags"},
    "CreateVirtualMFADevice": {"TagMFADevice": "Tags"},
    "UploadServerCertificate": {"TagServerCertificate": "Tags"},
}
_FIDO = ("iam:FIDO-FIPS-140-2-certification", "iam:FIDO-FIPS-140-3-certification", "iam:FIDO-certification")
_CREDENTIAL = "DeleteServiceSpecificCredential ResetServiceSpecificCredential UpdateServiceSpecificCredential"


def entity_arn(account: str, kind: str, path: str, name: str) -> str:
    """The ARN of an IAM entity; `path` begins and ends with a slash."""
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


def _existing(kind: str, parameter_name: str) -> ResourceRule:
    def resource(operation: Operation, facts: Facts) -> str | None:
        name = operation.params.get(parameter_name) or (operation.user if kind == "user" else None)
        if not name:
            # A session or root that leaves UserName out: AWS names no user, and no user is meant.
            return None
        return entity_arn(operation.account, kind, facts.iam_path(kind, name), name)

    return resource


def _moved(kind: str, parameter_name: str) -> Rule:
    """What the entity is and what it becomes: who renames or moves it must be allowed to do so on both.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html,
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateGroup.html,
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServerCertificate.html
    """
    existing = _existing(kind, parameter_name)

    def both(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
        name = str(operation.params.get(parameter_name) or "")
        path = operation.params.get("NewPath") or facts.iam_path(kind, name)
        target = entity_arn(operation.account, kind, path, operation.params.get(f"New{parameter_name}") or name)
        resources = dict.fromkeys((existing(operation, facts), target))
        return [service.call(operation, facts, operation.name, resource) for resource in resources]

    return both


def _new(kind: str, parameter_name: str) -> ResourceRule:
    def resource(operation: Operation, _facts: Facts) -> str | None:
        path = operation.params.get("Path") or "/"
        return entity_arn(operation.account, kind, path, operation.params.get(parameter_name, ""))

    return resource


def _service_linked(operation: Operation, _facts: Facts) -> str:
    """The role's name is AWS's to choose: a policy names it by the path and a wildcard.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
    """
    return entity_arn(
        operation.account, "role", f"/aws-service-role/{operation.params.get('AWSServiceName', '')}/", "*"
    )


def _open_id(operation: Operation, _facts: Facts) -> str:
    host = str(operation.params.get("Url") or "").removeprefix("https://")
    return entity_arn(operation.account, "oidc-provider", "/", host)


def _device(operation: Operation, _facts: Facts) -> str | None:
    """Virtual devices have ARNs for serial numbers; a hardware device's number names no resource."""
    serial = str(operation.params.get("SerialNumber") or "")
    return serial if serial.startswith("arn:") else None


def _boundary(operation: Operation, facts: Facts) -> KeyValue:
    """The boundary that the entity has (iam:PermissionsBoundary)."""
    kind = "role" if operation.params.get("RoleName") else "user"
    name = operation.params.get("RoleName") or operation.params.get("UserName") or operation.user or ""
    return facts.boundary(kind, name)


SERVICE = Service(
    prefix="iam",
    rows={
        **rows("arn:aws:iam::{account}:", """
            *
                ListRoles ListUsers ListGroups ListPolicies ListInstanceProfiles ListAccountAliases CreateAccountAlias
                DeleteAccountAlias GetAccountSummary GetAccountAuthorizationDetails GetAccountPasswordPolicy
                UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy GenerateCredentialReport GetCredentialReport
                ListVirtualMFADevices ListSAMLProviders ListOpenIDConnectProviders ListServerCertificates SimulateCustomPolicy
                GetContextKeysForCustomPolicy DisableOrganizationsRootCredentialsManagement DisableOrganizationsRootSessions
                DisableOutboundWebIdentityFederation EnableOrganizationsRootCredentialsManagement
                EnableOrganizationsRootSessions EnableOutboundWebIdentityFederation GetOrganizationsAccessReport
                GetOutboundWebIdentityFederationInfo GetServiceLastAccessedDetails
                GetServiceLastAccessedDetailsWithEntities ListDelegationRequests ListOrganizationsFeatures
                SetSecurityTokenServicePreferences
            {PolicyArn}
                GetPolicy DeletePolicy CreatePolicyVersion GetPolicyVersion DeletePolicyVersion ListPolicyVersions
                SetDefaultPolicyVersion ListEntitiesForPolicy TagPolicy UntagPolicy ListPolicyTags
            {PolicySourceArn}
                SimulatePrincipalPolicy GetContextKeysForPrincipalPolicy
            {Arn}
                GenerateServiceLastAccessedDetails ListPoliciesGrantingServiceAccess
            {OpenIDConnectProviderArn}
                AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider GetOpenIDConnectProvider
                ListOpenIDConnectProviderTags RemoveClientIDFromOpenIDConnectProvider TagOpenIDConnectProvider
                UntagOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint
            {SAMLProviderArn}
                DeleteSAMLProvider GetSAMLProvider ListSAMLProviderTags TagSAMLProvider UntagSAMLProvider UpdateSAMLProvider
            saml-provider/{Name}
                CreateSAMLProvider
            access-report/{EntityPath}
                GenerateOrganizationsAccessReport
            delegation-request/{DelegationRequestId}
                AcceptDelegationRequest AssociateDelegationRequest GetDelegationRequest RejectDelegationRequest
                SendDelegationToken
            delegation-request/*
                CreateDelegationRequest
            {EntityArn}
                GetHumanReadableSummary
            user/*
                GetAccessKeyLastUsed
        """),
        **each(_existing("role", "RoleName"), _ROLE),
        **each(_existing("user", "UserName"), _NAMED_USER + _OWN_USER),
        **each(_existing("group", "GroupName"), _GROUP),
        **each(_existing("instance-profile", "InstanceProfileName"), _INSTANCE_PROFILE),
        **each(_existing("server-certificate", "ServerCertificateName"), _SERVER_CERTIFICATE),
        "UpdateUser": _moved("user", "UserName"),
        "UpdateGroup": _moved("group", "GroupName"),
        "UpdateServerCertificate": _moved("server-certificate", "ServerCertificateName"),
        **each(_new("role", "RoleName"), "CreateRole"),
        **each(_new("user", "UserName"), "CreateUser"),
        **each(_new("group", "GroupName"), "CreateGroup"),
        **each(_new("policy", "PolicyName"), "CreatePolicy"),
        **each(_new("instance-profile", "InstanceProfileName"), "CreateInstanceProfile"),
        **each(_new("mfa", "VirtualMFADeviceName"), "CreateVirtualMFADevice"),
        **each(_new("server-certificate", "ServerCertificateName"), "UploadServerCertificate"),
        **each(_service_linked, "CreateServiceLinkedRole"),
        **each(_open_id, "CreateOpenIDConnectProvider"),
        **each(_device, "DeleteVirtualMFADevice ListMFADeviceTags TagMFADevice UntagMFADevice"),
    },
    keys=Keys({
        "iam:PolicyARN": key(
            Type.ARN,
            "AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
            "PolicyArn",
        ),
        "iam:PermissionsBoundary": (
            key(Type.ARN, "CreateRole CreateUser PutRolePermissionsBoundary PutUserPermissionsBoundary", "PermissionsBoundary"),
            key(Type.ARN, _OF_EXISTING, _boundary),
        ),
        "iam:AWSServiceName": key(Type.STRING, "CreateServiceLinkedRole", "AWSServiceName"),
        "iam:OrganizationsPolicyId": key(Type.STRING, "GenerateOrganizationsAccessReport", "OrganizationsPolicyId"),
        "iam:DelegationDuration": key(Type.STRING, "CreateDelegationRequest", UNREAD),
        "iam:NotificationChannel": key(Type.STRING, "CreateDelegationRequest", "NotificationChannel"),
        "iam:TemplateArn": key(Type.ARN, "CreateDelegationRequest", "Permissions.PolicyTemplateArn"),
        "iam:DelegationRequestOwner": key(Type.ARN, f"ListDelegationRequests {_DELEGATION}", UNREAD),
        "iam:RegisterSecurityKey": key(Type.STRING, "EnableMFADevice", UNREAD),
        "iam:ServiceSpecificCredentialServiceName": (
            key(Type.STRING, "CreateServiceSpecificCredential", "ServiceName"),
            key(Type.STRING, _CREDENTIAL, UNREAD),
        ),
        "iam:ServiceSpecificCredentialAgeDays": key(
            Type.NUMERIC, "CreateServiceSpecificCredential", "CredentialAgeDays"
        ),
        **{name: key(Type.STRING, "EnableMFADevice", UNREAD) for name in _FIDO},
        # Of iam:PassRole, which `pass_role` asks: absent everywhere else.
        "iam:PassedToService": key(Type.STRING, "PassRole", UNREAD),
        "iam:AssociatedResourceArn": key(Type.ARN, "PassRole", UNREAD),
    }),
    also=_TAG_ON_CREATE,
    passes={"AddRoleToInstanceProfile": {"RoleName": "ec2.amazonaws.com"}},
    unmodelled=because(
        NOT_TOLD="GetServiceLinkedRoleDeletionStatus",
        NO_ACTION="UpdateDelegationRequest",
    ),
)  # fmt: skip
