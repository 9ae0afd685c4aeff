"""Which internal calls pass: without a principal by a row only, and a service within its own account only."""

import pytest

from harness.actions import Operation
from harness.gateway.services.passing import internal_fault
from harness.gateway.signers import PlumbingSigner, ServiceSigner

A, B = "111111111111", "222222222222"
QUEUE_URL, SEND, PUT = ("sqs", "GetQueueUrl"), ("sqs", "SendMessage"), ("s3", "PutObject")


def of_events(account):
    return ServiceSigner("events.amazonaws.com", f"arn:aws:events:us-west-2:{account}:rule/r", A)


def fault(signer, asked, *, crosses=False):
    service, name = asked
    return internal_fault(signer, Operation(service, service, name, {}, "us-west-2", A), crosses=crosses)


@pytest.mark.parametrize(
    ("caller", "asked", "crosses", "said"),
    [
        ("sns", QUEUE_URL, False, None),
        ("sns", QUEUE_URL, True, None),
        ("lambda", PUT, False, None),
        ("lambda", PUT, True, "LocalStack's internal call s3:PutObject by lambda may not cross to another account"),
        ("sns", SEND, False, "LocalStack's internal call sqs:SendMessage by sns stands in no table of the gate"),
        ("", QUEUE_URL, False, "LocalStack's internal call sqs:GetQueueUrl by nobody stands in no table of the gate"),
    ],
)
def test_plumbing_passes_by_its_row_and_crosses_where_the_row_says_so(caller, asked, crosses, said):
    assert fault(PlumbingSigner(caller), asked, crosses=crosses) == said


@pytest.mark.parametrize(
    ("signer", "asked", "crosses", "said"),
    [
        (of_events(A), SEND, True, None),
        (of_events(B), SEND, False, f"events.amazonaws.com acts for a resource of account {B}"),
        (of_events(A), ("sts", "AssumeRole"), False, None),
        (of_events(A), ("sts", "AssumeRole"), True, "events.amazonaws.com may not assume a role of another account"),
    ],
)
def test_a_service_acts_for_its_accounts_resources_and_assumes_its_accounts_roles(signer, asked, crosses, said):
    assert fault(signer, asked, crosses=crosses) == said
