"""Where a run keeps its things: one folder per run, in the user's state folder, never in the source tree.

`~/.local/state/harness/<project>-<digest>/<run>/`: the record, the Terraform copy, and a folder for each account.
"""

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import platformdirs


def project_folder(project: Path) -> Path:
    """The folder of all runs of the project (the folder that holds harness.toml)."""
    resolved = project.resolve()
    digest = hashlib.sha256(str(resolved).encode()).hexdigest()[:8]
    return platformdirs.user_state_path("harness") / f"{resolved.name}-{digest}"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    @property
    def record(self) -> Path:
        """The record of what runs, for the other commands; holds keys, mode 0600."""
        return self.path / "run.json"

    @property
    def owner(self) -> Path:
        """Which process owns the run; written before anything is started."""
        return self.path / "owner.json"

    @property
    def terraform(self) -> Path:
        """The working copy of the Terraform root, with its state."""
        return self.path / "terraform"

    @property
    def plugin(self) -> Path:
        """The folder on the instances' path that holds the harness's plugin."""
        return self.path / "plugin"

    @property
    def compose_file(self) -> Path:
        """What Compose was told."""
        return self.path / "compose.yaml"

    @property
    def supervisor_log(self) -> Path:
        """What a detached supervisor prints; beside the folder, as it is there before and perhaps after it."""
        return self.path.with_name(f"{self.path.name}.supervisor.log")

    @property
    def taken(self) -> Path:
        """Which process uses a run that a supervisor owns; beside the folder, as it is there before the folder is."""
        return self.path.with_name(f"{self.path.name}.taken")

    def remove(self) -> None:
        """Remove everything of the run."""
        shutil.rmtree(self.path, ignore_errors=True)
        for beside in (self.taken, self.supervisor_log):
            beside.unlink(missing_ok=True)

    def account(self, name: str) -> "AccountFolder":
        """The folder of one account's instance."""
        return AccountFolder(self.path / "accounts" / name)

    def journals(self, names: Iterable[str]) -> dict[str, Path]:
        """The journals of the accounts of these names."""
        return {name: self.account(name).journal for name in names}


@dataclass(frozen=True, slots=True)
class AccountFolder:
    """The folder of one instance."""

    path: Path

    @property
    def log(self) -> Path:
        """What the instance prints."""
        return self.path / "instance.log"

    def log_lines(self, since: int) -> list[str]:
        """The log's lines from a byte offset on."""
        if not self.log.exists():
            return []
        with self.log.open("rb") as file:
            file.seek(since)
            return file.read().decode(errors="replace").splitlines()

    @property
    def policies(self) -> Path:
        """The policies that the journal names, by digest."""
        return self.journal.parent / "policies"

    @property
    def journal(self) -> Path:
        """The instance's journal; the policies it names stand beside it."""
        return self.path / "journal.jsonl"

    @property
    def state(self) -> Path:
        """LocalStack's file system root."""
        return self.path / "state"

    @property
    def static_libraries(self) -> Path:
        """Where LocalStack looks for what was built beforehand, under its file system root."""
        return self.state / "usr" / "lib" / "localstack"

    @property
    def temporary(self) -> Path:
        """LocalStack's temporary folder: function code lives there."""
        return self.path / "tmp"

    @property
    def cache(self) -> Path:
        """LocalStack's cache: empty at each launch, as its plugin cache would hide a change of plugins."""
        return self.path / "cache"
