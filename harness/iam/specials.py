"""What AWS's services say apart from the general rules, as data.

Each row names the actions, when it applies, and its source.
"""

from harness.model.decision import Decision, Effect, Evidence, Layer
from harness.model.principal import PrincipalKind
from harness.model.request import Request

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and API_GetSessionToken.html
NO_PERMISSION_NEEDED = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})

ROOT_MAY_NOT_ASSUME = "Roles may not be assumed by root accounts."

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
BUCKET_POLICY = frozenset({"s3:putbucketpolicy", "s3:getbucketpolicy", "s3:deletebucketpolicy"})


def special(request: Request) -> Decision | None:
    """The verdict that stands before any policy is read, None for an ordinary request."""
    action = request.action.lower()
    if action in NO_PERMISSION_NEEDED:
        return Decision(Effect.ALLOWED)
    root = request.principal.kind is PrincipalKind.ROOT
    if root and action == "sts:assumerole":
        # OBSERVED: https://github.com/kubeflow/testing/pull/961
        return Decision(Effect.IMPLICIT_DENY, (Evidence(Layer.IDENTITY, note=ROOT_MAY_NOT_ASSUME),))
    if action in BUCKET_POLICY and request.principal.account != request.resource_account:
        note = "a bucket's policy belongs to the bucket owner's account"
        return Decision(Effect.IMPLICIT_DENY, (Evidence(Layer.RESOURCE, note=note),))
    return None


def overrides_resource_deny(request: Request) -> bool:
    """The bucket owner's root can always repair a bucket policy that shuts everyone out (same page)."""
    return (
        request.principal.kind is PrincipalKind.ROOT
        and request.action.lower() in BUCKET_POLICY
        and request.principal.account == request.resource_account
    )
