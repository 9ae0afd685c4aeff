"""How S3 encrypts: by an algorithm of its own, and with a key of KMS only where KMS is said.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html; LocalStack stores whatever is said. Which sentence S3 says of a
method: https://github.com/bloomreach/s4cmd/issues/63; of a key without a method, none is documented.
"""

from harness.actions import Operation
from harness.gateway import respond

_ALGORITHMS = frozenset({"AES256", "aws:fsx", "aws:kms", "aws:kms:dsse"})
_OPERATIONS = frozenset({"CopyObject", "CreateMultipartUpload", "PutObject"})
UNSUPPORTED = "The encryption method specified is not supported"
NOT_APPLICABLE = (
    "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"
)


def check_algorithm(operation: Operation) -> None:
    """Raise S3's error for an algorithm that is none, and for a key beside one that needs none."""
    if operation.service != "s3" or operation.name not in _OPERATIONS:
        return
    algorithm = operation.params.get("ServerSideEncryption")
    if algorithm and algorithm not in _ALGORITHMS:
        raise respond.client_error("InvalidArgument", UNSUPPORTED)
    if operation.params.get("SSEKMSKeyId") and not str(algorithm or "").startswith("aws:kms"):
        raise respond.client_error("InvalidArgument", NOT_APPLICABLE)
