"""DeleteObjects: each object is deleted or refused by itself, and the answer tells of those that are not."""

import pytest
from aws import REGION, allow, fresh, user


@pytest.fixture
def bucket(a):
    name = fresh("bucket")
    a("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("open/1", "open/2", "closed/1"):
        a("s3").put_object(Bucket=name, Key=key, Body=b"x")
    return name


def left(a, bucket):
    return [one["Key"] for one in a("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]


def objects(*keys, **more):
    return {"Objects": [{"Key": key} for key in keys], **more}


def test_what_may_be_deleted_is_and_the_rest_is_told_of(a, bucket, journals):
    s3 = a("s3", **user(a, allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/open/*")))

    answer = s3.delete_objects(Bucket=bucket, Delete=objects("open/1", "closed/1"))

    assert [one["Key"] for one in answer["Deleted"]] == ["open/1"]
    (error,) = answer["Errors"]
    assert (error["Key"], error["Code"]) == ("closed/1", "AccessDenied")
    assert "because no identity-based policy allows the s3:DeleteObject action" in error["Message"]
    assert left(a, bucket) == ["closed/1", "open/2"]
    (line,) = journals.lines(request_id=answer["ResponseMetadata"]["RequestId"])
    assert [(one["resource"].partition("/")[2], one["decision"]) for one in line["calls"]] == [
        ("open/1", "allowed"),
        ("closed/1", "implicit_deny"),
    ]


def test_where_nothing_may_be_deleted_all_is_told_of(a, bucket):
    s3 = a("s3", **user(a, allow("s3:GetObject")))

    answer = s3.delete_objects(Bucket=bucket, Delete=objects("open/1", "closed/1", Quiet=True))

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "Deleted" not in answer
    assert [one["Key"] for one in answer["Errors"]] == ["open/1", "closed/1"]
    assert len(left(a, bucket)) == 3


def test_a_quiet_deletion_tells_of_what_is_refused_alone(a, bucket):
    s3 = a(
        "s3",
        **user(a, allow("s3:DeleteObject"), allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/closed/*", Effect="Deny")),
    )

    answer = s3.delete_objects(Bucket=bucket, Delete=objects("closed/1", "open/1", "open/2", Quiet=True))

    assert "Deleted" not in answer
    assert [(one["Key"], "explicit deny" in one["Message"]) for one in answer["Errors"]] == [("closed/1", True)]
    assert left(a, bucket) == ["closed/1"]


def test_a_version_is_another_action_and_is_named(a, bucket):
    a("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = a("s3").put_object(Bucket=bucket, Key="open/1", Body=b"y")["VersionId"]
    s3 = a("s3", **user(a, allow("s3:DeleteObject")))
    named = {"Objects": [{"Key": "open/1", "VersionId": version}, {"Key": "open/2"}]}

    answer = s3.delete_objects(Bucket=bucket, Delete=named)

    assert [one["Key"] for one in answer["Deleted"]] == ["open/2"]
    assert [(one["Key"], one["VersionId"]) for one in answer["Errors"]] == [("open/1", version)]
    may = a("s3", **user(a, allow("s3:DeleteObjectVersion")))
    assert (
        may.delete_objects(Bucket=bucket, Delete={"Objects": named["Objects"][:1]})["Deleted"][0]["VersionId"]
        == version
    )


def test_another_accounts_objects_are_refused_without_a_reason(a, b, bucket):
    answer = b("s3").delete_objects(Bucket=bucket, Delete=objects("open/1"))

    assert [(one["Code"], one["Message"]) for one in answer["Errors"]] == [("AccessDenied", "Access Denied")]
    assert len(left(a, bucket)) == 3
