"""What the tests of whole runs share."""

import json

import pytest
from command_line import TWO_ACCOUNTS, CommandLine
from raw import ask, record_of


@pytest.fixture
def project(tmp_path):
    """A folder with two accounts and no Terraform."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "harness.toml").write_text(TWO_ACCOUNTS)
    command_line = CommandLine(folder, tmp_path / "state")
    yield command_line
    command_line.run("down")


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    """A detached sandbox of two accounts, for a module."""
    root = tmp_path_factory.mktemp("sandbox")
    (root / "project").mkdir()
    (root / "project" / "harness.toml").write_text(TWO_ACCOUNTS)
    command_line = CommandLine(root / "project", root / "state")
    up = command_line.run("up", "--detach")
    assert up.returncode == 0, up.stderr
    yield command_line
    leaked = foreign_accounts(command_line)
    command_line.run("down")
    assert not leaked


def foreign_accounts(sandbox):
    """What the stores of the sandbox's instances hold for accounts but their own and that of LocalStack's plumbing."""
    record = record_of(sandbox)
    kept = {
        name: ask(record, name, "stores")["accounts"].keys() - {account.account_id, "949334387222"}
        for name, account in record.accounts.items()
    }
    return {name: accounts for name, accounts in kept.items() if accounts}


@pytest.fixture(scope="module")
def accounts(sandbox):
    """Its endpoints and keys."""
    return json.loads(sandbox.run("env", "--json").stdout)["accounts"]
