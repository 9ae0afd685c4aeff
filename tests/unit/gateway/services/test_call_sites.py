"""The tables of LocalStack's call sites: what is in none of them does not pass."""

import pytest

from harness.gateway.services.call_sites import MARKS, PLUMBING, calling_service, plumbing, source


def test_every_row_has_its_reason_and_no_call_has_two_rows():
    calls = [(caller, row.service, name) for row in PLUMBING for caller in row.callers for name in row.operations]

    assert all(row.reason for row in PLUMBING)
    assert len(calls) == len(set(calls))
    assert not set(calls) & set(MARKS)


@pytest.mark.parametrize(
    ("caller", "service", "operation", "passes"),
    [
        ("sns", "sqs", "GetQueueUrl", True),
        ("sns", "sqs", "SendMessage", False),
        ("cloudformation", "sqs", "GetQueueUrl", False),
        ("lambda", "s3", "PutObject", True),
        ("cloudformation", "s3", "PutObject", False),
        ("", "cloudwatch", "PutMetricData", False),
    ],
)
def test_a_row_is_for_one_service_and_its_operations(caller, service, operation, passes):
    assert (plumbing(caller, service, operation) is not None) is passes


def test_only_looking_crosses_to_another_account():
    crossing = {(row.service, name) for row in PLUMBING if row.crosses for name in row.operations}

    assert crossing == {("sqs", "GetQueueUrl"), ("sns", "GetTopicAttributes"), ("lambda", "GetFunction")}


@pytest.mark.parametrize(
    ("modules", "service"),
    [
        (["botocore.client", "localstack.aws.connect", "localstack.services.lambda_.provider"], "lambda"),
        (["localstack.utils.aws.arns", "localstack.services.sns.publisher", "localstack.services.sqs.x"], "sns"),
        (["localstack.utils.cloudwatch.cloudwatch_util", "threading"], "utils.cloudwatch"),
        (["s3transfer.tasks", "threading"], "s3transfer"),
        (["harness.elsewhere", "threading"], ""),
    ],
)
def test_the_calling_service_is_the_innermost_on_the_stack(modules, service):
    assert calling_service(iter(modules)) == service


def test_sources_are_shown_as_aws_shows_them():
    subscription = "arn:aws:sns:us-west-2:1:topic:0123"

    assert source("sns.amazonaws.com", subscription) == "arn:aws:sns:us-west-2:1:topic"
    assert (
        source("logs.amazonaws.com", "arn:aws:logs:us-west-2:1:log-group:g") == "arn:aws:logs:us-west-2:1:log-group:g:*"
    )
    assert source("events.amazonaws.com", "arn:aws:events:us-west-2:1:rule/r") == "arn:aws:events:us-west-2:1:rule/r"
    assert source("sns.amazonaws.com", None) is None
