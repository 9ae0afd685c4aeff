"""The owner of a detached sandbox: `harness up --detach` starts it, `harness down` ends it.

It says how far it is on standard output, one line each, until it prints READY or FAILED; then it waits to be ended.
"""

import signal
import sys
import threading
from pathlib import Path

from harness.errors import HarnessError
from harness.session import Harness

READY, FAILED = "READY", "FAILED"


def main() -> int:
    """Own the sandbox of the project in the folder given as the argument, until SIGTERM or an instance dies."""
    harness = Harness.open(Path(sys.argv[1]))
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    try:
        harness.up(lambda text: print(text, flush=True))  # noqa: T201 - read by the parent
    except HarnessError as error:
        print(f"{FAILED} {error.message}\n{error.help or ''}", flush=True)  # noqa: T201 - read by the parent
        harness.close()
        return error.exit_code
    print(READY, flush=True)  # noqa: T201 - read by the parent
    sys.stdout = sys.stderr
    try:
        ended.wait()
    finally:
        harness.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
