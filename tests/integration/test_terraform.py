"""Terraform's failures against a running sandbox: one sentence each, and no state lost."""

import shutil
import signal

import pytest
from command_line import ROOT

from harness.scenario import eventually


@pytest.fixture
def example(project):
    """The example in a folder of its own, with its sandbox up."""
    shutil.copytree(ROOT / "terraform", project.folder / "terraform", ignore=shutil.ignore_patterns("*.zip"))
    shutil.copy(ROOT / "harness.toml", project.folder / "harness.toml")
    up = project.run("up", "--detach")
    assert up.returncode == 0, up.stderr
    return project


@pytest.mark.timeout(240)
def test_an_interrupted_apply_keeps_its_state(example):
    apply = example.start("apply")
    for line in apply.stdout:
        if "account_b: create" in line:
            break

    apply.send_signal(signal.SIGINT)
    rest, _ = apply.communicate(timeout=60)
    destroyed = example.run("destroy")

    assert (apply.returncode, "interrupted: what was under way" in " ".join(rest.split())) == (130, True)
    assert destroyed.returncode == 0, destroyed.stderr
    assert destroyed.stdout.strip() == "destroyed account_b, account_a"
    assert example.run("destroy").stdout.strip() == "nothing was applied"


@pytest.mark.timeout(240)
def test_faults_are_one_sentence_each(example):
    main = example.folder / "terraform/composition/account_a/main.tf"
    sound = main.read_text()

    main.write_text(sound + 'resource "broken" {\n')
    broken = example.run("apply", "account_a")
    main.write_text(sound)
    undeclared = example.run("apply", "account_a", "--var", "nope=1")
    unknown = example.run("apply", "nobody")
    without = example.run("apply", "account_a", PATH=str(example.folder))
    missing = example.run("invoke", "nothing")

    assert (broken.returncode, "main.tf line" in broken.stderr) == (1, True)
    assert (undeclared.returncode, "declares no variable `nope`" in undeclared.stderr) == (2, True)
    assert (unknown.returncode, "no account `nobody`" in unknown.stderr) == (2, True)
    assert (without.returncode, "no `terraform` on PATH" in without.stderr) == (1, True)
    assert (missing.returncode, "no account has a function `nothing`" in missing.stderr) == (2, True)
    assert not any("Traceback" in done.stderr for done in (broken, undeclared, unknown, without, missing))


@pytest.mark.timeout(240)
def test_an_instance_that_dies_in_use_is_named_and_down_cleans_up(example):
    instance = next(process for process in example.children() if "harness.gateway" in process.cmdline())

    instance.kill()
    apply, status, down = example.run("apply"), example.run("status"), example.run("down")

    assert (apply.returncode, "does not answer" in apply.stderr) == (1, True)
    assert status.stdout.count("yes") == 2
    assert "no" in status.stdout
    assert down.returncode == 0
    eventually("everything has ended", lambda: not example.children(), within=60)
