"""IAM's policy simulator as values: parameters to requests, decisions to results."""

import json

import pytest

from harness.model.request import Context
from harness.model.world import Policy
from harness.policy import InvalidPolicy, PolicyKind, parse_policy
from harness.policy_simulation import Source, Sources, context_keys, given, requests, result

A, B = "111111111111", "222222222222"
QUEUE, KEY = f"arn:aws:sqs:us-west-2:{B}:q", "arn:aws:s3:::bucket/key"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action):
    return {**allow(action), "Effect": "Deny"}


def asked(action="s3:GetObject", resource=KEY, **params):
    (request,) = requests({"ActionNames": [action], "ResourceArns": [resource], **params}, A)
    return request


def policies(*statements, **more):
    return {"PolicyInputList": [document(*statements)], **more}


def test_every_action_is_asked_on_every_resource_and_on_all_where_none_is_named():
    params = {"ActionNames": ["s3:GetObject", "sqs:SendMessage"], "ResourceArns": [KEY, QUEUE]}

    assert [(one.action, one.resource) for one in requests(params, A)] == [
        ("s3:GetObject", KEY),
        ("s3:GetObject", QUEUE),
        ("sqs:SendMessage", KEY),
        ("sqs:SendMessage", QUEUE),
    ]
    assert [one.resource for one in requests({"ActionNames": ["s3:GetObject"]}, A)] == ["*"]


@pytest.mark.parametrize(
    ("resource", "params", "owner"),
    [
        (QUEUE, {}, B),
        (KEY, {}, A),
        ("*", {}, A),
        (KEY, {"ResourceOwner": B}, B),
        (KEY, {"ResourceOwner": f"arn:aws:iam::{B}:root"}, B),
    ],
)
def test_the_owner_is_named_or_the_resources_or_ones_own(resource, params, owner):
    assert asked(resource=resource, **params).resource_account == owner


@pytest.mark.parametrize(
    ("params", "arn", "account"),
    [
        ({}, f"arn:aws:iam::{A}:user/simulated", A),
        ({"PolicySourceArn": f"arn:aws:iam::{A}:role/r"}, f"arn:aws:iam::{A}:role/r", A),
        ({"PolicySourceArn": f"arn:aws:iam::{A}:role/r", "CallerArn": f"arn:aws:iam::{B}:user/u"}, f"arn:aws:iam::{B}:user/u", B),
    ],
)  # fmt: skip
def test_the_resources_policy_is_asked_about_the_caller_or_the_source(params, arn, account):
    principal = asked(**params).principal

    assert (principal.arn, principal.account) == (arn, account)


def test_a_key_has_one_value_or_a_list_by_its_type():
    entries = [
        {"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["true"], "ContextKeyType": "boolean"},
        {"ContextKeyName": "aws:TagKeys", "ContextKeyValues": ["team"], "ContextKeyType": "stringList"},
        {"ContextKeyName": "aws:username"},
    ]

    assert asked(ContextEntries=entries).context == Context(
        {"aws:securetransport": "true", "aws:tagkeys": ("team",), "aws:username": ()}
    )


def test_results_name_the_decision_and_the_policy_by_its_place():
    sources = given(policies(allow("s3:*"), deny("s3:GetObjectAcl")))
    statement = {"SourcePolicyId": "PolicyInputList.1", "SourcePolicyType": "IAM Policy"}

    assert result(asked(), sources) == {
        "EvalActionName": "s3:GetObject",
        "EvalResourceName": KEY,
        "EvalDecision": "allowed",
        "MatchedStatements": [statement],
        "MissingContextValues": [],
    }
    assert result(asked("s3:GetObjectAcl"), sources)["EvalDecision"] == "explicitDeny"
    nobody = result(asked("sqs:SendMessage"), sources)
    assert (nobody["EvalDecision"], nobody["MatchedStatements"]) == ("implicitDeny", [])


def test_keys_that_nobody_gave_are_missing():
    secure = {"Bool": {"aws:SecureTransport": "true"}}
    sources = given(policies(allow("s3:*", Condition=secure)))

    assert result(asked(), sources)["MissingContextValues"] == ["aws:securetransport"]
    plain = [{"ContextKeyName": "aws:SecureTransport", "ContextKeyValues": ["false"]}]
    assert result(asked(ContextEntries=plain), sources)["MissingContextValues"] == []


def test_a_boundary_says_for_itself_whether_it_allows():
    sources = given(policies(allow("*"), PermissionsBoundaryPolicyInputList=[document(allow("s3:*"), deny("s3:Put*"))]))

    def within(action):
        found = result(asked(action), sources)
        return found["EvalDecision"], found["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"]

    assert within("s3:GetObject") == ("allowed", True)
    assert within("s3:PutObject") == ("explicitDeny", False)
    assert within("sqs:SendMessage") == ("implicitDeny", False)


def test_a_resources_policy_that_is_given_takes_part():
    named = {**allow("s3:GetObject", KEY), "Principal": {"AWS": f"arn:aws:iam::{A}:user/simulated"}}

    found = result(asked(), given({"ResourcePolicy": document(named)}))

    assert found["EvalDecision"] == "allowed"
    assert found["MatchedStatements"] == [{"SourcePolicyId": "ResourcePolicy.1", "SourcePolicyType": "resource"}]


def test_a_control_policy_is_told_apart_from_a_missing_allow_of_ones_own():
    def of_organization(statement, *own):
        level = (Policy("scp", parse_policy(document(statement), PolicyKind.SCP)),)
        identity = tuple(Source(Policy("own", parse_policy(document(one), PolicyKind.IDENTITY)), "user") for one in own)
        found = result(asked(), Sources(identity=identity, service_control=(level,)))
        return found["EvalDecision"], found["OrganizationsDecisionDetail"]["AllowedByOrganizations"]

    assert of_organization(allow("*"), allow("s3:*")) == ("allowed", True)
    assert of_organization(allow("*")) == ("implicitDeny", True)
    assert of_organization(allow("sqs:*"), allow("s3:*")) == ("implicitDeny", False)
    assert of_organization(deny("s3:*"), allow("s3:*")) == ("explicitDeny", False)


def test_a_control_policy_has_no_kind_and_a_managed_one_is_shown_by_its_name():
    arn = "arn:aws:iam::aws:policy/service-role/Reader"
    managed = Source(Policy(arn, parse_policy(document(allow("*")), PolicyKind.IDENTITY)), "aws-managed")
    sources = Sources(identity=(managed,), service_control=((Policy("scp", parse_policy(document(deny("s3:Put*")), PolicyKind.SCP)),),))  # fmt: skip

    assert result(asked("sqs:SendMessage"), Sources(identity=(managed,)))["MatchedStatements"] == [
        {"SourcePolicyId": "Reader", "SourcePolicyType": "aws-managed"}
    ]
    (matched,) = result(asked("s3:PutObject"), sources)["MatchedStatements"]
    assert matched == {"SourcePolicyId": "scp", "SourcePolicyType": "none"}


def test_keys_come_from_conditions_and_variables_of_every_policy():
    variable = allow("s3:*", "arn:aws:s3:::b/${aws:username}/*")
    tagged = allow("s3:*", Condition={"StringLike": {"s3:prefix": "${aws:PrincipalTag/team}/*"}})

    found = context_keys([document(variable, tagged), json.dumps({"Statement": variable})])

    assert found == ["aws:PrincipalTag/team", "aws:username", "s3:prefix"]


@pytest.mark.parametrize(
    "params",
    [
        {"PolicyInputList": [document(allow("s3:*")), "{}"]},
        {"PermissionsBoundaryPolicyInputList": [document(allow("s3:*")), "{}"]},
        {"ResourcePolicy": document(allow("s3:*"))},
    ],
    ids=lambda params: next(iter(params)),
)
def test_what_is_no_policy_of_its_kind_is_refused_wherever_it_stands(params):
    with pytest.raises(InvalidPolicy):
        given(params)
