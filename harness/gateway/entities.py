"""What IAM refuses because of the entities that are there: missing, taken, still in use, full. moto lets much of it pass.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html and its siblings for what is refused,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html for the quotas.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException
from moto.iam.models import IAMBackend

from harness.actions import Operation
from harness.gateway.iam_state import IamState
from harness.wire import Quotas

POLICIES_PER_GROUP: int = 10
GROUPS_PER_USER: int = 10
MFA_DEVICES_PER_USER: int = 8
TAGS: int = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of named entity."""

    all: Callable[[IAMBackend], Iterable[Any]]
    missing: str
    taken: str
    policy_missing: str = ""
    policies_quota: str = ""
    most_policies: Callable[[Quotas], int] = lambda _: 0


# The parameter that names an entity -> its kind
KINDS: Mapping[str, Kind] = {
    "RoleName": Kind(
        lambda backend: backend.roles.values(),
        "The role with name {} cannot be found.",
        "Role with name {} already exists.",
        "The role policy with name {} cannot be found.",
        "PoliciesPerRole",
        lambda quotas: quotas.managed_policies_per_role,
    ),
    "UserName": Kind(
        lambda backend: backend.users.values(),
        "The user with name {} cannot be found.",
        "User with name {} already exists.",
        "The user policy with name {} cannot be found.",
        "PoliciesPerUser",
        lambda quotas: quotas.managed_policies_per_user,
    ),
    "GroupName": Kind(
        lambda backend: backend.groups.values(),
        "The group with name {} cannot be found.",
        "Group with name {} already exists.",
        "The group policy with name {} cannot be found.",
        "PoliciesPerGroup",
        lambda _: POLICIES_PER_GROUP,
    ),
    "InstanceProfileName": Kind(
        lambda backend: backend.instance_profiles.values(),
        "Instance Profile {} cannot be found.",
        "Instance Profile {} already exists.",
    ),
}
_POLICY = Kind(
    lambda backend: (policy for arn, policy in backend.managed_policies.items() if not arn.startswith(OF_AWS)),
    "Policy {} was not found.",
    "A policy called {} already exists. Duplicate names are not allowed.",
)
MAKERS: Mapping[str, str] = {
    "CreateRole": "RoleName",
    "CreateUser": "UserName",
    "CreateGroup": "GroupName",
    "CreateInstanceProfile": "InstanceProfileName",
    "CreatePolicy": "PolicyName",
}
RENAMERS: Mapping[str, str] = {"UpdateUser": "NewUserName", "UpdateGroup": "NewGroupName"}
OF_AWS = "arn:aws:iam::aws:"
"""The ARNs of AWS's own managed policies, which everybody may read and nobody may change."""
CHANGE_POLICY = frozenset({
    "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy",
})  # fmt: skip

InUse = Sequence[tuple[Callable[[IAMBackend, Any], object], str]]
"""What of an entity keeps it from being deleted, and what must be done first."""

_POLICIES: InUse = (
    (lambda _, entity: entity.managed_policies, "must detach all policies first"),
    (lambda _, entity: entity.policies, "must delete policies first"),
)
# https://github.com/aws-controllers-k8s/community/issues/2229, https://github.com/rebuy-de/aws-nuke/issues/281 and /470,
# https://github.com/cloud-custodian/cloud-custodian/issues/1663, https://github.com/go-to-k/delstack/issues/40
IN_USE: Mapping[str, tuple[str, InUse]] = {
    "DeleteUser": (
        "UserName",
        (
            (lambda _, user: user.access_keys, "must delete access keys first"),
            (lambda _, user: user.password, "must delete login profile first"),
            (lambda _, user: user.mfa_devices, "must delete MFA device first"),
            (lambda _, user: user.ssh_public_keys or user.signing_certificates, "must remove referenced objects first"),
            (lambda backend, user: backend.get_groups_for_user(user.name), "must remove users from group first"),
            *_POLICIES,
        ),
    ),
    "DeleteGroup": ("GroupName", ((lambda _, group: group.users, "must remove users from group first"), *_POLICIES)),
}


def check_entities(iam: IamState, operation: Operation, quotas: Quotas) -> None:
    """Raise AWS's error for an operation of IAM that the entities of the account forbid."""
    if operation.service != "iam":
        return
    backend, name, params = iam.backend, operation.name, operation.params
    named = _named(backend, name, params)
    _check_free(backend, name, params)
    _check_policy(iam, name, params)
    _check_inline(name, params, named)
    _check_in_use(backend, name, named)
    _check_device(backend, name, params)
    _check_quotas(backend, name, params, named, quotas)
    _check_tags(iam, params, named)


def _named(backend: IAMBackend, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """The entities that the request names, by parameter; every one of them must be there, but the one that is to be made."""
    found = {}
    for parameter, kind in KINDS.items():
        name = params.get(parameter)
        if name is None or MAKERS.get(operation) == parameter:
            continue
        found[parameter] = next((entity for entity in kind.all(backend) if entity.name == name), None)
        if found[parameter] is None:
            raise _missing(kind.missing.format(name))
    return found


def _check_free(backend: IAMBackend, operation: str, params: Mapping[str, Any]) -> None:
    """Names are unique whatever their case and their path."""
    parameter = MAKERS.get(operation) or RENAMERS.get(operation, "")
    wanted = params.get(parameter)
    if wanted is None:
        return
    kind = _POLICY if parameter == "PolicyName" else KINDS[parameter.removeprefix("New")]
    old = params.get(parameter.removeprefix("New")) if operation in RENAMERS else None
    if wanted.lower() in {entity.name.lower() for entity in kind.all(backend) if entity.name != old}:
        raise _refused("EntityAlreadyExists", kind.taken.format(wanted), HTTPStatus.CONFLICT)


def _check_policy(iam: IamState, operation: str, params: Mapping[str, Any]) -> None:
    """Managed policies must be there, and be one's own to be changed."""
    boundary, arn = params.get("PermissionsBoundary"), params.get("PolicyArn")
    if boundary is not None and iam.managed(boundary) is None:
        raise _missing(f"Scope ARN: {boundary} does not exist or is not attachable.")
    if arn is None:
        return
    if iam.managed(arn) is None:
        attaching = operation.startswith("Attach")
        raise _missing(f"Policy {arn} {'does not exist or is not attachable' if attaching else 'was not found'}.")
    if operation in CHANGE_POLICY and arn.startswith(OF_AWS):
        raise _refused("AccessDenied", f"{arn} is a policy of AWS's own, which nobody may change", HTTPStatus.FORBIDDEN)
    if operation == "DeletePolicy":
        _check_policy_in_use(iam, arn)


def _check_policy_in_use(iam: IamState, arn: str) -> None:
    backend = iam.backend
    holders = [*backend.roles.values(), *backend.users.values(), *backend.groups.values()]
    if any(arn in holder.managed_policies or iam.boundary_arn(holder) == arn for holder in holders):
        raise _conflict("Cannot delete a policy attached to entities.")
    policy: Any = backend.managed_policies[arn]
    if len(policy.versions) > 1:
        # https://github.com/rebuy-de/aws-nuke/issues/1
        raise _conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. "
            "The default version is deleted with the policy."
        )


def _check_inline(operation: str, params: Mapping[str, Any], named: Mapping[str, Any]) -> None:
    """An inline policy that is read or deleted must be there, and so must a managed one that is detached."""
    for parameter, entity in named.items():
        kind, policy = KINDS[parameter], params.get("PolicyName")
        if not kind.policy_missing:
            continue
        if policy is not None and operation.startswith(("Get", "Delete")) and policy not in entity.policies:
            raise _missing(kind.policy_missing.format(policy))
        if operation.startswith("Detach") and params["PolicyArn"] not in entity.managed_policies:
            raise _missing(f"Policy {params['PolicyArn']} was not found.")


def _check_in_use(backend: IAMBackend, operation: str, named: Mapping[str, Any]) -> None:
    parameter, reasons = IN_USE.get(operation, ("", ()))
    for holds, first in reasons:
        if holds(backend, named[parameter]):
            raise _conflict(f"Cannot delete entity, {first}.")


def _check_device(backend: IAMBackend, operation: str, params: Mapping[str, Any]) -> None:
    """A virtual MFA device is one user's until it is deactivated.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html (EntityAlreadyExists) and
    API_DeleteVirtualMFADevice.html (DeleteConflict); the sentences are not documented.
    """
    device: Any = backend.virtual_mfa_devices.get(params.get("SerialNumber", ""))
    if device is None or device.user is None:
        return
    if operation == "EnableMFADevice":
        raise _refused("EntityAlreadyExists", "MFA Device is already in use.", HTTPStatus.CONFLICT)
    if operation == "DeleteVirtualMFADevice":
        raise _conflict("MFA VirtualDevice in use. Must deactivate first.")


def _check_quotas(
    backend: IAMBackend, operation: str, params: Mapping[str, Any], named: Mapping[str, Any], quotas: Quotas
) -> None:
    if operation.startswith("Attach"):
        ((parameter, entity),) = named.items()
        held, most = entity.managed_policies, KINDS[parameter].most_policies(quotas)
        if params["PolicyArn"] not in held and len(held) >= most:
            raise _exceeded(f"Cannot exceed quota for {KINDS[parameter].policies_quota}: {most}")
    if operation == "AddUserToGroup":
        groups = {group.name for group in backend.get_groups_for_user(params["UserName"])}
        if len(groups | {params["GroupName"]}) > GROUPS_PER_USER:
            raise _exceeded(f"Cannot exceed quota for GroupsPerUser: {GROUPS_PER_USER}")
    if operation == "EnableMFADevice" and len(named["UserName"].mfa_devices) >= MFA_DEVICES_PER_USER:
        raise _exceeded(f"Cannot exceed quota for MFADevicesPerUser: {MFA_DEVICES_PER_USER}")


def _check_tags(iam: IamState, params: Mapping[str, Any], named: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: keys are without case, and those of AWS are AWS's."""
    keys = {str(tag["Key"]).lower() for tag in params.get("Tags") or ()}
    if any(key.startswith("aws:") for key in keys):
        raise _refused("InvalidInput", "Tag keys that begin with `aws:` are reserved for AWS", HTTPStatus.BAD_REQUEST)
    holder = named.get("RoleName") or named.get("UserName")
    if keys and holder is not None and len(keys | {key.lower() for key in iam.tags(holder)}) > TAGS:
        raise _exceeded("The number of tags has reached the maximum limit.")


def _missing(message: str) -> CommonServiceException:
    return _refused("NoSuchEntity", message, HTTPStatus.NOT_FOUND)


def _conflict(message: str) -> CommonServiceException:
    return _refused("DeleteConflict", message, HTTPStatus.CONFLICT)


def _exceeded(message: str) -> CommonServiceException:
    return _refused("LimitExceeded", message, HTTPStatus.CONFLICT)


def _refused(code: str, message: str, status: HTTPStatus) -> CommonServiceException:
    return CommonServiceException(code, message, status, sender_fault=True)
