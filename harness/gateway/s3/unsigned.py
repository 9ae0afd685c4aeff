"""Unsigned requests: only S3 has them, and only those that nothing in them signs or addresses to another service.

AWS tells services apart by their endpoints; here there is one, so that an unsigned request is S3's if LocalStack takes it for S3's,
or for nobody's while it has a path, as `PUT /bucket/key` has.
"""

from collections.abc import Mapping
from http import HTTPStatus

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.http import Request

from harness.actions import Operation
from harness.gateway.arrival import Arrival
from harness.gateway.respond import recognised
from harness.sigv4 import Head

# A preflight is no request for a resource: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})
_HOSTS = (".amazonaws.com", ".localhost.localstack.cloud")
# What a signature of any version leaves in a query or in headers: such a request is signed, however badly.
_TRACES = frozenset(
    {"awsaccesskeyid", "signature", "x-amz-algorithm", "x-amz-credential", "x-amz-security-token", "x-amz-signature"}
)
# What S3 does for nobody who has not signed, whatever the bucket's policy says.
# OBSERVED: https://github.com/awsdocs/amazon-s3-userguide/pull/91 and https://github.com/aws/aws-sdk-cpp/issues/1575 (uploads),
# https://github.com/Seagate/cortx-prvsnr/issues/2908 (copies).
_NO_COPY = "Anonymous users cannot copy objects.  Please authenticate."
_SIGNED_ONLY: Mapping[str, str] = {
    "CopyObject": _NO_COPY,
    "CreateMultipartUpload": "Anonymous users cannot initiate multipart uploads.  Please authenticate.",
    "UploadPartCopy": _NO_COPY,
}
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html ("They cannot be used with an unsigned (anonymous) request"),
# OBSERVED: https://github.com/aws/aws-sdk-ruby/issues/2273, https://github.com/floci-io/floci/pull/1098 (status, and HeadObject)
_READS = frozenset({"GetObject", "HeadObject"})
_NO_OVERRIDES = "Request specific response headers cannot be used for anonymous GET requests."


def refused_to_anyone(operation: Operation) -> CommonServiceException | None:
    """S3's error for what only a signature opens."""
    if operation.service != "s3":
        return None
    if (sentence := _SIGNED_ONLY.get(operation.name)) is not None:
        return CommonServiceException("AccessDenied", sentence, HTTPStatus.FORBIDDEN, sender_fault=True)
    overrides = [value for name, value in operation.params.items() if name.startswith("Response")]
    if operation.name in _READS and any(value is not None for value in overrides):
        return CommonServiceException("InvalidRequest", _NO_OVERRIDES, HTTPStatus.BAD_REQUEST, sender_fault=True)
    return None


def is_anonymous_s3(context: RequestContext, arrival: Arrival) -> bool:
    """Whether the unsigned request is one of S3's that anyone may make."""
    head = arrival.head
    if head.method not in _METHODS or _is_signed(head) or _is_elsewhere(head):
        return False
    found = recognised(_copy(context.request, arrival))
    return found.service_name == "s3" if found is not None else bool(head.path.strip("/"))


def _is_signed(head: Head) -> bool:
    names = {name.lower() for name, _ in (*head.query, *head.headers)}
    return not _TRACES.isdisjoint(names)


def _is_elsewhere(head: Head) -> bool:
    """A host of AWS's that is another service's: `api.execute-api.us-west-2.amazonaws.com`."""
    host = (head.value("host") or "").partition(":")[0].lower()
    labels = host.split(".")
    return host.endswith(_HOSTS) and not any(label == "s3" or label.startswith("s3-") for label in labels)


def _copy(request: Request, arrival: Arrival) -> Request:
    """Recognising a request may read its body, which is to be read by the service."""
    query = arrival.head.target.partition("?")[2]
    return Request(
        request.method, request.path, request.headers, arrival.body, query_string=query, raw_path=arrival.head.target
    )
