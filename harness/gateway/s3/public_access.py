"""Public policies that are not stored: S3's block of public access, of a bucket and of its account, and Secrets Manager's parameter.

What either of S3's forbids is forbidden; new buckets forbid all four, as on AWS (and in LocalStack's `DEFAULT_PUBLIC_BLOCK_ACCESS`).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
Of the four settings two are about policies, and are decided here; the two about ACLs have nothing to do, since ACLs grant nothing.
"""

from collections.abc import Mapping
from typing import Any

from harness.actions.s3 import bucket_arn
from harness.gateway import respond
from harness.gateway.asked import Asked
from harness.gateway.services.lazily import loaded
from harness.model.arn import Arn
from harness.policy import PolicyKind, is_public, parse_stored

BLOCK_PUBLIC_POLICY, RESTRICT_PUBLIC_BUCKETS = "BlockPublicPolicy", "RestrictPublicBuckets"
# OBSERVED: in users' reports of Terraform's aws_s3_bucket_policy; in 2023 the text was "Access Denied":
# https://github.com/torchbox/buckup/pull/18
REFUSED = (
    'User: {arn} is not authorized to perform: s3:PutBucketPolicy on resource: "{bucket}" because public policies are '
    "blocked by the BlockPublicPolicy block public access setting."
)
# The meaning that the reference gives the error; the service's own text is not known.
BROAD_ACCESS = "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret."


def check_public_policy(account_id: str, asked: Asked) -> None:
    """A policy that would let everyone in is not stored while the bucket or the account blocks such policies."""
    operation = asked.operation
    if (operation.service, operation.name) != ("s3", "PutBucketPolicy"):
        return
    bucket = bucket_arn(str(operation.params.get("Bucket")))
    if not is_blocked(account_id, bucket, BLOCK_PUBLIC_POLICY):
        return
    if is_public(parse_stored(str(operation.params.get("Policy")), PolicyKind.RESOURCE)):
        arn = asked.caller.arn if asked.caller is not None else "anonymous"
        raise respond.denied_error(asked.context, REFUSED.format(arn=arn, bucket=bucket))


def check_public_secret(asked: Asked) -> None:
    """A request can ask that a policy is not stored on its secret if it would let everyone in.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html#API_PutResourcePolicy_Errors
    Secrets Manager does not tell how it finds out; here it is S3's rule.
    """
    operation = asked.operation
    if (operation.service, operation.name) != ("secretsmanager", "PutResourcePolicy"):
        return
    if not operation.params.get("BlockPublicPolicy"):
        return
    if is_public(parse_stored(str(operation.params.get("ResourcePolicy")), PolicyKind.RESOURCE)):
        raise respond.client_error("PublicPolicyException", BROAD_ACCESS)


def is_blocked(account_id: str, resource: str, setting: str) -> bool:
    """Whether the setting is on for the bucket of that ARN, or of that object's ARN."""
    return any(block.get(setting) for block in (_of_bucket(account_id, resource), _of_account(account_id)))


def _of_bucket(account_id: str, resource: str) -> Mapping[str, Any]:
    models = loaded("localstack.services.s3.models")
    name = Arn.of(resource).kind
    bucket = models.s3_stores[account_id]["us-east-1"].buckets.get(name) if models else None
    return (bucket.public_access_block if bucket else None) or {}


def _of_account(account_id: str) -> Mapping[str, Any]:
    models = loaded("moto.s3control.models")
    block = models.s3control_backends[account_id]["aws"].public_access_block if models else None
    settings = block.to_config_dict() if block else {}
    return {f"{name[0].upper()}{name[1:]}": value for name, value in settings.items()}
