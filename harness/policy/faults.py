"""What is wrong with a policy: every fault with its place, and AWS's own error for the first."""

from dataclasses import dataclass

MALFORMED = "MalformedPolicyDocument"
LIMIT_EXCEEDED = "LimitExceeded"
# Of trust policies: https://github.com/AWSCookbook/Security/issues/2
INVALID_JSON = "This policy contains invalid Json"
# Also of an identity policy that is no JSON: https://github.com/awslabs/ec2-spot-labs/issues/25
SYNTAX = "Syntax errors in policy."
NO_PRINCIPAL = "Policy document should not specify a principal."
MISSING_PRINCIPAL = "Policy statement must contain principals."
MISSING_ACTION = "Policy statement must contain actions."
MISSING_RESOURCE = "Policy statement must contain resources."
DUPLICATE_SID = "Statement IDs (SID) in a single policy must be unique."
TRUST_ACTION = "AssumeRole policy may only specify STS AssumeRole actions."
INVALID_SID = (
    "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
)
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
# https://github.com/garnaat/kappa/issues/111
ONE_COLON = "Actions/Condition can contain only one colon."
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html: no wildcard in the service segment
VENDOR_OF_RESOURCE = "Resource vendor must be fully qualified and cannot contain regexes."

# https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreatePolicy.html (MalformedPolicyDocumentException)
ORGANIZATION_POLICY = "The provided policy document does not meet the requirements of the specified policy type."


def prohibited(name: str) -> str:
    """AWS's text for an element that a trust policy may not have: https://github.com/kubernetes-sigs/external-dns/issues/3085."""
    return f"Has prohibited field {name}"


def required(name: str) -> str:
    """AWS's text for an element that a trust policy must have, or a bucket's: https://github.com/humanmade/S3-Uploads/issues/191.

    That of a trust policy is taken to be the same: what it may not have is told in the words of a bucket's policy, too.
    """
    return f"Missing required field {name}"


def vendor(prefix: str) -> str:
    """IAM's text for a service prefix that can be none."""
    return f"Vendor {prefix} is not valid"


def arn_form(resource: str) -> str:
    """AWS's text for a resource that is no ARN: https://github.com/trussworks/terraform-aws-s3-anti-virus/issues/21."""
    return f'Resource {resource} must be in ARN format or "*".'


def invalid_principal(entry: str, kind: str = "AWS") -> str:
    """AWS's text for a principal that is none or does not exist: https://github.com/hashicorp/terraform-provider-aws/issues/8905.

    A service is one of the kind `SERVICE`: https://github.com/aws-samples/aws-cdk-examples/issues/801.
    """
    return f'Invalid principal in policy: "{kind}":"{entry}"'


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: where (`Statement[2].Condition`), what, and the text AWS answers with."""

    place: str
    what: str
    aws: str = SYNTAX

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" if self.place else self.what


class InvalidPolicy(Exception):
    """A document that AWS would refuse to store."""

    def __init__(self, faults: tuple[Fault, ...], code: str = MALFORMED) -> None:
        """Keep every fault; `code` and `message` are AWS's error."""
        super().__init__("; ".join(str(fault) for fault in faults))
        self.faults = faults
        self.code = code
        self.message = faults[0].aws
