"""An account's clients, without any account."""

import botocore.exceptions
import pytest

from harness.accounts import AccountSession, SessionKeys


def test_an_operation_with_a_host_of_its_own_goes_to_the_accounts_endpoint():
    session = AccountSession("http://127.0.0.1:1/", "us-west-2", SessionKeys("id", "secret", "token"))
    asked = []
    client = session.client("stepfunctions")
    client.meta.events.register("before-send.*.*", lambda request, **_: asked.append(request.url))

    with pytest.raises(botocore.exceptions.EndpointConnectionError):
        client.start_sync_execution(stateMachineArn="arn:aws:states:us-west-2:111111111111:stateMachine:m")

    assert asked == ["http://127.0.0.1:1/"]
