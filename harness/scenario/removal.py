"""Removing IAM entities as AWS wants it: what hangs on one goes first, also what the scenario itself hung there."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import botocore.exceptions


class Hanging(NamedTuple):
    """What may hang on an entity: the paginated operation that lists it, the list in its answer, and how one of it is undone."""

    listing: str
    key: str
    undo: str
    parameter: str
    """Of `undo`, and the field that holds its value where the list is one of maps."""


_USER = (
    Hanging("list_access_keys", "AccessKeyMetadata", "delete_access_key", "AccessKeyId"),
    Hanging("list_mfa_devices", "MFADevices", "deactivate_mfa_device", "SerialNumber"),
    Hanging("list_groups_for_user", "Groups", "remove_user_from_group", "GroupName"),
    Hanging("list_attached_user_policies", "AttachedPolicies", "detach_user_policy", "PolicyArn"),
    Hanging("list_user_policies", "PolicyNames", "delete_user_policy", "PolicyName"),
)
_ROLE = (
    Hanging(
        "list_instance_profiles_for_role",
        "InstanceProfiles",
        "remove_role_from_instance_profile",
        "InstanceProfileName",
    ),
    Hanging("list_attached_role_policies", "AttachedPolicies", "detach_role_policy", "PolicyArn"),
    Hanging("list_role_policies", "PolicyNames", "delete_role_policy", "PolicyName"),
)


def remove_user(iam: Any, name: str) -> None:
    """Remove a user; nothing where it is gone already."""
    unless_gone(lambda: _clear(iam, "UserName", name, _USER))
    unless_gone(lambda: iam.delete_login_profile(UserName=name))
    unless_gone(lambda: iam.delete_user(UserName=name))


def remove_role(iam: Any, name: str) -> None:
    """Remove a role; nothing where it is gone already."""
    unless_gone(lambda: _clear(iam, "RoleName", name, _ROLE))
    unless_gone(lambda: iam.delete_role(RoleName=name))


def unless_gone(remove: Callable[[], object]) -> None:
    """Do it, unless the scenario itself has done so by then."""
    try:
        remove()
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise


def _clear(iam: Any, named: str, name: str, kinds: Sequence[Hanging]) -> None:
    for kind in kinds:
        pages = list(iam.get_paginator(kind.listing).paginate(**{named: name}))
        for one in (one for page in pages for one in page[kind.key]):
            value = one if isinstance(one, str) else one[kind.parameter]
            getattr(iam, kind.undo)(**{named: name, kind.parameter: value})
