"""Roles linked to services: AWS alone makes and changes them. No control policy binds them, so nobody else may have one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
"""

from harness.actions import Operation
from harness.gateway.iam_state import IamState, role_arn
from harness.gateway.respond import client_error
from harness.model.principal import SERVICE_LINKED_PATH, is_service_linked

# The operations on one role that have this error: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
# and its siblings. A description may be changed.
_CHANGES = frozenset({
    "AttachRolePolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy",
    "PutRolePermissionsBoundary", "PutRolePolicy", "UpdateAssumeRolePolicy", "UpdateRole",
})  # fmt: skip


def check_service_linked(operation: Operation, iam: IamState) -> None:
    """Raise AWS's error for what would make a role one of a service's, or change one."""
    if operation.service != "iam":
        return
    if operation.name == "CreateRole" and operation.params.get("Path", "/").startswith(SERVICE_LINKED_PATH):
        # OBSERVED: https://github.com/tilfin/aws-iam-policy-tool/pull/9
        message = f"Path prefix '{SERVICE_LINKED_PATH}' can only be used for AWS Service linked Roles"
        raise client_error("InvalidInput", message)
    role = iam.role(operation.params["RoleName"]) if operation.name in _CHANGES else None
    if role is not None and is_service_linked(role_arn(role)):
        # OBSERVED: https://github.com/rebuy-de/aws-nuke/issues/331
        message = (
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS"
        )
        raise client_error("UnmodifiableEntity", message)
