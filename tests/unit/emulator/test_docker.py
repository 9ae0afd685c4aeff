"""Docker's ways to say no, each as one sentence with a remedy."""

from pathlib import Path

import pytest

from harness.emulator.docker import Docker
from harness.emulator.project import prefix, projects, remove
from harness.errors import ToolFailed
from harness.process.fake import FakeRunner, Script


def docker(script_of):
    runner = FakeRunner(script_of)
    return Docker(Path("/project"), runner, {}), runner


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
            "no Docker engine answers",
        ),
        ("error during connect: Get http://x: EOF", "no Docker engine answers"),
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
            "no permission on Docker's socket",
        ),
        (
            "Got permission denied while trying to connect to the Docker daemon socket",
            "no permission on Docker's socket",
        ),
        ("docker: 'compose' is not a docker command.", "Docker has no Compose v2"),
        ("docker: unknown command: docker compose", "Docker has no Compose v2"),
        ("unknown flag: --project-name", "Docker has no Compose v2"),
        (
            "failed to solve: python:3.13-slim: failed to do request: dial tcp: lookup registry: no such host",
            "the base image is not here",
        ),
        ("error: Failed to fetch: `simple/boto3`", "the image cannot be built"),
        ("Bind for 127.0.0.1:4510 failed: port is already allocated", "a port of harness.toml is in use"),
        ("listen tcp4 127.0.0.1:4510: bind: address already in use", "a port of harness.toml is in use"),
        ("all ports are allocated", "Docker has no free port left"),
        ("write /var/lib/docker/x: no space left on device", "Docker's disk is full"),
        ("could not find an available, non-overlapping IPv4 address pool", "Docker has no free network left"),
    ],
)
def test_a_fault_is_one_sentence_with_what_docker_said_and_a_remedy(said, sentence):
    engine, _ = docker(lambda _command: Script(["before", said], 1))

    with pytest.raises(ToolFailed) as failure:
        engine.run("compose", "up")

    assert failure.value.message.startswith(sentence)
    assert said in failure.value.message
    assert failure.value.help


def test_any_other_failure_shows_the_command_and_no_secret():
    engine, _ = docker(lambda _command: Script(["AWS_SECRET_ACCESS_KEY=abcdef"], 3))

    with pytest.raises(ToolFailed, match="`docker compose up` ended with 3") as failure:
        engine.run("compose", "up")

    assert "abcdef" not in failure.value.message


def test_an_engine_that_never_answers_is_given_up():
    engine = Docker(Path("/project"), FakeRunner(lambda _command: Script(hangs=True)), {}, patience=0.01)

    with pytest.raises(ToolFailed, match="`docker ps` was stopped"):
        engine.run("ps")


def test_removing_a_project_names_nothing_but_what_bears_its_label():
    listed = {"ps": ["c1", "c2"], "network": ["n1"], "volume": []}
    engine, runner = docker(lambda command: Script(listed[command.args[1]] if "--quiet" in command.args else []))

    remove(engine, "mine")

    commands = [list(command.args[1:]) for command in runner.commands]
    assert ["rm", "--force", "--volumes", "c1", "c2"] in commands
    assert ["network", "rm", "n1"] in commands
    assert not [one for one in commands if one[:2] == ["volume", "rm"]]
    assert all(one[-1] == "label=com.docker.compose.project=mine" for one in commands if "--filter" in one)


def test_projects_of_another_folder_are_none_of_ours(tmp_path):
    own = f"{prefix(tmp_path)}sandbox"
    labels = [
        {"com.docker.compose.project": "by-hand", "com.docker.compose.project.working_dir": str(tmp_path)},
        {"com.docker.compose.project": "other", "com.docker.compose.project.working_dir": "/elsewhere"},
    ]
    inspected = [f'{{"Config": {{"Labels": {str(one).replace("'", '"')}}}}}' for one in labels]
    answers = {"ps": ["a", "b"], "inspect": inspected, "network": [own, "other_default"], "volume": []}
    engine, _ = docker(lambda command: Script(answers[command.args[1]]))

    assert projects(engine, tmp_path) == ["by-hand", own]
