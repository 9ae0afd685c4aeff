"""The note beside a run: one process takes it, and a supervisor knows when that process is gone."""

import json
import subprocess
import sys

import pytest

from harness import detached
from harness.emulator.folder import RunFolder
from harness.supervisor import abandoned


@pytest.fixture
def folder(tmp_path):
    return RunFolder(tmp_path / "standby-1")


def test_a_run_is_taken_once(folder):
    assert detached.take(folder)
    assert not detached.take(folder)


def test_a_run_that_nobody_took_waits(folder):
    assert not abandoned(folder)


def test_a_run_whose_user_lives_is_not_abandoned(folder):
    detached.take(folder)

    assert not abandoned(folder)


def test_a_run_whose_user_is_gone_is_abandoned_unless_it_is_kept(folder):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folder.taken.write_text(json.dumps({"pid": gone.pid, "started": 0.0}))
    assert abandoned(folder)

    detached.keep(folder)

    assert not abandoned(folder)


def test_a_note_that_is_still_being_written_is_nobodys_end(folder):
    folder.taken.parent.mkdir(exist_ok=True)
    folder.taken.write_text("")

    assert not abandoned(folder)
