"""Forward access sessions: what CloudFormation does for a stack, it does with the permissions of whoever asked for it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html. The resources of a stack with a service role
are made with a session of that role: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html

LocalStack's internal clients sign with what is lent to the request that they are made in, and to the thread that goes on with it.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.connect import InternalClientFactory, connect_to
from localstack.utils import threads

from harness.gateway.asked import Asked
from harness.gateway.services.lazily import around, loaded, when_loaded
from harness.gateway.sts import Sts, validation
from harness.wire.vouch import Vouch

SERVICE = "cloudformation.amazonaws.com"
_OF_STACKS = frozenset({"CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet"})
_OF_TEMPLATES = frozenset({"GetTemplateSummary", "ValidateTemplate"})
"""Operations that read a template where it lies, and make nothing."""

Credentials = Mapping[str, Any]
_LENT: ContextVar[Credentials | None] = ContextVar("lent", default=None)
_NAMED: ContextVar[tuple[Any, str] | None] = ContextVar("named", default=None)
"""A stack, and the role that the request names for it."""


def install() -> None:
    """Have internal clients sign with the keys that are lent where they are made."""
    around(InternalClientFactory, "get_client", _signing)
    around(threads, "start_worker_thread", _lending)
    when_loaded(
        "localstack.services.cloudformation.engine.policy_loader",
        lambda module: around(module, "create_policy_loader", _by_itself),
    )
    when_loaded(
        "localstack.services.cloudformation.api_utils", lambda module: setattr(module, "safe_requests", _Unread)
    )


def end(*, succeeded: bool = False) -> None:
    """The request is over: its thread serves others. A stack keeps the role that a request named, once that is accepted."""
    named = _NAMED.get()
    if named is not None and succeeded:
        stack, role = named
        stack.request_payload["RoleARN"] = role
    _NAMED.set(None)
    _LENT.set(None)


@dataclass(slots=True)
class ForwardAccess:
    """Lends the sessions."""

    account_id: str
    tokens: Sts

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

    def _service_role(self, asked: Asked, resource: str | None) -> str | None:
        """The role that the request names, to be the stack's from then on, or the stack's."""
        operation = asked.operation
        models = loaded("localstack.services.cloudformation.stores")
        stores = models.cloudformation_stores[self.account_id][operation.region] if models else None
        stack = stores.stacks_v2.get(resource) if stores else None
        named: str | None = operation.params.get("RoleARN")
        if stack is None or named:
            _NAMED.set((stack, named) if stack is not None and named else None)
            return named
        held: str | None = stack.request_payload.get("RoleARN")
        return held


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
