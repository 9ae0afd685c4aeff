"""A project of its own for each test of what only containers can show, with the engine looked at by its own client."""

import json
import subprocess

import pytest
from command_line import CommandLine


class Project(CommandLine):
    """The command line, and Docker's beside it."""

    def docker(self, *args):
        done = subprocess.run(
            ["docker", *args],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def left(self):
        """Containers, networks and volumes of this project."""
        kinds = (("ps", "--all"), ("network", "ls"), ("volume", "ls"))
        listed = "".join(self.docker(*kind, "--quiet", "--filter", "name=by-hand") for kind in kinds)
        return listed.split()

    def inspect(self, name):
        return json.loads(self.docker("inspect", f"by-hand-{name}-1"))[0]


@pytest.fixture
def project(tmp_path):
    """A folder with two accounts and no Terraform."""
    found = Project.of_two_accounts(tmp_path)
    yield found
    found.run("down")


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """The accounts as a person starts them: `harness compose` once, then Docker's own commands."""
    project = Project.of_two_accounts(tmp_path_factory.mktemp("by-hand"))
    (project.folder / "compose.yaml").write_text(project.run("compose").stdout)
    project.docker("compose", "--project-name", "by-hand", "up", "--build", "--wait", "--quiet-pull")
    yield project
    project.run("down")
