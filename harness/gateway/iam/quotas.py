"""How much IAM lets an account have: sizes of policies, numbers of policies, groups and tags.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException
from moto.iam.models import IAMBackend

from harness.actions import Operation
from harness.gateway.iam.iam_state import IamState
from harness.gateway.respond import client_error
from harness.policy.faults import LIMIT_EXCEEDED
from harness.policy.parse import size
from harness.wire import Quotas

MANAGED = 6_144
# operation: the kind of entity, the parameter that names it, and the most that its inline policies may have together
INLINE: Mapping[str, tuple[str, str, int]] = {
    "PutRolePolicy": ("role", "RoleName", 10_240),
    "PutUserPolicy": ("user", "UserName", 2_048),
    "PutGroupPolicy": ("group", "GroupName", 5_120),
}
MANAGED_OPERATIONS = frozenset({"CreatePolicy", "CreatePolicyVersion"})
TRUST_OPERATIONS = frozenset({"CreateRole", "UpdateAssumeRolePolicy"})

POLICIES_PER_GROUP = 10
GROUPS_PER_USER = 10
MFA_DEVICES_PER_USER = 8
TAGS = 50
# The parameter that names an entity: AWS's name of the quota of its managed policies, and how many it may have
ATTACHED: Mapping[str, tuple[str, Callable[[Quotas], int]]] = {
    "RoleName": ("PoliciesPerRole", lambda quotas: quotas.managed_policies_per_role),
    "UserName": ("PoliciesPerUser", lambda quotas: quotas.managed_policies_per_user),
    "GroupName": ("PoliciesPerGroup", lambda _: POLICIES_PER_GROUP),
}


def check_size(iam: IamState, operation: Operation, text: str, trust: int) -> None:
    """Raise AWS's LimitExceeded for a policy of IAM that is too long; `trust`: the account's quota for trust policies.

    White space does not count. A managed policy counts by itself, an entity's inline ones together.
    """
    if operation.service != "iam":
        return
    if operation.name in MANAGED_OPERATIONS and size(text) > MANAGED:
        raise _exceeded(f"Cannot exceed quota for PolicySize: {MANAGED}")
    if operation.name in TRUST_OPERATIONS and size(text) > trust:
        raise _exceeded(f"Cannot exceed quota for ACLSizePerRole: {trust}")
    if operation.name in INLINE:
        kind, parameter, most = INLINE[operation.name]
        name = operation.params.get(parameter, "")
        others = iam.inline(kind, name)
        others.pop(operation.params.get("PolicyName", ""), None)
        if size(text) + sum(map(size, others.values())) > most:
            raise _exceeded(f"Maximum policy size of {most} bytes exceeded for {kind} {name}")


def check_numbers(iam: IamState, operation: Operation, named: Mapping[str, Any], quotas: Quotas) -> None:
    """Raise AWS's LimitExceeded where one more would be too many; `named`: the entities of the request, by parameter."""
    if operation.name.startswith("Attach"):
        ((parameter, entity),) = named.items()
        _check_attached(parameter, entity, operation.params["PolicyArn"], quotas)
    if operation.name == "AddUserToGroup":
        _check_groups(iam.backend, operation.params["UserName"], operation.params["GroupName"])
    if operation.name == "EnableMFADevice" and len(named["UserName"].mfa_devices) >= MFA_DEVICES_PER_USER:
        raise _exceeded(f"Cannot exceed quota for MFADevicesPerUser: {MFA_DEVICES_PER_USER}")
    holder = named.get("RoleName") or named.get("UserName")
    if holder is not None and operation.params.get("Tags"):
        _check_tags(iam.tags(holder), operation.params["Tags"])


def _check_attached(parameter: str, entity: Any, policy: str, quotas: Quotas) -> None:
    quota, most = ATTACHED[parameter]
    held = entity.managed_policies
    if policy not in held and len(held) >= most(quotas):
        raise _exceeded(f"Cannot exceed quota for {quota}: {most(quotas)}")


def _check_groups(backend: IAMBackend, user: str, group: str) -> None:
    held = {each.name for each in backend.get_groups_for_user(user)}
    if len(held | {group}) > GROUPS_PER_USER:
        raise _exceeded(f"Cannot exceed quota for GroupsPerUser: {GROUPS_PER_USER}")


def _check_tags(held: Mapping[str, str], added: list[Mapping[str, str]]) -> None:
    """Keys are without case: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html."""
    if len({key.lower() for key in held} | {tag["Key"].lower() for tag in added}) > TAGS:
        raise _exceeded("The number of tags has reached the maximum limit.")


def _exceeded(message: str) -> CommonServiceException:
    return client_error(LIMIT_EXCEEDED, message, HTTPStatus.CONFLICT)
