"""IAM's answers as AWS words them: in pages, and with policy documents in URL encoding.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html: documents are encoded as RFC 3986 has it.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from botocore.model import ListShape, OperationModel, Shape, StructureShape
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from harness.gateway import respond
from harness.gateway.arrival import is_decided
from harness.gateway.iam import pages

# What lists keep to themselves: https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html, API_ListRoles.html
_UNLISTED: Mapping[str, tuple[str, frozenset[str]]] = {
    "ListRoles": ("Roles", frozenset({"PermissionsBoundary", "RoleLastUsed", "Tags"})),
    "ListUsers": ("Users", frozenset({"PermissionsBoundary", "Tags"})),
}
_DOCUMENT = "policyDocumentType"
"""The shape of every policy document in IAM's model."""


class IamAnswers:
    """Response handler: what LocalStack executed of IAM is answered as AWS would."""

    def __call__(self, _chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Answer anew where the answer differs."""
        service, operation, answer = context.service, context.operation, context.service_response
        if service is None or operation is None or service.service_name != "iam":
            return
        if not is_decided(context) or not isinstance(answer, dict) or context.service_exception is not None:
            return
        amended = as_awss(operation, context.service_request or {}, answer)
        if amended != answer:
            respond.write_result(context, response, amended)


def as_awss(operation: OperationModel, params: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer as AWS would give it."""
    asked = pages.page(operation, params, answer) if pages.has_pages(operation) else dict(answer)
    asked = _listed(operation.name, asked)
    encoded: dict[str, Any] = _encoded(operation.output_shape, asked) if operation.output_shape is not None else asked
    return encoded


def _listed(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what a list does not tell of each entity."""
    member, untold = _UNLISTED.get(operation, ("", frozenset()))
    if member not in answer:
        return answer
    return answer | {member: [{name: each[name] for name in each if name not in untold} for each in answer[member]]}


def _encoded(shape: Shape, value: Any) -> Any:
    """The value with its documents encoded; moto has encoded some."""
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        members = shape.members
        return {name: _encoded(members[name], one) if name in members else one for name, one in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_encoded(shape.member, one) for one in value]
    if shape.name != _DOCUMENT or not isinstance(value, str):
        return value
    return quote(value if value.lstrip().startswith("{") else unquote(value), safe="")
