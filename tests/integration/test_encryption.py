"""What is encrypted under a key of KMS wants the key, too: its policy, the caller's policies, the encryption context, grants."""

import itertools
import json

import pytest
from aws import REGION, A, B, allow, document, function_code, keyless, keys_of, refusal, user

from harness.scenario import eventually

NUMBERS = itertools.count(1)
ROOT = {"Sid": "Root", **allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"})}
USES = ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"]


def fresh(kind):
    return f"{kind}{next(NUMBERS)}"


@pytest.fixture(scope="module")
def key(a):
    """A key that A's own policies decide about, and whatever statements allow beside: its ARN."""
    return lambda *statements: a("kms").create_key(Policy=document(ROOT, *statements))["KeyMetadata"]["Arn"]


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


def test_a_secret_wants_its_key(a, b, key):
    of_b = {"AWS": f"arn:aws:iam::{B}:root"}
    shared = key(allow(USES, Principal=of_b))
    secrets, may = user(a, allow("secretsmanager:*")), user(a, allow("secretsmanager:*"), allow(USES, shared))
    theirs = b("secretsmanager", **user(b, allow("secretsmanager:*"), allow("kms:*")))
    made = {"Name": fresh("secret"), "SecretString": "x", "KmsKeyId": shared}
    denied = ("AccessDeniedException", 400, "Access to KMS is not allowed")

    assert refusal(a("secretsmanager", **secrets).create_secret, **made) == denied
    arn = a("secretsmanager", **may).create_secret(**made)["ARN"]
    assert refusal(a("secretsmanager", **secrets).get_secret_value, SecretId=arn) == denied
    assert a("secretsmanager", **may).get_secret_value(SecretId=arn)["SecretString"] == "x"

    policy = document(allow("secretsmanager:GetSecretValue", Principal=of_b))
    a("secretsmanager").put_resource_policy(SecretId=arn, ResourcePolicy=policy)
    assert theirs.get_secret_value(SecretId=arn)["SecretString"] == "x"
    kept = a("secretsmanager").create_secret(Name=fresh("secret"), SecretString="x", KmsKeyId=key())["ARN"]
    a("secretsmanager").put_resource_policy(SecretId=kept, ResourcePolicy=policy)
    assert refusal(theirs.get_secret_value, SecretId=kept) == denied


def test_a_secret_under_awss_own_key_stays_in_its_account(a, b):
    policy = document(allow("secretsmanager:GetSecretValue", Principal={"AWS": f"arn:aws:iam::{B}:root"}))
    arn = a("secretsmanager").create_secret(Name=fresh("secret"), SecretString="x")["ARN"]
    a("secretsmanager").put_resource_policy(SecretId=arn, ResourcePolicy=policy)

    code, _, message = refusal(b("secretsmanager").get_secret_value, SecretId=arn)
    assert (code, "default KMS service key" in message) == ("InvalidRequestException", True)
    assert a("secretsmanager", **user(a, allow("secretsmanager:*"))).get_secret_value(SecretId=arn)


def test_a_deny_in_ones_own_account_is_called_a_deny(a):
    arn = a("secretsmanager").create_secret(Name=fresh("secret"), SecretString="x")["ARN"]
    deny = {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}

    refused = refusal(a("secretsmanager", **user(a, allow("*"), deny)).get_secret_value, SecretId=arn)
    assert refused == ("AccessDeniedException", 400, "Access to KMS is not allowed")
    a("secretsmanager", **user(a, allow("*"))).get_secret_value(SecretId=arn)


def test_a_secure_string_wants_its_key_to_be_decrypted(a, key):
    arn, name = key(), f"/{fresh('path')}/p"
    parameters, may = user(a, allow("ssm:*")), user(a, allow("ssm:*"), allow(USES, arn))
    made = {"Name": name, "Value": "x", "Type": "SecureString", "KeyId": arn}

    assert "kms:Encrypt" in refusal(a("ssm", **parameters).put_parameter, **made)[2]
    a("ssm", **may).put_parameter(**made)
    blind, sees = a("ssm", **parameters), a("ssm", **may)
    blind.get_parameter(Name=name)
    path = {"Path": name.rpartition("/")[0], "WithDecryption": True}
    assert "kms:Decrypt" in refusal(blind.get_parameter, Name=name, WithDecryption=True)[2]
    assert "kms:Decrypt" in refusal(blind.get_parameters_by_path, **path)[2]
    assert sees.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "x"
    assert [each["Value"] for each in sees.get_parameters_by_path(**path)["Parameters"]] == ["x"]


def test_a_version_wants_the_key_that_it_lies_under(a, key):
    old, new, name = key(), key(), fresh("parameter")
    put_parameter = a("ssm").put_parameter
    put_parameter(Name=name, Value="old", Type="SecureString", KeyId=old)
    a("ssm").label_parameter_version(Name=name, Labels=["parameter1"])
    put_parameter(Name=name, Value="new", Type="SecureString", KeyId=new, Overwrite=True)
    of_old, of_new = (a("ssm", **user(a, allow("ssm:*"), allow(USES, arn))) for arn in (old, new))
    both = a("ssm", **user(a, allow("ssm:*"), allow(USES, [old, new])))

    for selected in (f"{name}:1", f"{name}:parameter1"):
        assert old in refusal(of_new.get_parameter, Name=selected, WithDecryption=True)[2]
        assert of_old.get_parameter(Name=selected, WithDecryption=True)["Parameter"]["Value"] == "old"
    assert new in refusal(of_old.get_parameter, Name=name, WithDecryption=True)[2]
    assert old in refusal(of_new.get_parameter_history, Name=name, WithDecryption=True)[2]
    assert len(both.get_parameter_history(Name=name, WithDecryption=True)["Parameters"]) == 2
    assert new in refusal(of_old.put_parameter, Name=name, Value="x", Overwrite=True)[2]
    of_new.put_parameter(Name=name, Value="x", Overwrite=True)


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


def test_a_message_wants_its_queues_and_its_topics_key(a, key):
    arn = key()
    queue = a("sqs").create_queue(QueueName=fresh("queue"), Attributes={"KmsMasterKeyId": arn})["QueueUrl"]
    topic = a("sns").create_topic(Name=fresh("topic"), Attributes={"KmsMasterKeyId": arn})["TopicArn"]
    messages, may = user(a, allow(["sqs:*", "sns:*"])), user(a, allow(["sqs:*", "sns:*"]), allow(USES, arn))

    assert refusal(a("sqs", **messages).send_message, QueueUrl=queue, MessageBody="x")[:2] == (
        "KMS.AccessDeniedException",
        400,
    )
    a("sqs", **may).send_message(QueueUrl=queue, MessageBody="x")
    assert refusal(a("sqs", **messages).receive_message, QueueUrl=queue)[0] == "KMS.AccessDeniedException"
    assert a("sqs", **may).receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "x"
    assert refusal(a("sns", **messages).publish, TopicArn=topic, Message="x")[:2] == ("KMSAccessDenied", 400)
    a("sns", **may).publish(TopicArn=topic, Message="x")


def test_a_service_wants_the_key_of_the_queue_it_delivers_to(a, key, journals):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#compatibility-with-aws-services."""
    topic = a("sns").create_topic(Name=fresh("topic"))["TopicArn"]
    of_sns = {"Service": "sns.amazonaws.com"}
    for_topic = {"ArnEquals": {"aws:SourceArn": topic}}
    urls = {}
    for what, arn in (
        ("shared", key(allow(USES, Principal=of_sns, Condition=for_topic))),
        ("kept", key()),
        ("aws", "alias/aws/sqs"),
    ):
        name = fresh("queue")
        resource = f"arn:aws:sqs:{REGION}:{A}:{name}"
        policy = document(allow("sqs:SendMessage", resource, Principal=of_sns))
        attributes = {"KmsMasterKeyId": arn, "Policy": policy}
        urls[what] = a("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        a("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=resource)

    a("sns").publish(TopicArn=topic, Message="hello")

    got = eventually(
        "the message", lambda: a("sqs").receive_message(QueueUrl=urls["shared"]).get("Messages"), within=20
    )
    assert json.loads(got[0]["Body"])["Message"] == "hello"
    refused = {"principal": "sns.amazonaws.com", "action": "kms:GenerateDataKey", "decision": "implicit_deny"}
    eventually("two refusals", lambda: len(journals.lines(**refused)) == 2, within=20)
    for what in ("kept", "aws"):
        assert not a("sqs").receive_message(QueueUrl=urls[what]).get("Messages")


def test_slashes_do_not_hide_a_parameter(a):
    name = fresh("parameter")
    a("ssm").put_parameter(Name=name, Value="x", Type="String")
    deny = {"Effect": "Deny", "Action": "ssm:*", "Resource": f"arn:aws:ssm:*:*:parameter/{name}"}
    denied, may = a("ssm", **user(a, allow("ssm:*"), deny)), a("ssm", **user(a, allow("ssm:*")))

    for written in (name, f"/{name}"):
        assert refusal(denied.get_parameter, Name=written)[0] == "AccessDeniedException"
    for written in (f"/{name}/", f"{name}//"):
        assert refusal(denied.get_parameter, Name=written)[0] == "ValidationException"
    assert may.get_parameter(Name=name)["Parameter"]["Value"] == "x"


def test_a_secure_string_is_not_told_without_its_key(a, key):
    arn, name = key(), fresh("parameter")
    a("ssm").put_parameter(Name=name, Value="hidden", Type="SecureString", KeyId=arn)
    blind, sees = a("ssm", **user(a, allow("ssm:*"))), a("ssm", **user(a, allow("ssm:*"), allow(USES, arn)))

    told = [
        blind.get_parameter(Name=name)["Parameter"],
        *blind.get_parameters(Names=[name])["Parameters"],
        *blind.get_parameter_history(Name=name)["Parameters"],
    ]
    assert len(told) == 3
    assert "hidden" not in " ".join(one["Value"] for one in told)
    assert sees.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "hidden"


def test_a_batch_asks_for_every_secret_that_its_filters_find(a, key):
    arn, prefix = key(), fresh("batch")
    open_to_all = a("secretsmanager").create_secret(Name=f"{prefix}-a", SecretString="a")["ARN"]
    a("secretsmanager").create_secret(Name=f"{prefix}-b", SecretString="b", KmsKeyId=arn)
    found = {"Filters": [{"Key": "name", "Values": [prefix]}]}
    batch = allow(["secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"])
    one = a("secretsmanager", **user(a, batch, allow("secretsmanager:GetSecretValue", open_to_all)))
    keyless_one = a("secretsmanager", **user(a, allow("secretsmanager:*")))
    may = a("secretsmanager", **user(a, allow("secretsmanager:*"), allow(USES, arn)))

    assert "secretsmanager:GetSecretValue" in refusal(one.batch_get_secret_value, **found)[2]
    assert refusal(keyless_one.batch_get_secret_value, **found)[2] == "Access to KMS is not allowed"
    assert {each["SecretString"] for each in may.batch_get_secret_value(**found)["SecretValues"]} == {"a", "b"}


def test_a_grant_is_for_one_principal(a, key):
    grant = {"KeyId": key(), "Operations": ["Decrypt"]}

    assert refusal(a("kms").create_grant, GranteePrincipal="*", **grant)[:2] == ("InvalidArnException", 400)
    a("kms").create_grant(GranteePrincipal=f"arn:aws:iam::{A}:root", **grant)


@pytest.mark.parametrize("by", ["token", "id"])
def test_a_grant_is_retired_by_whom_it_names_and_by_whom_its_account_lets(a, b, key, journals, by):
    arn, kms = key(), a("kms")
    names = {part: fresh("retiring") for part in ("retiring", "grantee", "nobody", "permitted")}
    users = {part: a("iam").create_user(UserName=name)["User"]["Arn"] for part, name in names.items()}
    clients = {
        part: a("kms", **keys_of(a("iam").create_access_key(UserName=name)["AccessKey"]))
        for part, name in names.items()
    }
    permission = document(allow("kms:RetireGrant", arn))
    a("iam").put_user_policy(UserName=names["permitted"], PolicyName="p", PolicyDocument=permission)

    def grant(*more):
        made = kms.create_grant(
            KeyId=arn,
            GranteePrincipal=users["grantee"],
            RetiringPrincipal=users["retiring"],
            Operations=["Decrypt", *more],
        )
        return {"GrantToken": made["GrantToken"]} if by == "token" else {"KeyId": arn, "GrantId": made["GrantId"]}

    clients["retiring"].retire_grant(**grant())
    clients["grantee"].retire_grant(**grant("RetireGrant"))
    clients["permitted"].retire_grant(**grant())
    with_retiring, without = grant("RetireGrant"), grant()
    assert refusal(clients["nobody"].retire_grant, **without)[:2] == ("AccessDeniedException", 400)
    assert refusal(clients["grantee"].retire_grant, **without)[:2] == ("AccessDeniedException", 400)
    line = journals.lines(action="kms:RetireGrant", decision="implicit_deny")[-1]
    assert (line["resource"], {each["layer"] for each in line["because"]}) == (arn, {"identity", "resource"})
    assert refusal(b("kms").retire_grant, **without)[0] in {"AccessDeniedException", "NotFoundException"}
    kms.retire_grant(**with_retiring)
    kms.retire_grant(**without)
    assert kms.list_grants(KeyId=arn)["Grants"] == []


def test_a_grant_is_retired_from_another_account_by_its_token(a, b, key):
    arn, kms = key(), a("kms")
    name = fresh("retiring")
    abroad = b("iam").create_user(UserName=name)["User"]["Arn"]
    b("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(allow("kms:RetireGrant")))
    client = b("kms", **keys_of(b("iam").create_access_key(UserName=name)["AccessKey"]))
    made = kms.create_grant(
        KeyId=arn, GranteePrincipal=f"arn:aws:iam::{A}:root", RetiringPrincipal=abroad, Operations=["Decrypt"]
    )

    assert refusal(b("kms", **user(b, allow("kms:*"))).retire_grant, GrantToken=made["GrantToken"])[:2] == (
        "AccessDeniedException",
        400,
    )
    client.retire_grant(GrantToken=made["GrantToken"])
    assert kms.list_grants(KeyId=arn)["Grants"] == []
    assert refusal(client.retire_grant, GrantToken="what is this")[0] == "InvalidGrantTokenException"


def test_a_grants_context_is_meant_as_it_stands(a, key):
    """In a policy, `${aws:username}` would be the caller's name."""
    name, arn = fresh("granted"), key()
    a("iam").create_user(UserName=name)
    kms = a("kms", **keys_of(a("iam").create_access_key(UserName=name)["AccessKey"]))
    limited = {"EncryptionContextSubset": {"for": "${aws:username}"}}
    grantee = f"arn:aws:iam::{A}:user/{name}"
    a("kms").create_grant(KeyId=arn, GranteePrincipal=grantee, Operations=["Encrypt"], Constraints=limited)
    encrypt = {"KeyId": arn, "Plaintext": b"x"}

    assert refusal(kms.encrypt, EncryptionContext={"for": name}, **encrypt)[0] == "AccessDeniedException"
    kms.encrypt(EncryptionContext={"for": "${aws:username}"}, **encrypt)


def test_what_lies_under_a_key_that_is_gone_is_for_nobody(a, key):
    alias, arn = f"alias/{fresh('alias')}", key()
    a("kms").create_alias(AliasName=alias, TargetKeyId=arn)
    queue = a("sqs").create_queue(QueueName=fresh("queue"), Attributes={"KmsMasterKeyId": alias})["QueueUrl"]
    messages = a("sqs", **user(a, allow("sqs:*"), allow("kms:*")))
    messages.send_message(QueueUrl=queue, MessageBody="x")

    a("kms").delete_alias(AliasName=alias)

    assert refusal(messages.send_message, QueueUrl=queue, MessageBody="x")[0] == "KMS.AccessDeniedException"


def test_an_alias_that_moves_leaves_behind_what_was_written(a, key):
    """https://docs.aws.amazon.com/kms/latest/developerguide/alias-update.html."""
    alias, old, new = f"alias/{fresh('alias')}", key(), key()
    a("kms").create_alias(AliasName=alias, TargetKeyId=old)
    secret = a("secretsmanager").create_secret(Name=fresh("secret"), SecretString="x", KmsKeyId=alias)["ARN"]
    name = fresh("parameter")
    a("ssm").put_parameter(Name=name, Value="x", Type="SecureString", KeyId=alias)
    of_old, of_new = (user(a, allow(["ssm:*", "secretsmanager:*"]), allow(USES, arn)) for arn in (old, new))

    a("kms").update_alias(AliasName=alias, TargetKeyId=new)

    assert refusal(a("secretsmanager", **of_new).get_secret_value, SecretId=secret)[1] == 400
    assert a("secretsmanager", **of_old).get_secret_value(SecretId=secret)["SecretString"] == "x"
    assert old in refusal(a("ssm", **of_new).get_parameter, Name=name, WithDecryption=True)[2]
    assert a("ssm", **of_old).get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "x"


def test_a_disabled_key_is_of_no_use_to_a_service(a, key):
    arn = key()
    secret = a("secretsmanager").create_secret(Name=fresh("secret"), SecretString="x", KmsKeyId=arn)["ARN"]
    name = fresh("parameter")
    a("ssm").put_parameter(Name=name, Value="x", Type="SecureString", KeyId=arn)
    queue = a("sqs").create_queue(QueueName=fresh("queue"), Attributes={"KmsMasterKeyId": arn})["QueueUrl"]
    topic = a("sns").create_topic(Name=fresh("topic"), Attributes={"KmsMasterKeyId": arn})["TopicArn"]
    uses = {
        "DecryptionFailure": lambda: a("secretsmanager").get_secret_value(SecretId=secret),
        "EncryptionFailure": lambda: a("secretsmanager").put_secret_value(SecretId=secret, SecretString="y"),
        "InvalidKeyId": lambda: a("ssm").get_parameter(Name=name, WithDecryption=True),
        "KMS.DisabledException": lambda: a("sqs").send_message(QueueUrl=queue, MessageBody="x"),
        "KMSDisabled": lambda: a("sns").publish(TopicArn=topic, Message="x"),
    }

    a("kms").disable_key(KeyId=arn)
    for code, use in uses.items():
        assert refusal(use)[:2] == (code, 400)
    a("kms").enable_key(KeyId=arn)
    for use in uses.values():
        use()


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


def test_a_ciphertext_of_another_account_is_not_encrypted_anew_here(a, b, key):
    """One instance has no key material of the other's; Decrypt goes to the other."""
    shared = key(allow([*USES, "kms:ReEncrypt*"], Principal={"AWS": f"arn:aws:iam::{B}:root"}))
    own = b("kms").create_key()["KeyMetadata"]["KeyId"]
    kms = b("kms", **user(b, allow("kms:*")))
    theirs = a("kms").encrypt(KeyId=shared, Plaintext=b"x")["CiphertextBlob"]
    ours = kms.encrypt(KeyId=own, Plaintext=b"x")["CiphertextBlob"]

    code, status, message = refusal(kms.re_encrypt, CiphertextBlob=theirs, DestinationKeyId=own)
    assert (code, status) == ("ValidationException", 400)
    assert f"several accounts ({A}, {B})" in message
    assert kms.decrypt(CiphertextBlob=theirs, KeyId=shared)["Plaintext"] == b"x"
    kms.re_encrypt(CiphertextBlob=ours, DestinationKeyId=own)
    nothing = refusal(kms.re_encrypt, CiphertextBlob=b"x", DestinationKeyId=own)
    assert nothing[:2] == ("InvalidCiphertextException", 400)


def test_a_replica_is_read_like_the_secret(a):
    name = fresh("replicated")
    made = {"Name": name, "SecretString": "x", "AddReplicaRegions": [{"Region": "eu-west-1"}]}
    a("secretsmanager").create_secret(**made)
    denied, may = user(a, allow("kms:*")), user(a, allow("secretsmanager:*"))

    there = {"region": "eu-west-1"}
    assert refusal(a("secretsmanager", **denied, **there).get_secret_value, SecretId=name)[1] == 400
    assert a("secretsmanager", **may, **there).get_secret_value(SecretId=name)["SecretString"] == "x"


def test_a_key_is_named_by_its_own_arn(a, key):
    arn = key()

    for wrong in ("arn:x", arn.replace(":key/", ":lock/")):
        assert refusal(a("kms").describe_key, KeyId=wrong)[:2] == ("InvalidArnException", 400)
    assert a("kms").describe_key(KeyId=arn)["KeyMetadata"]["Arn"] == arn


def test_a_reference_to_a_version_of_a_secret_wants_the_secret_and_its_key(a, key):
    arn, name = key(), fresh("secret")
    made = a("secretsmanager").create_secret(Name=name, SecretString="old", KmsKeyId=arn)
    a("secretsmanager").put_secret_value(SecretId=name, SecretString="new")
    deny = {"Effect": "Deny", "Action": "secretsmanager:*", "Resource": made["ARN"]}
    reads = allow(["ssm:*", "secretsmanager:*"])
    denied = a("ssm", **user(a, reads, allow(USES, arn), deny))
    blind, sees = a("ssm", **user(a, reads)), a("ssm", **user(a, reads, allow(USES, arn)))
    current, previous = (f"/aws/reference/secretsmanager/{name}:AWS{stage}" for stage in ("CURRENT", "PREVIOUS"))

    for refused, action in ((denied, "secretsmanager:GetSecretValue"), (blind, "kms:Decrypt")):
        for read in (
            lambda ssm: ssm.get_parameter(Name=current, WithDecryption=True),
            lambda ssm: ssm.get_parameters(Names=[current], WithDecryption=True),
            lambda ssm: ssm.get_parameter_history(Name=current.partition(":")[0], WithDecryption=True),
        ):
            assert action in refusal(read, refused)[2]
    assert sees.get_parameter(Name=current, WithDecryption=True)["Parameter"]["Value"] == "new"
    assert sees.get_parameter(Name=previous, WithDecryption=True)["Parameter"]["Value"] == "old"
