"""From a refusal to AWS's error, serialized as the service would; the codes are in `refusals`."""

import zlib
from http import HTTPStatus

from botocore.exceptions import UnknownServiceError
from botocore.model import ServiceModel
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.protocol.serializer import create_serializer
from localstack.aws.protocol.service_router import (
    ProtocolError,
    determine_aws_protocol,
    determine_aws_service_model,
    determine_aws_service_model_for_data_plane,
)
from localstack.aws.spec import load_service
from localstack.http import Request, Response
from localstack.services.plugins import SERVICE_PLUGINS  # noqa: F401 - the service models' custom data paths
from werkzeug.exceptions import HTTPException

from harness.gateway.refusals import JSON, MISSING_ACTION, Family, family
from harness.iam.specials import METHOD_NOT_ALLOWED
from harness.sigv4 import Rejected

MAX_NAME = 128
"""Of an operation's name that is said again; AWS's are shorter."""


def authentication_error(context: RequestContext, rejected: Rejected) -> CommonServiceException:
    """AWS's error for a request that is not authenticated."""
    code, message, status = _family(context).answer(rejected)
    return shaped_error(JSON.answer(rejected)[0], code, message, status)


def client_error(code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> CommonServiceException:
    """AWS's error for what the client asked and may not have."""
    return CommonServiceException(code, message, status, sender_fault=True)


def shaped_error(shape: str, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> CommonServiceException:
    """AWS's error whose shape has another name than its code: so a json service answers with the query protocol's codes (SQS)."""
    kind = type(shape, (CommonServiceException,), {})  # LocalStack names the shape after the class
    error: CommonServiceException = kind(code, message, status, sender_fault=True)
    return error


def denied_error(context: RequestContext, message: str) -> CommonServiceException:
    """AWS's error for a request that is authenticated and not authorized."""
    if message == METHOD_NOT_ALLOWED:
        return client_error("MethodNotAllowed", message, HTTPStatus.METHOD_NOT_ALLOWED)
    names = _family(context)
    return client_error(names.denied, message, names.denied_status)


def _family(context: RequestContext) -> Family:
    service = context.service
    return family(service.service_name if service is not None else "", context.protocol or "")


def unreadable(context: RequestContext, *, unknown: bool) -> CommonServiceException:
    """AWS's error for a request that names no operation of its service (`unknown`), or is not in the service's form."""
    names, service, operation = _family(context), context.service, _operation_named(context)
    if operation == "":
        return client_error("MissingAction", MISSING_ACTION)
    if unknown or (operation is not None and service is not None and operation not in service.operation_names):
        version = service.api_version if service is not None else ""
        said = names.unknown_message.format(operation=(operation or "")[:MAX_NAME], version=version)
        return client_error(names.unknown_operation, said)
    return client_error(names.unreadable, "the request is not in the form that the service reads")


# What reading a form raises that is none, or is not compressed as it says.
_UNREADABLE = (HTTPException, ValueError, OSError, EOFError, zlib.error)


def _operation_named(context: RequestContext) -> str | None:
    """The operation that a request names where it names one: empty where a query should and does not."""
    if context.protocol in {"query", "ec2"}:
        try:
            return str(context.request.values.get("Action", ""))
        except _UNREADABLE:
            return None
    target = context.request.headers.get("X-Amz-Target") if context.protocol == "json" else None
    return None if target is None else str(target).rpartition(".")[2]


def unavailable(message: str) -> CommonServiceException:
    """A refusal because the gate cannot decide: a peer is silent, a journal is full."""
    return CommonServiceException("ServiceUnavailable", message, HTTPStatus.SERVICE_UNAVAILABLE)


def internal(message: str) -> CommonServiceException:
    """A refusal because something that cannot be has been seen."""
    return CommonServiceException("InternalFailure", message, HTTPStatus.INTERNAL_SERVER_ERROR)


def recognise(context: RequestContext) -> None:
    """Find the service of a request that is not parsed yet, so that an early refusal speaks its protocol."""
    if context.service is not None:
        return
    # S3's clients alone send the payload's digest with every request.
    fallback = "s3" if "x-amz-content-sha256" in context.request.headers else "sts"
    speak_for(context, recognised(context.request) or load_service(fallback))


def recognised(request: Request) -> ServiceModel | None:
    """What LocalStack takes the request for. It breaks on hosts of its data planes, unknown services and unreadable forms."""
    try:
        return determine_aws_service_model_for_data_plane(request) or determine_aws_service_model(request)
    except (UnknownServiceError, HTTPException):
        return None


def speak_for(context: RequestContext, service: ServiceModel) -> None:
    """Answer as `service` would."""
    context.service = service
    try:
        context.protocol = determine_aws_protocol(context.request, service)
    except ProtocolError:
        context.protocol = service.protocol


def write_error(context: RequestContext, response: Response, error: CommonServiceException) -> None:
    """Serialize `error` into `response` as the request's service would."""
    recognise(context)
    service = context.service
    assert service is not None  # noqa: S101 - recognise has set it
    operation = context.operation or service.operation_model(service.operation_names[0])
    context.service_exception = error
    serializer = create_serializer(service, context.protocol)
    response.update_from(
        serializer.serialize_error_to_response(error, operation, context.request.headers, context.request_id)
    )


def write_result(context: RequestContext, response: Response, result: dict[str, object]) -> None:
    """Serialize what the gate itself answers (the STS operations)."""
    assert context.service is not None  # noqa: S101 - only parsed requests come here
    assert context.operation is not None  # noqa: S101
    context.service_response = result
    serializer = create_serializer(context.service, context.protocol)
    response.update_from(
        serializer.serialize_to_response(result, context.operation, context.request.headers, context.request_id)
    )
