"""What goes wrong with containers: one sentence each, other scenarios unharmed, nothing left."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from harness.emulator.project import prefix
from harness.scenario import eventually

KILLED = """
import subprocess
import pytest

def test_one_is_killed(harness):
    one = harness.run.instances[0]
    subprocess.run(["docker", "kill", one.id], check=True, capture_output=True)
    harness.run.check_alive()

def test_it_could_only_fail_now(harness):
    harness.account("one").client("iam").list_users()
"""
UNHARMED = """
def test_the_next_file_has_accounts_again(harness):
    assert harness.account("one").client("sts").get_caller_identity()["Account"] == "111111111111"
"""
WAITING = 'import time\ndef test_it(harness):\n    print("here", flush=True)\n    time.sleep(200)\n'


def start(project, *options):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--harness-backend=compose", *options]
    return subprocess.Popen(
        command,
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def containers(project):
    return project.docker(
        "ps", "--all", "--quiet", "--filter", "label=harness.account", "--filter", f"name={slug(project)}"
    )


def slug(project):
    """What the names of this project's containers begin with."""
    return prefix(project.folder)


@pytest.mark.timeout(300)
def test_a_killed_container_is_one_sentence_and_other_files_get_new_accounts(project):
    (project.folder / "test_1.py").write_text(KILLED)
    (project.folder / "test_2.py").write_text(UNHARMED)

    output, _ = start(project).communicate(timeout=240)

    assert "the container of account `one` ended with status 137" in output
    assert "1 failed, 1 passed, 1 error" in output
    assert "ConnectionRefused" not in output
    assert not containers(project)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill -9"])
def test_nothing_outlives_a_test_session(project, number):
    (project.folder / "test_it.py").write_text(WAITING)
    running = start(project, "-s")
    for line in running.stdout:
        if "here" in line:
            break
    assert containers(project)

    os.kill(running.pid, number)
    running.communicate(timeout=60)

    eventually("every container is gone", lambda: not containers(project), within=30)


@pytest.mark.timeout(300)
def test_a_port_in_use_is_one_sentence_and_leaves_nothing(project):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = project.folder / "harness.toml"
        config.write_text(config.read_text().replace('region = "us-west-2"', f'region = "us-west-2"\nport = {port}', 1))

        refused = project.run("up", "--backend", "compose")

    assert refused.returncode == 1
    assert "error: a port of harness.toml is in use" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not project.docker(
        "ps", "--all", "--quiet", "--filter", "label=harness.account", "--filter", f"name={slug(project)}"
    )


@pytest.mark.timeout(300)
def test_a_detached_sandbox_is_removed_with_its_volumes(project):
    up = project.run("up", "--detach", "--backend", "compose")
    status = project.run("status")
    down = project.run("down")

    assert up.returncode == 0, up.stderr
    assert status.stdout.count("yes") == 2
    assert down.returncode == 0
    assert not project.docker("volume", "ls", "--quiet", "--filter", f"name={slug(project)}")


@pytest.mark.timeout(300)
def test_a_base_image_that_is_not_here_is_one_sentence(project):
    refused = project.run("up", "--backend", "compose", HARNESS_BASE_IMAGE="harness-test/not-here:1")

    assert refused.returncode == 1
    assert "error: the base image is not here and cannot be pulled" in refused.stderr
    assert "HARNESS_BASE_IMAGE=NAME" in refused.stderr
