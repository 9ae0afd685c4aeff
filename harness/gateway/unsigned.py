"""Unsigned requests: only S3 has them, and only those that nothing in them signs or addresses to another service.

AWS tells services apart by their endpoints; here there is one, so that an unsigned request is S3's if LocalStack takes it for S3's,
or for nobody's while it has a path, as `PUT /bucket/key` has.
"""

from localstack.aws.api import RequestContext
from localstack.http import Request

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
