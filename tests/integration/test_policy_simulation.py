"""iam:SimulatePrincipalPolicy and its siblings answer as the gate would decide."""

import botocore.exceptions
import pytest
from aws import A, B, allow, document, keys_of

BUCKET = "arn:aws:s3:::bucket/key"


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


@pytest.fixture(scope="module")
def user(iam):
    """May read, but not what its group denies, nor what its boundary leaves out."""
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    arn = iam.create_user(UserName="simulated", PermissionsBoundary=boundary)["User"]["Arn"]
    statements = allow(["s3:Get*", "sqs:*"]), allow("s3:PutObject", Condition={"Bool": {"aws:SecureTransport": "true"}})
    iam.put_user_policy(UserName="simulated", PolicyName="own", PolicyDocument=document(*statements))
    iam.create_group(GroupName="simulated")
    iam.put_group_policy(GroupName="simulated", PolicyName="group", PolicyDocument=document(deny("s3:GetObjectAcl")))
    iam.add_user_to_group(GroupName="simulated", UserName="simulated")
    return arn


def simulate(iam, source, *actions, **more):
    results = iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=list(actions), **more)
    return {result["EvalActionName"]: result for result in results["EvaluationResults"]}


def test_a_users_policies_groups_and_boundary_decide(iam, user):
    found = simulate(
        iam, user, "s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "sqs:SendMessage", ResourceArns=[BUCKET]
    )

    decisions = {action: result["EvalDecision"] for action, result in found.items()}
    assert decisions == {
        "s3:GetObject": "allowed",
        "s3:GetObjectAcl": "explicitDeny",
        "s3:PutObject": "implicitDeny",
        "sqs:SendMessage": "implicitDeny",
    }
    assert found["s3:GetObject"]["MatchedStatements"][0] == {"SourcePolicyId": "own", "SourcePolicyType": "user"}
    assert found["s3:PutObject"]["MissingContextValues"] == ["aws:securetransport"]
    within = {action: result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for action, result in found.items()}  # fmt: skip
    assert within == {**dict.fromkeys(decisions, True), "sqs:SendMessage": False}


def test_what_the_simulator_says_is_what_the_gate_does(a, iam, user):
    key = iam.create_access_key(UserName="simulated")["AccessKey"]
    mine = keys_of(key)
    name = "simulated-bucket"
    a("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    a("s3").put_object(Bucket=name, Key="key", Body=b"x")
    s3, arn = a("s3", **mine), f"arn:aws:s3:::{name}/key"
    calls = {"s3:GetObject": s3.get_object, "s3:GetObjectAcl": s3.get_object_acl, "s3:DeleteObject": s3.delete_object}

    found = simulate(iam, user, *calls, ResourceArns=[arn])
    for action, call in calls.items():
        if found[action]["EvalDecision"] == "allowed":
            call(Bucket=name, Key="key")
        else:
            with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
                call(Bucket=name, Key="key")
    assert {result["EvalDecision"] for result in found.values()} == {"allowed", "explicitDeny", "implicitDeny"}


def test_given_keys_policies_and_a_resource_policy_take_part(iam, user):
    secure = [{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"}]
    assert simulate(iam, user, "s3:PutObject", ContextEntries=secure)["s3:PutObject"]["EvalDecision"] == "allowed"
    more = [document(allow("s3:DeleteObject"))]
    assert simulate(iam, user, "s3:DeleteObject", PolicyInputList=more)["s3:DeleteObject"]["EvalDecision"] == "allowed"
    named = {**allow("s3:PutObject", BUCKET), "Principal": {"AWS": user}}
    found = simulate(iam, user, "s3:PutObject", ResourceArns=[BUCKET], ResourcePolicy=document(named), CallerArn=user)
    assert found["s3:PutObject"]["EvalDecision"] == "allowed"
    foreign = f"arn:aws:sqs:us-west-2:{B}:queue"
    no_boundary = [document(allow("*"))]
    for policy, decision in ((None, "implicitDeny"), ({**allow("sqs:*", foreign), "Principal": {"AWS": A}}, "allowed")):
        given = {"ResourcePolicy": document(policy)} if policy else {}
        found = simulate(
            iam, user, "sqs:SendMessage", ResourceArns=[foreign],
            PermissionsBoundaryPolicyInputList=no_boundary, CallerArn=user, **given,
        )  # fmt: skip
        assert found["sqs:SendMessage"]["EvalDecision"] == decision


def test_a_role_and_a_group_are_sources_too(iam, user):
    trust = document({"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole"})
    role = iam.create_role(RoleName="simulated", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="simulated", PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    found = simulate(iam, role, "s3:GetObject")["s3:GetObject"]
    assert found["EvalDecision"] == "allowed"
    assert found["MatchedStatements"][0]["SourcePolicyType"] == "aws-managed"
    group = user.replace(":user/", ":group/")
    assert simulate(iam, group, "s3:GetObjectAcl")["s3:GetObjectAcl"]["EvalDecision"] == "explicitDeny"


def test_no_other_way_to_write_a_source_leads_past_a_deny(a, iam):
    """What is simulated is what the caller was allowed to ask about, by its one ARN."""
    iam.create_group(GroupName="kept", Path="/team/")
    iam.put_group_policy(GroupName="kept", PolicyName="p", PolicyDocument=document(allow("s3:*")))
    kept, free = f"arn:aws:iam::{A}:group/team/kept", f"arn:aws:iam::{A}:role/free"
    trust = document({"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole"})
    for name in ("kept", "free"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(allow("s3:*")))
    iam.create_user(UserName="asking")
    secret = deny("iam:*", [kept, f"arn:aws:iam::{A}:role/kept"])
    iam.put_user_policy(UserName="asking", PolicyName="p", PolicyDocument=document(allow("iam:*"), secret))
    key = iam.create_access_key(UserName="asking")["AccessKey"]
    asking = a("iam", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    assert simulate(asking, free, "s3:GetObject")["s3:GetObject"]["EvalDecision"] == "allowed"
    for source in (kept, f"arn:aws:iam::{A}:role/kept"):
        with pytest.raises(botocore.exceptions.ClientError, match="with an explicit deny in an identity-based policy"):
            simulate(asking, source, "s3:GetObject")
        simulate(iam, source, "s3:GetObject")
    for source in (f"arn:aws:iam::{A}:group/kept", f"arn:aws:iam::{A}:group/another/kept"):
        with pytest.raises(iam.exceptions.NoSuchEntityException):
            simulate(asking, source, "s3:GetObject")
    for source in (f"arn:aws:sts::{A}:assumed-role/kept/x", f"arn:aws:foo::{A}:group/team/kept", f"arn:aws:iam::{A}:root"):  # fmt: skip
        with pytest.raises(iam.exceptions.InvalidInputException, match="does not clearly define entity type and name"):
            simulate(asking, source, "s3:GetObject")


def test_policies_that_nobody_has_are_simulated_page_by_page(iam):
    policies = [document(allow("s3:Get*"), deny("s3:GetObjectAcl"))]
    actions = ["s3:GetObject", "s3:GetObjectAcl", "s3:PutObject"]
    first = iam.simulate_custom_policy(PolicyInputList=policies, ActionNames=actions, MaxItems=2)
    rest = iam.simulate_custom_policy(PolicyInputList=policies, ActionNames=actions, Marker=first["Marker"])

    assert (first["IsTruncated"], rest["IsTruncated"]) == (True, False)
    results = first["EvaluationResults"] + rest["EvaluationResults"]
    assert [result["EvalDecision"] for result in results] == ["allowed", "explicitDeny", "implicitDeny"]
    assert results[0]["MatchedStatements"] == [{"SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "IAM Policy"}]  # fmt: skip


def test_the_keys_that_policies_ask_for_are_listed(iam, user):
    policy = document(allow("s3:*", "arn:aws:s3:::b/${aws:username}/*", Condition={"StringLike": {"s3:prefix": "${aws:PrincipalTag/team}/*"}}))  # fmt: skip
    found = iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"]
    assert found == ["aws:PrincipalTag/team", "aws:username", "s3:prefix"]
    assert iam.get_context_keys_for_principal_policy(PolicySourceArn=user)["ContextKeyNames"] == ["aws:SecureTransport"]


def test_who_is_not_there_or_no_policy_is_refused(iam):
    with pytest.raises(iam.exceptions.NoSuchEntityException, match="cannot be found"):
        simulate(iam, f"arn:aws:iam::{A}:user/nobody", "s3:GetObject")
    with pytest.raises(botocore.exceptions.ClientError, match="not authorized to perform: iam:SimulatePrincipalPolicy"):
        simulate(iam, f"arn:aws:iam::{B}:user/deployer", "s3:GetObject")
    with pytest.raises(iam.exceptions.InvalidInputException):
        iam.simulate_custom_policy(PolicyInputList=["{}"], ActionNames=["s3:GetObject"])
    for text in ("no JSON", "[]", '{"Statement": "x"}', '{"Statement": {"Condition": []}}'):
        with pytest.raises(iam.exceptions.InvalidInputException):
            iam.get_context_keys_for_custom_policy(PolicyInputList=[text])
    policies, actions = [document(allow("s3:*"))], ["s3:GetObject"]
    with pytest.raises(iam.exceptions.InvalidInputException, match="GetObject names no service"):
        iam.simulate_custom_policy(PolicyInputList=policies, ActionNames=["GetObject"])
    for marker in ("x", "-1", "2"):
        with pytest.raises(botocore.exceptions.ClientError, match=r"ValidationError.*Invalid Marker\."):
            iam.simulate_custom_policy(PolicyInputList=policies, ActionNames=actions, Marker=marker)


def test_a_key_id_names_its_account(a, b, iam):
    key = iam.create_access_key(UserName=iam.create_user(UserName="keyed")["User"]["UserName"])["AccessKey"]
    assert b("sts").get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] == A
    with pytest.raises(botocore.exceptions.ClientError, match="ValidationError"):
        b("sts").get_access_key_info(AccessKeyId="A" * 20)
