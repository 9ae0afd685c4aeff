"""The pytest plugin without any account: what cannot be started is one sentence, and leaves nothing."""

import os
import subprocess
import sys

import pytest

CONFIG = '[accounts.one]\nid = "111111111111"\nregion = "us-west-2"\n'
SUITE = "def test_one(harness):\n    pass\n\ndef test_two(harness):\n    pass\n"


def run(folder, *options, **more):
    (folder / "harness.toml").write_text(CONFIG)
    (folder / "test_it.py").write_text(SUITE)
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), **more}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--harness-backend=compose"], "cannot run `docker`"),
        (["--harness-backend=compose", "--harness-reuse"], "cannot run `docker`"),
    ],
)
def test_what_cannot_be_started_is_one_sentence_and_leaves_nothing(tmp_path, options, said):
    nowhere = tmp_path / "empty"
    nowhere.mkdir()

    done = run(tmp_path, *options, PATH=str(nowhere))

    assert done.returncode == 1
    assert said in done.stdout
    assert "help: " in done.stdout
    assert "Traceback" not in done.stdout
    assert "session.py" not in done.stdout
    assert not list((tmp_path / "state").glob("harness/*/*"))


def test_a_faulty_configuration_is_told_once_for_each_test_that_wants_accounts(tmp_path):
    done = run(tmp_path, HARNESS_BACKEND="podman")

    assert done.stdout.count("no backend `podman`\nhelp: ") == 2
    assert "During handling" not in done.stdout


def test_an_answer_to_the_user_is_shown_without_our_code(tmp_path):
    (tmp_path / "test_answer.py").write_text(
        "from pathlib import Path\nfrom harness.session import Harness\n\n"
        "def test_answer():\n    Harness.open(Path.cwd()).account('one')\n"
    )

    done = run(tmp_path, "-k", "answer")

    assert "UsageError: the accounts are not running\nE       help: `harness up` starts them" in done.stdout
    assert "session.py" not in done.stdout


def test_the_environment_says_the_backend_as_well(tmp_path):
    assert "no backend `podman`" in run(tmp_path, HARNESS_BACKEND="podman").stdout


def test_a_suite_that_asks_for_no_account_starts_none(tmp_path):
    (tmp_path / "test_other.py").write_text("def test_nothing():\n    pass\n")

    done = run(tmp_path, "--harness-backend=compose", "-k", "nothing", PATH=str(tmp_path))

    assert done.returncode == 0, done.stdout
