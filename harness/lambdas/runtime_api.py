r"""The Lambda Runtime API, without I/O: requests in, replies and events out.

A runtime (awslambdaric, or the `bootstrap` of a `provided` function) is an HTTP client that asks for the next
invocation, answers it, and asks again.  All of that conversation's rules are here; sockets, threads and time are not.

    INIT --next--> IDLE --offer--> BUSY --response/error--> DONE --next--> IDLE
      \--init/error--> FAILED

1. `receive` takes one request of the runtime.  Its reply is None where the runtime has to wait for its next invocation;
   that request is then *parked*, and the reply is what a later `offer` returns.
2. `offer` takes one invocation.  It returns the reply to the parked request, or None when the runtime has not asked
   yet: then its next request is answered at once.  Offering while an invocation is under way is our own bug.
3. A request out of turn is answered 403 or 400, as AWS's own emulator does, and changes nothing.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

PREFIX = "/2018-06-01/runtime"
ERROR_TYPE = "lambda-runtime-function-error-type"
UNKNOWN_ERROR = "Runtime.Unknown"

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6 MB, and 100 bytes that AWS's message adds
MAX_RESPONSE = 6 * 1024 * 1024 + 100


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request of the runtime; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """The HTTP response to it; the body is JSON."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of the function, as the runtime is told of it."""

    request_id: str
    payload: bytes
    function_arn: str
    deadline_ms: int
    """Milliseconds since the epoch at which the call times out."""
    trace_id: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The function has initialized, or has done with its last call, and waits for the next one."""


@dataclass(frozen=True, slots=True)
class Responded:
    """The handler returned."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Errored:
    """The handler raised: the runtime is sound and can be called again."""

    payload: bytes
    error_type: str


@dataclass(frozen=True, slots=True)
class InitErrored:
    """The function could not be initialized: the runtime is about to exit."""

    payload: bytes
    error_type: str


type Event = Ready | Responded | Errored | InitErrored


class State(Enum):
    """Where the conversation stands."""

    INIT = auto()
    IDLE = auto()
    BUSY = auto()
    DONE = auto()
    FAILED = auto()


ACCEPTED = Reply(202, b'{"status":"OK"}\n')


def _refused(status: int, error_type: str, message: str) -> Reply:
    return Reply(status, json.dumps({"errorType": error_type, "errorMessage": message}).encode())


NOT_FOUND = _refused(404, "NotFound", "no such path in the Runtime API")
WRONG_ID = _refused(400, "InvalidRequestID", "Invalid request ID")
TOO_LARGE = _refused(413, "RequestEntityTooLarge", f"Exceeded maximum allowed payload size ({MAX_RESPONSE} bytes).")
SUPERSEDED = _refused(403, "InvalidStateTransition", "a later request for the next invocation takes the place of this")
RESPONSE_TOO_LARGE = Errored(
    json.dumps(
        {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE} bytes).",
        }
    ).encode(),
    "Function.ResponseSizeTooLarge",
)


class RuntimeApi:
    """One runtime's conversation, from its first request to its end."""

    def __init__(self) -> None:
        """Begin before the runtime's first request."""
        self.state = State.INIT
        self._current: Invocation | None = None

    def offer(self, invocation: Invocation) -> Reply | None:
        """Hand out one invocation: the reply to the parked request, or None if the runtime has yet to ask."""
        if self._current is not None:
            raise AssertionError(f"offered while in {self.state}")
        self._current = invocation
        return self._hand_out() if self.state is State.IDLE else None

    def receive(self, request: Request) -> tuple[Reply | None, Event | None]:
        """Take one request: the reply (None: park it), and what it tells about the function, if anything."""
        match request.method, _segments(request.path):
            case "GET", ["invocation", "next"]:
                return self._next()
            case "POST", ["init", "error"]:
                return self._init_error(request)
            case "POST", ["invocation", request_id, "response" | "error" as kind]:
                return self._answer(request_id, kind, request)
            case _:
                return NOT_FOUND, None

    def _next(self) -> tuple[Reply | None, Event | None]:
        if self.state in {State.BUSY, State.FAILED}:
            return self._out_of_turn("Ready"), None
        self.state = State.IDLE
        return (self._hand_out() if self._current else None), Ready()

    def _init_error(self, request: Request) -> tuple[Reply | None, Event | None]:
        if self.state is not State.INIT:
            return self._out_of_turn("InitError"), None
        self.state = State.FAILED
        return ACCEPTED, InitErrored(request.body, _error_type(request))

    def _answer(self, request_id: str, kind: str, request: Request) -> tuple[Reply | None, Event | None]:
        if self.state is not State.BUSY or self._current is None:
            return self._out_of_turn("InvocationResponse" if kind == "response" else "InvocationError"), None
        if request_id != self._current.request_id:
            return WRONG_ID, None
        self.state, self._current = State.DONE, None
        if len(request.body) > MAX_RESPONSE:
            return TOO_LARGE, RESPONSE_TOO_LARGE
        # A streaming runtime sends its error type after the body, as a trailer of a response.
        failed = kind == "error" or ERROR_TYPE in request.headers
        return ACCEPTED, Errored(request.body, _error_type(request)) if failed else Responded(request.body)

    def _hand_out(self) -> Reply:
        assert self._current is not None  # noqa: S101 - for the type checker: both callers have looked
        self.state = State.BUSY
        return Reply(
            200,
            self._current.payload,
            (
                ("Lambda-Runtime-Aws-Request-Id", self._current.request_id),
                ("Lambda-Runtime-Deadline-Ms", str(self._current.deadline_ms)),
                ("Lambda-Runtime-Invoked-Function-Arn", self._current.function_arn),
                ("Lambda-Runtime-Trace-Id", self._current.trace_id),
            ),
        )

    def _out_of_turn(self, wanted: str) -> Reply:
        return _refused(
            403, "InvalidStateTransition", f"Transition from {self.state.name.title()} to {wanted} is not allowed."
        )


def _segments(path: str) -> list[str]:
    return path[len(PREFIX) :].split("/")[1:] if path.startswith(PREFIX + "/") else []


def _error_type(request: Request) -> str:
    return request.headers.get(ERROR_TYPE) or UNKNOWN_ERROR
