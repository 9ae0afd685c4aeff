"""S3's block of public access, read from the stores: of the bucket, and of the account that owns it.

What either forbids is forbidden; new buckets forbid all four, as on AWS (and in LocalStack's `DEFAULT_PUBLIC_BLOCK_ACCESS`).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
Of the four settings two are about policies, and are decided here; the two about ACLs have nothing to do, since ACLs grant nothing.
"""

from collections.abc import Mapping
from typing import Any

from harness.gateway.lazily import loaded

BLOCK_PUBLIC_POLICY, RESTRICT_PUBLIC_BUCKETS = "BlockPublicPolicy", "RestrictPublicBuckets"


def is_blocked(account_id: str, resource: str, setting: str) -> bool:
    """Whether the setting is on for the bucket of that ARN, or of that object's ARN."""
    return any(block.get(setting) for block in (_of_bucket(account_id, resource), _of_account(account_id)))


def _of_bucket(account_id: str, resource: str) -> Mapping[str, Any]:
    models = loaded("localstack.services.s3.models")
    name = resource.split(":", 5)[5].partition("/")[0]
    bucket = models.s3_stores[account_id]["us-east-1"].buckets.get(name) if models else None
    return (bucket.public_access_block if bucket else None) or {}


def _of_account(account_id: str) -> Mapping[str, Any]:
    models = loaded("moto.s3control.models")
    block = models.s3control_backends[account_id]["aws"].public_access_block if models else None
    settings = block.to_config_dict() if block else {}
    return {f"{name[0].upper()}{name[1:]}": value for name, value in settings.items()}
