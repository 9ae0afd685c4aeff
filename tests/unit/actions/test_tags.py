"""The tags that a request carries, in every shape in which services write them."""

import pytest

from harness.actions.operation import Operation
from harness.actions.tags import request_tags, resource_tags


def tags(service="x", name="Y", **params):
    return request_tags(Operation(service, service, name, params, "us-west-2", "111111111111"))


TAGGED = {"aws:RequestTag/team": "a", "aws:TagKeys": ("team",)}


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"Tags": [{"Key": "team", "Value": "a"}]}, TAGGED),
        ({"tags": [{"key": "team", "value": "a"}]}, TAGGED),
        ({"Tags": [{"TagKey": "team", "TagValue": "a"}]}, TAGGED),
        ({"Tags": {"team": "a"}}, TAGGED),
        ({"tags": {"team": "a"}}, TAGGED),
        ({"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": "a"}]}]}, TAGGED),
        ({"Tagging": {"TagSet": [{"Key": "team", "Value": "a"}]}}, TAGGED),
        ({"TagKeys": ["team"]}, {"aws:TagKeys": ("team",)}),
        ({"tags": ["team"]}, {"aws:TagKeys": ("team",)}),  # logs UntagLogGroup
        ({"Tags": [{"Key": "team"}]}, {"aws:TagKeys": ("team",)}),  # ec2 DeleteTags
        ({"Tagging": "team=a"}, {}),  # s3: an object's tags
        ({}, {}),
    ],
)
def test_a_request_carries_these_tags(params, expected):
    assert tags(**params) == expected


def test_a_tag_may_be_called_key_where_tags_are_a_mapping():
    assert tags(Tags={"Key": "a", "Value": "b"})["aws:TagKeys"] == ("Key", "Value")


def test_the_tags_of_an_unknown_resource_are_unknown_and_those_of_none_are_absent():
    assert resource_tags(None, None) == ({}, frozenset())
    assert "aws:resourcetag/" in resource_tags(None, "*")[1]
