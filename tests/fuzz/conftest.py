"""A sandbox for the fuzz test, and how many requests it sends."""

import json

import pytest
from command_line import CommandLine


def pytest_addoption(parser):
    parser.addoption("--requests", type=int, default=20_000, help="how many hostile requests to send")
    parser.addoption("--seed", type=int, default=20_000, help="where their row begins")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    command_line = CommandLine.of_two_accounts(tmp_path_factory.mktemp("fuzz"))
    up = command_line.run("up", "--detach")
    assert up.returncode == 0, up.stderr
    yield command_line
    command_line.run("down")


@pytest.fixture(scope="module")
def accounts(sandbox):
    return json.loads(sandbox.run("env", "--json").stdout)["accounts"]
