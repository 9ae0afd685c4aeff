"""Which requests resource control policies reach."""

import pytest

from harness.actions.resource_control import reached

ROLE = "arn:aws:iam::111111111111:role"


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", "arn:aws:s3:::b/k"),
        ("SQS:SendMessage", "arn:aws:sqs:us-west-2:111111111111:q"),
        ("sts:AssumeRole", f"{ROLE}/r"),
        ("dynamodb:GetItem", None),
        ("kms:CreateGrant", "*"),
    ],
)
def test_services_that_support_them_are_reached(action, resource):
    assert reached(action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("lambda:InvokeFunction", "arn:aws:lambda:us-west-2:111111111111:function:f"),
        ("iam:PassRole", f"{ROLE}/r"),
        ("kms:RetireGrant", "arn:aws:kms:us-west-2:111111111111:key/k"),
        ("sts:AssumeRole", f"{ROLE}/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"),
    ],
)
def test_others_and_what_aws_exempts_are_not(action, resource):
    assert not reached(action, resource)
