"""Tables: how each group of services names a request that is not authenticated. Code, message and status by reason.

https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and each service's own Common Errors page;
S3: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html ;
EC2: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html

Rules: a family answers what it lists; every other reason is the signature that does not match (`other`). A message in braces is
what the verifier said (`{detail}`), or AWS's general sentence where it said nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.sigv4 import Reason, Rejected

INVALID_TOKEN = "The security token included in the request is invalid."  # noqa: S105 - AWS's sentence
EXPIRED_TOKEN = "The security token included in the request is expired"  # noqa: S105 - AWS's sentence
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
    "signing method. Consult the service documentation for details."
)
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (SignatureDoesNotMatch)
MISMATCH_S3 = (
    "The request signature we calculated does not match the signature you provided. Check your key and signing method."
)
NO_SUCH_KEY = "The AWS Access Key Id you provided does not exist in our records."
# OBSERVED: https://github.com/hashicorp/terraform/issues/17273 (status 401), https://github.com/ansible/ansible/issues/5647
NOT_VALIDATED = "AWS was not able to validate the provided access credentials"
COMPONENTS = "the authorization header requires three components: Credential, SignedHeaders, and Signature."
# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html (MissingAction)
MISSING_ACTION = "The request is missing an action or a required parameter."
TWO = "the request carries more than one credential"
DETAIL = "{detail}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The error of one reason."""

    code: str
    message: str
    status: int

    def message_for(self, rejected: Rejected, default: str) -> str:
        """The message, with what the verifier said where AWS says it."""
        return self.message.replace(DETAIL, rejected.detail or default)


@dataclass(frozen=True, slots=True)
class Family:
    """A group of services that name refusals alike."""

    answers: Mapping[Reason, Answer]
    other: Answer
    default: str = MISMATCH
    """The message where the verifier said nothing."""
    denied: str = "AccessDenied"
    """The code of a request that is authenticated and not authorized, and its status."""
    denied_status: int = 403
    unknown_operation: str = "InvalidAction"
    # OBSERVED: https://github.com/fog/fog-aws/issues/368 (IAM), https://github.com/aws/aws-cli/issues/37 (SES)
    unknown_message: str = "Could not find operation {operation} for version {version}"
    unreadable: str = "MalformedInput"

    def answer(self, rejected: Rejected) -> tuple[str, str, int]:
        """Code, message and status of the refusal."""
        answer = self.answers.get(rejected.reason, self.other)
        default = TWO if rejected.reason is Reason.TWO_CREDENTIALS else self.default
        return answer.code, answer.message_for(rejected, default), answer.status


def _token(code: str, status: int) -> Mapping[Reason, Answer]:
    """What AWS does not tell apart: https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html."""
    answer = Answer(code, INVALID_TOKEN, status)
    return dict.fromkeys((Reason.UNKNOWN_KEY, Reason.INACTIVE_KEY, Reason.BAD_TOKEN, Reason.MISSING_TOKEN), answer)


def _json(status: int, missing: str = "Missing Authentication Token") -> Family:
    """The json protocols; rest-json services answer 403 where json services answer 400."""
    incomplete = Answer("IncompleteSignatureException", DETAIL, status)
    return Family(
        {
            Reason.MISSING: Answer("MissingAuthenticationTokenException", missing, status),
            Reason.MALFORMED: incomplete,
            Reason.MALFORMED_QUERY: incomplete,
            Reason.TWO_CREDENTIALS: incomplete,
            **_token("UnrecognizedClientException", status),
            Reason.EXPIRED_SESSION: Answer("ExpiredTokenException", EXPIRED_TOKEN, status),
        },
        Answer("InvalidSignatureException", DETAIL, status),
        denied="AccessDeniedException",
        denied_status=status,
        unknown_operation="UnknownOperationException",
        unknown_message="the service has no such operation",
        unreadable="SerializationException",
    )


NO_TOKEN = "Request is missing Authentication Token"  # noqa: S105 - AWS's sentence
_INCOMPLETE = Answer("IncompleteSignature", DETAIL, 400)
_MISSING = Answer("MissingAuthenticationToken", NO_TOKEN, 403)

QUERY = Family(
    {
        Reason.MISSING: _MISSING,
        Reason.MALFORMED: _INCOMPLETE,
        Reason.MALFORMED_QUERY: _INCOMPLETE,
        Reason.TWO_CREDENTIALS: _INCOMPLETE,
        **_token("InvalidClientTokenId", 403),
        Reason.EXPIRED_SESSION: Answer("ExpiredToken", EXPIRED_TOKEN, 403),
    },
    Answer("SignatureDoesNotMatch", DETAIL, 403),
)
JSON = _json(400)
REST_JSON = _json(403)
# OBSERVED: https://github.com/architect/dynalite/issues/105 ; Secrets Manager has the shorter sentence:
# https://github.com/aws/aws-sdk-cpp/issues/2466
DYNAMODB = _json(400, NO_TOKEN)

_NOT_VALIDATED = Answer("AuthFailure", NOT_VALIDATED, 401)
_REQUEST_EXPIRED = Answer("RequestExpired", "Request has expired.", 400)
EC2 = Family(
    {
        Reason.MISSING: _MISSING,
        Reason.MALFORMED: _INCOMPLETE,
        Reason.MALFORMED_QUERY: _INCOMPLETE,
        Reason.TWO_CREDENTIALS: _INCOMPLETE,
        Reason.EXPIRED_SESSION: _REQUEST_EXPIRED,
        Reason.SKEWED: _REQUEST_EXPIRED,
        Reason.EXPIRED_URL: _REQUEST_EXPIRED,
    },
    _NOT_VALIDATED,
    denied="UnauthorizedOperation",
    # OBSERVED: https://github.com/cognitect-labs/aws-api/issues/6
    unknown_message="The action {operation} is not valid for this web service.",
)
SNS = Family(QUERY.answers, QUERY.other, denied="AuthorizationError")

_NO_SUCH_KEY = Answer("InvalidAccessKeyId", NO_SUCH_KEY, 403)
_MALFORMED_S3 = Answer("AuthorizationHeaderMalformed", f"The authorization header is malformed; {DETAIL}", 400)
S3 = Family(
    {
        Reason.MISSING: Answer("AccessDenied", "Access Denied", 403),
        # OBSERVED: https://github.com/robmcvey/cakephp-amazon-s3/issues/15
        Reason.MALFORMED: Answer(_MALFORMED_S3.code, f"The authorization header is malformed; {COMPONENTS}", 400),
        Reason.MALFORMED_QUERY: Answer("AuthorizationQueryParametersError", DETAIL, 400),
        Reason.TWO_CREDENTIALS: Answer("InvalidArgument", "Only one auth mechanism allowed", 400),
        Reason.UNKNOWN_KEY: _NO_SUCH_KEY,
        Reason.INACTIVE_KEY: _NO_SUCH_KEY,
        Reason.MISSING_TOKEN: _NO_SUCH_KEY,
        Reason.BAD_TOKEN: Answer("InvalidToken", "The provided token is malformed or otherwise invalid.", 400),
        Reason.EXPIRED_SESSION: Answer("ExpiredToken", "The provided token has expired.", 400),
        Reason.SKEWED: Answer(
            "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", 403
        ),
        Reason.EXPIRED_URL: Answer("AccessDenied", "Request has expired", 403),
        # OBSERVED: https://github.com/s3fs-fuse/s3fs-fuse/issues/1186
        Reason.WRONG_SCOPE: _MALFORMED_S3,
        Reason.UNSIGNED_HEADER: Answer("AccessDenied", DETAIL, 403),
        Reason.WRONG_PAYLOAD: Answer(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
        ),
        Reason.BROKEN_CHUNKS: Answer("IncompleteBody", "The request body terminated unexpectedly", 400),
        Reason.BROKEN_FORM: Answer(
            "MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.", 400
        ),
        Reason.LONG_FIELDS: Answer(
            "MaxPostPreDataLengthExceeded", "Your POST request fields preceding the upload file were too large.", 400
        ),
        Reason.BAD_FIELD: Answer("InvalidArgument", DETAIL, 400),
        Reason.OLD_SIGNATURE: Answer(
            "InvalidRequest",
            "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
            400,
        ),
        Reason.BROKEN_POLICY: Answer("InvalidPolicyDocument", DETAIL, 400),
        # OBSERVED: https://github.com/waynehoover/s3_direct_upload/issues/107
        Reason.AGAINST_POLICY: Answer("AccessDenied", DETAIL, 403),
        Reason.TOO_SMALL: Answer(
            "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", 400
        ),
        Reason.TOO_LARGE: Answer("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", 400),
        Reason.UNSUPPORTED_PAYLOAD: Answer("NotImplemented", DETAIL, 501),
    },
    Answer("SignatureDoesNotMatch", MISMATCH_S3, 403),
)

# By service where it differs from its protocol. SQS speaks json today and still answers with the query protocol's codes.
BY_SERVICE: Mapping[str, Family] = {
    "s3": S3,
    "s3control": S3,
    "ec2": EC2,
    "sns": SNS,
    "sqs": QUERY,
    "dynamodb": DYNAMODB,
}
BY_PROTOCOL: Mapping[str, Family] = {"json": JSON, "smithy-rpc-v2-cbor": JSON, "rest-json": REST_JSON}


@dataclass(frozen=True, slots=True)
class KeyDenied:
    """How a service names that its caller may not use a key of KMS."""

    code: str
    status: int = 400
    message: str | None = None
    """None: what IAM says. `{said}` is that, and `{source}` what the service uses the key for."""
    shape: str | None = None
    """The error's name in the service's model, where its code is the query protocol's."""


# OBSERVED: https://github.com/aws/aws-cdk/issues/10010, without the numbers of KMS's own answer
_TABLE_KEY = (
    "KMS key access denied error: com.amazonaws.services.kms.model.AWSKMSException: The ciphertext refers to a customer master key "
    "that does not exist, does not exist in this region, or you are not allowed to access."
)
# OBSERVED: https://github.com/hashicorp/terraform/issues/20813, there with another of KMS's exceptions
_VARIABLES_KEY = (
    "Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check "
    "your KMS key settings. KMS Exception: AccessDeniedException KMS Message: {said}"
)
KEY_DENIED: Mapping[str, KeyDenied] = {
    "dynamodb": KeyDenied("AccessDeniedException", message=_TABLE_KEY),
    "dynamodbstreams": KeyDenied("AccessDeniedException", message=_TABLE_KEY),
    # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecord.html#API_PutRecord_Errors
    "kinesis": KeyDenied("KMSAccessDeniedException"),
    "lambda:CreateGrant": KeyDenied("InvalidParameterValueException", message=_VARIABLES_KEY),
    # OBSERVED: https://github.com/hashicorp/terraform-provider-aws/issues/29282
    "logs": KeyDenied(
        "AccessDeniedException",
        message="The specified KMS key does not exist or is not allowed to be used with Arn '{source}'",
    ),
    # OBSERVED: https://github.com/aws-samples/aws-secrets-manager-rotation-lambdas/issues/53
    "secretsmanager": KeyDenied("AccessDeniedException", message="Access to KMS is not allowed"),
    # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
    "sns": KeyDenied("KMSAccessDenied"),
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html#API_SendMessage_Errors
    "sqs": KeyDenied("KMS.AccessDeniedException", shape="KmsAccessDenied"),
}
"""By service, and where it says so for one use of a key only by `SERVICE:ACTION`."""
# The sentence of https://repost.aws/knowledge-center/secrets-manager-cross-account-key; LocalStack's provider has the code.
DEFAULT_KEY = (
    "InvalidRequestException",
    "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
)


def family(service: str, protocol: str) -> Family:
    """The family of a service, as it was called."""
    return BY_SERVICE.get(service) or BY_PROTOCOL.get(protocol, QUERY)


def wrong_region(service: str, signed: str, expected: str) -> Rejected:
    """The signed region is none in which the request would be executed."""
    if family(service, "") is S3:
        return Rejected(Reason.WRONG_SCOPE, f"the region '{signed}' is wrong; expecting '{expected}'")
    # OBSERVED: https://github.com/cognitect-labs/aws-api/issues/27
    return Rejected(Reason.WRONG_SCOPE, f"Credential should be scoped to a valid region, not '{signed}'. ")


def wrong_service(service: str, signed: str, expected: str) -> Rejected:
    """The signed service is not the one that the request is for."""
    if family(service, "") is S3:
        said = f'incorrect service "{signed}". This endpoint belongs to "{expected}".'
    else:
        said = f"Credential should be scoped to correct service: '{expected}'. "
    return Rejected(Reason.WRONG_SCOPE, said)
