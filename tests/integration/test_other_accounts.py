"""What AWS keeps from other accounts whatever policies say, and what it tells of objects that are not there."""

import itertools
from typing import NamedTuple

import pytest
from aws import REGION, A, B, allow, client, document, refusal, user
from raw import Call, presigned, send, signed

NUMBERS = itertools.count(1)
HERE = f"{REGION}:{A}"
TO_ALL_OF_B = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{B}:root"}}
OWN_ACCOUNT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{A}:root"}}


class World(NamedTuple):
    """Resources of A whose policies let all of B do everything."""

    key: str
    queue: str
    table: str
    bucket: str
    group: str


@pytest.fixture(scope="module")
def world(a):
    key = a("kms").create_key()["KeyMetadata"]["Arn"]
    statements = [{**who, "Action": "kms:*", "Resource": "*"} for who in (OWN_ACCOUNT, TO_ALL_OF_B)]
    a("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=document(*statements))
    queue = a("sqs").create_queue(QueueName="shared")["QueueUrl"]
    policy = document({**TO_ALL_OF_B, "Action": "sqs:*", "Resource": f"arn:aws:sqs:{HERE}:shared"})
    a("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    table = a("dynamodb").create_table(
        TableName="shared",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    policy = document({**TO_ALL_OF_B, "Action": "dynamodb:*", "Resource": table})
    a("dynamodb").put_resource_policy(ResourceArn=table, Policy=policy)
    a("s3").create_bucket(Bucket="shared-with-b", CreateBucketConfiguration={"LocationConstraint": REGION})
    a("s3").put_object(Bucket="shared-with-b", Key="k", Body=b"x")
    named = ["arn:aws:s3:::shared-with-b", "arn:aws:s3:::shared-with-b/*"]
    a("s3").put_bucket_policy(
        Bucket="shared-with-b", Policy=document({**TO_ALL_OF_B, "Action": "s3:*", "Resource": named})
    )
    group = f"arn:aws:logs:{HERE}:log-group:shared"
    a("logs").create_log_group(logGroupName="shared")
    policy = document({**TO_ALL_OF_B, "Action": "logs:*", "Resource": f"{group}:*"})
    a("logs").put_resource_policy(policyName="shared", policyDocument=policy)
    return World(key, queue, table, "shared-with-b", group)


# the service, what it keeps to the owner's account, what it does not
KEPT = {
    "kms": (
        ("kms", lambda c, w: c.get_key_policy(KeyId=w.key, PolicyName="default")),
        ("kms", lambda c, w: c.describe_key(KeyId=w.key)),
    ),
    "kms: tags": (
        ("kms", lambda c, w: c.tag_resource(KeyId=w.key, Tags=[{"TagKey": "t", "TagValue": "v"}])),
        ("kms", lambda c, w: c.encrypt(KeyId=w.key, Plaintext=b"x")),
    ),
    "sqs": (
        ("sqs", lambda c, w: c.set_queue_attributes(QueueUrl=w.queue, Attributes={"VisibilityTimeout": "5"})),
        ("sqs", lambda c, w: c.send_message(QueueUrl=w.queue, MessageBody="x")),
    ),
    "sqs: tags": (
        ("sqs", lambda c, w: c.list_queue_tags(QueueUrl=w.queue)),
        ("sqs", lambda c, w: c.get_queue_attributes(QueueUrl=w.queue, AttributeNames=["All"])),
    ),
    "dynamodb": (
        ("dynamodb", lambda c, w: c.get_resource_policy(ResourceArn=w.table)),
        ("dynamodb", lambda c, w: c.describe_table(TableName=w.table)),
    ),
}


@pytest.mark.parametrize("what", KEPT)
def test_an_operation_that_never_crosses_is_refused_though_both_sides_allow_it(a, b, journals, world, what):
    (service, kept), (_, shared) = KEPT[what]
    stranger = b(service)

    shared(stranger, world)
    code, _, _ = refusal(lambda: kept(stranger, world))
    assert code in {"AccessDenied", "AccessDeniedException"}
    line = journals.lines(decision="implicit_deny", principal=f"arn:aws:iam::{B}:user/deployer")[-1]
    assert line["because"][0]["note"].endswith("lets no other account do this, whatever policies say")
    kept(a(service), world)


def test_the_policies_of_log_groups_are_for_services_and_not_for_other_accounts(a, b, journals, world):
    assert refusal(b("logs").list_tags_for_resource, resourceArn=world.group)[0] == "AccessDeniedException"
    line = journals.lines(decision="implicit_deny", operation="ListTagsForResource")[-1]
    assert line["because"][0]["note"] == "the policies of CloudWatch Logs let services in, and no other account"
    a("logs").list_tags_for_resource(resourceArn=world.group)


def test_a_bucket_policy_is_405_to_another_account_with_the_permission_and_403_without(a, b, journals, world):
    policy = a("s3").get_bucket_policy(Bucket=world.bucket)["Policy"]
    said = ("MethodNotAllowed", 405, "The specified method is not allowed against this resource.")

    full, none = b("s3"), b("s3", **user(b))
    assert refusal(full.get_bucket_policy, Bucket=world.bucket) == said
    line = journals.lines(decision="implicit_deny", operation="GetBucketPolicy")[-1]
    assert line["because"][0]["note"] == "a bucket's policy belongs to the bucket owner's account"
    assert refusal(full.put_bucket_policy, Bucket=world.bucket, Policy=policy) == said
    assert refusal(full.delete_bucket_policy, Bucket=world.bucket) == said
    assert refusal(none.get_bucket_policy, Bucket=world.bucket)[:2] == ("AccessDenied", 403)
    full.get_bucket_acl(Bucket=world.bucket)


EXPECTING = {
    "an object": lambda c, **more: c.get_object(Bucket="shared-with-b", Key="k", **more),
    "a head": lambda c, **more: c.head_bucket(Bucket="shared-with-b", **more),
    "a listing": lambda c, **more: c.list_objects_v2(Bucket="shared-with-b", **more),
    "a new object": lambda c, **more: c.put_object(Bucket="shared-with-b", Key="new", Body=b"x", **more),
    "a configuration": lambda c, **more: c.get_bucket_versioning(Bucket="shared-with-b", **more),
}


@pytest.mark.parametrize("what", EXPECTING)
def test_a_bucket_is_of_the_account_that_the_request_expects_or_it_is_refused(a, b, world, what):
    call = EXPECTING[what]
    for s3 in (a("s3"), b("s3")):
        assert refusal(call, s3, ExpectedBucketOwner=B)[:2] in {("AccessDenied", 403), ("403", 403)}
        call(s3, ExpectedBucketOwner=A)


def test_what_is_copied_from_is_of_the_account_that_the_request_expects(a, world):
    copy = {"Bucket": world.bucket, "Key": "copy", "CopySource": f"{world.bucket}/k"}
    assert refusal(a("s3").copy_object, **copy, ExpectedSourceBucketOwner=B) == ("AccessDenied", 403, "Access Denied")
    a("s3").copy_object(**copy, ExpectedSourceBucketOwner=A)


def test_an_object_that_is_not_there_is_denied_to_who_may_not_list_the_bucket(a, journals, world):
    objects, bucket = f"arn:aws:s3:::{world.bucket}/*", f"arn:aws:s3:::{world.bucket}"
    reads = [allow(["s3:GetObject", "s3:GetObjectAttributes"], objects)]
    blind, seeing = (a("s3", **user(a, *reads, *more)) for more in ((), [allow("s3:ListBucket", bucket)]))
    missing = {"Bucket": world.bucket, "Key": "missing"}

    code, status, said = refusal(blind.get_object, **missing)
    assert (code, status) == ("AccessDenied", 403)
    assert said.endswith(f'perform: s3:ListBucket on resource: "{bucket}" because no identity-based policy allows the s3:ListBucket action')  # fmt: skip
    line = journals.lines(operation="GetObject", decision="implicit_deny")[-1]
    assert [(call["action"], call["decision"]) for call in line["calls"]] == [("s3:GetObject", "allowed"), ("s3:ListBucket", "implicit_deny")]  # fmt: skip
    assert refusal(seeing.get_object, **missing)[:2] == ("NoSuchKey", 404)
    for s3, expected in ((blind, 403), (seeing, 404)):
        assert refusal(s3.head_object, **missing)[1] == expected
        assert refusal(s3.get_object_attributes, **missing, ObjectAttributes=["ETag"])[1] == expected
        assert s3.get_object(Bucket=world.bucket, Key="k")["Body"].read() == b"x"


def test_an_object_that_was_deleted_is_like_one_that_never_was(a):
    s3, bucket = a("s3"), "kept-versions"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k")
    blind = a("s3", **user(a, allow(["s3:GetObject", "s3:GetObjectVersion"], f"arn:aws:s3:::{bucket}/*")))

    assert refusal(blind.get_object, Bucket=bucket, Key="k")[:2] == ("AccessDenied", 403)
    assert refusal(s3.get_object, Bucket=bucket, Key="k")[:2] == ("NoSuchKey", 404)
    assert blind.get_object(Bucket=bucket, Key="k", VersionId=version)["Body"].read() == b"x"


def test_services_write_their_actions_in_their_own_way(a):
    nobody = user(a)
    topic = f"arn:aws:sns:{HERE}:none"
    publishing = refusal(a("sns", **nobody).publish, TopicArn=topic, Message="x")[2]
    assert publishing.endswith(f"perform: SNS:Publish on resource: {topic} because no identity-based policy allows the SNS:Publish action")  # fmt: skip
    assert refusal(a("sns", **user(a, allow("sns:Publish"))).publish, TopicArn=topic, Message="x")[0] == "NotFound"
    creating = refusal(a("sqs", **nobody).create_queue, QueueName="none")[2]
    assert creating.endswith(f"perform: sqs:createqueue on resource: arn:aws:sqs:{HERE}:none because no identity-based policy allows the sqs:createqueue action")  # fmt: skip
    a("sqs", **user(a, allow("sqs:CreateQueue"))).create_queue(QueueName="none")


def test_a_policy_may_want_one_way_of_signing(a, accounts, world):
    def keys(kind):
        wanted = {"StringEquals": {"s3:authType": kind}}
        return user(a, allow("s3:GetObject", f"arn:aws:s3:::{world.bucket}/*", Condition=wanted))

    in_headers, in_urls = keys("REST-HEADER"), keys("REST-QUERY-STRING")
    url, call = accounts["one"]["endpoint_url"], Call("s3", "GET", f"/{world.bucket}/k")
    assert send(url, signed(url, call, in_headers)).body == b"x"
    assert send(url, signed(url, call, in_urls)).code == "AccessDenied"
    assert send(url, presigned(url, call, in_urls, expires=60)).body == b"x"
    assert send(url, presigned(url, call, in_headers, expires=60)).code == "AccessDenied"


def test_the_account_of_a_bucket_is_a_condition_key_of_s3(a, b, world):
    def reader(account):
        return b("s3", **user(b, allow("s3:GetObject", Condition={"StringEquals": {"s3:ResourceAccount": account}})))

    assert reader(A).get_object(Bucket=world.bucket, Key="k")["Body"].read() == b"x"
    assert refusal(reader(B).get_object, Bucket=world.bucket, Key="k")[:2] == ("AccessDenied", 403)


def test_a_ciphertext_finds_the_key_of_another_account_by_itself(a, b, accounts, journals, world):
    ciphertext = a("kms").encrypt(KeyId=world.key, Plaintext=b"of a")["CiphertextBlob"]
    at_as_door = client(accounts["one"], "kms", **user(b, allow("kms:Decrypt", world.key)))

    for stranger in (b("kms"), b("kms", **user(b, allow("kms:Decrypt", world.key))), at_as_door):
        assert stranger.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"of a"
    assert journals.lines(operation="Decrypt")[-1]["resource"] == world.key
    blind = b("kms", **user(b, allow("kms:Decrypt", world.key.replace(A, B))))
    assert refusal(blind.decrypt, CiphertextBlob=ciphertext)[:2] == ("AccessDeniedException", 400)
    assert journals.lines(operation="Decrypt")[-1]["because"] == [{"layer": "identity", "missing": "allow"}]
    own = b("kms").create_key()["KeyMetadata"]["Arn"]
    of_b = b("kms").encrypt(KeyId=own, Plaintext=b"of b")["CiphertextBlob"]
    assert b("kms").decrypt(CiphertextBlob=of_b)["KeyId"] == own
    code, _, _ = refusal(a("kms").decrypt, CiphertextBlob=of_b)
    assert code == "AccessDeniedException"
