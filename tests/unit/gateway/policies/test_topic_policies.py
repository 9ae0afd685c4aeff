"""A topic's policy is about SNS's own actions."""

import pytest

from harness.gateway.policies.topic_policies import OUT_OF_SCOPE, fault


@pytest.mark.parametrize("element", ["Action", "NotAction"])
@pytest.mark.parametrize(
    ("refused", "stored"),
    [
        ("sqs:SendMessage", "sns:Publish"),
        ("sqs:*", "SNS:Get*"),
        ("sns:Foo", "SNS:Receive"),
        (["sns:Publish", "s3:GetObject"], ["sns:Publish", "sns:Subscribe"]),
        ("sns:PublishBatch", "*"),
    ],
)
def test_an_action_is_one_of_snss_own(refused, stored, element):
    assert fault({"Statement": {element: refused}}) == OUT_OF_SCOPE
    assert fault({"Statement": [{element: "sns:Publish"}, {element: stored}]}) is None
