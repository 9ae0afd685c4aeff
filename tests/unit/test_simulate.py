"""Decision cases: who a case's principal is, and every way in which a line is none."""

import json

import pytest

from harness.model.principal import PrincipalKind
from harness.simulate import Answer, InvalidCase, answer_line, answer_lines, read_principal

A = "111111111111"
ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
CASE = {
    "id": "c",
    "principal": f"arn:aws:iam::{A}:user/ann",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::b/k",
    "resource_account": A,
}


@pytest.mark.parametrize(
    ("text", "action", "kind", "account"),
    [
        (f"arn:aws:iam::{A}:user/team/ann", "s3:a", PrincipalKind.USER, A),
        (f"arn:aws:iam::{A}:root", "s3:a", PrincipalKind.ROOT, A),
        (f"arn:aws-cn:sts::{A}:assumed-role/bar/s", "s3:a", PrincipalKind.ROLE_SESSION, A),
        (f"arn:aws:sts::{A}:federated-user/ann", "s3:a", PrincipalKind.FEDERATED_USER, A),
        (f"arn:aws:iam::{A}:saml-provider/idp", "sts:AssumeRoleWithSAML", PrincipalKind.FEDERATED, A),
        ("accounts.google.com", "sts:AssumeRoleWithWebIdentity", PrincipalKind.FEDERATED, ""),
        ("cognito-identity.amazonaws.com", "sts:AssumeRoleWithWebIdentity", PrincipalKind.FEDERATED, ""),
        ("lambda.amazonaws.com", "sts:AssumeRole", PrincipalKind.SERVICE, ""),
        ("ec2.amazonaws.com.cn", "sts:AssumeRole", PrincipalKind.SERVICE, ""),
        ("anonymous", "s3:a", PrincipalKind.ANONYMOUS, ""),
    ],
)
def test_a_text_means_a_principal(text, action, kind, account):
    found = read_principal(text, {}, action)

    assert (found.kind, found.account, found.arn) == (kind, account, text)


@pytest.mark.parametrize(
    "text",
    ["bob", "", "arn:aws:iam::1:root", f"arn:aws:iam::{A}:group/g", f"arn:aws:sts::{A}:assumed-role/bar", f"arn:aws:iam::{A}:user/", "arn:aws:iam", "accounts.google.com"],
)  # fmt: skip
def test_a_text_that_is_no_principal(text):
    with pytest.raises(InvalidCase, match="is no principal"):
        read_principal(text, {}, "s3:GetObject")


def test_the_context_tells_a_roles_path_and_ids():
    session = f"arn:aws:sts::{A}:assumed-role/bar/s"
    role = f"arn:aws:iam::{A}:role/team/bar"

    known = read_principal(session, {"aws:principalarn": role, "aws:userid": "AROABARBARBARBARB:s"}, "s3:a")
    unknown = read_principal(session, {"aws:principalarn": ("not", "one")}, "s3:a")

    assert (known.role_arn, known.role_path_known, known.unique_id) == (role, True, "AROABARBARBARBARB")
    assert (unknown.role_arn, unknown.role_path_known) == (f"arn:aws:iam::{A}:role/bar", False)


def test_a_federated_users_parent_is_the_user_of_its_name_or_of_the_context():
    session = f"arn:aws:sts::{A}:federated-user/ann"

    assert read_principal(session, {}, "s3:a").user_arn == f"arn:aws:iam::{A}:user/ann"
    named = read_principal(session, {"aws:principalarn": f"arn:aws:iam::{A}:user/bob"}, "s3:a")
    assert named.user_arn == f"arn:aws:iam::{A}:user/bob"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"principal": None}, "`principal` must be text"),
        ({"odd": 1}, "unknown key `odd`"),
        ({"action": "GetObject"}, "`action` must be one action, prefix:Name, not `GetObject`"),
        ({"action": "s3:*"}, "`action` must be one action, prefix:Name, not `s3:*`"),
        ({"context": []}, "must be an object"),
        ({"context": {"a:b": 1}}, "context key `a:b` must be text or a list of texts"),
        ({"context": {"a:b": ["x", 1]}}, "context key `a:b` must be text or a list of texts"),
        ({"identity_policies": ALLOW}, "`identity_policies` must be a list"),
        ({"identity_policies": [ALLOW, "x"]}, "identity_policies[1]: broken JSON"),
        ({"identity_policies": [[]]}, "identity_policies[0]: the document is not an object"),
        ({"permissions_boundary": {"Statement": []}}, "permissions_boundary: Statement: is missing or empty"),
        ({"service_control_policies": [ALLOW]}, "`service_control_policies[0]` must be a list"),
        ({"service_control_policies": [[ALLOW], [ALLOW, {}]]}, "service_control_policies[1][1]: Statement: is missing or empty"),
        ({"resource_policy": ALLOW}, "resource_policy: Statement[0]: has no Principal"),
        ({"principal_in_management_account": "yes"}, "`principal_in_management_account` must be true or false"),
    ],
)  # fmt: skip
def test_a_fault_is_the_answer_with_its_place(change, error):
    answer = answer_line(json.dumps({**CASE, **change}))

    assert answer.failed
    assert error in answer.fields["error"]
    assert answer.fields["id"] == "c"


@pytest.mark.parametrize("line", ["{", "[" * 100_000, "7"])
def test_a_line_that_is_no_object(line):
    assert answer_line(line).failed


def test_a_policy_that_is_too_long_is_refused_and_a_long_line_is_not():
    def padded(characters):
        statement = {**ALLOW["Statement"][0], "Resource": "arn:aws:s3:::" + "x" * characters}
        return {"Version": "2012-10-17", "Statement": [statement]}

    def answer(**change):
        return answer_line(json.dumps({**CASE, **change})).fields

    assert (
        "permissions_boundary: the document is longer than 6144" in answer(permissions_boundary=padded(6_200))["error"]
    )
    assert answer(permissions_boundary=padded(6_000))["decision"] == "implicit_deny"
    assert (
        "session_policies: the document is longer than 2048" in answer(session_policies=[ALLOW, padded(2_000)])["error"]
    )
    assert "service_control_policies" in answer(service_control_policies=[[ALLOW], [padded(10_300)]])["error"]
    assert answer(identity_policies=[ALLOW], reason="x" * 9_000)["decision"] == "allowed"


def test_the_answer_names_statements_and_missing_layers():
    denied = answer_line(json.dumps({**CASE, "permissions_boundary": ALLOW})).fields
    allowed = answer_line(json.dumps({**CASE, "identity_policies": [ALLOW]})).fields
    levels = answer_line(
        json.dumps({**CASE, "identity_policies": [ALLOW], "service_control_policies": [[ALLOW, ALLOW], [ALLOW]]})
    ).fields

    assert denied == {"id": "c", "decision": "implicit_deny", "because": [{"layer": "identity", "missing": "allow"}]}
    assert json.loads(Answer(denied).to_json()) == denied
    assert allowed["because"] == [{"layer": "identity", "policy": 0, "statement": 0, "sid": None, "effect": "Allow"}]
    assert [one["policy"] for one in levels["because"] if one["layer"] == "service_control"] == [0, 1, 2]


def test_blank_lines_are_no_cases():
    assert len(list(answer_lines(["", json.dumps(CASE), "  "]))) == 1
