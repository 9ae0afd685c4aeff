"""S3's block of public access, of a bucket and of its account: public policies that are not stored, or let nobody else in.

What either forbids is forbidden; new buckets forbid all four, as on AWS (and in LocalStack's `DEFAULT_PUBLIC_BLOCK_ACCESS`).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
Of the four settings two are about policies, and are decided here; the two about ACLs have nothing to do, since ACLs grant nothing.
"""

from collections.abc import Mapping
from typing import Any

from harness.actions.s3 import bucket_arn
from harness.gateway import respond
from harness.gateway.asked import Asked
from harness.gateway.s3.buckets import held
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


def is_blocked(account_id: str, resource: str, setting: str) -> bool:
    """Whether the setting is on for the bucket of that ARN, or of that object's ARN."""
    return any(block.get(setting) for block in (_of_bucket(account_id, resource), _of_account(account_id)))


def _of_bucket(account_id: str, resource: str) -> Mapping[str, Any]:
    bucket = held(account_id, Arn.of(resource).kind)
    return (bucket.public_access_block if bucket else None) or {}


def _of_account(account_id: str) -> Mapping[str, Any]:
    models = loaded("moto.s3control.models")
    block = models.s3control_backends[account_id]["aws"].public_access_block if models else None
    settings = block.to_config_dict() if block else {}
    return {f"{name[0].upper()}{name[1:]}": value for name, value in settings.items()}
