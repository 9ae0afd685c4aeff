"""From a refusal to AWS's error: code, status and message by protocol, serialized as the service would.

Codes: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and each service's own Common Errors page;
S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from dataclasses import dataclass
from http import HTTPStatus

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.protocol.serializer import create_serializer
from localstack.aws.protocol.service_router import determine_aws_protocol, determine_aws_service_model
from localstack.aws.spec import load_service
from localstack.http import Response
from localstack.services.plugins import SERVICE_PLUGINS  # noqa: F401 - the service models' custom data paths

from harness.sigv4 import Reason, Rejected

INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105 - AWS's sentence
EXPIRED_TOKEN = "The security token included in the request is expired"  # noqa: S105 - AWS's sentence
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
    "signing method. Consult the service documentation for details."
)
MISSING = "Missing Authentication Token"


@dataclass(frozen=True, slots=True)
class Family:
    """How a group of services names a refusal: suffix-like codes and the status of client errors."""

    mismatch: str
    missing: str
    incomplete: str
    invalid: str
    expired: str
    denied: str
    status: int
    """The status of the json services' authentication errors (400, Lambda's 403); query services use 403."""


_QUERY = Family(
    "SignatureDoesNotMatch", "MissingAuthenticationToken", "IncompleteSignature", "InvalidClientTokenId", "ExpiredToken",
    "AccessDenied", 403,
)  # fmt: skip
_JSON = Family(
    "InvalidSignatureException", "MissingAuthenticationTokenException", "IncompleteSignatureException",
    "UnrecognizedClientException", "ExpiredTokenException", "AccessDeniedException", 400,
)  # fmt: skip
_REST_JSON = Family(
    "InvalidSignatureException", "MissingAuthenticationTokenException", "IncompleteSignatureException",
    "UnrecognizedClientException", "ExpiredTokenException", "AccessDeniedException", 403,
)  # fmt: skip


def family(context: RequestContext) -> Family:
    """The family of the request's service, by its protocol."""
    protocol = context.protocol or ""
    if context.service is not None and context.service.service_name == "sqs":
        # SQS speaks json today and still answers with the query protocol's codes.
        return _QUERY
    if protocol.startswith("rest-json"):
        return _REST_JSON
    if protocol in {"json", "smithy-rpc-v2-cbor"}:
        return _JSON
    return _QUERY


def authentication_error(context: RequestContext, rejected: Rejected) -> CommonServiceException:
    """AWS's error for a request that is not authenticated."""
    if context.service is not None and context.service.service_name in {"s3", "s3control"}:
        return _s3_error(rejected)
    names = family(context)
    match rejected.reason:
        case Reason.MISSING:
            return _error(
                names.missing,
                MISSING if names is not _QUERY else "Request is missing Authentication Token",
                names.status,
            )
        case Reason.MALFORMED | Reason.TWO_CREDENTIALS:
            detail = rejected.detail or "the request carries more than one credential"
            return _error(names.incomplete, detail, HTTPStatus.BAD_REQUEST if names is not _REST_JSON else names.status)
        case Reason.UNKNOWN_KEY | Reason.INACTIVE_KEY | Reason.BAD_TOKEN:
            return _error(names.invalid, INVALID_TOKEN, names.status)
        case Reason.EXPIRED_SESSION:
            return _error(names.expired, EXPIRED_TOKEN, names.status)
        case _:
            return _error(names.mismatch, rejected.detail or MISMATCH, names.status)


def _s3_error(rejected: Rejected) -> CommonServiceException:
    code, message, status = {
        Reason.MISSING: ("AccessDenied", "Access Denied", 403),
        Reason.MALFORMED: ("AuthorizationHeaderMalformed", rejected.detail, 400),
        Reason.TWO_CREDENTIALS: ("InvalidArgument", "Only one auth mechanism allowed", 400),
        Reason.UNKNOWN_KEY: ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
        Reason.INACTIVE_KEY: ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403),
        Reason.BAD_TOKEN: ("InvalidToken", "The provided token is malformed or otherwise invalid.", 400),
        Reason.EXPIRED_SESSION: ("ExpiredToken", "The provided token has expired.", 400),
        Reason.SKEWED: ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", 403),
        Reason.EXPIRED_URL: ("AccessDenied", "Request has expired", 403),
        Reason.WRONG_SCOPE: ("AuthorizationHeaderMalformed", rejected.detail, 400),
        Reason.UNSIGNED_HEADER: ("AccessDenied", rejected.detail, 403),
        Reason.WRONG_PAYLOAD: (
            "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.", 400,
        ),
        Reason.UNSUPPORTED_PAYLOAD: ("NotImplemented", rejected.detail, 501),
    }.get(rejected.reason, ("SignatureDoesNotMatch", MISMATCH, 403))  # fmt: skip
    return _error(code, message, status)


def denied_error(context: RequestContext, message: str) -> CommonServiceException:
    """AWS's error for a request that is authenticated and not authorized."""
    if context.service is not None and context.service.service_name == "ec2":
        return _error("UnauthorizedOperation", message, HTTPStatus.FORBIDDEN)
    if context.service is not None and context.service.service_name == "sns":
        return _error("AuthorizationError", message, HTTPStatus.FORBIDDEN)
    names = family(context)
    return _error(names.denied, message, names.status)


def unavailable(message: str) -> CommonServiceException:
    """A refusal because the gate cannot decide: a peer is silent, a journal is full."""
    return CommonServiceException("ServiceUnavailable", message, HTTPStatus.SERVICE_UNAVAILABLE)


def internal(message: str) -> CommonServiceException:
    """A refusal because something that cannot be has been seen."""
    return CommonServiceException("InternalFailure", message, HTTPStatus.INTERNAL_SERVER_ERROR)


def _error(code: str, message: str, status: int) -> CommonServiceException:
    return CommonServiceException(code, message, int(status), sender_fault=True)


def recognise(context: RequestContext) -> None:
    """Find the service of a request that is not parsed yet, so that an early refusal speaks its protocol."""
    if context.service is not None:
        return
    service = determine_aws_service_model(context.request) or load_service("sts")
    context.service = service
    context.protocol = determine_aws_protocol(context.request, service)


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
