"""Buckets across accounts: one name for all, found from every door, decided by the account that has it."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

A, B = "111111111111", "222222222222"
NAME = "shared-by-one"


def s3(account, door=None):
    return boto3.client(
        "s3",
        endpoint_url=(door or account)["endpoint_url"],
        region_name="us-west-2",
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        **{name: account[name] for name in ("aws_access_key_id", "aws_secret_access_key")},
    )


def refused(call):
    with pytest.raises(ClientError) as error:
        call()
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def names(client, prefix):
    return [found["Name"] for found in client.list_buckets()["Buckets"] if found["Name"].startswith(prefix)]


@pytest.fixture(scope="module")
def bucket(accounts):
    """A bucket of the first account with one object; its owner's client."""
    client = s3(accounts["one"])
    client.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    client.put_object(Bucket=NAME, Key="k", Body=b"of one")
    return client


def let_in(client, action):
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{B}:user/deployer"},
        "Action": action,
        "Resource": f"arn:aws:s3:::{NAME}/*",
    }
    client.put_bucket_policy(Bucket=NAME, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def test_another_account_reads_a_bucket_that_lets_it_in_through_every_door(accounts, bucket):
    clients = [s3(accounts["two"]), s3(accounts["two"], door=accounts["one"])]

    for client in clients:
        assert refused(lambda client=client: client.get_object(Bucket=NAME, Key="k")) == ("AccessDenied", 403)
    let_in(bucket, "s3:GetObject")
    for client in clients:
        assert client.get_object(Bucket=NAME, Key="k")["Body"].read() == b"of one"
        assert refused(lambda client=client: client.put_object(Bucket=NAME, Key="x", Body=b"")) == ("AccessDenied", 403)


def test_what_another_account_writes_is_in_the_owners_bucket(accounts, bucket):
    let_in(bucket, ["s3:GetObject", "s3:PutObject"])
    body = b"written by two " * 10_000
    s3(accounts["two"]).put_object(Bucket=NAME, Key="from two", Body=body)

    assert bucket.get_object(Bucket=NAME, Key="from two")["Body"].read() == body
    assert NAME not in [found["Name"] for found in s3(accounts["two"]).list_buckets()["Buckets"]]


def test_a_name_is_one_bucket_for_all_accounts_until_it_is_deleted(accounts):
    one, two = s3(accounts["one"]), s3(accounts["two"])
    place = {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}
    two.create_bucket(Bucket="first-of-two", **place)

    assert refused(lambda: one.create_bucket(Bucket="first-of-two", **place)) == ("BucketAlreadyExists", 409)
    two.delete_bucket(Bucket="first-of-two")
    one.create_bucket(Bucket="first-of-two", **place)
    assert refused(lambda: two.create_bucket(Bucket="first-of-two", **place)) == ("BucketAlreadyExists", 409)
    one.delete_bucket(Bucket="first-of-two")


def test_of_two_accounts_that_make_a_bucket_at_once_one_gets_it(accounts):
    clients = [s3(accounts["one"]), s3(accounts["two"])]
    place = {"CreateBucketConfiguration": {"LocationConstraint": "us-west-2"}}
    together = Barrier(2)

    def make(client, name):
        together.wait(timeout=30)
        try:
            client.create_bucket(Bucket=name, **place)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "made"

    with ThreadPoolExecutor(2) as pool:
        outcomes = [sorted(pool.map(make, clients, [f"at-once-{turn}"] * 2)) for turn in range(30)]
    assert outcomes == [["BucketAlreadyExists", "made"]] * 30
    assert len({name for client in clients for name in names(client, "at-once-")}) == 30
    assert sum(len(names(client, "at-once-")) for client in clients) == 30


def test_a_bucket_that_nobody_has_is_not_found(accounts):
    assert refused(lambda: s3(accounts["two"]).get_object(Bucket="nowhere-at-all", Key="k")) == ("NoSuchBucket", 404)


@pytest.mark.parametrize("door", ["one", "two"])
def test_a_copy_from_another_accounts_bucket_is_refused_by_name(accounts, bucket, door):
    """Not served: the source's owner would have to decide and to hand out, for a copy that the destination's owner makes."""
    client = s3(accounts["two"], door=accounts[door])
    name = f"copies-{door}"
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    client.put_object(Bucket=name, Key="own", Body=b"of two")
    let_in(bucket, "s3:GetObject")

    client.copy_object(Bucket=name, Key="copied", CopySource={"Bucket": name, "Key": "own"})
    for source in ({"Bucket": NAME, "Key": "k"}, f"/{NAME}/k"):
        assert refused(lambda source=source: client.copy_object(Bucket=name, Key="x", CopySource=source)) == (
            "NotImplemented",
            501,
        )
    assert client.get_object(Bucket=name, Key="copied")["Body"].read() == b"of two"


def test_objects_lie_in_the_run_s_own_folder(accounts, bucket, sandbox):
    """Where all runs of a machine shared one, the end of a bucket would take the objects of another run's."""
    (found,) = sandbox.state.rglob(f"s3/{NAME}")

    assert found.is_dir()
    assert sandbox.state in found.parents
