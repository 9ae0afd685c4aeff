"""The Runtime API's rules, by function calls."""

import json

import pytest

from harness.lambdas.runtime_api import (
    MAX_RESPONSE,
    PREFIX,
    RESPONSE_TOO_LARGE,
    Errored,
    InitErrored,
    Invocation,
    Ready,
    Reply,
    Request,
    Responded,
    RuntimeApi,
    State,
)

CALL = Invocation("id-1", b'{"x":1}', "arn:aws:lambda:us-west-2:222222222222:function:bar", 1234, "Root=1-0-0")


def request(method: str, path: str, body: bytes = b"", **headers: str) -> Request:
    """Make a request of the runtime."""
    return Request(method, PREFIX + path, headers | {"host": "127.0.0.1"}, body)


NEXT = request("GET", "/invocation/next")


def busy() -> RuntimeApi:
    """Return a conversation with a call under way."""
    api = RuntimeApi()
    api.receive(NEXT)
    assert api.offer(CALL)
    return api


def error_type(reply: Reply | None) -> object:
    """Return what a refusal names as its reason."""
    assert reply is not None
    return json.loads(reply.body)["errorType"]


def test_the_first_request_is_parked_until_a_call_is_offered() -> None:
    """The runtime learns id, deadline, ARN and trace from the headers, as AWS names them."""
    api = RuntimeApi()
    assert api.receive(NEXT) == (None, Ready())
    reply = api.offer(CALL)
    assert reply is not None
    assert (reply.status, reply.body) == (200, b'{"x":1}')
    assert dict(reply.headers) == {
        "Lambda-Runtime-Aws-Request-Id": "id-1",
        "Lambda-Runtime-Deadline-Ms": "1234",
        "Lambda-Runtime-Invoked-Function-Arn": CALL.function_arn,
        "Lambda-Runtime-Trace-Id": "Root=1-0-0",
    }


def test_a_call_offered_early_is_handed_out_at_once_when_asked_for() -> None:
    """No call is lost between an answer and the next request."""
    api = RuntimeApi()
    assert api.offer(CALL) is None
    reply, event = api.receive(NEXT)
    assert (reply is not None, event, api.state) == (True, Ready(), State.BUSY)


def test_a_response_ends_the_call() -> None:
    """And the runtime may ask for another."""
    api = busy()
    reply, event = api.receive(request("POST", "/invocation/id-1/response", b"42"))
    assert (reply and reply.status, event) == (202, Responded(b"42"))
    assert api.receive(NEXT) == (None, Ready())


def test_an_error_ends_the_call_and_leaves_the_runtime_sound() -> None:
    """Its type comes in a header."""
    api = busy()
    sent = request("POST", "/invocation/id-1/error", b"{}", **{"lambda-runtime-function-error-type": "KeyError"})
    assert api.receive(sent)[1] == Errored(b"{}", "KeyError")
    assert api.receive(NEXT) == (None, Ready())


def test_a_streamed_response_with_an_error_trailer_is_an_error() -> None:
    """The server joins trailers to the headers."""
    sent = request("POST", "/invocation/id-1/response", b"{}", **{"lambda-runtime-function-error-type": "Boom"})
    assert busy().receive(sent)[1] == Errored(b"{}", "Boom")


def test_an_init_error_is_final() -> None:
    """A runtime that could not initialize gets no call."""
    api = RuntimeApi()
    reply, event = api.receive(request("POST", "/init/error", b'{"errorMessage":"x"}'))
    assert (reply and reply.status, event) == (202, InitErrored(b'{"errorMessage":"x"}', "Runtime.Unknown"))
    assert error_type(api.receive(NEXT)[0]) == "InvalidStateTransition"


def test_a_response_beyond_the_limit_fails_the_call() -> None:
    """6 MB and 100 bytes pass, one more does not."""
    fits = request("POST", "/invocation/id-1/response", b"x" * MAX_RESPONSE)
    assert isinstance(busy().receive(fits)[1], Responded)
    reply, event = busy().receive(request("POST", "/invocation/id-1/response", b"x" * (MAX_RESPONSE + 1)))
    assert (reply and reply.status, event) == (413, RESPONSE_TOO_LARGE)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (NEXT, "InvalidStateTransition"),
        (request("POST", "/init/error"), "InvalidStateTransition"),
        (request("POST", "/invocation/id-2/response"), "InvalidRequestID"),
        (request("POST", "/invocation/id-2/error"), "InvalidRequestID"),
        (request("GET", "/invocation/id-1/response"), "NotFound"),
        (request("GET", "/elsewhere"), "NotFound"),
        (Request("GET", "/", {}, b""), "NotFound"),
    ],
)
def test_a_request_out_of_turn_changes_nothing(sent: Request, reason: str) -> None:
    """The call under way is still answered afterwards."""
    api = busy()
    reply, event = api.receive(sent)
    assert (error_type(reply), event) == (reason, None)
    assert api.receive(request("POST", "/invocation/id-1/response", b"1"))[1] == Responded(b"1")


def test_an_answer_without_a_call_is_refused() -> None:
    """Before any call, and after it has been answered."""
    sent = request("POST", "/invocation/id-1/response", b"1")
    assert error_type(RuntimeApi().receive(sent)[0]) == "InvalidStateTransition"
    api = busy()
    api.receive(sent)
    assert error_type(api.receive(sent)[0]) == "InvalidStateTransition"


def test_two_calls_at_once_are_our_bug() -> None:
    """One environment serves one call at a time."""
    with pytest.raises(AssertionError):
        busy().offer(CALL)
