"""What the tests of whole runs share."""

import pytest
from command_line import TWO_ACCOUNTS, CommandLine


@pytest.fixture
def project(tmp_path):
    """A folder with two accounts and no Terraform."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "harness.toml").write_text(TWO_ACCOUNTS)
    command_line = CommandLine(folder, tmp_path / "state")
    yield command_line
    command_line.run("down")
