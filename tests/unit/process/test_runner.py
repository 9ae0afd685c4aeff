"""Running a program to its end: lines as they come, stopped when asked, ended with its owner."""

import os
import sys
import time
from pathlib import Path

import pytest

from harness.errors import ToolFailed
from harness.process import Command, LeashedRunner


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


def test_a_program_that_is_not_there():
    outcome = LeashedRunner().run(Command(("no-such-program",), Path.cwd(), {"PATH": os.environ["PATH"]}))

    assert not outcome.succeeded
    assert "no-such-program" in outcome.tail


def test_a_folder_that_is_not_there():
    with pytest.raises(ToolFailed, match="cannot start"):
        LeashedRunner().run(Command(("true",), Path("/no/such/folder"), {}))
