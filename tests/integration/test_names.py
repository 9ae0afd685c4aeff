"""Names of parameters, secrets, queues and keys that mean something else than they seem to: nothing is read or written by them."""

import pytest
from aws import REGION, A, B, allow, document, fresh, keys_of, refusal

ELSEWHERE = "eu-west-1"
ROOT = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"})
USES = ["kms:GenerateDataKey", "kms:Encrypt", "kms:Decrypt"]
REFERENCE = "/aws/reference/secretsmanager"


def deny(action, resource):
    return {"Effect": "Deny", "Action": action, "Resource": resource}


def new_key(a, region=REGION):
    return a("kms", region=region).create_key(Policy=document(ROOT))["KeyMetadata"]["Arn"]


def user(account, *statements):
    name, iam = fresh("named"), account("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements))
    return keys_of(iam.create_access_key(UserName=name)["AccessKey"])


@pytest.fixture(scope="module")
def clients(accounts):
    """A client of account one in a region with these keys."""
    from aws import client

    return lambda service, region=REGION, **keys: client(accounts["one"], service, region=region, **keys)


# Systems Manager


def test_an_arn_is_one_parameter_and_no_other(a):
    name = fresh("psecret")
    a("ssm").put_parameter(Name=name, Value="hidden", Type="SecureString", KeyId=new_key(a))
    place = f"arn:aws:ssm:{REGION}:{A}:"
    ssm = a("ssm", **user(a, allow("ssm:*"), deny("ssm:*", f"arn:aws:ssm:*:*:parameter/{name}")))

    for arn in (
        f"{place}parameter/pparameter/{name[1:]}", f"{place}parameter/parameter/{name}", f"{place}{name}",
        f"arn:aws:foo:{REGION}:{A}:parameter/{name}", f"{place.replace(REGION, ELSEWHERE)}parameter/{name}",
    ):  # fmt: skip
        assert refusal(ssm.get_parameter, Name=arn, WithDecryption=True)[0] == "ValidationException", arn
        assert refusal(ssm.get_parameters, Names=[arn], WithDecryption=True)[0] == "ValidationException", arn
        assert (
            refusal(ssm.put_parameter, Name=arn, Value="evil", Type="String", Overwrite=True)[0]
            == "ValidationException"
        )
    assert refusal(ssm.get_parameter, Name=f"{place}parameter/{name}")[0] == "AccessDeniedException"
    assert (
        refusal(ssm.put_parameter, Name=f"{place}parameter/{name}", Value="x", Type="String")[0]
        == "ValidationException"
    )
    got = a("ssm").get_parameter(Name=f"{place}parameter/{name}", WithDecryption=True)["Parameter"]["Value"]
    assert got == "hidden"


def test_two_slashes_write_nothing(a):
    path = f"/{fresh('p')}"
    a("ssm").put_parameter(Name=f"{path}/b", Value="kept", Type="String")
    ssm = a("ssm", **user(a, allow("ssm:*"), deny("ssm:*", f"arn:aws:ssm:*:*:parameter{path}/b")))

    for name in (f"{path}//b", f"{path}/b/", f"/{path}/b"):
        assert (
            refusal(ssm.put_parameter, Name=name, Value="evil", Type="String", Overwrite=True)[0]
            == "ValidationException"
        )
    assert (
        refusal(ssm.put_parameter, Name=f"{path}/b", Value="evil", Type="String", Overwrite=True)[0]
        == "AccessDeniedException"
    )
    assert a("ssm").get_parameter(Name=f"{path}/b")["Parameter"]["Value"] == "kept"


def test_no_path_is_not_every_path(accounts, a):
    from aws import client

    a("ssm").put_parameter(Name=f"/{fresh('path')}/x", Value="hidden", Type="SecureString", KeyId=new_key(a))
    ssm = client(accounts["one"], "ssm", checked=False, **user(a, allow("ssm:*")))

    for path in ("", "p", "//"):
        assert (
            refusal(ssm.get_parameters_by_path, Path=path, Recursive=True, WithDecryption=True)[0]
            == "ValidationException"
        )
    assert (
        refusal(ssm.get_parameters_by_path, Path="/", Recursive=True, WithDecryption=True)[0] == "AccessDeniedException"
    )


def test_what_only_begins_like_a_reference_is_none(a):
    secret = fresh("secret")
    made = a("secretsmanager").create_secret(Name=secret, SecretString="TOP", KmsKeyId=new_key(a))["ARN"]
    a("secretsmanager").create_secret(Name=f"{secret}/", SecretString="OTHER")
    ssm = a("ssm", **user(a, allow("ssm:*"), allow("secretsmanager:GetSecretValue", made)))

    for name in (f"{REFERENCE}X{secret}", f"{REFERENCE}:{secret}"):
        assert refusal(ssm.get_parameters, Names=[name], WithDecryption=True)[0] == "ParameterNotFound"
        assert refusal(ssm.get_parameter, Name=name, WithDecryption=True)[0] == "ParameterNotFound"
    for name in (f"{REFERENCE}/{secret}/", f"arn:aws:ssm:{REGION}:{A}:parameter{REFERENCE}/{secret}/"):
        assert refusal(ssm.get_parameters, Names=[name], WithDecryption=True)[0] == "ValidationException"
        assert refusal(ssm.get_parameter_history, Name=name, WithDecryption=True)[0] == "ValidationException"
    reading = {"Name": f"{REFERENCE}/{secret}", "WithDecryption": True}
    assert refusal(ssm.get_parameter, **reading)[0] == "AccessDeniedException"  # its key
    assert refusal(a("ssm").get_parameter, Name=f"{REFERENCE}/{secret}")[2].startswith(
        "WithDecryption flag must be True"
    )
    assert a("ssm").get_parameter(**reading)["Parameter"]["Value"] == "TOP"


# Secrets Manager


def test_a_secret_is_asked_for_in_its_own_region(a, b, clients):
    name, key = fresh("secret"), new_key(a, ELSEWHERE)
    there = clients("secretsmanager", ELSEWHERE).create_secret(Name=name, SecretString="THERE", KmsKeyId=key)["ARN"]
    here = a("secretsmanager").create_secret(Name=name, SecretString="HERE")["ARN"]
    wide = user(a, allow("secretsmanager:*"), allow("kms:*"), deny("secretsmanager:GetSecretValue", here))
    partial = here[:-7].replace(REGION, ELSEWHERE)

    for secret in (
        there,
        partial,
        f"arn:aws:secretsmanager::{A}:secret:{name}",
        f"arn:aws:secretsmanager:x:{REGION}:secret:{name}",
    ):
        missing = ("ResourceNotFoundException", 400)
        assert refusal(a("secretsmanager", **wide).get_secret_value, SecretId=secret)[:2] == missing
        assert refusal(a("secretsmanager", **wide).batch_get_secret_value, SecretIdList=[secret])[:2] == missing
        assert (
            refusal(a("secretsmanager", **wide).put_secret_value, SecretId=secret, SecretString="evil")[:2] == missing
        )
    keyless = user(a, allow("secretsmanager:*"))
    denied = refusal(clients("secretsmanager", ELSEWHERE, **keyless).get_secret_value, SecretId=there)
    assert denied[2] == "Access to KMS is not allowed"
    assert clients("secretsmanager", ELSEWHERE, **wide).get_secret_value(SecretId=there)["SecretString"] == "THERE"


def test_a_name_that_is_no_arn_is_a_name(a):
    for name in ("a:b:c:d:e", f"ARN:AWS:secretsmanager:{REGION}:{A}:secret:x"):
        assert refusal(a("secretsmanager").describe_secret, SecretId=name)[:2] == ("ValidationException", 400)


def test_a_replica_wants_the_keys_of_both_regions(a, clients):
    name, key, other = fresh("secret"), new_key(a), new_key(a, ELSEWHERE)
    a("secretsmanager").create_secret(Name=name, SecretString="x", KmsKeyId=key)
    replica = {"SecretId": name, "AddReplicaRegions": [{"Region": ELSEWHERE, "KmsKeyId": other}]}

    for keys in ([], [key], [other]):
        statements = [allow(USES, one) for one in keys]
        client = a("secretsmanager", **user(a, allow("secretsmanager:*"), *statements))
        assert refusal(client.replicate_secret_to_regions, **replica)[2] == "Access to KMS is not allowed"
    may = a("secretsmanager", **user(a, allow("secretsmanager:*"), allow(USES, key), allow(USES, other)))
    may.replicate_secret_to_regions(**replica)
    created = {"Name": fresh("secret"), "SecretString": "x", "AddReplicaRegions": replica["AddReplicaRegions"]}
    client = a("secretsmanager", **user(a, allow("secretsmanager:*"), allow(USES, key)))
    assert refusal(client.create_secret, **created)[2] == "Access to KMS is not allowed"

    def there(*keys):
        statements = [allow(USES, one) for one in keys]
        return clients("secretsmanager", ELSEWHERE, **user(a, allow("secretsmanager:*"), *statements))

    for without in (there(), there(key)):
        assert refusal(without.get_secret_value, SecretId=name)[2] == "Access to KMS is not allowed"
    assert there(other).get_secret_value(SecretId=name)["SecretString"] == "x"


def test_filters_want_the_list_and_are_whole(a, accounts):
    from aws import client

    found = {"Filters": [{"Key": "name", "Values": [fresh("none")]}]}
    batch = allow(["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"])
    assert "ListSecrets" in refusal(a("secretsmanager", **user(a, batch)).batch_get_secret_value, **found)[2]
    a("secretsmanager", **user(a, batch, allow("secretsmanager:ListSecrets"))).batch_get_secret_value(**found)
    for one in ({"Values": ["x"]}, {"Key": "name"}):
        unchecked = client(accounts["one"], "secretsmanager", checked=False)
        assert refusal(unchecked.batch_get_secret_value, Filters=[one])[:2] == ("InvalidParameterException", 400)


def test_a_new_version_wants_the_key_that_the_alias_means_now(a):
    alias, secret, first, second = f"alias/{fresh('moved')}", fresh("secret"), new_key(a), new_key(a)
    a("kms").create_alias(AliasName=alias, TargetKeyId=first)
    a("secretsmanager").create_secret(Name=secret, SecretString="x", KmsKeyId=alias)
    a("ssm").put_parameter(Name=secret, Value="x", Type="SecureString", KeyId=alias)
    a("kms").update_alias(AliasName=alias, TargetKeyId=second)
    old, new = (user(a, allow(["secretsmanager:*", "ssm:*"]), allow(USES, key)) for key in (first, second))

    assert (
        refusal(a("secretsmanager", **old).put_secret_value, SecretId=secret, SecretString="y")[2]
        == "Access to KMS is not allowed"
    )
    assert a("secretsmanager", **old).get_secret_value(SecretId=secret)["SecretString"] == "x"
    a("secretsmanager", **new).put_secret_value(SecretId=secret, SecretString="y")
    assert a("secretsmanager", **new).get_secret_value(SecretId=secret)["SecretString"] == "y"
    assert refusal(a("ssm", **old).put_parameter, Name=secret, Value="y", Overwrite=True)[0] == "AccessDeniedException"
    a("ssm", **new).put_parameter(Name=secret, Value="y", Overwrite=True)


def test_an_empty_key_is_aws_s_own(a):
    secret, key = fresh("secret"), new_key(a)
    a("secretsmanager").create_secret(Name=secret, SecretString="x", KmsKeyId=key)
    keyless = a("secretsmanager", **user(a, allow("secretsmanager:*")))

    assert refusal(keyless.update_secret, SecretId=secret, KmsKeyId="")[2] == "Access to KMS is not allowed"
    a("secretsmanager").update_secret(SecretId=secret, KmsKeyId="", SecretString="y")
    assert keyless.get_secret_value(SecretId=secret)["SecretString"] == "y"


# queues, keys, policies


def test_a_queue_wants_its_key_at_any_region_s_endpoint(a, clients):
    key = new_key(a, ELSEWHERE)
    name = fresh("queue")
    url = clients("sqs", ELSEWHERE).create_queue(QueueName=name, Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    url = url.replace(f"/{A}/", f"/queue/{ELSEWHERE}/{A}/")  # LocalStack's way to write a URL that has a region
    keyless, may = user(a, allow("sqs:*")), user(a, allow("sqs:*"), allow(USES, key))

    for region in (REGION, ELSEWHERE):
        assert (
            refusal(clients("sqs", region, **keyless).send_message, QueueUrl=url, MessageBody="x")[0]
            == "KMS.AccessDeniedException"
        )
        clients("sqs", region, **may).send_message(QueueUrl=url, MessageBody=region)
    assert refusal(clients("sqs", **keyless).receive_message, QueueUrl=url)[0] == "KMS.AccessDeniedException"


@pytest.mark.parametrize("account", [B, "999999999999"])
def test_another_account_s_alias_is_not_the_own_one_of_its_name(a, account):
    alias, key, bucket = f"alias/{fresh('same')}", new_key(a), fresh("bucket")
    a("kms").create_alias(AliasName=alias, TargetKeyId=key)
    a("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    foreign = f"arn:aws:kms:{REGION}:{account}:{alias}"
    keys = user(a, allow(["s3:*", "ssm:*", "secretsmanager:*"]), allow("kms:*", key))

    put = {"Bucket": bucket, "Key": "k", "Body": b"x", "ServerSideEncryption": "aws:kms"}
    assert refusal(a("s3", **keys).put_object, **put, SSEKMSKeyId=foreign)[0] == "AccessDenied"
    assert (
        refusal(a("ssm", **keys).put_parameter, Name=fresh("p"), Value="x", Type="SecureString", KeyId=foreign)[0]
        == "AccessDeniedException"
    )
    assert (
        refusal(a("secretsmanager", **keys).create_secret, Name=fresh("s"), SecretString="x", KmsKeyId=foreign)[2]
        == "Access to KMS is not allowed"
    )
    a("s3", **keys).put_object(**put, SSEKMSKeyId=f"arn:aws:kms:{REGION}:{A}:{alias}")


def test_an_object_under_a_disabled_key_is_not_served(a):
    key, bucket = new_key(a), fresh("bucket")
    a("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    put = {"Bucket": bucket, "Key": "k", "Body": b"x", "ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    a("s3").put_object(**put)
    a("kms").disable_key(KeyId=key)

    assert refusal(a("s3").get_object, Bucket=bucket, Key="k")[:2] == ("KMS.DisabledException", 400)
    assert refusal(a("s3").put_object, **put)[:2] == ("KMS.DisabledException", 400)
    a("kms").enable_key(KeyId=key)
    assert a("s3").get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


@pytest.mark.parametrize("text", ["not json", "[]", '"x"', "1", "null", "1" * 5000])
def test_a_policy_of_log_groups_is_one(a, text):
    logs = a("logs")
    assert refusal(logs.put_resource_policy, policyName="bad", policyDocument=text)[0] == "InvalidParameterException"
    logs.describe_log_groups()


def test_a_policy_of_log_groups_and_streams_names_who_exists(a):
    nobody = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{B}:role/nobody"},
        "Action": "logs:*",
        "Resource": "*",
    }
    service = {**nobody, "Principal": {"Service": "es.amazonaws.com"}}
    assert (
        refusal(a("logs").put_resource_policy, policyName="p", policyDocument=document(nobody))[0]
        == "InvalidParameterException"
    )
    a("logs").put_resource_policy(policyName="p", policyDocument=document(service))
    a("logs").delete_resource_policy(policyName="p")
    stream = f"arn:aws:kinesis:{REGION}:{A}:stream/s"
    assert (
        refusal(a("kinesis").put_resource_policy, ResourceARN=stream, Policy=document(nobody))[0]
        == "InvalidArgumentException"
    )


def test_a_template_s_address_is_one(a):
    for call in (a("cloudformation").create_stack, a("cloudformation").get_template_summary):
        more = {"StackName": fresh("stack")} if call.__name__ == "create_stack" else {}
        assert refusal(call, TemplateURL="nonsense", **more)[:2] == ("ValidationError", 400)


def test_nobody_chooses_an_id(a):
    chosen = [{"TagKey": "_custom_id_", "TagValue": "12345678-1234-1234-1234-123456789012"}]

    assert refusal(a("kms").create_key, Tags=chosen)[0] == "ValidationException"
    assert refusal(a("apigateway").create_rest_api, name="x", tags={"_custom_id_": "abc"})[0] == "ValidationException"
    a("kms").create_key(Tags=[{"TagKey": "team", "TagValue": "blue"}])


def test_a_grant_asks_for_both_of_its_contexts(a):
    key, name = new_key(a), fresh("grantee")
    grantee = a("iam").create_user(UserName=name)["User"]["Arn"]
    kms = a("kms", **keys_of(a("iam").create_access_key(UserName=name)["AccessKey"]))
    both = {"a": "1", "b": "2"}
    limits = {"EncryptionContextEquals": both, "EncryptionContextSubset": {"b": "2"}}
    a("kms").create_grant(KeyId=key, GranteePrincipal=grantee, Operations=["Encrypt"], Constraints=limits)

    for context in ({"a": "1"}, {"b": "2"}, {}):
        assert refusal(kms.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext=context)[0] == "AccessDeniedException"
    kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext=both)


def test_a_grant_is_retired_where_its_token_says(a, clients):
    """https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html: grants are each key's own."""
    home = a("kms").create_key(MultiRegion=True)["KeyMetadata"]
    a("kms").replicate_key(KeyId=home["KeyId"], ReplicaRegion=ELSEWHERE)
    there = home["Arn"].replace(REGION, ELSEWHERE)
    given = {"KeyId": there, "GranteePrincipal": f"arn:aws:iam::{A}:root", "Operations": ["Encrypt"]}
    token = clients("kms", ELSEWHERE).create_grant(**given)["GrantToken"]
    may_here = a("kms", **user(a, allow("kms:RetireGrant", home["Arn"])))
    may_there = a("kms", **user(a, allow("kms:RetireGrant", there)))

    for named in (home["KeyId"], home["Arn"]):
        assert refusal(may_here.retire_grant, GrantToken=token, KeyId=named)[0] == "AccessDeniedException"
    may_there.retire_grant(GrantToken=token)


def test_code_in_another_account_s_bucket_is_refused_by_name(a, b):
    bucket = fresh("bucket")
    b("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    code = {"S3Bucket": bucket, "S3Key": "f.zip"}
    role = f"arn:aws:iam::{A}:role/any"

    for call in (
        lambda: a("lambda").publish_layer_version(LayerName="l", Content=code),
        lambda: a("lambda").create_function(
            FunctionName="f", Role=role, Runtime="python3.13", Handler="f.h", Code=code
        ),
    ):
        assert "not supported by the harness" in refusal(call)[2]
