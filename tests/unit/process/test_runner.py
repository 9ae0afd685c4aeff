"""Running a program to its end: lines as they come, stopped when asked, ended with its owner."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from harness.errors import ToolFailed
from harness.process import Command, LeashedRunner, runner
from harness.scenario import eventually


def python(code):
    return Command((sys.executable, "-c", code), Path.cwd(), {"PATH": os.environ["PATH"]})


def test_lines_come_as_they_are_printed_and_the_outcome_keeps_the_last():
    seen = []

    outcome = LeashedRunner().run(python("print('one', flush=True)\nprint('two')\nraise SystemExit(3)"), seen.append)

    assert seen == ["one", "two"]
    assert (outcome.exit_code, outcome.succeeded, outcome.tail) == (3, False, "one\ntwo")


def test_a_program_is_stopped_when_asked():
    began = time.monotonic()

    outcome = LeashedRunner().run(
        python("import time\ntime.sleep(60)"), should_stop=lambda: time.monotonic() - began > 0.3
    )

    assert outcome.stopped
    assert not outcome.succeeded
    assert outcome.seconds < 30


def test_nothing_is_inherited():
    os.environ["HARNESS_TEST_SECRET"] = "x"
    try:
        outcome = LeashedRunner().run(python("import os\nprint('HARNESS_TEST_SECRET' in os.environ)"))
    finally:
        del os.environ["HARNESS_TEST_SECRET"]

    assert outcome.tail == "False"


def test_a_program_that_ignores_every_signal_is_ended_with_its_group(monkeypatch):
    """The leash is what ends it, so the leash must not be what is killed."""
    monkeypatch.setattr(runner, "PATIENCE", ((signal.SIGINT, 0.1), (signal.SIGTERM, 0.1)))
    monkeypatch.setattr(runner, "GRACE", 0.1)
    pids = []
    stubborn = "import os, signal, time\nfor n in (2, 15): signal.signal(n, signal.SIG_IGN)\n"
    stubborn += "os.fork()\nprint(os.getpid(), flush=True)\ntime.sleep(60)"

    outcome = LeashedRunner().run(python(stubborn), pids.append, lambda: len(pids) == 2)

    assert outcome.stopped
    assert outcome.seconds < 30
    eventually("the group has ended", lambda: not any(alive(int(pid)) for pid in pids), within=10)


def alive(pid):
    """Whether it runs; one that nobody has reaped yet does not."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_program_that_never_stops_printing_is_stopped_when_asked():
    endless = "import time\nend = time.monotonic() + 60\nwhile time.monotonic() < end: print('x', flush=True)"

    outcome = LeashedRunner().run(python(endless), should_stop=lambda: True)

    assert outcome.stopped
    assert outcome.seconds < 30


def test_a_descendant_that_holds_the_output_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(runner, "ORPHANED", 0.2)
    leaves = "import subprocess, sys\n"
    leaves += (
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(8)'], start_new_session=True)\nprint('done')"
    )

    outcome = LeashedRunner().run(python(leaves))

    assert outcome.tail == "done"
    assert outcome.seconds < 6


def test_a_callback_that_fails_ends_the_program():
    def fail(line):
        raise ValueError(line)

    pids = []
    with pytest.raises(ValueError, match=r"\d+") as failed:
        LeashedRunner().run(python("import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(60)"), fail)
    pids.append(int(str(failed.value)))

    assert not [pid for pid in pids if alive(pid)]


def test_a_program_that_is_not_there():
    with pytest.raises(ToolFailed, match="cannot run `no-such-program`") as failed:
        LeashedRunner().run(Command(("no-such-program",), Path.cwd(), {"PATH": os.environ["PATH"]}))
    assert "PATH" in failed.value.help


def test_a_folder_that_is_not_there():
    with pytest.raises(ToolFailed, match="cannot start"):
        LeashedRunner().run(Command(("true",), Path("/no/such/folder"), {}))
