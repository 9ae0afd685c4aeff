"""The leash ends its command with its owner, and otherwise stays out of the way."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from harness.process import leash

PATIENCE = 10


@dataclass
class Owned:
    """A command on a leash, and the end of the pipe that keeps it alive."""

    process: subprocess.Popen[str]
    pipe: int

    def let_go(self) -> None:
        """Close the pipe, as the owner's end does."""
        os.close(self.pipe)
        self.pipe = -1

    def says(self) -> str:
        """Return the next line that the command prints."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


type Start = Callable[..., Owned]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start commands on leashes; end whatever a test leaves."""
    owned: list[Owned] = []

    def start(*command: str, options: tuple[str, ...] = ()) -> Owned:
        held, pipe = os.pipe()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", leash.__file__, str(held), *options, "--", *command],
            pass_fds=[held],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(held)
        owned.append(Owned(process, pipe))
        return owned[-1]

    yield start
    for one in owned:
        if one.pipe >= 0:
            one.let_go()
        one.process.communicate(timeout=PATIENCE)


def python(code: str) -> tuple[str, ...]:
    """Return the command that runs a piece of Python."""
    return sys.executable, "-I", "-S", "-c", code


def gone(pid: int) -> bool:
    """Tell whether a process ends, within a limit."""
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(PATIENCE)
    return not psutil.pid_exists(pid)


@pytest.mark.parametrize("status", [0, 7])
def test_a_command_ends_as_it_would_alone(start: Start, status: int) -> None:
    """Output, errors and exit status pass through."""
    one = start("sh", "-c", f"echo out; echo err >&2; exit {status}")
    out, err = one.process.communicate(timeout=PATIENCE)
    assert (out, err, one.process.returncode) == ("out\n", "err\n", status)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGABRT])
def test_a_command_killed_by_a_signal_is_seen_as_such(start: Start, number: signal.Signals) -> None:
    """The leash ends by the same signal."""
    one = start("sh", "-c", f"kill -{int(number)} $$")
    assert one.process.wait(PATIENCE) == -number


def test_the_end_of_the_owner_kills_a_command_that_ignores_all_signals(start: Start) -> None:
    """Its whole group goes, with a grandchild, in the midst of a busy loop."""
    one = start(
        *python(
            "import os, signal\n"
            "for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(n, signal.SIG_IGN)\n"
            "child = os.fork()\n"
            "if child: print(child, os.getpid(), flush=True)\n"
            "while True: pass\n"
        )
    )
    pids = [int(pid) for pid in one.says().split()]
    one.let_go()
    assert one.process.wait(PATIENCE) == -signal.SIGKILL
    assert all(gone(pid) for pid in pids)


def test_an_owner_killed_outright_takes_its_command_along(tmp_path: Path) -> None:
    """`kill -9` of the owner closes the pipe like any other end."""
    script = tmp_path / "owner.py"
    script.write_text(
        "import os, subprocess, sys\n"
        "held, pipe = os.pipe()\n"
        f"subprocess.Popen([sys.executable, '-I', '-S', {leash.__file__!r}, str(held), '--', 'sh', '-c',"
        " 'echo $$; exec sleep 100'], pass_fds=[held]).wait()\n"
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid = int(owner.stdout.readline())
        owner.kill()
    assert gone(pid)


def test_a_grace_lets_the_command_end_by_itself(start: Start) -> None:
    """SIGINT comes first, and its exit status counts."""
    one = start("sh", "-c", "trap 'exit 3' INT; echo ready; while :; do sleep 0.01; done", options=("--grace", "9"))
    one.says()
    one.let_go()
    assert one.process.wait(PATIENCE) == 3


def test_a_grace_ends(start: Start) -> None:
    """A command that does not care about SIGINT is killed after it."""
    one = start("sh", "-c", "trap '' INT; echo ready; while :; do sleep 0.01; done", options=("--grace", "0.05"))
    one.says()
    one.let_go()
    assert one.process.wait(PATIENCE) == -signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_are_passed_on(start: Start, number: signal.Signals) -> None:
    """The leash outlives them, the command decides."""
    name = number.name.removeprefix("SIG")
    one = start("sh", "-c", f"trap 'exit 5' {name}; echo ready; while :; do sleep 0.01; done")
    one.says()
    one.process.send_signal(number)
    assert one.process.wait(PATIENCE) == 5


def test_what_a_command_leaves_in_its_group_is_killed(start: Start) -> None:
    """A background process does not outlive its parent."""
    one = start("sh", "-c", "sleep 100 >/dev/null 2>&1 & echo $!")
    pid = int(one.says())
    assert one.process.wait(PATIENCE) == 0
    assert gone(pid)


def test_the_command_has_a_session_of_its_own_without_the_pipe(start: Start) -> None:
    """Descriptors: only the standard three; core dumps: none; ignored signals: none."""
    one = start(
        *python(
            "import os, resource, signal\n"
            "opened = []\n"
            "for n in range(3, 50):\n"
            "    try: os.fstat(n); opened.append(n)\n"
            "    except OSError: pass\n"
            "print(os.getsid(0) == os.getpid(), opened, resource.getrlimit(resource.RLIMIT_CORE)[0],\n"
            "      signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)\n"
        )
    )
    assert one.says() == "True [] 0 True"


def test_a_missing_command_is_named(start: Start) -> None:
    """Exit status 127, as of a shell."""
    one = start("no-such-program")
    _, err = one.process.communicate(timeout=PATIENCE)
    assert (err, one.process.returncode) == ("leash: cannot run `no-such-program`: No such file or directory\n", 127)


@pytest.mark.parametrize("argv", [[], ["3"], ["3", "--"], ["x", "--", "true"], ["3", "--grace", "--", "true"]])
def test_wrong_arguments_get_the_usage(argv: list[str]) -> None:
    """Nothing is started."""
    with pytest.raises(SystemExit, match="usage: leash"):
        leash.main(argv)


def test_a_signal_that_its_starter_ignored_is_not_ignored_by_the_command(start: Start) -> None:
    """A shell without job control ignores SIGINT for what it starts in the background; Terraform must hear it all the same."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        one = start("sh", "-c", "trap 'exit 5' INT; echo ready; while :; do sleep 0.01; done")
    finally:
        signal.signal(signal.SIGINT, handler)
    one.says()
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(PATIENCE) == 5
