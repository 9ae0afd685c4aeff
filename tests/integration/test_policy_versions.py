"""A managed policy says what its default version says, wherever it takes part; the others say nothing."""

import itertools
import json

import pytest
from aws import A, allow, document, keys_of, refusal

NUMBERS = itertools.count(1)
FIRST, SECOND = document(allow("sqs:ListQueues")), document(allow("sns:ListTopics"))
BOTH = document(allow(["sqs:ListQueues", "sns:ListTopics"]))


@pytest.fixture
def policy(iam):
    """A policy whose first version lets in where its second does not, and the other way round."""
    name = f"policy{next(NUMBERS)}"
    return iam.create_policy(PolicyName=name, PolicyDocument=FIRST)["Policy"]["Arn"]


def user(iam, *, inline=BOTH, **more):
    name = f"user{next(NUMBERS)}"
    iam.create_user(UserName=name, **more)
    if inline:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=inline)
    return name, keys_of(iam.create_access_key(UserName=name)["AccessKey"])


def of_user(a, policy):
    name, keys = user(a("iam"), inline=None)
    a("iam").attach_user_policy(UserName=name, PolicyArn=policy)
    return keys


def of_group(a, policy):
    name, keys = user(a("iam"), inline=None)
    group = f"group{next(NUMBERS)}"
    a("iam").create_group(GroupName=group)
    a("iam").attach_group_policy(GroupName=group, PolicyArn=policy)
    a("iam").add_user_to_group(GroupName=group, UserName=name)
    return keys


def of_boundary(a, policy):
    return user(a("iam"), PermissionsBoundary=policy)[1]


def role(a, **more):
    name = f"role{next(NUMBERS)}"
    trusted = {"Effect": "Allow", "Principal": {"AWS": A}, "Action": "sts:AssumeRole"}
    made = a("iam").create_role(RoleName=name, AssumeRolePolicyDocument=document(trusted))["Role"]
    _, assumer = user(a("iam"), inline=document(allow("sts:AssumeRole")))
    return name, lambda: keys_of(
        a("sts", **assumer).assume_role(RoleArn=made["Arn"], RoleSessionName="session", **more)["Credentials"]
    )


def of_role(a, policy):
    name, assume = role(a)
    a("iam").attach_role_policy(RoleName=name, PolicyArn=policy)
    return assume()


def of_session(a, policy):
    """A session is limited by what its policies said when it was made, so it is made anew."""
    name, assume = role(a, PolicyArns=[{"arn": policy}])
    a("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=BOTH)
    return assume


@pytest.mark.parametrize("holder", [of_user, of_group, of_boundary, of_role, of_session])
def test_the_default_version_counts(a, iam, policy, holder):
    held = holder(a, policy)

    def keys():
        return held() if callable(held) else held

    a("sqs", **keys()).list_queues()
    assert refusal(a("sns", **keys()).list_topics)[0] == "AuthorizationError"

    iam.create_policy_version(PolicyArn=policy, PolicyDocument=SECOND)
    a("sqs", **keys()).list_queues()

    iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
    a("sns", **keys()).list_topics()
    assert refusal(a("sqs", **keys()).list_queues)[0] == "AccessDenied"

    iam.create_policy_version(PolicyArn=policy, PolicyDocument=FIRST, SetAsDefault=True)
    iam.delete_policy_version(PolicyArn=policy, VersionId="v1")
    a("sqs", **keys()).list_queues()
    assert refusal(a("sns", **keys()).list_topics)[0] == "AuthorizationError"


def test_a_denial_names_the_policy_and_what_was_simulated_is_the_default_version_too(a, iam, policy, journals):
    name, keys = user(iam)
    deny = {"Sid": "New", "Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    a("sqs", **keys).list_queues()
    iam.create_policy_version(PolicyArn=policy, PolicyDocument=document(deny), SetAsDefault=True)

    assert refusal(a("sqs", **keys).list_queues)[0] == "AccessDenied"
    line = journals.lines(principal=f"arn:aws:iam::{A}:user/{name}", decision="explicit_deny")[-1]
    assert (line["because"][0]["policy"], line["because"][0]["sid"]) == (policy, "New")

    asked = {"PolicySourceArn": f"arn:aws:iam::{A}:user/{name}", "ActionNames": ["sqs:ListQueues", "sns:ListTopics"]}
    found = iam.simulate_principal_policy(**asked)["EvaluationResults"]
    assert [one["EvalDecision"] for one in found] == ["explicitDeny", "allowed"]
    shown = iam.get_policy_version(PolicyArn=policy, VersionId="v2")["PolicyVersion"]
    assert shown["Document"] == json.loads(document(deny))
