"""What AWS's services say apart from the general rules, as data.

Each row names the actions, whom it concerns, and its source.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from harness.iam.match import ANONYMOUS, FEDERATED_USER, ROOT, SERVICE
from harness.model.decision import Evidence, Layer
from harness.model.principal import PrincipalKind
from harness.model.request import Context, Request
from harness.model.world import World
from harness.policy.glob import Matcher, compile_globs

# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and API_GetSessionToken.html
NO_PERMISSION_NEEDED = frozenset({"sts:getcalleridentity", "sts:getsessiontoken"})

ROOT_MAY_NOT_ASSUME = "Roles may not be assumed by root accounts."
NO_SESSION_TOKEN = "Cannot call GetSessionToken with session credentials"  # noqa: S105 - AWS's sentence
NO_FEDERATION_TOKEN = "Cannot call GetFederationToken with session credentials"  # noqa: S105 - AWS's sentence
CROSS_ACCOUNT_PASS_ROLE = "Cross-account pass role is not allowed."  # noqa: S105 - AWS's sentence
AWS_SENTENCES = frozenset({ROOT_MAY_NOT_ASSUME, NO_SESSION_TOKEN, NO_FEDERATION_TOKEN, CROSS_ACCOUNT_PASS_ROLE})
"""Notes that AWS answers with, in the place of the usual message."""
MAX_VALUES = 1_000
"""The most values that one condition key of a request may have here; AWS names no cap. Above it the request is refused."""

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
BUCKET_POLICY = frozenset({"s3:putbucketpolicy", "s3:getbucketpolicy", "s3:deletebucketpolicy"})
SESSIONS = frozenset({PrincipalKind.ROLE_SESSION, FEDERATED_USER})


class Refusal(NamedTuple):
    """What no policy can allow: which actions (in lower case), for whom, and the sentence that says so."""

    actions: Matcher
    concerns: Callable[[Request], bool]
    layer: Layer
    note: str


# By the service's prefix, so that most requests look at none.
REFUSALS: Mapping[str, Sequence[Refusal]] = {
    "sts": (
        # OBSERVED: https://github.com/kubeflow/testing/pull/961
        Refusal(
            compile_globs(["sts:assumerole"]),
            lambda request: request.principal.kind is ROOT,
            Layer.IDENTITY,
            ROOT_MAY_NOT_ASSUME,
        ),
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
        Refusal(
            compile_globs(["sts:getsessiontoken"]),
            lambda request: request.principal.kind in SESSIONS,
            Layer.IDENTITY,
            NO_SESSION_TOKEN,
        ),
        # https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html
        Refusal(
            compile_globs(["sts:getfederationtoken"]),
            lambda request: request.principal.kind in SESSIONS,
            Layer.IDENTITY,
            NO_FEDERATION_TOKEN,
        ),
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_sts-comparison.html
        Refusal(
            lambda action: action != "sts:getcalleridentity",
            lambda request: request.principal.kind is FEDERATED_USER,
            Layer.IDENTITY,
            "a federated user calls no operation of STS but GetCallerIdentity",
        ),
    ),
    "iam": (
        # The same page
        Refusal(
            compile_globs(["iam:*"]),
            lambda request: request.principal.kind is FEDERATED_USER,
            Layer.IDENTITY,
            "a federated user calls no operation of IAM",
        ),
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
        Refusal(
            compile_globs(["iam:passrole"]),
            lambda request: request.principal.account != request.resource_account,
            Layer.IDENTITY,
            CROSS_ACCOUNT_PASS_ROLE,
        ),
    ),
    "s3": (
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
        Refusal(
            compile_globs(BUCKET_POLICY),
            lambda request: request.principal.account != request.resource_account,
            Layer.RESOURCE,
            "a bucket's policy belongs to the bucket owner's account",
        ),
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        Refusal(
            compile_globs(["s3:createbucket"]),
            lambda request: request.principal.kind is ANONYMOUS,
            Layer.RESOURCE,
            "anonymous requests never create buckets",
        ),
    ),
}


def refusal(request: Request, action: str) -> Evidence | None:
    """What no policy can allow; an explicit deny is found before it."""
    for one in REFUSALS.get(action.partition(":")[0], ()):
        if one.actions(action) and one.concerns(request):
            return Evidence(one.layer, note=one.note)
    return None


def restricted(request: Request, world: World) -> Evidence | None:
    """A bucket with a public policy that is shut to all but its owner's account and AWS's services, whomever its policy names.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    principal = request.principal
    if not world.public_access_restricted or principal.kind is SERVICE:
        return None
    if principal.account == request.resource_account:
        return None
    return Evidence(Layer.RESOURCE, note="RestrictPublicBuckets shuts a bucket with a public policy to other accounts")


def overrides_resource_deny(request: Request, action: str) -> bool:
    """The bucket owner's root can always repair a bucket policy that shuts everyone out.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """
    principal = request.principal
    return principal.kind is ROOT and action in BUCKET_POLICY and principal.account == request.resource_account


def too_many_values(context: Context) -> Evidence | None:
    """A key with more values than are looked at: nothing can be said about it, so nothing is allowed."""
    for key, value in context.values.items():
        if len(value) > MAX_VALUES and not isinstance(value, str):
            return Evidence(Layer.IDENTITY, note=f"the condition key {key} has more than {MAX_VALUES} values")
    return None
