"""Policies on their way into a service's store: their form, the principals they name, and which entity a name meant."""

import json
from functools import partial

import pytest
from aws import REGION, A, B, allow, document, function_code, keys_of, refusal, trust

NOBODY = f"arn:aws:iam::{A}:role/nobody"
ROLE = f"arn:aws:iam::{A}:role/named"
TRUST = document({"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole"})
STRANGER = "999999999999"
LAMBDA, MISSPELT = "lambda.amazonaws.com", "lamda.amazonaws.com"


@pytest.fixture
def session(a):
    """A new role of the name, and the keys of a session of it: each time another role."""
    iam, sts, made = a("iam"), a("sts"), []

    def make():
        made.append(iam.create_role(RoleName="named", AssumeRolePolicyDocument=TRUST))
        given = sts.assume_role(RoleArn=ROLE, RoleSessionName="session")["Credentials"]
        return keys_of(given)

    yield make
    if made:
        iam.delete_role(RoleName="named")


class Key:
    service, action, code, text = "kms", "kms:*", "MalformedPolicyDocumentException", "one or more invalid principals."

    def __init__(self, a):
        self.client = a("kms")
        self.id = self.client.create_key()["KeyMetadata"]["KeyId"]
        self.arn = "*"

    def save(self, policy):
        own = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"})
        statements = policy["Statement"]
        self.client.put_key_policy(KeyId=self.id, PolicyName="default", Policy=document(own, *statements))

    def use(self, as_session):
        as_session("kms").encrypt(KeyId=self.id, Plaintext=b"x")


class Bucket:
    service, action, code, text = "s3", "s3:PutObject", "MalformedPolicy", "Invalid principal in policy"

    def __init__(self, a):
        self.client = a("s3")
        self.client.create_bucket(Bucket="policies", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.arn = "arn:aws:s3:::policies/*"

    def save(self, policy):
        self.client.put_bucket_policy(Bucket="policies", Policy=json.dumps(policy))

    def use(self, as_session):
        as_session("s3").put_object(Bucket="policies", Key="k", Body=b"x")


class Queue:
    service, action, code, text = "sqs", "sqs:SendMessage", "InvalidAttributeValue", "parameter Policy."

    def __init__(self, a):
        self.client = a("sqs")
        self.url = self.client.create_queue(QueueName="policies")["QueueUrl"]
        self.arn = f"arn:aws:sqs:{REGION}:{A}:policies"

    def save(self, policy):
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": json.dumps(policy)})

    def use(self, as_session):
        as_session("sqs").send_message(QueueUrl=self.url, MessageBody="x")


class Topic:
    service, action, code, text = "sns", "sns:Publish", "InvalidParameter", "Policy Error: PrincipalNotFound"

    def __init__(self, a):
        self.client = a("sns")
        self.arn = self.client.create_topic(Name="policies")["TopicArn"]

    def save(self, policy):
        value = json.dumps(policy)
        self.client.set_topic_attributes(TopicArn=self.arn, AttributeName="Policy", AttributeValue=value)

    def use(self, as_session):
        as_session("sns").publish(TopicArn=self.arn, Message="x")


class Secret:
    service, action = "secretsmanager", "secretsmanager:DescribeSecret"
    code, text = "MalformedPolicyDocumentException", "principal"

    def __init__(self, a):
        self.client = a("secretsmanager")
        self.id = self.client.create_secret(Name="policies", SecretString="x")["ARN"]
        self.arn = "*"

    def save(self, policy):
        self.client.put_resource_policy(SecretId=self.id, ResourcePolicy=json.dumps(policy))

    def use(self, as_session):
        as_session("secretsmanager").describe_secret(SecretId=self.id)


@pytest.mark.parametrize("kind", [Key, Bucket, Queue, Topic, Secret], ids=lambda kind: kind.service)
def test_a_policy_names_who_exists_and_means_that_one(a, session, kind):
    holder = kind(a)
    error = holder.client.exceptions.ClientError

    def save(principal, **more):
        statement = allow(holder.action, holder.arn, Principal={"AWS": principal}, **more)
        holder.save({"Version": "2012-10-17", "Statement": [statement]})

    def refused(*args, **more):
        with pytest.raises(error) as answered:
            save(*args, **more)
        return answered.value.response

    for principal in (NOBODY, f"arn:aws:iam::{STRANGER}:root", f"arn:aws:iam::{A}:role/*"):
        response = refused(principal)
        assert (response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]) == (holder.code, 400)
        assert holder.text in response["Error"]["Message"]

    def serve(service):
        statement = allow(holder.action, holder.arn, Principal={"Service": service})
        holder.save({"Version": "2012-10-17", "Statement": [statement]})

    code, _, message = refusal(serve, MISSPELT)
    assert code == holder.code
    assert holder.text in message
    serve(LAMBDA)

    first = session()
    assert refused(ROLE, Nonsense="x")["Error"]["Code"] == holder.code
    save(ROLE)
    holder.use(lambda service: a(service, **first))

    a("iam").delete_role(RoleName="named")
    second = session()
    with pytest.raises(error, match="not authorized"):
        holder.use(lambda service: a(service, **second))
    save(ROLE)
    holder.use(lambda service: a(service, **second))


def test_policies_that_come_with_what_they_are_for_are_checked(a):
    policy = document(allow("*", Principal={"AWS": NOBODY}))
    own = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"})
    for service, call, code in (
        ("kms", lambda c, text: c.create_key(Policy=text), "MalformedPolicyDocumentException"),
        ("sqs", lambda c, text: c.create_queue(QueueName="come", Attributes={"Policy": text}), "InvalidAttributeValue"),
        ("sns", lambda c, text: c.create_topic(Name="come", Attributes={"Policy": text}), "InvalidParameter"),
    ):
        with pytest.raises(a(service).exceptions.ClientError) as refused:
            call(a(service), policy)
        assert refused.value.response["Error"]["Code"] == code
        call(a(service), document(own) if service == "kms" else document(allow("*", Principal={"AWS": A})))


def test_a_key_means_the_role_that_was_there_when_it_was_made(a, session):
    first = session()
    own = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{A}:root"})
    policy = document(own, allow("kms:Encrypt", Principal={"AWS": ROLE}))
    key = a("kms").create_key(Policy=policy)["KeyMetadata"]["KeyId"]
    a("kms", **first).encrypt(KeyId=key, Plaintext=b"x")

    a("iam").delete_role(RoleName="named")
    second = session()

    with pytest.raises(a("kms").exceptions.ClientError, match="not authorized"):
        a("kms", **second).encrypt(KeyId=key, Plaintext=b"x")


def test_a_trust_policy_shows_the_id_of_who_is_gone(a, b):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles."""
    own, theirs, iam = a("iam"), b("iam"), a("iam")
    trusted = own.create_user(UserName="leaving")["User"], theirs.create_user(UserName="leaving-too")["User"]
    stays = own.create_user(UserName="staying")["User"]["Arn"]
    names = [*(user["Arn"] for user in trusted), stays]
    statement = {"Effect": "Allow", "Principal": {"AWS": names}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="showing", AssumeRolePolicyDocument=document(statement))

    def shown():
        role = iam.get_role(RoleName="showing")["Role"]
        return role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]

    assert shown() == names
    own.delete_user(UserName="leaving")
    theirs.delete_user(UserName="leaving-too")
    by_id = [*(user["UserId"] for user in trusted), stays]
    assert shown() == by_id
    own.create_user(UserName="leaving")
    assert shown() == by_id
    again = document({**statement, "Principal": {"AWS": by_id}})
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException, match=f'"AWS":"{by_id[0]}"'):
        iam.update_assume_role_policy(RoleName="showing", PolicyDocument=again)
    iam.update_assume_role_policy(RoleName="showing", PolicyDocument=document({**statement, "Principal": {"AWS": [names[0], stays]}}))  # fmt: skip
    assert shown() == [names[0], stays]


def test_permissions_are_for_accounts_and_principals_that_exist(a):
    queue = a("sqs").create_queue(QueueName="shared")["QueueUrl"]
    topic = a("sns").create_topic(Name="shared")["TopicArn"]
    for service, call, code in (
        ("sqs", lambda c, who: c.add_permission(QueueUrl=queue, Label=who[-1], AWSAccountIds=[who], Actions=["SendMessage"]), "InvalidAttributeValue"),
        ("sns", lambda c, who: c.add_permission(TopicArn=topic, Label=who[-1], AWSAccountId=[who], ActionName=["Publish"]), "InvalidParameter"),
        ("events", lambda c, who: c.put_permission(EventBusName="default", StatementId=who[-1], Principal=who, Action="events:PutEvents"), "ValidationException"),
    ):  # fmt: skip
        with pytest.raises(a(service).exceptions.ClientError) as refused:
            call(a(service), STRANGER)
        assert refused.value.response["Error"]["Code"] == code
        call(a(service), "222222222222")


def test_a_bucket_policy_names_an_account_by_its_canonical_user(a, b):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/finding-canonical-user-id.html."""
    own, other = (client("s3").list_buckets()["Owner"]["ID"] for client in (a, b))
    bucket = a("s3")
    bucket.create_bucket(Bucket="canonical", CreateBucketConfiguration={"LocationConstraint": REGION})
    bucket.put_object(Bucket="canonical", Key="k", Body=b"x")
    assert own == bucket.get_bucket_acl(Bucket="canonical")["Owner"]["ID"] != other

    def save(*named):
        principal = {"CanonicalUser": list(named), "AWS": A}
        policy = document(allow("s3:GetObject", "arn:aws:s3:::canonical/*", Principal=principal))
        bucket.put_bucket_policy(Bucket="canonical", Policy=policy)

    save(own)
    with pytest.raises(b("s3").exceptions.ClientError, match="AccessDenied"):
        b("s3").get_object(Bucket="canonical", Key="k")
    save(other)
    assert b("s3").get_object(Bucket="canonical", Key="k")["Body"].read() == b"x"
    shown = json.loads(bucket.get_bucket_policy(Bucket="canonical")["Policy"])["Statement"][0]["Principal"]
    assert shown == {"AWS": [A, f"arn:aws:iam::{B}:root"]}
    for nobody in ("0" * 64, ""):
        with pytest.raises(bucket.exceptions.ClientError, match="MalformedPolicy.*Invalid principal in policy"):
            save(nobody)
    assert b("s3").get_object(Bucket="canonical", Key="k")["Body"].read() == b"x"


def test_a_trust_policy_names_services_that_there_are(a):
    """https://github.com/aws-samples/aws-cdk-examples/issues/801."""
    iam = a("iam")
    for none in (MISSPELT, "foo", "amazonaws.com"):
        code, status, message = refusal(iam.create_role, RoleName="of-service", AssumeRolePolicyDocument=trust(none))
        assert (code, status) == ("MalformedPolicyDocument", 400)
        assert message == f'Invalid principal in policy: "SERVICE":"{none}"'
    names = [LAMBDA, "ecs-tasks.amazonaws.com", "ops.apigateway.amazonaws.com", "logs.us-west-2.amazonaws.com", "*"]
    iam.create_role(RoleName="of-service", AssumeRolePolicyDocument=trust(names))
    code, *_ = refusal(iam.update_assume_role_policy, RoleName="of-service", PolicyDocument=trust([LAMBDA, MISSPELT]))
    assert code == "MalformedPolicyDocument"
    kept = iam.get_role(RoleName="of-service")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert kept == {"Service": names}


def test_a_function_is_opened_to_services_that_there_are(a):
    """https://github.com/Pocket/terraform-modules/pull/1037."""
    role = a("iam").create_role(RoleName="of-function", AssumeRolePolicyDocument=trust(LAMBDA))["Role"]["Arn"]
    functions = a("lambda")
    functions.create_function(
        FunctionName="open", Runtime="python3.13", Role=role, Handler="f.f", Code={"ZipFile": function_code("f = None")}
    )
    permission = {"FunctionName": "open", "StatementId": "s", "Action": "lambda:InvokeFunction"}
    code, status, message = refusal(functions.add_permission, **permission, Principal="s4.amazonaws.com")
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert message == "The provided principal was invalid. Please check the principal and try again."
    functions.add_permission(**permission, Principal="s3.amazonaws.com")


LOCKOUT = "The new key policy will not allow you to update the key policy in the future."
ACCOUNT = {"AWS": f"arn:aws:iam::{A}:root"}


def test_a_key_policy_lets_its_writer_write_it_again(a):
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html#API_PutKeyPolicy_RequestParameters."""
    kms = a("kms")
    safe = document(allow("kms:*", Principal=ACCOUNT))
    shut = document(allow("kms:*", Principal={"AWS": f"arn:aws:iam::{B}:root"}))
    denying = document(
        allow("kms:*", Principal=ACCOUNT),
        {"Effect": "Deny", "Principal": "*", "Action": "kms:PutKeyPolicy", "Resource": "*"},
    )
    without = document(allow("kms:Encrypt", Principal=ACCOUNT))
    for policy in (shut, denying, without):
        assert refusal(kms.create_key, Policy=policy) == ("MalformedPolicyDocumentException", 400, LOCKOUT)
    kms.create_key(Policy=shut, BypassPolicyLockoutSafetyCheck=True)

    key = kms.create_key(Policy=safe)["KeyMetadata"]["KeyId"]
    put = partial(kms.put_key_policy, KeyId=key, PolicyName="default")
    for policy in (shut, denying, without):
        assert refusal(put, Policy=policy) == ("MalformedPolicyDocumentException", 400, LOCKOUT)
    assert json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]) == json.loads(safe)
    put(Policy=shut, BypassPolicyLockoutSafetyCheck=True)
    assert refusal(put, Policy=safe)[0] == "AccessDeniedException"


def test_whether_a_key_policy_locks_out_is_up_to_the_writers_own_policies_too(a):
    """https://github.com/aws-samples/rds-snapshot-export-to-s3-pipeline/issues/8."""
    iam = a("iam")
    user = iam.create_user(UserName="keeper")["User"]["Arn"]
    keys = keys_of(iam.create_access_key(UserName="keeper")["AccessKey"])

    def permit(*actions):
        iam.put_user_policy(UserName="keeper", PolicyName="p", PolicyDocument=document(allow(list(actions))))

    delegating, naming = (document(allow("kms:*", Principal={"AWS": who})) for who in (ACCOUNT["AWS"], user))
    permit("kms:CreateKey")
    code, _, message = refusal(a("kms", **keys).create_key, Policy=delegating)
    assert (code, message) == ("MalformedPolicyDocumentException", LOCKOUT)
    a("kms", **keys).create_key(Policy=naming)
    a("kms", **keys).create_key()
    permit("kms:CreateKey", "kms:PutKeyPolicy")
    a("kms", **keys).create_key(Policy=delegating)


def test_a_grant_is_for_a_principal_that_exists(a):
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html#API_CreateGrant_Errors."""
    kms = a("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    user = a("iam").create_user(UserName="grantee")["User"]["Arn"]
    grant = partial(kms.create_grant, KeyId=key, Operations=["Encrypt"])
    for none in (NOBODY, f"arn:aws:iam::{STRANGER}:root", f"arn:aws:iam::{A}:group/g"):
        assert refusal(grant, GranteePrincipal=none)[:2] == ("InvalidArnException", 400)
        assert refusal(grant, GranteePrincipal=user, RetiringPrincipal=none)[:2] == ("InvalidArnException", 400)
    grant(GranteePrincipal=user, RetiringPrincipal=f"arn:aws:iam::{B}:root")


def test_a_secret_can_be_kept_from_public_policies(a):
    """https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html."""
    secrets = a("secretsmanager")
    put = partial(secrets.put_resource_policy, SecretId=secrets.create_secret(Name="kept", SecretString="x")["ARN"])
    public = allow("secretsmanager:GetSecretValue", Principal="*")
    held = {**public, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
    code, status, _ = refusal(put, ResourcePolicy=document(public), BlockPublicPolicy=True)
    assert (code, status) == ("PublicPolicyException", 400)
    put(ResourcePolicy=document(held), BlockPublicPolicy=True)
    put(ResourcePolicy=document(public), BlockPublicPolicy=False)
    put(ResourcePolicy=document(public))


def test_iam_refuses_policies_in_its_own_words(a):
    iam = a("iam")
    given = allow("s3:GetObject")
    for text, message in (
        ("{", "Syntax errors in policy."),
        (document({**given, "Action": []}), "Policy statement must contain actions."),
        (document({**given, "Resource": []}), "Policy statement must contain resources."),
        (document({**given, "Action": "s*:GetObject"}), "Vendor s* is not valid"),
        (document({**given, "Resource": "arn:foo:s3:::b"}), 'Partition "foo" is not valid for resource "arn:foo:s3:::b".'),
        (document({**given, "Resource": "arn:aws:s3:us-east-1::b"}), "Resource arn:aws:s3:us-east-1::b can not contain region information."),
        (document({**given, "Resource": f"arn:aws:iam:us-east-1:{A}:user/x"}), f"IAM resource arn:aws:iam:us-east-1:{A}:user/x cannot contain region information."),
    ):  # fmt: skip
        assert refusal(iam.create_policy, PolicyName="words", PolicyDocument=text) == (
            "MalformedPolicyDocument",
            400,
            message,
        )
    iam.create_policy(PolicyName="words", PolicyDocument=document({**given, "Resource": "arn:aws:s3:::b/*"}))

    trusting = json.loads(TRUST)["Statement"][0]
    for name in ("Principal", "Action", "Effect"):
        text = document({key: value for key, value in trusting.items() if key != name})
        said = refusal(iam.create_role, RoleName="words", AssumeRolePolicyDocument=text)
        assert said == ("MalformedPolicyDocument", 400, f"Missing required field {name}")
    iam.create_role(RoleName="words", AssumeRolePolicyDocument=TRUST)


def test_a_trust_policy_shows_an_account_by_its_arn(a):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts."""
    iam = a("iam")

    def shown():
        role = iam.get_role(RoleName="by-account")["Role"]
        return role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]

    def trusting(named):
        return document({"Effect": "Allow", "Principal": {"AWS": named}, "Action": "sts:AssumeRole"})

    iam.create_role(RoleName="by-account", AssumeRolePolicyDocument=trusting(B))
    assert shown() == f"arn:aws:iam::{B}:root"
    user = iam.create_user(UserName="beside")["User"]["Arn"]
    iam.update_assume_role_policy(RoleName="by-account", PolicyDocument=trusting([A, user, B]))
    assert shown() == [f"arn:aws:iam::{A}:root", user, f"arn:aws:iam::{B}:root"]
    message = refusal(iam.update_assume_role_policy, RoleName="by-account", PolicyDocument=trusting(STRANGER))[2]
    assert f'"AWS":"{STRANGER}"' in message


def test_a_bucket_policy_is_about_its_own_bucket(a):
    bucket = a("s3")
    bucket.create_bucket(Bucket="own", CreateBucketConfiguration={"LocationConstraint": REGION})
    put = partial(bucket.put_bucket_policy, Bucket="own")
    given = allow("s3:GetObject", "arn:aws:s3:::own/*", Principal=ACCOUNT)
    for text, message in (
        ("zz", "Policies must be valid JSON and the first byte must be '{'"),
        ("{", "This policy contains invalid Json"),
        (
            document({key: value for key, value in given.items() if key != "Principal"}),
            "Missing required field Principal",
        ),
        (
            document({key: value for key, value in given.items() if key != "Resource"}),
            "Missing required field Resource",
        ),
        (document({**given, "Resource": "arn:aws:s3:::other/*"}), "Policy has invalid resource"),
        (document({**given, "Action": "sqs:SendMessage"}), "Policy has invalid action"),
        (document({**given, "Action": "s3:ListBucket"}), "Action does not apply to any resource(s) in statement"),
        (document({**given, "Condition": {"StringEquals": {"s3:foo": "x"}}}), "Policy has an invalid condition key"),
    ):
        assert refusal(put, Policy=text) == ("MalformedPolicy", 400, message)
    assert refusal(bucket.get_bucket_policy, Bucket="own")[0] == "NoSuchBucketPolicy"
    put(Policy=document(given, allow("s3:ListBucket", "arn:aws:s3:::own", Principal=ACCOUNT)))


def test_a_topic_policy_is_about_topics(a):
    sns = a("sns")
    topic = sns.create_topic(Name="scope")["TopicArn"]
    put = partial(sns.set_topic_attributes, TopicArn=topic, AttributeName="Policy")
    said = refusal(put, AttributeValue=document(allow("sqs:SendMessage", topic, Principal=ACCOUNT)))
    assert said == ("InvalidParameter", 400, "Invalid parameter: Policy statement action out of service scope!")
    put(AttributeValue=document(allow("sns:Publish", topic, Principal=ACCOUNT)))


def test_a_table_policy_that_is_no_json_is_not_valid(a):
    """https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutResourcePolicy.html."""
    tables = a("dynamodb")
    key = {"AttributeName": "k"}
    table = tables.create_table(
        TableName="own", KeySchema=[{**key, "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{**key, "AttributeType": "S"}],
    )["TableDescription"]["TableArn"]  # fmt: skip
    assert refusal(tables.put_resource_policy, ResourceArn=table, Policy="zz")[:2] == ("ValidationException", 400)
    policy = document(allow("dynamodb:GetItem", table, Principal=ACCOUNT))
    tables.put_resource_policy(ResourceArn=table, Policy=policy)
