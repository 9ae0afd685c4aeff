"""How each service refuses a policy, or a principal that does not exist: its code, and its words where they are known."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from localstack.aws.api import CommonServiceException

from harness.policy.faults import MALFORMED, invalid_principal


@dataclass(frozen=True, slots=True)
class Refusal:
    """How a service refuses a policy: its code, and its texts where they are its own."""

    code: str
    malformed: str | None = None
    principal: str | None = None


# OBSERVED: https://github.com/aws/chalice/issues/2065
_OF_APIS = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
REFUSALS: Mapping[str, Refusal] = {
    "apigateway": Refusal("BadRequestException", malformed=_OF_APIS, principal=_OF_APIS),
    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html
    "dynamodb": Refusal("ValidationException"),
    # https://docs.aws.amazon.com/eventbridge/latest/APIReference/CommonErrors.html
    "events": Refusal("ValidationException"),
    # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutResourcePolicy.html#API_PutResourcePolicy_Errors
    "kinesis": Refusal("InvalidArgumentException"),
    # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html#API_PutResourcePolicy_Errors
    "logs": Refusal("InvalidParameterException"),
    # https://github.com/aws-samples/siem-on-amazon-opensearch-service/issues/32
    "kms": Refusal(
        "MalformedPolicyDocumentException",
        principal="Policy contains a statement with one or more invalid principals.",
    ),
    # https://github.com/Pocket/terraform-modules/pull/1037
    "lambda": Refusal(
        "InvalidParameterValueException",
        principal="The provided principal was invalid. Please check the principal and try again.",
    ),
    # https://github.com/cloud-custodian/cloud-custodian/issues/4948
    "s3": Refusal("MalformedPolicy", principal="Invalid principal in policy"),
    # https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html#API_PutResourcePolicy_Errors
    "secretsmanager": Refusal("MalformedPolicyDocumentException"),
    # https://github.com/serverless/serverless/issues/5519, https://github.com/hashicorp/terraform-provider-aws/issues/26041
    "sns": Refusal(
        "InvalidParameter",
        malformed="Invalid parameter: Policy Error: null",
        principal="Invalid parameter: Policy Error: PrincipalNotFound",
    ),
    # https://github.com/hashicorp/terraform-provider-aws/pull/42209
    "sqs": Refusal(
        "InvalidAttributeValue",
        malformed="Invalid value for the parameter Policy.",
        principal="Invalid value for the parameter Policy.",
    ),
}
OF_IAM = Refusal(MALFORMED)
# https://github.com/hashicorp/terraform-provider-aws/pull/3038; its text is not known
OF_GRANTS = Refusal("InvalidArnException", principal="The principal of a grant does not exist.")


def own_text(refusal: Refusal, message: str) -> str:
    """The service's text for what IAM would say; a principal that cannot be one is none."""
    of_principal = message.startswith(invalid_principal("")[:-3])
    return (refusal.principal if of_principal else refusal.malformed) or message


def refused(code: str, message: str, hint: str | None = None) -> CommonServiceException:
    """AWS's refusal; the hint is ours."""
    return CommonServiceException(
        code, f"{message} ({hint})" if hint else message, HTTPStatus.BAD_REQUEST, sender_fault=True
    )
