"""Tables: the kinds of entities that IAM has, by which operations they are made and renamed, and what keeps them from being deleted.

The sentences are AWS's, as users report them; `{}` is the entity's name.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.iam.models import IAMBackend

OF_AWS = "arn:aws:iam::aws:"
"""The ARNs of AWS's own managed policies, which everybody may read and nobody may change."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of named entity."""

    all: Callable[[IAMBackend], Iterable[Any]]
    missing: str
    taken: str
    policy_missing: str | None = None
    """Of its inline policies; None for what has none."""


# The parameter that names an entity -> its kind
KINDS: Mapping[str, Kind] = {
    "RoleName": Kind(
        lambda backend: backend.roles.values(),
        "The role with name {} cannot be found.",
        "Role with name {} already exists.",
        "The role policy with name {} cannot be found.",
    ),
    "UserName": Kind(
        lambda backend: backend.users.values(),
        "The user with name {} cannot be found.",
        "User with name {} already exists.",
        "The user policy with name {} cannot be found.",
    ),
    "GroupName": Kind(
        lambda backend: backend.groups.values(),
        "The group with name {} cannot be found.",
        "Group with name {} already exists.",
        "The group policy with name {} cannot be found.",
    ),
    "InstanceProfileName": Kind(
        lambda backend: backend.instance_profiles.values(),
        "Instance Profile {} cannot be found.",
        "Instance Profile {} already exists.",
    ),
}
# Managed policies, whose names only their making has: everything else names them by ARN
POLICY = Kind(
    lambda backend: (policy for arn, policy in backend.managed_policies.items() if not arn.startswith(OF_AWS)),
    "Policy {} was not found.",
    "A policy called {} already exists. Duplicate names are not allowed.",
)
MAKERS: Mapping[str, tuple[str, Kind]] = {
    "CreateRole": ("RoleName", KINDS["RoleName"]),
    "CreateUser": ("UserName", KINDS["UserName"]),
    "CreateGroup": ("GroupName", KINDS["GroupName"]),
    "CreateInstanceProfile": ("InstanceProfileName", KINDS["InstanceProfileName"]),
    "CreatePolicy": ("PolicyName", POLICY),
}
# Operation -> the parameter with the old name; the new one's is `New…`
RENAMERS: Mapping[str, str] = {"UpdateUser": "UserName", "UpdateGroup": "GroupName"}

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
