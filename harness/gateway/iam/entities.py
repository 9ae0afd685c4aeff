"""What IAM refuses because of the entities that are there: missing, taken, AWS's own, still in use. moto lets much of it pass.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html and its siblings.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from localstack.aws.api import CommonServiceException
from moto.iam.models import IAMBackend

from harness.actions import Operation
from harness.gateway.iam.entity_kinds import IN_USE, KINDS, LENIENT, MAKERS, OF_AWS, RENAMERS
from harness.gateway.iam.iam_state import IamState
from harness.gateway.iam.quotas import check_numbers
from harness.gateway.respond import client_error
from harness.wire import Quotas

Params = Mapping[str, Any]
Named = Mapping[str, Any]
"""The entities of a request, by the parameter that names them."""

CHANGE_POLICY = frozenset({
    "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy",
})  # fmt: skip

# OBSERVED: https://github.com/davidtucker/ps-serverless-app/issues/19 (a colon too few) and
# https://github.com/aws-samples/aws-cdk-examples/issues/287 (an ARN in the place of a name)
_OF_POLICY = re.compile(r"arn:aws[a-z-]*:iam::(?:aws|\d{12}):policy(?:/[\w+=,.@-]+)+", re.ASCII)


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
    _check_in_profile(name, named)
    _check_tag_keys(params)
    _check_device(backend, name, params)
    _check_alias(backend, name, params)
    _check_open_id(backend, name, params)
    _check_saml(name, params)
    check_numbers(iam, operation, named, quotas)


def _named(backend: IAMBackend, operation: str, params: Params) -> Named:
    """Every entity that the request names must be there, but the one that is to be made."""
    made, _ = MAKERS.get(operation, (None, None))
    lenient = operation in LENIENT
    wanted = {parameter: params.get(parameter) for parameter in KINDS if parameter != made and not lenient}
    return {parameter: _found(backend, parameter, name) for parameter, name in wanted.items() if name is not None}


def _found(backend: IAMBackend, parameter: str, name: str) -> Any:
    kind = KINDS[parameter]
    entity = next((entity for entity in kind.all(backend) if kind.name(entity) == name), None)
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
    if new is not None and new.lower() in {
        kind.name(each).lower() for each in kind.all(backend) if kind.name(each) != old
    }:
        raise client_error("EntityAlreadyExists", kind.taken.format(new), HTTPStatus.CONFLICT)


def _check_managed(iam: IamState, operation: str, params: Params) -> None:
    """Managed policies must be there, and be one's own to be changed."""
    boundary, arn = params.get("PermissionsBoundary"), params.get("PolicyArn")
    if boundary is not None and iam.managed(boundary) is None:
        raise _missing(f"Scope ARN: {boundary} does not exist or is not attachable.")
    if arn is None:
        return
    if _OF_POLICY.fullmatch(arn) is None:
        raise client_error("InvalidInput", f"ARN {arn} is not valid.")
    if iam.managed(arn) is None:
        attaching = operation.startswith("Attach")
        raise _missing(f"Policy {arn} {'does not exist or is not attachable' if attaching else 'was not found'}.")
    if operation in CHANGE_POLICY and arn.startswith(OF_AWS):
        message = f"{arn} is a policy of AWS's own, which nobody may change"
        raise client_error("AccessDenied", message, HTTPStatus.FORBIDDEN)
    _check_version(iam, arn, params.get("VersionId"))
    if operation == "DeletePolicy":
        _check_managed_in_use(iam, arn)


def _check_version(iam: IamState, arn: str, version: str | None) -> None:
    """The sentence is the one that https://github.com/tableau/altimeter expects of GetPolicyVersion in its tests."""
    policy: Any = iam.backend.managed_policies[arn]
    if version is not None and version not in {held.version_id for held in policy.versions}:
        raise _missing(f"Policy {arn} version {version} does not exist or is not attachable.")


def _check_managed_in_use(iam: IamState, arn: str) -> None:
    backend = iam.backend
    holders = [*backend.roles.values(), *backend.users.values(), *backend.groups.values()]
    # https://github.com/serverless/components/issues/312
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


def _check_in_profile(operation: str, named: Named) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_RemoveRoleFromInstanceProfile.html; the sentence is not documented."""
    if operation != "RemoveRoleFromInstanceProfile":
        return
    profile, role = named["InstanceProfileName"], named["RoleName"]
    if role not in profile.roles:
        raise _missing(f"The role with name {role.name} cannot be found in the instance profile {profile.name}.")


def _check_alias(backend: IAMBackend, operation: str, params: Params) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteAccountAlias.html; the sentence is not documented."""
    if operation == "DeleteAccountAlias" and params["AccountAlias"] not in backend.account_aliases:
        raise _missing(f"The account alias {params['AccountAlias']} cannot be found.")


def _check_open_id(backend: IAMBackend, operation: str, params: Params) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html."""
    if operation != "CreateOpenIDConnectProvider":
        return
    url = params["Url"]
    if not url.startswith("https://"):
        raise client_error("ValidationError", "Invalid Open ID Connect Provider URL")
    if url in {f"https://{provider.url}" for provider in backend.open_id_providers.values()}:
        message = KINDS["OpenIDConnectProviderArn"].taken.format(url)
        raise client_error("EntityAlreadyExists", message, HTTPStatus.CONFLICT)


def _check_saml(operation: str, params: Params) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html (InvalidInput); the sentence is not documented."""
    text = params.get("SAMLMetadataDocument")
    if operation not in {"CreateSAMLProvider", "UpdateSAMLProvider"} or text is None:
        return
    from harness.gateway.federation.saml import is_metadata  # noqa: PLC0415 - the XML library loads when it is first needed

    if not is_metadata(text):
        raise client_error("InvalidInput", "Could not parse metadata")


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
    keys = [tag["Key"].lower() for tag in params.get("Tags") or ()]
    if any(key.startswith("aws:") for key in keys):
        raise client_error("InvalidInput", "Tag keys that begin with `aws:` are reserved for AWS")
    # https://github.com/github-aws-runners/terraform-aws-github-runner/pull/1346
    if len(set(keys)) < len(keys):
        message = "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        raise client_error("InvalidInput", message)


def _missing(message: str) -> CommonServiceException:
    return client_error("NoSuchEntity", message, HTTPStatus.NOT_FOUND)


def _conflict(message: str) -> CommonServiceException:
    return client_error("DeleteConflict", message, HTTPStatus.CONFLICT)
