"""The smallest change that allows a refused request, layer by layer; and what no policy can allow."""

import json

import pytest

from harness.iam import decide
from harness.iam.remedy import apply, remedy
from harness.model.decision import Layer
from harness.model.principal import Principal, PrincipalKind
from harness.model.request import Context, Request
from harness.model.world import Policy, ResourcePolicyKind, World
from harness.policy import PolicyKind, parse_stored

HERE, THERE = "111111111111", "222222222222"
TABLE = f"arn:aws:dynamodb:us-west-2:{HERE}:table/T"
USER = Principal(PrincipalKind.USER, f"arn:aws:iam::{HERE}:user/ann", HERE)
FOREIGN = Principal(
    PrincipalKind.ROLE_SESSION,
    f"arn:aws:sts::{THERE}:assumed-role/bar/s",
    THERE,
    role_arn=f"arn:aws:iam::{THERE}:role/bar",
)
EVENTS = Principal(PrincipalKind.SERVICE, "events.amazonaws.com")
PROVIDER = Principal(PrincipalKind.FEDERATED, "accounts.google.com")
ANYONE = Principal(PrincipalKind.ANONYMOUS, "anonymous")


def policy(*statements, kind=PolicyKind.IDENTITY, name="p"):
    return Policy(name, parse_stored(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}), kind))


def put(principal=USER, action="dynamodb:PutItem", resource=TABLE):
    return Request(principal, action, resource, HERE, Context())


ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENY = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*", "Sid": "No"}
S3 = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
EVERYONE = {**ALLOW, "Principal": "*"}
NEEDED = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": TABLE}


@pytest.mark.parametrize(
    ("request_", "world", "expected"),
    [
        (put(), World(identity=[policy(ALLOW)]), []),
        (put(), World(), [(Layer.IDENTITY, NEEDED)]),
        (put(), World(identity=[policy(ALLOW, DENY)]), [(Layer.IDENTITY, "No")]),
        (put(), World(identity=[policy(DENY)]), [(Layer.IDENTITY, "No"), (Layer.IDENTITY, NEEDED)]),
        (put(), World(identity=[policy(ALLOW)], boundary=policy(S3)), [(Layer.BOUNDARY, NEEDED)]),
        (put(), World(identity=[policy(ALLOW)], session=[policy(S3)]), [(Layer.SESSION, NEEDED)]),
        (put(), World(identity=[policy(ALLOW)], session=()), [(Layer.SESSION, NEEDED)]),
        (put(), World(identity=[policy(ALLOW)], service_control=[[policy(ALLOW)], [policy(S3)]]), [(Layer.SERVICE_CONTROL, NEEDED)]),
        (put(), World(identity=[policy(ALLOW)], service_control=[[policy(ALLOW, DENY)]]), [(Layer.SERVICE_CONTROL, "No")]),
        (put(), World(identity=[policy(ALLOW)], vpc_endpoint=policy({**S3, "Principal": "*"}, kind=PolicyKind.VPC_ENDPOINT)), [(Layer.VPC_ENDPOINT, {"Effect": "Allow", "Principal": {"AWS": USER.arn}, "Action": "dynamodb:PutItem", "Resource": TABLE})]),
        (put(), World(identity=[policy(ALLOW)], resource=policy({**DENY, "Principal": "*"}, kind=PolicyKind.RESOURCE)), [(Layer.RESOURCE, "No")]),
        (put(), World(resource=policy({**EVERYONE, "Action": "s3:*"}, kind=PolicyKind.RESOURCE)), [(Layer.IDENTITY, NEEDED)]),
        (put(FOREIGN), World(identity=[policy(ALLOW)]), [(Layer.RESOURCE, {**NEEDED, "Principal": {"AWS": FOREIGN.role_arn}})]),
        (put(FOREIGN), World(), [(Layer.IDENTITY, NEEDED), (Layer.RESOURCE, {**NEEDED, "Principal": {"AWS": FOREIGN.role_arn}})]),
        (put(EVENTS), World(), [(Layer.RESOURCE, {**NEEDED, "Principal": {"Service": EVENTS.arn}})]),
        (put(ANYONE), World(), [(Layer.RESOURCE, {**NEEDED, "Principal": "*"})]),
        (put(resource=None), World(), [(Layer.IDENTITY, {**NEEDED, "Resource": "*"})]),
    ],
)  # fmt: skip
def test_the_smallest_change(request_, world, expected):
    changes = remedy(request_, world)

    assert [(one.layer, one.statement or one.without.sid) for one in changes] == expected
    assert decide(request_, apply(world, changes)).allowed


def test_a_trust_policy_gets_a_statement_without_a_resource():
    role = f"arn:aws:iam::{HERE}:role/lent"
    request = put(PROVIDER, "sts:AssumeRoleWithWebIdentity", role)
    (change,) = remedy(request, World(resource_kind=ResourcePolicyKind.TRUST))

    assert change.statement == {
        "Effect": "Allow",
        "Principal": {"Federated": "accounts.google.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }


def test_what_no_policy_can_allow_has_no_remedy():
    root = Principal(PrincipalKind.ROOT, f"arn:aws:iam::{HERE}:root", HERE)

    assert remedy(put(root, "sts:AssumeRole", f"arn:aws:iam::{HERE}:role/r"), World()) is None
    assert remedy(put(FOREIGN, "iam:PassRole", f"arn:aws:iam::{HERE}:role/r"), World()) is None


def test_every_deny_has_to_go_be_it_faulty_or_unreadable():
    faulty = policy(
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Odd": {"a:b": "c"}}}, name="faulty"
    )
    unreadable = Policy("unreadable", parse_stored("{", PolicyKind.IDENTITY))
    changes = remedy(put(), World(identity=[policy(ALLOW), faulty, unreadable]))

    assert [one.without.policy for one in changes] == ["faulty", "unreadable"]


def test_a_resource_that_looks_like_a_pattern_is_written_as_it_is():
    request = put(action="s3:GetObject", resource="arn:aws:s3:::b/${aws:username}/*?")
    (change,) = remedy(request, World())

    assert change.statement["Resource"] == "arn:aws:s3:::b/${$}{aws:username}/${*}${?}"
    assert decide(request, apply(World(), [change])).allowed
    assert not decide(request._replace(resource="arn:aws:s3:::b/${aws:username}/xy"), apply(World(), [change])).allowed


def test_it_is_not_tried_for_ever(monkeypatch):
    monkeypatch.setattr("harness.iam.remedy.ROUNDS", 1)

    assert remedy(put(), World(identity=[policy(DENY)])) is None
