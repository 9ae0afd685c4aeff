"""What S3 takes for a public policy: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html."""

import json

import pytest

from harness.policy import PolicyKind, is_public, parse_stored

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
USER = "arn:aws:iam::111111111111:user/ann"


def public(*statements):
    text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return is_public(parse_stored(text, PolicyKind.RESOURCE))


def everyone(**condition):
    return {**ALLOW, "Principal": "*", **({"Condition": condition} if condition else {})}


@pytest.mark.parametrize(
    "statement",
    [
        everyone(),
        {**ALLOW, "Principal": {"AWS": "*"}},
        {**ALLOW, "Principal": {"AWS": [USER, "*"]}},
        {**ALLOW, "Principal": {"Service": "*"}},
        {**ALLOW, "NotPrincipal": {"AWS": USER}},
        everyone(StringEquals={"aws:Referer": "https://example.com/"}),
        everyone(StringLike={"aws:SourceArn": "arn:aws:s3:::*"}),
        everyone(StringLike={"aws:SourceVpc": "vpc-1?"}),
        everyone(StringEquals={"aws:SourceVpc": ["vpc-1", "${aws:PrincipalTag/vpc}"]}),
        everyone(StringEqualsIfExists={"aws:SourceVpc": "vpc-1"}),
        everyone(**{"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-1/r-1/"}}),
        everyone(StringNotEquals={"aws:SourceVpc": "vpc-1"}),
        everyone(Null={"aws:SourceVpc": "false"}),
        everyone(IpAddress={"aws:SourceIp": "0.0.0.0/1"}),
        everyone(IpAddress={"aws:SourceIp": ["203.0.113.0/24", "::/16"]}),
    ],
)
def test_an_allow_for_everyone_is_public_unless_a_name_is_fixed(statement):
    assert public(statement)
    assert public({**ALLOW, "Principal": {"AWS": USER}}, statement)


@pytest.mark.parametrize(
    "statement",
    [
        {**ALLOW, "Principal": {"AWS": USER}},
        {**ALLOW, "Principal": {"AWS": "222222222222"}},
        {**ALLOW, "Principal": {"Service": "cloudtrail.amazonaws.com"}},
        {**ALLOW, "Effect": "Deny", "Principal": "*"},
        everyone(StringEquals={"aws:SourceVpc": "vpc-1"}),
        everyone(StringLike={"AWS:PrincipalOrgID": ["o-1", "o-2"]}),
        everyone(ArnLike={"aws:PrincipalArn": USER}),
        everyone(IpAddress={"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32", "10.0.0.0/8", "192.168.0.0/16"]}),
        everyone(StringEquals={"aws:SourceAccount": "222222222222"}, StringLike={"aws:Referer": "*"}),
    ],
)
def test_an_allow_for_someone_is_not_public(statement):
    assert not public(statement)


def test_a_statement_that_grants_nothing_for_a_fault_is_not_public():
    assert not public({**everyone(), "Condition": {"NoSuchOperator": {"aws:SourceVpc": "vpc-1"}}})
