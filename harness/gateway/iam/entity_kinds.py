"""Tables: the kinds of entities that IAM has, by which operations they are made and renamed, and what keeps them from being deleted.

The sentences are AWS's, as users report them; `{}` is the entity's name. Those without a link below follow their siblings.
Missing: https://github.com/ansible/ansible-modules-core/issues/2065 (a role), https://github.com/ansible/ansible/issues/45593 (a user),
https://github.com/aws/aws-cli/issues/6139 (an inline policy). Taken: https://github.com/terraform-aws-modules/terraform-aws-ecs/issues/363
(a role), https://github.com/ine-labs/AWSGoat/issues/49 (a profile), https://github.com/konstructio/kubefirst/issues/855 (a policy).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from moto.iam.models import IAMBackend

OF_AWS = "arn:aws:iam::aws:"
"""The ARNs of AWS's own managed policies, which everybody may read and nobody may change."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of named entity."""

    all: Callable[[IAMBackend], Iterable[Any]]
    missing: str
    taken: str = ""
    """Empty for what IAM names itself."""
    policy_missing: str | None = None
    """Of its inline policies; None for what has none."""
    name: Callable[[Any], str] = attrgetter("name")
    """By which requests name it."""


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
    "SerialNumber": Kind(
        lambda backend: backend.virtual_mfa_devices.values(),
        "VirtualMFADevice with serial number {} doesn't exist.",
        name=attrgetter("serial_number"),
    ),
    "OpenIDConnectProviderArn": Kind(
        lambda backend: backend.open_id_providers.values(),
        "OpenIDConnect Provider not found for arn {}",
        # https://github.com/unfunco/terraform-aws-oidc-github/issues/23, https://github.com/getscaf/sfu-fullstack-template/issues/75
        "Provider with url {} already exists.",
        name=attrgetter("arn"),
    ),
    "SAMLProviderArn": Kind(
        lambda backend: backend.saml_providers.values(),
        "Manifest not found for arn {}",
        "Provider with name {} already exists.",
        name=attrgetter("arn"),
    ),
    "ServerCertificateName": Kind(
        lambda backend: backend.certificates.values(),
        "The Server Certificate with name {} cannot be found.",
        "The Server Certificate with name {} already exists.",
        name=attrgetter("cert_name"),
    ),
}
# Managed policies, whose names only their making has: everything else names them by ARN
POLICY = Kind(
    lambda backend: (policy for arn, policy in backend.managed_policies.items() if not arn.startswith(OF_AWS)),
    "Policy {} was not found.",
    "A policy called {} already exists. Duplicate names are not allowed.",
)
# By the name that only its making has; everything else names it by ARN
SAML_PROVIDER = Kind(
    lambda backend: backend.saml_providers.values(),
    KINDS["SAMLProviderArn"].missing,
    KINDS["SAMLProviderArn"].taken,
)
MAKERS: Mapping[str, tuple[str, Kind]] = {
    "CreateRole": ("RoleName", KINDS["RoleName"]),
    "CreateUser": ("UserName", KINDS["UserName"]),
    "CreateGroup": ("GroupName", KINDS["GroupName"]),
    "CreateInstanceProfile": ("InstanceProfileName", KINDS["InstanceProfileName"]),
    "CreatePolicy": ("PolicyName", POLICY),
    "CreateSAMLProvider": ("Name", SAML_PROVIDER),
    "UploadServerCertificate": ("ServerCertificateName", KINDS["ServerCertificateName"]),
}
# Operations that may name what is not there.
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteOpenIDConnectProvider.html
LENIENT = frozenset({"DeleteOpenIDConnectProvider"})
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
