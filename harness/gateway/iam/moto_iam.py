"""What moto's and LocalStack's IAM keep and tell otherwise than AWS, amended where they keep it.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html and its siblings.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import moto.iam.models
from moto.core.responses import ActionResult
from moto.core.serialize import never_return
from moto.iam.models import IAMBackend, ManagedPolicy, Policy, Role
from moto.iam.responses import IamResponse

from harness.gateway.iam.entity_kinds import OF_AWS
from harness.gateway.iam.iam_state import IamState
from harness.gateway.services.lazily import around, when_loaded

# Where moto tells more than AWS does. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html,
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListVirtualMFADevices.html (a seed is told once, by CreateVirtualMFADevice)
_UNTOLD = (
    "CreatePolicyVersionResponse.PolicyVersion.Document",
    "ListPolicyVersionsResponse.Versions.PolicyVersion.Document",
    "ListVirtualMFADevicesResponse.VirtualMFADevices.VirtualMFADevice.Base32StringSeed",
    "ListVirtualMFADevicesResponse.VirtualMFADevices.VirtualMFADevice.QRCodePNG",
)
_EVERYTHING = 1_000_000
# What is made with tags that moto forgets: the operation's method -> the entity that it has made
_FORGOTTEN_TAGS: Mapping[str, Callable[[Any], Any]] = {
    "create_saml_provider": lambda made: made.backend.saml_providers[made._get_param("Name")],  # noqa: SLF001 - moto's method
    "create_virtual_mfa_device": lambda made: made.backend.virtual_mfa_devices[_serial(made)],
    "upload_server_certificate": lambda made: made.backend.get_server_certificate(
        made._get_param("ServerCertificateName")  # noqa: SLF001
    ),
}


@dataclass(frozen=True, slots=True)
class Usage:
    """How many entities use the managed policies, by the policies' ARNs."""

    attached: Counter[str]
    bounding: Counter[str]


def usage(backend: IAMBackend) -> Usage:
    """Who has which policy now. moto counts how often it was told to attach, and nothing of boundaries."""
    bounded = [*backend.users.values(), *backend.roles.values()]
    return Usage(
        Counter(arn for holder in (*bounded, *backend.groups.values()) for arn in holder.managed_policies),
        Counter(arn for holder in bounded if (arn := IamState.boundary_arn(holder)) is not None),
    )


def install() -> None:
    """Amend them."""
    models: Any = moto.iam.models
    models.utcnow = partial(_whole_second, models.utcnow)
    policy: Any = ManagedPolicy
    policy.attachment_count = property(lambda self: usage(self.backend).attached[self.arn], lambda _self, _count: None)
    policy.permissions_boundary_usage_count = property(lambda self: usage(self.backend).bounding[self.arn])
    policy.policy_name = property(lambda self: self.name)
    role: Any = Role
    role.permissions_boundary = property(_boundary)
    around(IAMBackend, "list_policy_versions", _newest_first)
    around(Policy, "update_default_version", _make_default)
    around(IAMBackend, "get_account_authorization_details", _in_use)
    IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER |= dict.fromkeys(_UNTOLD, never_return)
    around(IamResponse, "_get_param", _unlimited)
    for method, made in _FORGOTTEN_TAGS.items():
        around(IamResponse, method, partial(_keep_tags, made))
    when_loaded("localstack.services.iam.provider", _amend_provider)


def _unlimited(original: Callable[..., Any], self: IamResponse, name: str, if_none: Any = None) -> Any:
    """Lists are told as a whole: `pages` cuts them."""
    if name == "MaxItems":
        return _EVERYTHING
    return if_none if name == "Marker" else original(self, name, if_none)


def _whole_second(now: Callable[[], datetime]) -> datetime:
    """IAM tells no fractions of seconds: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetUser.html."""
    return now().replace(microsecond=0)


def _boundary(role: Role) -> dict[str, str] | None:
    """OBSERVED: https://github.com/awsdocs/iam-user-guide/issues/82; the model has another type, which no answer has."""
    arn = role.permissions_boundary_arn
    return {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn} if arn else None


def _newest_first(original: Callable[..., Any], self: IAMBackend, policy_arn: str) -> Any:
    """The order of https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicyVersions.html."""
    return original(self, policy_arn)[::-1]


def _make_default(original: Callable[..., None], self: Policy, version_id: str) -> None:
    """The version in force remains it when it is named again; moto would be left with none."""
    if version_id != self.default_version_id:
        original(self, version_id)


def _in_use(original: Callable[..., Any], self: IAMBackend, policy_filter: list[str]) -> Any:
    """Of AWS's own policies, an account's details have those that it uses. OBSERVED: https://github.com/joshlarsen/aws-recon/issues/21."""
    told, used = original(self, policy_filter), usage(self)
    in_use = {*used.attached, *used.bounding}
    policies = [each for each in told["managed_policies"] if each.arn in in_use or not each.arn.startswith(OF_AWS)]
    return told | {"managed_policies": sorted(policies, key=lambda policy: policy.arn)}


def _keep_tags(made: Callable[[Any], Any], original: Callable[..., ActionResult], self: IamResponse) -> ActionResult:
    answer = original(self)
    made(self).tags = self._get_param("Tags", [])
    return answer


def _serial(made: Any) -> str:
    path, name = made._get_param("Path") or "/", made._get_param("VirtualMFADeviceName")  # noqa: SLF001 - moto's method
    return f"arn:aws:iam::{made.current_account}:mfa{path}{name}"


def _amend_provider(module: Any) -> None:
    around(module.IamProvider, "list_roles", _list_roles)
    around(module.IamProvider, "update_group", partial(_update_group, module.get_iam_backend))


def _list_roles(original: Callable[..., Any], self: Any, context: Any, path_prefix: str = "/", **more: Any) -> Any:
    """LocalStack writes documents as texts in JSON where a prefix is given."""
    answer = original(self, context, **more)
    answer["Roles"] = [role for role in answer["Roles"] if role["Path"].startswith(path_prefix)]
    return answer


def _update_group(
    backend: Callable[[Any], IAMBackend], original: Callable[..., None], self: Any, context: Any, **given: Any
) -> None:
    """LocalStack takes the path away from a group that is only renamed."""
    path = given.get("new_path") or backend(context).get_group(given["group_name"]).path
    original(self, context, **{**given, "new_path": path})
