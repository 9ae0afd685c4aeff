"""S3's access control lists where a bucket has none: its owner owns every object, as new buckets have it, and no other list is taken.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-ownership-error-responses.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.actions import Operation
from harness.gateway import respond
from harness.gateway.s3.buckets import held
from harness.model.canonical_user import canonical_user

_ENFORCED = "BucketOwnerEnforced"
_OWNERS = "bucket-owner-full-control"
_SETTING = frozenset({
    "CopyObject", "CreateMultipartUpload", "PutBucketAcl", "PutObject", "PutObjectAcl",
})  # fmt: skip
_GRANTS = ("GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
NOT_SUPPORTED = ("AccessControlListNotSupported", "The bucket does not allow ACLs")
NOT_WITH_OWNERSHIP = (
    "InvalidBucketAclWithObjectOwnership",
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
)


def check_acl(account_id: str, operation: Operation) -> None:
    """Raise AWS's error for a list that the bucket does not take."""
    if operation.service != "s3":
        return
    params = operation.params
    if operation.name == "CreateBucket":
        enforced = (params.get("ObjectOwnership") or _ENFORCED) == _ENFORCED
        if enforced and (params.get("ACL") not in {None, "private"} or any(_granted(params))):
            raise respond.client_error(*NOT_WITH_OWNERSHIP)
    elif (
        operation.name in _SETTING and _is_enforced(account_id, str(params.get("Bucket"))) and _asks(account_id, params)
    ):
        raise respond.client_error(*NOT_SUPPORTED)


def _asks(account_id: str, params: Mapping[str, Any]) -> bool:
    """Whether anybody but the owner would be in the list."""
    return params.get("ACL") not in {None, _OWNERS} or any(_granted(params)) or _lets_others(account_id, params)


def _granted(params: Mapping[str, Any]) -> Iterator[Any]:
    return (params.get(name) for name in _GRANTS)


def _lets_others(account_id: str, params: Mapping[str, Any]) -> bool:
    """A list in the body may say what `bucket-owner-full-control` says."""
    grants = (params.get("AccessControlPolicy") or {}).get("Grants") or ()
    owner = canonical_user(account_id)
    return any(
        grant.get("Permission") != "FULL_CONTROL" or (grant.get("Grantee") or {}).get("ID") != owner for grant in grants
    )


def _is_enforced(account_id: str, name: str) -> bool:
    bucket = held(account_id, name)
    return bucket is not None and bucket.object_ownership == _ENFORCED
