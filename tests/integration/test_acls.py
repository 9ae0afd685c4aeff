"""Access control lists: buckets whose owner owns every object, as new ones are, take none but the owner's."""

import itertools

import pytest
from aws import REGION, A, refusal

from harness.model.canonical_user import canonical_user

NUMBERS = itertools.count(1)
NOT_SUPPORTED = ("AccessControlListNotSupported", 400, "The bucket does not allow ACLs")
IN_REGION = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}


@pytest.fixture
def s3(a):
    return a("s3")


def made(s3, **more):
    name = f"acls{next(NUMBERS)}"
    s3.create_bucket(Bucket=name, **IN_REGION, **more)
    return name


def owned(account):
    owner = {"ID": canonical_user(account)}
    grant = {"Grantee": {**owner, "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}
    return {"Owner": {"ID": canonical_user(A)}, "Grants": [grant]}


PUT = {"Key": "k", "Body": b"x"}
LISTS = {
    "put_object": [{**PUT, "ACL": "public-read"}, {**PUT, "ACL": "private"}, {**PUT, "GrantRead": f"id={canonical_user(A)}"}],
    "put_bucket_acl": [{"ACL": "private"}, {"AccessControlPolicy": owned("222222222222")}],
    "put_object_acl": [{"Key": "k", "ACL": "authenticated-read"}],
    "copy_object": [{"Key": "c", "CopySource": "<bucket>/k", "ACL": "public-read"}],
    "create_multipart_upload": [{"Key": "m", "ACL": "public-read"}],
}  # fmt: skip


@pytest.mark.parametrize("operation", LISTS)
def test_a_list_is_taken_where_the_bucket_has_lists_only(s3, operation):
    enforced, with_lists = made(s3), made(s3, ObjectOwnership="ObjectWriter")
    for bucket in (enforced, with_lists):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    for params in LISTS[operation]:
        asked = {
            bucket: {**params, **({"CopySource": f"{bucket}/k"} if "CopySource" in params else {}), "Bucket": bucket}
            for bucket in (enforced, with_lists)
        }

        assert refusal(getattr(s3, operation), **asked[enforced]) == NOT_SUPPORTED
        getattr(s3, operation)(**asked[with_lists])


def test_the_owners_list_is_none(s3):
    bucket = made(s3)

    s3.put_object(Bucket=bucket, **PUT, ACL="bucket-owner-full-control")
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy=owned(A))
    s3.put_object(Bucket=bucket, **PUT)


def test_a_new_bucket_is_public_only_where_it_has_lists(s3):
    code, status, _ = refusal(made, s3, ACL="public-read")

    assert (code, status) == ("InvalidBucketAclWithObjectOwnership", 400)
    made(s3, ACL="public-read", ObjectOwnership="BucketOwnerPreferred")
    made(s3, ACL="private")
