"""Which resources IAM does not store in an identity policy: each beside one that it does."""

import pytest

from harness.policy import PolicyKind, parse_policy
from harness.policy.arns import arn_fault

IAM_PATH = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, '
    "server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/."
)


def policy(*resources, element="Resource"):
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", element: list(resources)}],
    }


@pytest.mark.parametrize("element", ["Resource", "NotResource"])
@pytest.mark.parametrize(
    ("arn", "aws", "twin"),
    [
        ("arn:foo:s3:::b", 'Partition "foo" is not valid for resource "arn:foo:s3:::b".', "arn:*:s3:::b"),
        ("arn:foo:s3", 'Partition "foo" is not valid for resource "arn:foo:s3:*:*:*".', "arn:aws-cn:s3:::b"),
        ("arn:aws:iam:us-east-1:111111111111:user/x", "IAM resource arn:aws:iam:us-east-1:111111111111:user/x cannot contain region information.", "arn:aws:iam::111111111111:user/x"),
        ("arn:aws:iam", "IAM resource arn:aws:iam cannot contain region information.", "arn:aws:iam:*"),
        ("arn:aws:iam::111111111111:foo/x", IAM_PATH, "arn:aws:iam::111111111111:instance-profile/x"),
        ("arn:aws:iam::111111111111:role", IAM_PATH, "arn:aws:iam::111111111111:root"),
        ("arn:aws:iam::111111111111:bar", IAM_PATH, "arn:aws:iam::111111111111:*"),
        ("arn:aws:s3:us-east-1::b", "Resource arn:aws:s3:us-east-1::b can not contain region information.", "arn:aws:s3:::b"),
        ("arn:aws:s3", "Resource arn:aws:s3 can not contain region information.", "arn:aws:s3:us-west-2:111111111111:accesspoint/a"),
        ("arn:aws:sqs::q", "The policy failed legacy parsing", "arn:aws:sqs:us-west-2:111111111111:q"),
        ("arn:aws::us-west-2:111111111111:q", "The policy failed legacy parsing", "arn:aws:sqs::*"),
        ("arn:aws:iam::111111111111:foo/*", IAM_PATH, "*"),
    ],
)  # fmt: skip
def test_an_arn_that_iam_does_not_store_and_one_that_it_does(arn, aws, twin, element):
    for stored in (twin, arn):
        assert parse_policy(policy(stored, element=element), PolicyKind.IDENTITY).fault is None
    assert arn_fault(policy(twin, arn, element=element)) == aws
    assert arn_fault(policy(twin, element=element)) is None


def test_a_single_statement_with_a_single_resource():
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:eu-west-1::b"}
    assert arn_fault({"Statement": statement}) == "Resource arn:aws:s3:eu-west-1::b can not contain region information."
