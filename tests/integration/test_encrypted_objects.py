"""Objects of S3 under a key of KMS want the key, too: its policy, the caller's policies, the encryption context, grants."""

import pytest
from aws import REGION, USES, A, B, allow, document, fresh, function_code, keyless, keys_of, refusal, user


@pytest.fixture
def bucket(a):
    """A new bucket."""
    name = fresh("bucket")
    a("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


def put(s3, bucket, key=None, **more):
    how = {"ServerSideEncryption": "aws:kms"} | ({"SSEKMSKeyId": key} if key else {})
    return s3.put_object(Bucket=bucket, Key="k", Body=b"x", **{**how, **more})


def test_an_object_wants_its_key_to_be_written_and_read(a, key, bucket, journals):
    arn = key()
    objects = user(a, allow("s3:*"))
    may = user(a, allow("s3:*"), allow(USES, arn))
    of_object = f"arn:aws:s3:::{bucket}/k"

    code, status, message = refusal(put, a("s3", **objects), bucket, arn)
    assert (code, status) == ("AccessDenied", 403)
    assert f"is not authorized to perform: kms:GenerateDataKey on resource: {arn}" in message
    put(a("s3", **may), bucket, arn)

    assert "kms:Decrypt" in refusal(a("s3", **objects).get_object, Bucket=bucket, Key="k")[2]
    line = journals.lines(action="kms:Decrypt", decision="implicit_deny")[-1]
    assert line["because"] == [{"layer": "identity", "missing": "allow"}]
    assert line["context"]["kms:viaservice"] == f"s3.{REGION}.amazonaws.com"
    assert line["context"]["kms:encryptioncontext:aws:s3:arn"] == of_object
    assert [one["action"] for one in line["calls"]] == ["s3:GetObject", "kms:Decrypt"]
    a("s3", **objects).head_object(Bucket=bucket, Key="k")
    assert a("s3", **may).get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_the_bucket_can_choose_the_key(a, key, bucket):
    arn = key()
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn}}
    rule = {"Rules": [{**default, "BucketKeyEnabled": True}]}
    a("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rule)
    of_bucket, of_object = (
        {"StringEquals": {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}{name}"}} for name in ("", "/k")
    )
    right = a("s3", **user(a, allow("s3:*"), allow(USES, arn, Condition=of_bucket)))
    wrong = a("s3", **user(a, allow("s3:*"), allow(USES, arn, Condition=of_object)))

    assert refusal(wrong.put_object, Bucket=bucket, Key="k", Body=b"x")[0] == "AccessDenied"
    right.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert refusal(wrong.get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    right.get_object(Bucket=bucket, Key="k")


def test_parts_and_copies_want_the_keys_of_both_sides(a, key, bucket):
    source, target = key(), key()
    put(a("s3"), bucket, source)
    both = a("s3", **user(a, allow("s3:*"), allow(USES, [source, target])))
    reader = a("s3", **user(a, allow("s3:*"), allow(USES, source)))
    writer = a("s3", **user(a, allow("s3:*"), allow(USES, target)))
    generates = a("s3", **user(a, allow("s3:*"), allow("kms:GenerateDataKey", target)))
    copy = {
        "Bucket": bucket,
        "Key": "c",
        "CopySource": f"{bucket}/k",
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": target,
    }

    assert source in refusal(writer.copy_object, **copy)[2]
    assert target in refusal(reader.copy_object, **copy)[2]
    both.copy_object(**copy)

    begun = {"Bucket": bucket, "Key": "m", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": target}
    upload = generates.create_multipart_upload(**begun)["UploadId"]
    part = {"Bucket": bucket, "Key": "m", "UploadId": upload, "PartNumber": 1, "Body": b"x"}
    assert "kms:Decrypt" in refusal(generates.upload_part, **part)[2]
    both.upload_part(**part)


def test_another_account_wants_the_bucket_the_key_and_its_own_permission(a, b, key, bucket):
    anyone_of_b = {"AWS": f"arn:aws:iam::{B}:root"}
    shared, kept = key(allow(USES, Principal=anyone_of_b)), key()
    policy = allow("s3:*", f"arn:aws:s3:::{bucket}/*", Principal=anyone_of_b)
    a("s3").put_bucket_policy(Bucket=bucket, Policy=document(policy))
    may, may_not = user(b, allow("s3:*"), allow("kms:*")), user(b, allow("s3:*"))

    put(a("s3"), bucket, kept)
    assert refusal(b("s3", **may).get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    put(a("s3"), bucket)  # under AWS's own key, which is never another account's
    assert refusal(b("s3", **may).get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    put(a("s3"), bucket, shared)
    assert refusal(b("s3", **may_not).get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    assert b("s3", **may).get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
    put(b("s3", **may), bucket, shared)


def test_awss_own_key_is_for_everybody_of_the_account_and_through_its_service_only(a, accounts, bucket):
    objects = user(a, allow("s3:*"))
    put(a("s3", **objects), bucket)
    a("s3", **objects).get_object(Bucket=bucket, Key="k")

    a("s3").delete_public_access_block(Bucket=bucket)
    public = {**allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"), "Principal": "*"}
    a("s3").put_bucket_policy(Bucket=bucket, Policy=document(public))
    anonymous = keyless(accounts["one"], "s3")
    assert refusal(anonymous.get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    put(a("s3"), bucket, ServerSideEncryption="AES256")
    anonymous.get_object(Bucket=bucket, Key="k")


def test_a_key_that_is_for_a_service_only_is_not_used_directly(a, key, bucket):
    through = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com", "kms:CallerAccount": A}}
    arn = key()
    keys = user(a, allow("s3:*"), allow(USES, arn, Condition=through))

    assert refusal(a("kms", **keys).generate_data_key, KeyId=arn, KeySpec="AES_256")[0] == "AccessDeniedException"
    put(a("s3", **keys), bucket, arn)
    a("kms", **user(a, allow(USES, arn))).generate_data_key(KeyId=arn, KeySpec="AES_256")


def test_a_grant_is_enough(a, key, bucket):
    arn, name = key(), fresh("granted")
    a("iam").create_user(UserName=name)
    a("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(allow("s3:*")))
    keys = keys_of(a("iam").create_access_key(UserName=name)["AccessKey"])
    put(a("s3"), bucket, arn)

    assert refusal(a("s3", **keys).get_object, Bucket=bucket, Key="k")[0] == "AccessDenied"
    a("kms").create_grant(KeyId=arn, GranteePrincipal=f"arn:aws:iam::{A}:user/{name}", Operations=["Decrypt"])
    a("s3", **keys).get_object(Bucket=bucket, Key="k")


def test_awss_own_keys_are_not_used_directly(a, bucket):
    kms = a("kms", **user(a, allow("kms:*")))
    put(a("s3"), bucket)
    made = a("s3").head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"]

    assert refusal(kms.encrypt, KeyId=made, Plaintext=b"x")[0] == "AccessDeniedException"
    for _ in range(2):  # LocalStack makes the key at the first call
        assert refusal(kms.encrypt, KeyId="alias/aws/lambda", Plaintext=b"x")[0] == "AccessDeniedException"
    assert kms.describe_key(KeyId=made)["KeyMetadata"]["Arn"] == made
    kms.encrypt(KeyId=a("kms").create_key()["KeyMetadata"]["Arn"], Plaintext=b"x")


def test_a_key_of_another_account_than_the_buckets_is_not_used(a, b, key, bucket):
    of_b = {"AWS": f"arn:aws:iam::{B}:root"}
    a("s3").put_bucket_policy(Bucket=bucket, Policy=document(allow("s3:*", f"arn:aws:s3:::{bucket}/*", Principal=of_b)))
    writer = b("s3", **user(b, allow("s3:*"), allow("kms:*")))
    theirs = b("kms").create_key()["KeyMetadata"]["Arn"]

    assert refusal(put, writer, bucket, theirs)[0] == "AccessDenied"
    put(writer, bucket, key(allow(USES, Principal=of_b)))


def test_a_functions_code_wants_the_key_that_it_lies_under(a, key, bucket):
    arn = key()
    of_key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn}
    a("s3").put_object(Bucket=bucket, Key="k", Body=function_code("pass"), **of_key)
    layer = {"LayerName": fresh("layer"), "Content": {"S3Bucket": bucket, "S3Key": "k"}}
    layers = a("lambda", **user(a, allow(["lambda:*", "s3:*"])))
    may = a("lambda", **user(a, allow(["lambda:*", "s3:*"]), allow(USES, arn)))

    assert "kms:Decrypt" in refusal(layers.publish_layer_version, **layer)[2]
    assert may.publish_layer_version(**layer)["Version"] == 1


def test_checksums_want_the_key(a, key, bucket):
    arn = key()
    begun = {"Bucket": bucket, "Key": "k", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn}
    upload = {"Bucket": bucket, "Key": "k"}
    upload["UploadId"] = a("s3").create_multipart_upload(ChecksumAlgorithm="SHA256", **begun)["UploadId"]
    part = a("s3").upload_part(PartNumber=1, Body=b"x", ChecksumAlgorithm="SHA256", **upload)
    told = {"ETag": part["ETag"], "PartNumber": 1, "ChecksumSHA256": part["ChecksumSHA256"]}
    objects, may = a("s3", **user(a, allow("s3:*"))), a("s3", **user(a, allow("s3:*"), allow(USES, arn)))
    complete = {**upload, "MultipartUpload": {"Parts": [told]}}

    assert "kms:Decrypt" in refusal(objects.complete_multipart_upload, **complete)[2]
    may.complete_multipart_upload(**complete)
    objects.head_object(Bucket=bucket, Key="k")
    assert refusal(objects.head_object, Bucket=bucket, Key="k", ChecksumMode="ENABLED")[1] == 403
    assert may.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumSHA256"]


def test_an_object_is_encrypted_as_there_is_a_way_to(a, key, bucket):
    arn = key()

    assert refusal(put, a("s3"), bucket, ServerSideEncryption="rot13")[:2] == ("InvalidArgument", 400)
    assert refusal(put, a("s3"), bucket, arn, ServerSideEncryption="AES256")[:2] == ("InvalidArgument", 400)
    put(a("s3"), bucket, arn)
