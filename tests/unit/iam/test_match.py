"""How Principal and NotPrincipal name a caller: each form beside one that is not meant."""

import pytest

from harness.iam.match import Named, named, named_by
from harness.model.principal import Principal, PrincipalKind
from harness.policy import PolicyKind, parse_policy
from harness.policy.principals import read_principals

A = "111111111111"
USER = Principal(
    PrincipalKind.USER,
    f"arn:aws:iam::{A}:user/ann",
    A,
    unique_id="AIDAANNANNANNANNA",
    user_arn=f"arn:aws:iam::{A}:user/ann",
)
SESSION = Principal(
    PrincipalKind.ROLE_SESSION, f"arn:aws:sts::{A}:assumed-role/bar/s", A,
    role_arn=f"arn:aws:iam::{A}:role/team/bar", unique_id="AROABARBARBARBARB",
)  # fmt: skip
PATHLESS = SESSION._replace(role_arn=f"arn:aws:iam::{A}:role/bar", role_path_known=False)
FEDERATED_USER = Principal(
    PrincipalKind.FEDERATED_USER, f"arn:aws:sts::{A}:federated-user/ann", A, unique_id=USER.unique_id, user_arn=USER.arn
)
ROOT = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{A}:root", A, canonical_user="c0ffee")
SERVICE = Principal(PrincipalKind.SERVICE, "events.amazonaws.com")
REGIONAL = Principal(PrincipalKind.SERVICE, "logs.amazonaws.com", regional_name="logs.us-west-2.amazonaws.com")
PROVIDER = Principal(PrincipalKind.FEDERATED, "accounts.google.com")
ANONYMOUS = Principal(PrincipalKind.ANONYMOUS, "anonymous")
NOT, ACCOUNT, ROLE, DIRECT = Named


def listed(element):
    faults = []
    found = read_principals(element, lambda what, aws: faults.append((what, aws)))
    assert not faults
    return found


@pytest.mark.parametrize(
    ("element", "principal", "expected"),
    [
        ("*", USER, DIRECT),
        ({"AWS": "*"}, SESSION, DIRECT),
        ("*", ANONYMOUS, DIRECT),
        ("*", SERVICE, DIRECT),
        ("*", PROVIDER, DIRECT),
        ({"AWS": USER.arn}, USER, DIRECT),
        ({"AWS": [f"arn:aws:iam::{A}:user/bob", USER.arn]}, USER, DIRECT),
        ({"AWS": f"arn:aws:iam::{A}:user/bob"}, USER, NOT),
        ({"AWS": USER.unique_id}, USER, DIRECT),
        ({"AWS": "AIDABOBBOBBOBBOBB"}, USER, NOT),
        ({"AWS": A}, USER, ACCOUNT),
        ({"AWS": f"arn:aws:iam::{A}:root"}, SESSION, ACCOUNT),
        ({"AWS": "222222222222"}, USER, NOT),
        ({"AWS": SESSION.arn}, SESSION, DIRECT),
        ({"AWS": SESSION.role_arn}, SESSION, ROLE),
        ({"AWS": f"arn:aws:iam::{A}:role/bar"}, SESSION, NOT),
        ({"AWS": f"arn:aws:iam::{A}:role/team/bar"}, PATHLESS, ROLE),
        ({"AWS": f"arn:aws:iam::{A}:role/team/foo"}, PATHLESS, NOT),
        ({"AWS": A}, PATHLESS, ACCOUNT),
        ({"AWS": SESSION.unique_id}, SESSION, ROLE),
        ({"AWS": FEDERATED_USER.arn}, FEDERATED_USER, DIRECT),
        ({"AWS": USER.arn}, FEDERATED_USER, ROLE),
        ({"AWS": USER.unique_id}, FEDERATED_USER, ROLE),
        ({"AWS": f"arn:aws:iam::{A}:user/bob"}, FEDERATED_USER, NOT),
        ({"AWS": A}, ROOT, ACCOUNT),
        ({"CanonicalUser": "c0ffee"}, ROOT, ACCOUNT),
        ({"CanonicalUser": "decaf"}, ROOT, NOT),
        ({"CanonicalUser": "c0ffee"}, USER, NOT),
        ({"CanonicalUser": ""}, USER, NOT),
        ({"Service": "events.amazonaws.com"}, SERVICE, DIRECT),
        ({"Service": ["sns.amazonaws.com", "*"]}, SERVICE, DIRECT),
        ({"Service": "sns.amazonaws.com"}, SERVICE, NOT),
        ({"Service": "events.amazonaws.com"}, USER, NOT),
        ({"Service": "logs.us-west-2.amazonaws.com"}, REGIONAL, DIRECT),
        ({"Service": "logs.amazonaws.com"}, REGIONAL, DIRECT),
        ({"Service": "logs.us-east-1.amazonaws.com"}, REGIONAL, NOT),
        ({"Federated": "accounts.google.com"}, PROVIDER, DIRECT),
        ({"Federated": "www.amazon.com"}, PROVIDER, NOT),
        ({"AWS": A}, ANONYMOUS, NOT),
    ],
)
def test_a_principal_element_names_a_caller(element, principal, expected):
    assert named_by(listed(element), principal) is expected


def statement(effect, element):
    inner = {"Effect": effect, "NotPrincipal": element, "Action": "s3:*", "Resource": "*"}
    return parse_policy({"Version": "2012-10-17", "Statement": [inner]}, PolicyKind.RESOURCE).statements[0]


@pytest.mark.parametrize(
    ("element", "principal", "spared"),
    [
        ({"AWS": [USER.arn, A]}, USER, True),
        ({"AWS": [USER.unique_id, A]}, USER, True),
        ({"AWS": USER.arn}, USER, False),
        ({"AWS": A}, USER, False),
        ({"AWS": A}, ROOT, True),
        ({"AWS": [SESSION.arn, SESSION.role_arn, A]}, SESSION, True),
        ({"AWS": [SESSION.arn, SESSION.unique_id, A]}, SESSION, True),
        ({"AWS": [SESSION.role_arn, A]}, SESSION, False),
        ({"AWS": [SESSION.arn, A]}, SESSION, False),
        ({"AWS": [PATHLESS.arn, SESSION.role_arn, A]}, PATHLESS, True),
        ({"AWS": [FEDERATED_USER.arn, A]}, FEDERATED_USER, True),
        ({"Service": SERVICE.arn}, SERVICE, True),
        ({"Service": "sns.amazonaws.com"}, SERVICE, False),
        ("*", USER, True),
        ({"AWS": A}, ANONYMOUS, False),
    ],
)
def test_not_principal_with_deny_spares_whom_all_that_stands_for_it_is_listed(element, principal, spared):
    deny = statement("Deny", element)

    assert named(deny, principal, bounded=False) is (NOT if spared else DIRECT)
    assert named(deny, principal, bounded=True) is DIRECT


def test_not_principal_with_allow_means_everyone_else():
    allow = statement("Allow", {"AWS": USER.arn})

    assert named(allow, USER, bounded=False) is NOT
    assert named(allow, SESSION, bounded=False) is DIRECT


def test_a_policy_without_principals_is_the_callers_own():
    own = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = parse_policy({"Version": "2012-10-17", "Statement": own}, PolicyKind.IDENTITY)

    assert named(document.statements[0], USER, bounded=True) is DIRECT


@pytest.mark.parametrize(
    ("element", "what", "aws"),
    [
        ("me", "neither `*` nor an object", "Syntax errors in policy."),
        ({}, "neither `*` nor an object", "Syntax errors in policy."),
        ({"Aws": A}, "unknown kind of principal `Aws`", "Syntax errors in policy."),
        ({"AWS": 111111111111}, "is not text", "Syntax errors in policy."),
        ({"AWS": "bob"}, "`bob` is no principal", 'Invalid principal in policy: "AWS":"bob"'),
        ({"AWS": f"arn:aws:iam::{A}:role/*"}, "is no principal", f'Invalid principal in policy: "AWS":"arn:aws:iam::{A}:role/*"'),
        ({"AWS": f"arn:aws:iam::{A}:group/g"}, "is no principal", f'Invalid principal in policy: "AWS":"arn:aws:iam::{A}:group/g"'),
    ],
)  # fmt: skip
def test_what_names_nobody_is_a_fault(element, what, aws):
    faults = []

    read_principals(element, lambda *fault: faults.append(fault))

    assert len(faults) == 1
    assert what in faults[0][0]
    assert faults[0][1] == aws
