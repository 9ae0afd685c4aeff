"""What AWS's services say apart from the general rules, as data.

Each row names the actions, when it applies, and its source.
"""

from harness.model.decision import Evidence, Layer
from harness.model.principal import PrincipalKind
from harness.model.request import Request

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and API_GetSessionToken.html
NO_PERMISSION_NEEDED = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})

ROOT_MAY_NOT_ASSUME = "Roles may not be assumed by root accounts."

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
BUCKET_POLICY = frozenset({"s3:putbucketpolicy", "s3:getbucketpolicy", "s3:deletebucketpolicy"})


def refusal(request: Request) -> Evidence | None:
    """What no policy can allow; an explicit deny is found before it."""
    action = request.action.lower()
    if request.principal.kind is PrincipalKind.ROOT and action == "sts:assumerole":
        # OBSERVED: https://github.com/kubeflow/testing/pull/961
        return Evidence(Layer.IDENTITY, note=ROOT_MAY_NOT_ASSUME)
    if action in BUCKET_POLICY and request.principal.account != request.resource_account:
        return Evidence(Layer.RESOURCE, note="a bucket's policy belongs to the bucket owner's account")
    return None


def overrides_resource_deny(request: Request) -> bool:
    """The bucket owner's root can always repair a bucket policy that shuts everyone out (same page)."""
    return (
        request.principal.kind is PrincipalKind.ROOT
        and request.action.lower() in BUCKET_POLICY
        and request.principal.account == request.resource_account
    )
