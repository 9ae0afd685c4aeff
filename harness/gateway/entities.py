"""What IAM refuses because of the entities that are there: missing, taken, AWS's own, still in use. moto lets much of it pass.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html and its siblings.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException
from moto.iam.models import IAMBackend

from harness.actions import Operation
from harness.gateway.entity_kinds import IN_USE, KINDS, MAKERS, OF_AWS, RENAMERS
from harness.gateway.iam_state import IamState
from harness.gateway.quotas import check_numbers
from harness.gateway.respond import client_error
from harness.wire import Quotas

Params = Mapping[str, Any]
Named = Mapping[str, Any]
"""The entities of a request, by the parameter that names them."""

CHANGE_POLICY = frozenset({
    "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy",
})  # fmt: skip


def check_entities(iam: IamState, operation: Operation, quotas: Quotas) -> None:
    """Raise AWS's error for an operation of IAM that the entities of the account forbid."""
    if operation.service != "iam":
        return
    backend, name, params = iam.backend, operation.name, operation.params
    named = _named(backend, name, params)
    _check_free(backend, name, params)
    _check_managed(iam, name, params)
    _check_held(name, params, named)
    _check_in_use(backend, name, named)
    _check_tag_keys(params)
    _check_device(backend, name, params)
    check_numbers(iam, operation, named, quotas)


def _named(backend: IAMBackend, operation: str, params: Params) -> Named:
    """Every entity that the request names must be there, but the one that is to be made."""
    made, _ = MAKERS.get(operation, (None, None))
    wanted = {parameter: params.get(parameter) for parameter in KINDS if parameter != made}
    return {parameter: _found(backend, parameter, name) for parameter, name in wanted.items() if name is not None}


def _found(backend: IAMBackend, parameter: str, name: str) -> Any:
    kind = KINDS[parameter]
    entity = next((entity for entity in kind.all(backend) if entity.name == name), None)
    if entity is None:
        raise _missing(kind.missing.format(name))
    return entity


def _check_free(backend: IAMBackend, operation: str, params: Params) -> None:
    """Names are unique whatever their case and their path."""
    if operation in MAKERS:
        parameter, kind = MAKERS[operation]
        new, old = params[parameter], None
    elif operation in RENAMERS:
        parameter = RENAMERS[operation]
        kind, new, old = KINDS[parameter], params.get(f"New{parameter}"), params[parameter]
    else:
        return
    if new is not None and new.lower() in {each.name.lower() for each in kind.all(backend) if each.name != old}:
        raise client_error("EntityAlreadyExists", kind.taken.format(new), HTTPStatus.CONFLICT)


def _check_managed(iam: IamState, operation: str, params: Params) -> None:
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
        message = f"{arn} is a policy of AWS's own, which nobody may change"
        raise client_error("AccessDenied", message, HTTPStatus.FORBIDDEN)
    if operation == "DeletePolicy":
        _check_managed_in_use(iam, arn)


def _check_managed_in_use(iam: IamState, arn: str) -> None:
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


def _check_held(operation: str, params: Params, named: Named) -> None:
    """An inline policy that is read or deleted must be there, and so must a managed one that is detached."""
    inline = params.get("PolicyName") if operation.startswith(("Get", "Delete")) else None
    for parameter, entity in named.items():
        missing = KINDS[parameter].policy_missing
        if missing is None:
            continue
        if inline is not None and inline not in entity.policies:
            raise _missing(missing.format(inline))
        if operation.startswith("Detach") and params["PolicyArn"] not in entity.managed_policies:
            raise _missing(f"Policy {params['PolicyArn']} was not found.")


def _check_in_use(backend: IAMBackend, operation: str, named: Named) -> None:
    parameter, reasons = IN_USE.get(operation, ("", ()))
    for holds, first in reasons:
        if holds(backend, named[parameter]):
            raise _conflict(f"Cannot delete entity, {first}.")


def _check_device(backend: IAMBackend, operation: str, params: Params) -> None:
    """A virtual MFA device is one user's until it is deactivated.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_EnableMFADevice.html (EntityAlreadyExists) and
    API_DeleteVirtualMFADevice.html (DeleteConflict); the sentences are not documented.
    """
    device: Any = backend.virtual_mfa_devices.get(params.get("SerialNumber", ""))
    if device is None or device.user is None:
        return
    if operation == "EnableMFADevice":
        raise client_error("EntityAlreadyExists", "MFA Device is already in use.", HTTPStatus.CONFLICT)
    if operation == "DeleteVirtualMFADevice":
        raise _conflict("MFA VirtualDevice in use. Must deactivate first.")


def _check_tag_keys(params: Params) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html: keys are without case, and those of AWS are AWS's."""
    if any(tag["Key"].lower().startswith("aws:") for tag in params.get("Tags") or ()):
        raise client_error("InvalidInput", "Tag keys that begin with `aws:` are reserved for AWS")


def _missing(message: str) -> CommonServiceException:
    return client_error("NoSuchEntity", message, HTTPStatus.NOT_FOUND)


def _conflict(message: str) -> CommonServiceException:
    return client_error("DeleteConflict", message, HTTPStatus.CONFLICT)
