"""Secrets, parameters and messages under a key of KMS want the key, too: its policy, the caller's policies, the encryption context."""

import json

from aws import REGION, USES, A, B, allow, document, fresh, refusal, user

from harness.scenario import eventually


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
        "the message", lambda: a("sqs").receive_message(QueueUrl=urls["shared"]).get("Messages"), within=60
    )
    assert json.loads(got[0]["Body"])["Message"] == "hello"
    refused = {"principal": "sns.amazonaws.com", "action": "kms:GenerateDataKey", "decision": "implicit_deny"}
    eventually("two refusals", lambda: len(journals.lines(**refused)) == 2, within=60)
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
