"""ARNs taken apart."""

import pytest

from harness.model.arn import Arn


def test_an_arn_has_six_parts_and_the_last_may_hold_colons():
    arn = Arn.parse("arn:aws:logs:us-west-2:111111111111:log-group:/aws/lambda/bar:*")

    assert (arn.partition, arn.service, arn.region, arn.account) == ("aws", "logs", "us-west-2", "111111111111")
    assert arn.resource == "log-group:/aws/lambda/bar:*"


def test_kind_and_name_stand_around_the_first_slash():
    role, root = Arn.parse("arn:aws:iam::1:role/team/bar"), Arn.parse("arn:aws:iam::1:root")

    assert (role.kind, role.name) == ("role", "team/bar")
    assert (root.kind, root.name) == ("root", "")


@pytest.mark.parametrize("text", ["", "*", "arn:aws:s3", "urn:aws:s3:::b"])
def test_other_texts_are_no_arn(text):
    assert Arn.parse(text) is None
    with pytest.raises(ValueError, match="is no ARN"):
        Arn.of(text)


def test_the_arn_of_a_resource_that_is_there_is_parsed_alike():
    text = "arn:aws:iam::1:role/team/bar"

    assert Arn.of(text) == Arn.parse(text)
