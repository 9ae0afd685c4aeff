"""The containers' health check: `python3 -I -S health.py PORT MARK`.

The first check makes a real call, an unsigned one that the gate must refuse with AWS's words, and waits for that answer: so
the container is healthy as soon as it serves. Each call stands in the journal, so that later checks (told by the file MARK)
look only whether the port still answers to a connection. Those are the many, so that they import next to nothing.
"""

import os
import socket
import sys
import time

BODY = "Action=GetCallerIdentity&Version=2011-06-15"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
EXPECTED = (403, b"MissingAuthenticationToken")
PATIENCE = 60.0
POLL = 0.1
TIMEOUT = 30.0


def main(port: int, mark: str) -> bool:
    """Whether the instance is healthy."""
    if os.path.exists(mark):  # noqa: PTH110 - pathlib takes longer to import than all the rest
        socket.create_connection(("127.0.0.1", port), TIMEOUT).close()
        return True
    if healthy := refuses(port):
        os.close(os.open(mark, os.O_CREAT | os.O_WRONLY))
    return healthy


def refuses(port: int) -> bool:
    """Whether the instance, once it answers, refuses a call that nobody signed."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            status, body = call(port)
        except OSError:
            time.sleep(POLL)
            continue
        return status == EXPECTED[0] and EXPECTED[1] in body
    return False


def call(port: int) -> tuple[int, bytes]:
    """The answer to an unsigned GetCallerIdentity. Raises OSError where there is none."""
    import http.client  # noqa: PLC0415 - only the first check calls

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("POST", "/", BODY, HEADERS)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not main(int(sys.argv[1]), sys.argv[2]))
