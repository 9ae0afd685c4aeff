# ruff: noqa: T201 - its output is what the tests read
"""A runtime of a few lines for the tests: it does what the call's payload says.  Standard library only."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import NoReturn

PREFIX = "/2018-06-01/runtime"


def main(init: str) -> NoReturn:
    """Initialize as told, then serve calls for ever."""
    api = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    print(f"init {init}", flush=True)
    if init == "error":
        api.request(
            "POST", f"{PREFIX}/init/error", '{"errorType":"Bad"}', {"Lambda-Runtime-Function-Error-Type": "Bad"}
        )
        sys.exit(1)
    if init == "exit":
        sys.exit(4)
    calls = 0
    while True:
        api.request("GET", f"{PREFIX}/invocation/next")
        answer = api.getresponse()
        event = json.loads(answer.read())
        calls += 1
        kind, body = serve(event, calls)
        api.request("POST", f"{PREFIX}/invocation/{answer.headers['Lambda-Runtime-Aws-Request-Id']}/{kind}", body)
        api.getresponse().read()


def serve(event: dict[str, str], calls: int) -> tuple[str, str | Iterator[bytes]]:  # noqa: C901 - one flat table
    """Do one call; return the kind of its answer, and the answer."""
    match event["do"]:
        case "print":
            print(event["text"], flush=True)
        case "raise":
            return "error", '{"errorType":"Oops"}'
        case "hang":
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            while True:
                pass
        case "exit":
            sys.exit(int(event["status"]))
        case "hoard":
            hoard = []
            while True:
                hoard.append(b"x" * 4_000_000)
                time.sleep(0.005)
        case "chatter":
            line = "x" * 1023 + "\n"
            for _ in range(1024):
                sys.stdout.write(line)
            sys.stdout.flush()
        case "stream":
            return "response", iter([b'{"strea', b'med":1}'])
        case "environment":
            return "response", json.dumps(dict(os.environ))
    return "response", str(calls)


if __name__ == "__main__":
    main(sys.argv[1])
