"""Roles that an operation without a row hands to its service: its request shows them, though nothing else of it is known.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
Every ARN of a role in the request is one that is passed, with two exceptions: operations that only look, take away or name somebody,
and parameters that say whom or what the request is about. The service that gets the role is unknown but for EC2's instance profiles:
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2_instance-profiles.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import pass_role

# What only looks, takes away, or says of somebody what they may do, hands no role over; whatever else there is may.
_HANDING_NONE = (
    "BatchDelete", "BatchDescribe", "BatchGet", "BatchList", "Cancel", "Check", "Delete", "Deregister", "Describe", "Detach", "Disable",
    "Disassociate", "Get", "Grant", "Head", "List", "Lookup", "Query", "Reject", "Remove", "Revoke", "Search", "Stop", "Tag", "Terminate",
    "Untag", "Validate",
)  # fmt: skip
# IAM and STS are about roles themselves, and have tables that say which of them are passed.
_ABOUT_ROLES = frozenset({"iam", "sts"})
_ROLE = re.compile(r"arn:(?P<partition>aws[\w-]*):iam::\d{12}:role/.+")
_SUBJECT = re.compile(r".*(?:principals?|resources?)(?:arns?|ids?)?", re.IGNORECASE)
"""Parameters that say whom or what a request is about: EKS's `principalArn`, Config's `ComplianceResourceId`."""
_TAGS = frozenset({"tags", "taglist", "tagset", "tagspecification", "tagspecifications"})

_PROFILES: Mapping[tuple[str, str], str] = {
    ("ec2", "AssociateIamInstanceProfile"): "IamInstanceProfile",
    ("ec2", "ReplaceIamInstanceProfileAssociation"): "IamInstanceProfile",
    ("ec2", "RequestSpotFleet"): "SpotFleetRequestConfig.LaunchSpecifications.IamInstanceProfile",
    ("ec2", "RequestSpotInstances"): "LaunchSpecification.IamInstanceProfile",
    ("ec2", "RunInstances"): "IamInstanceProfile",
}
"""The parameters that name a profile, by its name or its ARN, with whose role an instance then works."""


def calls(operation: Operation, facts: Facts) -> Iterator[Call]:
    """One call per role."""
    if operation.service in _ABOUT_ROLES or operation.name.startswith(_HANDING_NONE):
        return
    for role in dict.fromkeys(_roles(operation.params, "")):
        yield pass_role(operation, facts, role, None, None)
    path = _PROFILES.get((operation.service, operation.name), "")
    profiles = [str(named) for profile in dig(operation.params, path) for named in _names(profile)]
    for profile in dict.fromkeys(profiles):
        held: Sequence[str | None] | None = facts.profile_roles(profile)
        for passed in [None] if held is None else held:  # what role a profile has that is not there is unknown
            yield pass_role(operation, facts, passed, "ec2.amazonaws.com", None)


def _names(profile: Any) -> list[Any]:
    return [*dig(profile, "Name"), *dig(profile, "Arn")]


def _roles(value: Any, name: str) -> Iterator[str]:
    """The ARNs of roles anywhere in a parameter of that name."""
    if isinstance(value, Mapping):
        for inner, held in value.items():
            if str(inner).lower() not in _TAGS:
                yield from _roles(held, str(inner))
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _roles(held, name)
    elif isinstance(value, str) and _ROLE.fullmatch(value) and not _SUBJECT.fullmatch(name):
        yield value
