"""The note beside a run: one process takes it, and a supervisor knows when that process is gone."""

import json
import subprocess
import sys

import psutil
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


@pytest.mark.parametrize("wait", [True, False])
def test_a_run_that_is_ending_stays_taken(folder, wait):
    owning = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    folder.path.mkdir()
    claimed = psutil.Process(owning.pid)
    folder.owner.write_text(json.dumps({"pid": owning.pid, "started": claimed.create_time()}))
    detached.take(folder)

    assert detached.end(folder, wait=wait)
    assert folder.taken.exists() is not wait
    owning.wait()
    assert not detached.end(folder)
    assert not folder.taken.exists()


def test_a_note_that_is_still_being_written_is_nobodys_end(folder):
    folder.taken.parent.mkdir(exist_ok=True)
    folder.taken.write_text("")

    assert not abandoned(folder)
