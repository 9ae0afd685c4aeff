"""Managed policies by who uses them: listed, and their users listed.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html, API_ListEntitiesForPolicy.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.iam.models import ManagedPolicy

from harness.actions import Operation
from harness.gateway.iam.entity_kinds import OF_AWS
from harness.gateway.iam.iam_state import IamState
from harness.gateway.iam.moto_iam import Usage, usage

Params = Mapping[str, Any]
Result = dict[str, Any]
_ATTACHED, _BOUNDARY = "PermissionsPolicy", "PermissionsBoundary"
"""The ways to use a policy (PolicyUsageFilter)."""


@dataclass(slots=True)
class ManagedPolicies:
    """Lists the account's policies, and AWS's."""

    iam: IamState

    @property
    def operations(self) -> Mapping[str, Callable[[Operation], Result]]:
        """What is answered here, by name."""
        return {"ListEntitiesForPolicy": self._entities, "ListPolicies": self._policies}

    def _policies(self, operation: Operation) -> Result:
        used = usage(self.iam.backend)
        found = [each for each in self.iam.backend.managed_policies.values() if _wanted(each, operation.params, used)]
        return {"Policies": [_listed(policy, used) for policy in sorted(found, key=lambda policy: policy.name)]}

    def _entities(self, operation: Operation) -> Result:
        backend = self.iam.backend
        kinds = {"Group": backend.groups, "User": backend.users, "Role": backend.roles}
        return {
            f"Policy{kind}s": [
                {f"{kind}Name": each.name, f"{kind}Id": each.id}
                for each in entities.values()
                if operation.params.get("EntityFilter") in {None, kind} and self._uses(each, operation.params)
            ]
            for kind, entities in kinds.items()
        }

    def _uses(self, entity: Any, params: Params) -> bool:
        """Whether the entity uses the policy, in the way that is asked about."""
        arn, way = params["PolicyArn"], params.get("PolicyUsageFilter")
        attached = way in {None, _ATTACHED} and arn in entity.managed_policies
        bounding = way in {None, _BOUNDARY} and arn == self.iam.boundary_arn(entity)
        return entity.path.startswith(params.get("PathPrefix") or "/") and (attached or bounding)


def _wanted(policy: ManagedPolicy, params: Params, used: Usage) -> bool:
    arn, scope, way = policy.arn, params.get("Scope") or "All", params.get("PolicyUsageFilter")
    return (
        policy.path.startswith(params.get("PathPrefix") or "/")
        and scope in {"All", "AWS" if arn.startswith(OF_AWS) else "Local"}
        and (arn in used.attached or not params.get("OnlyAttached"))
        and (arn in used.bounding or way != _BOUNDARY)
        and (arn in used.attached or way != _ATTACHED)
    )


def _listed(policy: ManagedPolicy, used: Usage) -> Result:
    """Without description and tags, which a list does not have."""
    return {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": used.attached[policy.arn],
        "PermissionsBoundaryUsageCount": used.bounding[policy.arn],
        "IsAttachable": policy.is_attachable,
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
    }
