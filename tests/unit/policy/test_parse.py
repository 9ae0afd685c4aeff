"""Documents: what AWS stores is read, what it refuses is refused with its error and every fault in its place."""

import json

import pytest

from harness.policy import InvalidPolicy, PolicyKind, parse_policy, parse_stored

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "111111111111"}}


def document(statement, version="2012-10-17"):
    return json.dumps({"Version": version, "Statement": statement})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (document(ALLOW), PolicyKind.IDENTITY),
        (document([ALLOW, {**ALLOW, "Sid": "Two", "Action": ["s3:*", "*"]}]), PolicyKind.IDENTITY),
        (
            document({**ALLOW, "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}}}),
            PolicyKind.IDENTITY,
        ),
        (document({**ALLOW, "Condition": {"Bool": {"aws:SecureTransport": True}}}), PolicyKind.IDENTITY),
        (document({**ALLOW, "Resource": "arn:aws:s3:::b/${aws:username}/*"}), PolicyKind.IDENTITY),
        (document(TRUST), PolicyKind.TRUST),
        (document({**TRUST, "Principal": "*"}), PolicyKind.TRUST),
        (document({**TRUST, "Principal": {"Service": ["lambda.amazonaws.com"]}}), PolicyKind.TRUST),
        (document({**ALLOW, "Principal": "*"}), PolicyKind.RESOURCE),
    ],
)
def test_a_document_that_aws_stores_is_read(text, kind):
    assert parse_policy(text, kind).fault is None


@pytest.mark.parametrize(
    ("text", "kind", "message", "place"),
    [
        ("{", PolicyKind.IDENTITY, "This policy contains invalid Json", ""),
        (document({**ALLOW, "Principal": "*"}), PolicyKind.IDENTITY, "Policy document should not specify a principal.", "Statement[0].Principal"),
        (document({**TRUST, "Action": "s3:*"}), PolicyKind.TRUST, "AssumeRole policy may only specify STS AssumeRole actions.", "Statement[0].Action"),
        (document({**TRUST, "Resource": "*"}), PolicyKind.TRUST, "Has prohibited field Resource", "Statement[0].Resource"),
        (document({**ALLOW, "Effect": "allow"}), PolicyKind.IDENTITY, "Syntax errors in policy.", "Statement[0].Effect"),
        (document({**ALLOW, "Extra": 1}), PolicyKind.IDENTITY, "Syntax errors in policy.", "Statement[0]"),
        (document(ALLOW, "2013-01-01"), PolicyKind.IDENTITY, "Syntax errors in policy.", "Version"),
        (document({**ALLOW, "Condition": {"StringEqual": {"a:b": "c"}}}), PolicyKind.IDENTITY, "Syntax errors in policy.", "Statement[0].Condition.StringEqual"),
        (document([{**ALLOW, "Sid": "A"}, {**ALLOW, "Sid": "A"}]), PolicyKind.IDENTITY, "Statement IDs (SID) in a single policy must be unique.", "Statement[*].Sid"),
        (document({**TRUST, "Principal": {"AWS": "arn:aws:iam::111111111111:role/*"}}), PolicyKind.TRUST, 'Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/*"', "Statement[0].Principal"),
        (document({"Effect": "Allow", "Resource": "*"}), PolicyKind.IDENTITY, "Policy statement must contain actions.", "Statement[0]"),
        (document({"Effect": "Allow", "Action": "s3:*"}), PolicyKind.IDENTITY, "Policy statement must contain resources.", "Statement[0]"),
        (document({**ALLOW, "Action": "getobject"}), PolicyKind.IDENTITY, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", "Statement[0].Action"),
    ],
)  # fmt: skip
def test_a_document_that_aws_refuses_is_refused_with_its_error_and_place(text, kind, message, place):
    with pytest.raises(InvalidPolicy) as refused:
        parse_policy(text, kind)

    assert (refused.value.code, refused.value.message) == ("MalformedPolicyDocument", message)
    assert refused.value.faults[0].place == place


def test_all_faults_are_found_at_once():
    with pytest.raises(InvalidPolicy) as refused:
        parse_policy(document({"Effect": "No", "Action": "x", "Resource": []}), PolicyKind.IDENTITY)

    assert len(refused.value.faults) == 3


def test_a_stored_document_with_a_fault_denies_what_it_might_deny_and_grants_nothing():
    faulty = parse_stored(document([ALLOW, {**ALLOW, "Condition": {"Odd": {"a:b": "c"}}}]), PolicyKind.IDENTITY)
    unreadable = parse_stored("{", PolicyKind.IDENTITY)

    assert [statement.fault is None for statement in faulty.statements] == [True, False]
    assert not unreadable.statements[0].allow
    assert "broken JSON" in unreadable.statements[0].fault
