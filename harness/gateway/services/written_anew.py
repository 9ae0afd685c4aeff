"""moto gets a request that is written anew from what LocalStack's parser read, and that was decided.

Both read the same bytes by rules of their own. moto takes a part of a form for the body, a query string for the members of a body and
a body for those of a path or a query, a URL's end for a name whether or not it is the path's, and parameters that no member has. In
what botocore writes from the parsed parameters nothing else is left to be found, and each parameter stands where moto expects it.
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence
from localstack.aws.api import RequestContext
from localstack.aws.protocol.parser import create_parser
from localstack.http import Request, Response
from werkzeug.datastructures import Headers

from harness.gateway.arrival import OPERATION_HEADER
from harness.gateway.services.lazily import around, when_loaded

_WRITTEN = "harness.written"
OF_THE_BODY = frozenset({"content-encoding", "content-length", "content-type", "transfer-encoding"})
"""Headers: what they say of the body that came is not true of the one that is written."""
_JSON = frozenset({"application/x-amz-json-1.0", "application/x-amz-json-1.1"})
_ONE_OF = "AttributeValue"
"""DynamoDB's, of which moto takes the member that comes first: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html."""
_serializer = cache(create_serializer)


class NotWrittenAnewError(Exception):
    """A decided request has come to moto by a way that this module does not know: nothing is executed."""


def install() -> None:
    """Stand before LocalStack's only door to moto."""
    when_loaded("localstack.services.moto", lambda module: around(module, "dispatch_to_moto", _anew))


def template_of(request: Any) -> str:
    """The path of the request's operation, with the names of what stands in it. Raises NotWrittenAnewError for what a client wrote."""
    template: str | None = getattr(request, "environ", {}).get(_WRITTEN)
    if template is None:
        raise NotWrittenAnewError(request.path)
    return template


def _anew(original: Callable[[RequestContext], Response], context: RequestContext) -> Response:
    """What LocalStack itself asks of moto, without the gate's word, is passed on as it is."""
    if OPERATION_HEADER not in context.request.headers:
        return original(context)
    if _says_it_all(context):
        context.request.environ[_WRITTEN] = "/"
        return original(context)
    anew = RequestContext(written(context))
    anew.service = context.service
    return original(anew)


def _says_it_all(context: RequestContext) -> bool:
    """Whether a request is already as it would be written: JSON with nothing beside it, and in it nothing but what the model has.

    To write it anew takes 0.2 ms, and most requests to moto are such ones.
    """
    request, operation = context.request, context.operation
    shape = operation.input_shape if operation is not None else None
    beside = request.query_string or request.path != "/" or request.mimetype not in _JSON
    if context.protocol != "json" or shape is None or beside or "content-encoding" in request.headers:
        return False
    try:
        return _is_of(shape, json.loads(request.data.decode()))  # moto knows no other encoding
    except ValueError:
        return False


def _is_of(shape: Shape, value: Any) -> bool:
    """Whether the value is as the shape has it: no member that it does not know, none whose order counts, none that is null."""
    if isinstance(shape, StructureShape):
        known = isinstance(value, dict) and shape.members.keys() >= value.keys()
        one = known and (len(value) == 1 or shape.name != _ONE_OF)
        return one and all(_is_of(shape.members[name], inner) for name, inner in value.items())
    if isinstance(shape, ListShape):
        return isinstance(value, list) and all(_is_of(shape.member, inner) for inner in value)
    if isinstance(shape, MapShape):
        return isinstance(value, dict) and all(_is_of(shape.value, inner) for inner in value.values())
    return isinstance(value, str) if shape.type_name == "string" else isinstance(value, str | int | float)


def written(context: RequestContext) -> Request:
    """The request with its parameters and nothing else.

    They are parsed again, by the parser that was decided by: a provider may have altered those of the context, or have made
    another request of them.
    """
    came = context.request
    operation, params = create_parser(context.service, context.protocol).parse(came)
    headers = Headers([(name, value) for name, value in came.headers if name.lower() not in OF_THE_BODY])
    anew = request_of(operation, _said(params or {}), context.protocol, headers, came.scheme)
    anew.environ[_WRITTEN] = operation.http["requestUri"].partition("?")[0]
    return anew


def request_of(
    operation: OperationModel, params: Any, protocol: str, more: Headers | None = None, scheme: str = "http"
) -> Request:
    """What botocore sends for the operation, with more headers."""
    wire = _serializer(protocol, include_validation=False).serialize_to_request(params, operation)
    path, _, fixed = wire["url_path"].partition("?")
    query = "&".join(part for part in (fixed, percent_encode_sequence(wire["query_string"] or {})) if part)
    headers = more or Headers()
    for name, value in wire["headers"].items():
        headers[name] = value
    return Request(
        method=wire["method"],
        path=unquote(path),
        raw_path=path,
        query_string=query,
        headers=headers,
        body=_bytes(wire["body"]),
        scheme=scheme,
    )


def _said(value: Any) -> Any:
    """The parameters that came: the parser has None for those that are missing, and botocore would write it."""
    if isinstance(value, dict):
        return {key: _said(inner) for key, inner in value.items() if inner is not None}
    return [_said(inner) for inner in value] if isinstance(value, list) else value


def _bytes(body: Any) -> bytes:
    """A form's fields, a stream, or the body as it stands."""
    if isinstance(body, dict):
        return urlencode(body).encode()
    read: bytes = body.read() if hasattr(body, "read") else body
    return read
