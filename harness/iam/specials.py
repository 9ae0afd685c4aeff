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
OWN_BUCKET_POLICY = "a bucket's policy belongs to the bucket owner's account"
METHOD_NOT_ALLOWED = "The specified method is not allowed against this resource."
AWS_SENTENCES: Mapping[str, str] = {
    ROOT_MAY_NOT_ASSUME: ROOT_MAY_NOT_ASSUME,
    NO_SESSION_TOKEN: NO_SESSION_TOKEN,
    NO_FEDERATION_TOKEN: NO_FEDERATION_TOKEN,
    CROSS_ACCOUNT_PASS_ROLE: CROSS_ACCOUNT_PASS_ROLE,
    OWN_BUCKET_POLICY: METHOD_NOT_ALLOWED,
}
"""What AWS answers with in the place of the usual message, by note."""
MAX_VALUES = 1_000
"""The most values that one condition key of a request may have here; AWS names no cap. Above it the request is refused."""

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
BUCKET_POLICY = frozenset({"s3:putbucketpolicy", "s3:getbucketpolicy", "s3:deletebucketpolicy"})
SESSIONS = frozenset({PrincipalKind.ROLE_SESSION, FEDERATED_USER})

# Whose "Cross-account use" is "Yes": https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-modifying-external-accounts.html
KMS_ACROSS = frozenset({
    "kms:creategrant", "kms:decrypt", "kms:derivesharedsecret", "kms:describekey", "kms:encrypt", "kms:generatedatakey",
    "kms:generatedatakeypair", "kms:generatedatakeypairwithoutplaintext", "kms:generatedatakeywithoutplaintext",
    "kms:generatemac", "kms:getkeyrotationstatus", "kms:getpublickey", "kms:listgrants", "kms:reencryptfrom",
    "kms:reencryptto", "kms:retiregrant", "kms:revokegrant", "kms:sign", "kms:verify", "kms:verifymac",
})  # fmt: skip
# "Cross-account permissions don't apply to the following actions":
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-limitations-of-custom-policies.html
SQS_AT_HOME = frozenset({
    "sqs:addpermission", "sqs:cancelmessagemovetask", "sqs:createqueue", "sqs:deletequeue", "sqs:listmessagemovetasks",
    "sqs:listqueues", "sqs:listqueuetags", "sqs:removepermission", "sqs:setqueueattributes", "sqs:startmessagemovetask",
    "sqs:tagqueue", "sqs:untagqueue",
})  # fmt: skip
# "Cross-account support": https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html
DYNAMODB_ACROSS = frozenset({
    "dynamodb:batchgetitem", "dynamodb:batchwriteitem", "dynamodb:conditioncheckitem", "dynamodb:deleteitem",
    "dynamodb:deletetable", "dynamodb:describestream", "dynamodb:describetable", "dynamodb:getitem", "dynamodb:getrecords",
    "dynamodb:getsharditerator", "dynamodb:listtagsofresource", "dynamodb:putitem", "dynamodb:query", "dynamodb:scan",
    "dynamodb:tagresource", "dynamodb:untagresource", "dynamodb:updateitem", "dynamodb:updatetable",
})  # fmt: skip
# "Lambda doesn't support cross-account actions for all of its APIs": the list in
# https://docs.aws.amazon.com/lambda/latest/dg/permissions-function-cross-account.html
# OBSERVED: https://github.com/awsdocs/aws-lambda-developer-guide/issues/139 of the others; and function URLs and layers, which have
# permissions of their own: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html and permissions-layer-cross-account.html
LAMBDA_ACROSS = frozenset({
    "lambda:createalias", "lambda:deletealias", "lambda:deletefunction", "lambda:deletefunctionconcurrency",
    "lambda:getalias", "lambda:getfunction", "lambda:getfunctionconfiguration", "lambda:getlayerversion", "lambda:getpolicy",
    "lambda:invokeasync", "lambda:invokefunction", "lambda:invokefunctionurl", "lambda:listaliases", "lambda:listtags",
    "lambda:listversionsbyfunction", "lambda:publishversion", "lambda:putfunctionconcurrency", "lambda:tagresource",
    "lambda:untagresource", "lambda:updatealias", "lambda:updatefunctioncode",
})  # fmt: skip


class Refusal(NamedTuple):
    """What no policy can allow: which actions (in lower case), for whom, and the sentence that says so."""

    actions: Matcher
    concerns: Callable[[Request], bool]
    layer: Layer
    note: str


def _crosses(request: Request) -> bool:
    """Whether another account's principal asks, or nobody; services come to the owner by its own word."""
    principal = request.principal
    return principal.kind is not SERVICE and principal.account != request.resource_account


def _at_home(actions: Matcher, layer: Layer, service: str) -> Refusal:
    return Refusal(actions, _crosses, layer, f"{service} lets no other account do this, whatever policies say")


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
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
        Refusal(
            compile_globs(["s3:createbucket"]),
            lambda request: request.principal.kind is ANONYMOUS,
            Layer.RESOURCE,
            "anonymous requests never create buckets",
        ),
    ),
    "kms": (_at_home(lambda action: action not in KMS_ACROSS, Layer.KEY, "KMS"),),
    "sqs": (_at_home(SQS_AT_HOME.__contains__, Layer.RESOURCE, "SQS"),),
    "lambda": (_at_home(lambda action: action not in LAMBDA_ACROSS, Layer.RESOURCE, "Lambda"),),
    "dynamodb": (_at_home(lambda action: action not in DYNAMODB_ACROSS, Layer.RESOURCE, "DynamoDB"),),
    "logs": (
        # "Policy only applies when operations are invoked by Amazon Web Services service principals":
        # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
        Refusal(
            compile_globs(["logs:*"]),
            lambda request: _crosses(request) and ":log-group:" in (request.resource or ""),
            Layer.RESOURCE,
            "the policies of CloudWatch Logs let services in, and no other account",
        ),
    ),
}


def refusal(request: Request, action: str) -> Evidence | None:
    """What no policy can allow; an explicit deny is found before it."""
    for one in REFUSALS.get(action.partition(":")[0], ()):
        if one.actions(action) and one.concerns(request):
            return Evidence(one.layer, note=one.note)
    return None


def owner_alone(request: Request, action: str) -> Evidence | None:
    """What is refused to other accounts only once both sides allow it: S3 then has an answer of its own.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """
    if action not in BUCKET_POLICY or request.principal.account == request.resource_account:
        return None
    return Evidence(Layer.RESOURCE, note=OWN_BUCKET_POLICY)


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
