"""CloudFormation's rules that LocalStack does not keep: capabilities, protection, how a refusal ends, what a bucket is made by."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

from localstack.aws.api import CommonServiceException

from harness.actions import Operation
from harness.gateway import respond
from harness.gateway.services.lazily import around, loaded, when_loaded

Function = Callable[..., Any]

# https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html#API_CreateStack_RequestParameters
# Types that need CAPABILITY_IAM -> the property that names the resource: with it they need CAPABILITY_NAMED_IAM.
_OF_IAM: Mapping[str, str | None] = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}
_IAM, _NAMED_IAM = "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"
_GIVEN: ContextVar[frozenset[str]] = ContextVar("capabilities", default=frozenset())
"""The capabilities of the request."""
_DELETION = "delete-stack_"
"""How LocalStack names the change set by which it deletes a stack, as no user can name one."""


def install() -> None:
    """Amend LocalStack's CloudFormation once it is loaded."""
    when_loaded("localstack.services.cloudformation.api_utils", _amend_reading)
    when_loaded(
        "localstack.services.cloudformation.v2.provider",
        lambda module: around(module.CloudformationProviderV2, "_setup_change_set_model", _model),
    )
    when_loaded(
        "localstack.services.cloudformation.resource_providers.aws_cloudformation_stack",
        lambda module: around(module.CloudFormationStackProvider, "create", _create_nested),
    )
    when_loaded(
        "localstack.services.cloudformation.v2.entities", lambda module: around(module.Stack, "__init__", _begin)
    )
    when_loaded(
        "localstack.services.cloudformation.engine.v2.change_set_model_executor",
        lambda module: around(module.ChangeSetModelExecutor, "execute", _execute),
    )
    when_loaded(
        "localstack.services.s3.resource_providers.aws_s3_bucket",
        lambda module: around(module.S3BucketProvider, "_create_bucket_if_does_not_exist", _create_bucket),
    )


def check_protected(account_id: str, operation: Operation) -> None:
    """Raise CloudFormation's error for the deletion of a protected stack.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
    OBSERVED: https://github.com/hashicorp/terraform-provider-aws/issues/23467
    """
    if (operation.service, operation.name) != ("cloudformation", "DeleteStack"):
        return
    models, named = loaded("localstack.services.cloudformation.stores"), operation.params.get("StackName")
    stacks = models.cloudformation_stores[account_id][operation.region].stacks_v2.values() if models else ()
    for stack in list(stacks):
        is_it = named == stack.stack_id or (named == stack.stack_name and stack.status != "DELETE_COMPLETE")
        if is_it and _is_protected(stack, list(stacks)):
            message = f"Stack [{stack.stack_name}] cannot be deleted while TerminationProtection is enabled"
            raise respond.client_error("ValidationError", message)


def _is_protected(stack: Any, stacks: Sequence[Any]) -> bool:
    """By itself, or with one that has it as a nested stack, however deep."""
    parents = [one for one in stacks if stack.stack_id in _physical_ids(one)]
    return stack.enable_termination_protection or any(_is_protected(one, stacks) for one in parents)


def _physical_ids(stack: Any) -> set[str]:
    return {str(resource.get("PhysicalResourceId")) for resource in (stack.resolved_resources or {}).values()}


def _begin(original: Function, stack: Any, *args: Any, **kwargs: Any) -> None:
    """A stack is protected from its beginning where the request says so."""
    original(stack, *args, **kwargs)
    stack.enable_termination_protection = bool(stack.request_payload.get("EnableTerminationProtection"))


def _amend_reading(module: Any) -> None:
    from localstack.services.cloudformation.engine.template_preparer import (  # noqa: PLC0415 - with the service only
        parse_template,
    )

    def read(original: Function, request: Mapping[str, Any]) -> Any:
        """Raise CloudFormation's error for what makes IAM's resources unasked; who only looks at a template makes none."""
        text = original(request)
        if "StackName" in request:
            _GIVEN.set(frozenset(request.get("Capabilities") or ()))
            _check_capabilities(parse_template(text), _GIVEN.get())
        return text

    around(module, "extract_template_body", read)


def _model(original: Function, _provider: Any, *, change_set: Any, after_template: Any, **more: Any) -> None:
    """What macros make of a template needs its capabilities, too; a new stack that lacks them is not there."""
    original(change_set=change_set, after_template=after_template, **more)
    if after_template is None:
        return
    stack = change_set.stack
    try:
        _check_capabilities(change_set.processed_template, _GIVEN.get())
    except CommonServiceException:
        if more.get("before_template") is None and not stack.change_set_ids:
            models: Any = loaded("localstack.services.cloudformation.stores")
            models.cloudformation_stores[stack.account_id][stack.region_name].stacks_v2.pop(stack.stack_id, None)
        raise
    stack.capabilities = sorted(_GIVEN.get())


def _create_nested(original: Function, provider: Any, request: Any) -> Any:
    """A nested stack has the capabilities that its parent was given; LocalStack gives it all.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html#API_CreateStack_RequestParameters
    """
    models: Any = loaded("localstack.services.cloudformation.stores")
    stacks = models.cloudformation_stores[request.account_id][request.region_name].stacks_v2.values()
    parents = [one for one in list(stacks) if one.stack_name == request.stack_name and one.is_active()]
    given = list(parents[-1].capabilities) if parents else []
    client = request.aws_client_factory.cloudformation
    limited = SimpleNamespace(
        create_stack=lambda **asked: client.create_stack(**{**asked, "Capabilities": given}),
        describe_stacks=client.describe_stacks,
    )
    request.aws_client_factory = SimpleNamespace(cloudformation=limited)
    return original(provider, request)


def _check_capabilities(template: Any, given: frozenset[str]) -> None:
    wanted = set(_capabilities(template))
    missing = _NAMED_IAM if _NAMED_IAM in wanted else _IAM if wanted else None
    if missing is not None and not given & ({_NAMED_IAM} | {missing}):
        raise respond.client_error("InsufficientCapabilitiesException", f"Requires capabilities : [{missing}]")


def _capabilities(template: Any) -> Iterator[str]:
    resources = template.get("Resources") if isinstance(template, Mapping) else None
    for resource in resources.values() if isinstance(resources, Mapping) else ():
        kind = str(resource.get("Type")) if isinstance(resource, Mapping) else ""
        if kind in _OF_IAM:
            properties = resource.get("Properties")
            yield _NAMED_IAM if isinstance(properties, Mapping) and _OF_IAM[kind] in properties else _IAM


class _Failed(Exception):
    """A stack was not made, updated or deleted."""


def _execute(original: Function, executor: Any) -> Any:
    """A stack whose resource was refused is not complete: LocalStack looks at the resources that were there, and at none in an update.

    A change set that is executed by its name is told of it by the result.
    """
    result = original(executor)
    change_set = executor._change_set  # noqa: SLF001 - LocalStack tells it nobody
    stack, name = change_set.stack, str(change_set.change_set_name)
    if name.startswith(_DELETION):
        kept = [id_ for id_, one in result.resources.items() if one.get("ResourceStatus") == "DELETE_FAILED"]
        if kept:
            raise _Failed(f"The following resource(s) failed to delete: [{', '.join(kept)}]. ")
        return result
    of_stack = name == f"cs-{stack.stack_name}-create"
    if result.failure_message and of_stack and not stack.status.startswith("DELETE"):
        stack.resolved_resources = {**(stack.resolved_resources or {}), **result.resources}  # to be deleted with it
        raise _Failed(result.failure_message)
    return result


def _create_bucket(_original: Function, provider: Any, model: Mapping[str, Any], region: str, s3: Any) -> None:
    """A bucket is made by CreateBucket alone, with the list that the template names; LocalStack takes what may not be looked at for made.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html
    """
    asked: dict[str, Any] = {"Bucket": model["BucketName"]}
    if acl := model.get("AccessControl"):
        asked["ACL"] = provider._convert_acl_cf_to_s3(acl)  # noqa: SLF001 - LocalStack's names of them
    rules = (model.get("OwnershipControls") or {}).get("Rules") or ()
    if rules:
        asked["ObjectOwnership"] = rules[0]["ObjectOwnership"]
    if model.get("ObjectLockEnabled"):
        asked["ObjectLockEnabledForBucket"] = True
    if region != "us-east-1":
        asked["CreateBucketConfiguration"] = {"LocationConstraint": region}
    s3.create_bucket(**asked)
