"""The Resource Groups Tagging API: who tags by it must be allowed to tag by the service that has the resource, too.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonresourcegrouptaggingapi.html
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html (minimum permissions)
AWS answers for each resource by itself, with a map of those that failed; here one that is refused refuses the request.
"""

from collections.abc import Mapping, Sequence

from harness.actions.operation import Call, Facts, Operation
from harness.actions.params import dig
from harness.actions.service import Service, rows
from harness.model.arn import Arn

_LIKE_TAG_RESOURCE = ("TagResource", "UntagResource")
CALLED_OTHERWISE: Mapping[str, tuple[str, str]] = {
    "acm": ("AddTagsToCertificate", "RemoveTagsFromCertificate"),
    "acm-pca": ("TagCertificateAuthority", "UntagCertificateAuthority"),
    "cloudtrail": ("AddTags", "RemoveTags"),
    "dms": ("AddTagsToResource", "RemoveTagsFromResource"),
    "ds": ("AddTagsToResource", "RemoveTagsFromResource"),
    "ec2": ("CreateTags", "DeleteTags"),
    "elasticache": ("AddTagsToResource", "RemoveTagsFromResource"),
    "elasticloadbalancing": ("AddTags", "RemoveTags"),
    "elasticmapreduce": ("AddTags", "RemoveTags"),
    "es": ("AddTags", "RemoveTags"),
    "firehose": ("TagDeliveryStream", "UntagDeliveryStream"),
    "glacier": ("AddTagsToVault", "RemoveTagsFromVault"),
    "mq": ("CreateTags", "DeleteTags"),
    "rds": ("AddTagsToResource", "RemoveTagsFromResource"),
    "redshift": ("CreateTags", "DeleteTags"),
    "route53": ("ChangeTagsForResource", "ChangeTagsForResource"),
    "s3": ("PutBucketTagging", "PutBucketTagging"),
    "sagemaker": ("AddTags", "DeleteTags"),
    "sqs": ("TagQueue", "UntagQueue"),
    "ssm": ("AddTagsToResource", "RemoveTagsFromResource"),
    "storagegateway": ("AddTagsToResource", "RemoveTagsFromResource"),
    "workspaces": ("CreateTags", "DeleteTags"),
}
"""The service of the ARN -> its actions that tag and untag, where they are not called as most are."""
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagement.html
KINDS = {
    "instance-profile": "InstanceProfile",
    "mfa": "MFADevice",
    "oidc-provider": "OpenIDConnectProvider",
    "policy": "Policy",
    "role": "Role",
    "saml-provider": "SAMLProvider",
    "server-certificate": "ServerCertificate",
    "user": "User",
}


def _tagged(service: Service, operation: Operation, facts: Facts) -> Sequence[Call]:
    """The request, and each of its resources in the words of its own service, with the tags that the request gives or takes."""
    named = dict.fromkeys(str(arn) for arn in dig(operation.params, "ResourceARNList"))
    found = [service.call(operation, facts, operation.name, "*")]
    for text in named:
        arn = Arn.parse(text)
        if arn is None:
            found.append(service.call(operation, facts, operation.name, None))
        else:
            # LocalStack looks for the resource in the request's region, whatever its ARN says; IAM and S3 name none.
            owning = Service(arn.service, {}, names_only=True)
            found.append(owning.call(operation, facts, _action(arn, untags=operation.name.startswith("Untag")), text))
    return found


def _action(arn: Arn, *, untags: bool) -> str:
    """What the service of the ARN calls it to tag the resource, or to take tags from it."""
    if arn.service == "iam":
        return f"{'Untag' if untags else 'Tag'}{KINDS.get(arn.kind, 'Resource')}"
    return CALLED_OTHERWISE.get(arn.service, _LIKE_TAG_RESOURCE)[untags]


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
