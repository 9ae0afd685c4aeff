"""Keys of KMS that a service uses for itself, as CloudWatch Logs for a log group, or by a grant, as Lambda for a function's variables."""

import pytest
from aws import REGION, ROOT, A, allow, document, fresh, function_code, refusal, trust, user

LOGS_USES = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
LOGS_MAY_NOT = ("AccessDeniedException", 400)


def group_arn(name):
    return f"arn:aws:logs:{REGION}:{A}:log-group:{name}"


@pytest.fixture
def key_for(a):
    """A key whose policy lets CloudWatch Logs use it for what the condition says."""

    def make(condition):
        service = {"Service": f"logs.{REGION}.amazonaws.com"}
        logs = allow(LOGS_USES, Principal=service, Condition=condition)
        return a("kms").create_key(Policy=document(ROOT, logs))["KeyMetadata"]["Arn"]

    return make


def test_a_log_groups_key_must_let_cloudwatch_logs_use_it_for_the_group(a, key_for, journals):
    group, other = fresh("/group"), fresh("/group")
    key = key_for({"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group_arn(group)}})
    plain = a("kms").create_key()["KeyMetadata"]["Arn"]
    logs = a("logs", **user(a, allow("logs:*")))

    for name, named in ((group, plain), (other, key), (group, key.replace("key/", "key/0"))):
        code, status, message = refusal(logs.create_log_group, logGroupName=name, kmsKeyId=named)
        assert (code, status) == LOGS_MAY_NOT
        assert (
            message == f"The specified KMS key does not exist or is not allowed to be used with Arn '{group_arn(name)}'"
        )
    line = journals.lines(action="kms:GenerateDataKey", resource=key, decision="implicit_deny")[-1]
    assert line["principal"] == "logs.amazonaws.com"
    assert line["because"][0]["layer"] == "key"
    assert line["context"]["kms:encryptioncontext:aws:logs:arn"] == group_arn(other)
    assert "kms:viaservice" not in line["context"]
    assert not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]

    logs.create_log_group(logGroupName=group, kmsKeyId=key)
    (made,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert made["kmsKeyId"] == key


def test_a_log_groups_key_may_ask_for_its_account_and_is_not_the_callers(a, key_for):
    key = key_for({"StringEquals": {"aws:SourceAccount": A}})
    foreign = key_for({"StringEquals": {"aws:SourceAccount": "333333333333"}})
    logs = a("logs", **user(a, allow("logs:*"), allow("kms:*", Effect="Deny")))

    assert refusal(logs.create_log_group, logGroupName=fresh("/group"), kmsKeyId=foreign)[:2] == LOGS_MAY_NOT
    logs.create_log_group(logGroupName=fresh("/group"), kmsKeyId=key)
    a("kms").disable_key(KeyId=key)
    assert refusal(logs.create_log_group, logGroupName=fresh("/group"), kmsKeyId=key)[0] == "InvalidParameterException"


def test_a_functions_key_is_chosen_by_who_may_let_lambda_use_it(a, journals):
    key = a("kms").create_key()["KeyMetadata"]["Arn"]
    created = a("iam").create_role(RoleName=fresh("role"), AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    runs_as = created["Role"]["Arn"]
    made = allow(["lambda:*", "iam:PassRole"])
    blind = a("lambda", **user(a, made))
    grants = a("lambda", **user(a, made, allow("kms:CreateGrant", key)))
    for_aws = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    may = a("lambda", **user(a, made, allow("kms:CreateGrant", key, Condition=for_aws), allow("kms:Encrypt", key)))
    described = {"FunctionName": fresh("function"), "Runtime": "python3.13", "Handler": "f.h", "Role": runs_as}
    asked = {
        **described,
        "Code": {"ZipFile": function_code("")},
        "KMSKeyArn": key,
        "Environment": {"Variables": {"x": "y"}},
    }

    code, status, message = refusal(blind.create_function, **asked)
    assert (code, status) == ("InvalidParameterValueException", 400)
    assert message.startswith(
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid"
    )
    assert "kms:CreateGrant" in message
    assert refusal(grants.create_function, **asked)[0] == "AccessDeniedException"
    may.create_function(**asked)
    may.get_waiter("function_active_v2").wait(FunctionName=asked["FunctionName"], WaiterConfig={"Delay": 1})
    assert refusal(blind.update_function_configuration, FunctionName=asked["FunctionName"], KMSKeyArn=key)[0] == code
    blind.update_function_configuration(FunctionName=asked["FunctionName"], Description="d")
    line = journals.lines(action="kms:CreateGrant", resource=key, decision="implicit_deny")[-1]
    assert line["context"]["kms:viaservice"] == f"lambda.{REGION}.amazonaws.com"
    assert line["context"]["kms:grantisforawsresource"] == "true"
