"""The Resource Groups Tagging API: who tags by it must be allowed to tag by the service that has the resource, too.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonresourcegrouptaggingapi.html
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html (minimum permissions)
AWS answers for each resource by itself, with a map of those that failed; here one that is refused refuses the request.
"""

from collections.abc import Mapping, Sequence

from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import Service, rows

_LIKE_TAG_RESOURCE = ("TagResource", "UntagResource")
_CALLED_OTHERWISE: Mapping[str, tuple[str, str]] = {
    "ec2": ("CreateTags", "DeleteTags"),
    "elasticache": ("AddTagsToResource", "RemoveTagsFromResource"),
    "rds": ("AddTagsToResource", "RemoveTagsFromResource"),
    "redshift": ("CreateTags", "DeleteTags"),
    "route53": ("ChangeTagsForResource", "ChangeTagsForResource"),
    "s3": ("PutBucketTagging", "PutBucketTagging"),
    "sagemaker": ("AddTags", "DeleteTags"),
    "sqs": ("TagQueue", "UntagQueue"),
    "ssm": ("AddTagsToResource", "RemoveTagsFromResource"),
    "workspaces": ("CreateTags", "DeleteTags"),
}
"""The service of the ARN -> its actions that tag and untag, where they are not called as most are."""
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagement.html
_KINDS = {
    "instance-profile": "InstanceProfile",
    "mfa": "MFADevice",
    "oidc-provider": "OpenIDConnectProvider",
    "policy": "Policy",
    "role": "Role",
    "saml-provider": "SAMLProvider",
    "server-certificate": "ServerCertificate",
    "user": "User",
}
_PARTS = 6  # arn:aws:service:region:account:resource


def _tagged(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The request, and each of its resources in the words of its own service, with the tags that the request gives or takes."""
    arns = dict.fromkeys(str(arn) for arn in dig(operation.params, "ResourceARNList"))
    own = service.call(operation, facts, operation.name, "*")
    return [own, *(_by_its_service(operation, facts, arn) for arn in arns)]


def _by_its_service(operation: Operation, facts: Facts, arn: str) -> Call:
    parts = arn.split(":", _PARTS - 1)
    if len(parts) < _PARTS:
        return Service("tag", {}).call(operation, facts, operation.name, None)
    prefix, untags = parts[2], operation.name.startswith("Untag")
    if prefix == "iam":
        kind = _KINDS.get(parts[5].partition("/")[0], "Resource")
        action = f"{'Untag' if untags else 'Tag'}{kind}"
    else:
        action = _CALLED_OTHERWISE.get(prefix, _LIKE_TAG_RESOURCE)[untags]
    # LocalStack looks for the resource in the request's region, whatever its ARN says; IAM and S3 name none.
    return Service(prefix, {}, names_only=True).call(operation, facts, action, arn)


SERVICE = Service(
    prefix="tag",
    rows={
        **rows("", """
            *
                DescribeReportCreation GetComplianceSummary GetResources GetTagKeys GetTagValues ListRequiredTags
                StartReportCreation
        """),
        "TagResources": _tagged,
        "UntagResources": _tagged,
    },
)  # fmt: skip
