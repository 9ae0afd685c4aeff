"""Roles linked to services: AWS alone makes and changes them. No control policy binds them, so nobody else may have one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
"""

from http import HTTPStatus

from harness.actions import Operation
from harness.gateway.iam.iam_state import IamState, role_arn
from harness.gateway.respond import client_error
from harness.model.principal import SERVICE_LINKED_PATH, is_service_linked

# The operations on one role that have this error: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
# and its siblings. A description may be changed.
_CHANGES = frozenset({
    "AddRoleToInstanceProfile", "AttachRolePolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy",
    "DetachRolePolicy", "PutRolePermissionsBoundary", "PutRolePolicy", "RemoveRoleFromInstanceProfile",
    "UpdateAssumeRolePolicy", "UpdateRole",
})  # fmt: skip
# Services that do what a customer says with a role that the customer hands them. AWS has no linked role of theirs (of Lambda's it
# has `replicator.lambda`'s, of EventBridge's `apidestinations.events`'s): whoever had one could act through it, bound by nothing.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
_WITHOUT = frozenset({
    "apigateway.amazonaws.com", "cloudformation.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com",
    "events.amazonaws.com", "firehose.amazonaws.com", "lambda.amazonaws.com", "logs.amazonaws.com", "pipes.amazonaws.com",
    "s3.amazonaws.com", "scheduler.amazonaws.com", "sns.amazonaws.com", "states.amazonaws.com",
})  # fmt: skip


def check_service_linked(operation: Operation, iam: IamState) -> None:
    """Raise AWS's error for what would make a role one of a service's, or change one."""
    if operation.service != "iam":
        return
    if operation.name == "CreateRole" and operation.params.get("Path", "/").startswith(SERVICE_LINKED_PATH):
        # OBSERVED: https://github.com/tilfin/aws-iam-policy-tool/pull/9
        message = f"Path prefix '{SERVICE_LINKED_PATH}' can only be used for AWS Service linked Roles"
        raise client_error("InvalidInput", message)
    if operation.name == "CreateServiceLinkedRole":
        _check_template(operation.params["AWSServiceName"])
    if operation.name == "DeleteServiceLinkedRole":
        _check_linked(iam, operation.params["RoleName"])
    role = iam.role(operation.params["RoleName"]) if operation.name in _CHANGES else None
    if role is not None and is_service_linked(role_arn(role)):
        # OBSERVED: https://github.com/rebuy-de/aws-nuke/issues/331
        message = (
            f"Cannot perform the operation on the protected role '{role.name}' - this role is only modifiable by AWS"
        )
        raise client_error("UnmodifiableEntity", message)


def _check_template(service: str) -> None:
    """OBSERVED: https://github.com/clouddrove/terraform-aws-elasticsearch/pull/21 (the names tell cases apart)."""
    if service in _WITHOUT or not service.endswith(".amazonaws.com"):
        message = f"Cannot find Service Linked Role template for {service}"
        raise client_error("AccessDenied", message, HTTPStatus.FORBIDDEN)


def _check_linked(iam: IamState, name: str) -> None:
    """Who may delete linked roles may thereby delete no other: https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteServiceLinkedRole.html."""
    role = iam.role(name)
    if role is not None and not is_service_linked(role_arn(role)):
        message = f"The role with name {name} cannot be found among those linked to services."
        raise client_error("NoSuchEntity", message, HTTPStatus.NOT_FOUND)
