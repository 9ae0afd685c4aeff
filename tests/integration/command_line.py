"""The command line as a user calls it, in a project of its own."""

import os
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
TWO_ACCOUNTS = """
[accounts.one]
id = "111111111111"
region = "us-west-2"

[accounts.two]
id = "222222222222"
region = "us-west-2"
"""


class CommandLine:
    """The `harness` command in a folder, with a state folder of its own."""

    def __init__(self, folder: Path, state: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "XDG_STATE_HOME": str(state), "PYTHONUNBUFFERED": "1"}

    @classmethod
    def of_two_accounts(cls, root: Path):
        """In a new project below `root`, with two accounts and no Terraform."""
        folder = root / "project"
        folder.mkdir()
        (folder / "harness.toml").write_text(TWO_ACCOUNTS)
        return cls(folder, root / "state")

    @property
    def state(self):
        """The folder of the project's runs."""
        return next(iter(Path(self.environment["XDG_STATE_HOME"]).glob("harness/*")))

    def arguments(self, *args):
        return [sys.executable, "-c", "from harness.cli import main; main()", *args]

    def start(self, *args):
        return subprocess.Popen(
            self.arguments(*args),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *args, **more):
        return subprocess.run(
            self.arguments(*args),
            cwd=self.folder,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    def children(self):
        """Every process that was started for this project's runs."""
        marker = self.environment["XDG_STATE_HOME"]
        found = []
        for process in psutil.process_iter():
            try:
                if marker in (process.cwd() or "") or any(marker in part for part in process.cmdline()):
                    found.append(process)
            except psutil.Error:
                continue
        return found
