"""Forward access sessions: what CloudFormation does for a stack, it does with the permissions of whoever asked for it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html. The resources of a stack with a service role
are made with a session of that role: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html

LocalStack's internal clients sign with what is lent to the request that they are made in, and to the thread that goes on with it.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext
from localstack.aws.connect import InternalClientFactory, connect_to
from localstack.http import Response
from localstack.utils import threads

from harness.actions import Operation
from harness.gateway.asked import Asked
from harness.gateway.services.lazily import around, loaded, when_loaded
from harness.gateway.sts import Sts, validation
from harness.wire.vouch import Vouch

SERVICE = "cloudformation.amazonaws.com"
_OF_STACKS = frozenset({"CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet"})
_MAKING = frozenset({"CreateStack", "CreateChangeSet"})
_OF_TEMPLATES = frozenset({"GetTemplateSummary", "ValidateTemplate"})
"""Operations that read a template where it lies, and make nothing."""

Credentials = Mapping[str, Any]
_LENT: ContextVar[Credentials | None] = ContextVar("lent", default=None)
_ROLE: ContextVar["_Role | None"] = ContextVar("role", default=None)


def install() -> None:
    """Have internal clients sign with the keys that are lent where they are made."""
    around(InternalClientFactory, "get_client", _signing)
    around(threads, "start_worker_thread", _lending)
    when_loaded(
        "localstack.services.cloudformation.engine.policy_loader",
        lambda module: around(module, "create_policy_loader", _by_itself),
    )
    when_loaded("localstack.services.cloudformation.api_utils", _amend_templates)


def end() -> None:
    """The request is over: its thread serves others."""
    _LENT.set(None)
    _ROLE.set(None)


@dataclass(frozen=True, slots=True)
class _Role:
    """The role of a request, and what has it once the request is accepted."""

    arn: str
    holder: str | None
    """A stack's ARN; None for what the request makes."""


@dataclass(slots=True)
class ForwardAccess:
    """Lends the sessions."""

    account_id: str
    tokens: Sts
    _roles: dict[str, str] = field(default_factory=dict)
    """ARN of a stack or a change set -> the role that works on it. LocalStack keeps some of them, and none as AWS does."""

    def begin(self, asked: Asked, resource: str | None) -> None:
        """Lend the caller's permissions, or those of the role of the stack `resource`, to what executes the request.

        Raises AWS's ValidationError for a role that CloudFormation may not assume.
        """
        operation, signer = asked.operation, asked.signer
        if operation.service != "cloudformation" or not isinstance(signer, Vouch):
            return
        role = self._service_role(asked, resource) if operation.name in _OF_STACKS else None
        if role is not None:
            _LENT.set(_assumed(role, operation.region))
        elif operation.name in _OF_STACKS | _OF_TEMPLATES:
            _LENT.set(self.tokens.forward(signer.caller, signer.key_id, SERVICE))

    def settle(self, context: RequestContext, response: Response) -> None:
        """Keep the role that an accepted request names: a stack's works on it from then on, a change set's once that is executed."""
        role = _ROLE.get()
        if role is None or response.status_code >= HTTPStatus.BAD_REQUEST:
            return
        made: Any = context.service_response or {}
        holder = role.holder or made.get("Id") or made.get("StackId")
        if holder is not None:
            self._roles[holder] = role.arn

    def _service_role(self, asked: Asked, resource: str | None) -> str | None:
        """The role that the request names, or that of the change set that it executes, or else the stack's."""
        operation, stack = asked.operation, resource or ""
        named: str | None = operation.params.get("RoleARN")
        if operation.name == "ExecuteChangeSet":
            named = self._roles.get(self._change_set(operation, stack) or "")
        if named is not None:
            _ROLE.set(_Role(named, None if operation.name in _MAKING else stack))
        return named or self._roles.get(stack)

    def _change_set(self, operation: Operation, stack: str) -> str | None:
        """Its ARN: a request may name it within its stack."""
        name = str(operation.params.get("ChangeSetName") or "")
        models = loaded("localstack.services.cloudformation.stores")
        if name.startswith("arn:") or models is None:
            return name
        held = models.cloudformation_stores[self.account_id][operation.region].change_sets.values()
        found = (str(one.change_set_id) for one in held if one.change_set_name == name and one.stack.stack_id == stack)
        return next(found, None)


def _assumed(role: str, region: str) -> Credentials:
    """A session of CloudFormation's in the role.

    OBSERVED, its name and the message: https://github.com/aws-solutions/aws-waf-security-automations/issues/33 and
    https://github.com/hashicorp/terraform-provider-aws/issues/22834.
    """
    sts = connect_to(region_name=region).sts.request_metadata(service_principal="cloudformation")
    try:
        return dict(sts.assume_role(RoleArn=role, RoleSessionName="AWSCloudFormation")["Credentials"])
    except ClientError as refused:
        if refused.response["Error"]["Code"] not in {"AccessDenied", "ValidationError"}:
            raise
        raise validation(f"Role {role} is invalid or cannot be assumed") from refused


def _signing(original: Callable[..., Any], factory: Any, service_name: str, **params: Any) -> Any:
    """A client that was given a session's keys keeps them."""
    lent = _LENT.get()
    if lent is not None and not params.get("aws_session_token"):
        params |= {
            "aws_access_key_id": lent["AccessKeyId"],
            "aws_secret_access_key": lent["SecretAccessKey"],
            "aws_session_token": lent["SessionToken"],
        }
    return original(factory, service_name, **params)


def _lending(original: Callable[..., Any], method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    if _LENT.get() is None:
        return original(method, *args, **kwargs)
    context = copy_context()

    def with_what_is_lent(*given: Any) -> Any:
        return context.run(method, *given)

    return original(with_what_is_lent, *args, **kwargs)


def _amend_templates(module: Any) -> None:
    module.safe_requests = _Unread
    around(module, "convert_s3_to_local_url", _place)
    for name in ("get_remote_template_body", "get_template_body"):
        around(module, name, _read_template)


def _place(original: Callable[..., Any], url: str) -> Any:
    """Where a template lies; LocalStack looks for a bucket and a key in whatever it is given."""
    parsed = urlsplit(url)
    try:
        found = original(url) if parsed.scheme in {"http", "https", "s3"} and parsed.netloc else None
    except IndexError:
        found = None
    if found is None or str(found).endswith("/None"):
        raise validation("TemplateURL must be a supported URL.")
    return found


def _read_template(original: Callable[..., Any], *args: Any) -> Any:
    """OBSERVED: https://github.com/awslabs/sagemaker-explaining-credit-decisions/issues/1 (`S3 error: Access Denied`)."""
    try:
        return original(*args)
    except ClientError as refused:
        raise validation(f"S3 error: {refused.response['Error']['Message']}") from refused


class _Unread:
    """Templates are read from their buckets, with what is lent, and not first by anyone at all."""

    @staticmethod
    def get(*_: Any, **__: Any) -> None:
        """Nothing was found so."""


def _by_itself(original: Callable[..., Any]) -> Any:
    """The SAM transform looks up AWS's managed policies for itself, with a client that LocalStack keeps for every caller."""
    context = copy_context()
    context.run(end)
    return context.run(original)
