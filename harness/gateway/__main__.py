"""Start one instance: read the launch, harden the process, put the gate in front, and only then serve.

The launch comes as one line on standard input (from the owner's pipe, whose end of file then ends this process), or from
the file that `--launch` names (in a container, where the container is the owner: `harness.gateway.containers.container`).
"""

import ctypes
import os
import sys
import threading
from pathlib import Path

from harness.gateway.containers.container import stand_apart, take_launch
from harness.wire import Launch

PR_SET_DUMPABLE = 4


def main() -> None:
    """Run until the owner goes away or a signal comes."""
    launch = _read_launch(sys.argv[1:])
    _make_undumpable()
    from harness.gateway.plugin import run  # noqa: PLC0415 - LocalStack reads its configuration when it is imported

    run(launch)


def _read_launch(arguments: list[str]) -> Launch:
    if arguments[:1] == ["--launch"]:
        stand_apart()
        return take_launch(Path(arguments[1]))
    launch = Launch.from_json(sys.stdin.readline())
    threading.Thread(target=_end_with_owner, name="owner", daemon=True).start()
    return launch


def _end_with_owner() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


def _make_undumpable() -> None:
    """Keep a function of the same user from reading this process's memory in /proc (Linux; elsewhere there is no /proc)."""
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE) failed")


if __name__ == "__main__":
    main()
