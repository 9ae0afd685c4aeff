"""A run: the accounts of one project that are up together, who owns them, and how they are reached.

What owns a run ends its accounts: the process that called `up`, a supervisor (`detached`), pytest-docker (`adopt`), or the person
who typed `docker compose up`. Everybody else attaches.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.config import Config, load
from harness.emulator.backend import Backend, BackendName, Instance, Progress
from harness.emulator.compose import Compose
from harness.emulator.control import Control
from harness.emulator.docker import Docker
from harness.emulator.embedded import Embedded
from harness.emulator.fingerprint import fingerprint
from harness.emulator.folder import RunFolder, project_folder
from harness.emulator.owner import alone, claim, is_own, owner
from harness.emulator.project import project_of, started_by_hand
from harness.emulator.record import RunRecord
from harness.emulator.wanted import Wanted
from harness.errors import ToolFailed, UsageError, hidden_in_pytest
from harness.journal import JournalReader

__tracebackhide__ = hidden_in_pytest
SANDBOX = "sandbox"
ANSWER_TIMEOUT = 2.0
BY_HAND_PATIENCE = 5.0
"""Seconds to ask Docker for accounts that a person started: nobody who uses no containers waits longer."""


def silent(_text: str) -> None:
    """No progress is wanted."""


@dataclass(slots=True, repr=False)
class Run:
    """One run of a project's accounts."""

    config: Config
    folder: RunFolder
    backend_name: BackendName = BackendName.EMBEDDED
    """How `up` starts the accounts; `attach` takes them as they are."""
    _record: RunRecord | None = None
    _backend: Backend | None = None

    def __repr__(self) -> str:
        """Short: every failed test shows it."""
        return f"Run({self.config.folder.name}, {self.name}, {self.backend_name})"

    @classmethod
    def open(cls, start: Path, name: str | None = None, backend: str | None = None) -> "Run":
        """The run of that name, or of HARNESS_RUN, or the sandbox, of the project that `start` is in.

        The backend is `embedded` or `compose`; the environment's HARNESS_BACKEND says it where nothing is given.
        Raises UsageError for a faulty harness.toml and an unknown backend.
        """
        config = load(start)
        called = name or os.environ.get("HARNESS_RUN") or SANDBOX
        return cls(config, RunFolder(project_folder(config.folder) / called), backend_named(backend))

    @property
    def name(self) -> str:
        """`sandbox`, or what its owner calls it."""
        return self.folder.path.name

    # what the accounts are

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        """The accounts of harness.toml."""
        config = self.config
        return tuple(
            Wanted(
                name,
                account.id,
                account.region,
                config.profiles(name),
                account.port,
                config.memberships.get(name),
                account.quotas.wired,
                account.network.wired(config.folder),
            )
            for name, account in config.accounts.items()
        )

    @property
    def configuration(self) -> str:
        """A digest of the accounts and of our code."""
        return fingerprint(self.wanted, self.config.external_accounts)

    @property
    def is_outdated(self) -> bool:
        """Whether the running accounts are of another harness.toml than the present one."""
        return self._record is not None and self._record.configuration not in {"", self.configuration}

    # owning

    def up(self, progress: Progress = silent) -> None:
        """Start the accounts and own them: they end with this process. Raises ToolFailed."""
        self.claim()
        backend = self._made(project_of(self.config.folder, self.name))
        self.adopt(backend, backend.start(progress))

    def build(self, progress: Progress = silent) -> None:
        """Make what the accounts run from, where it is missing or old. Raises ToolFailed."""
        self._made(project_of(self.config.folder, self.name)).build(progress)

    def claim(self) -> None:
        """Own the run's folder, empty. Raises ToolFailed where the run is up already."""
        with alone(self.folder.path.parent):
            self.refuse_second()
            shutil.rmtree(self.folder.path, ignore_errors=True)
            claim(self.folder.owner)

    def compose(self) -> Compose:
        """The containers of this run, for a caller that starts them itself and then gives them to `adopt`."""
        return self._containers(project_of(self.config.folder, self.name))

    def adopt(self, backend: Backend, record: RunRecord) -> None:
        """Use instances that were started elsewhere."""
        self._backend, self._record = backend, record

    def _made(self, project: str | None) -> Backend:
        if self.backend_name is BackendName.COMPOSE and project is not None:
            return self._containers(project)
        return Embedded(self.folder, self.wanted, self.config.external_accounts, self.configuration)

    def _containers(self, project: str) -> Compose:
        return Compose(
            self.folder, self.config.folder, project, self.wanted, self.config.external_accounts, self.configuration
        )

    @property
    def is_up(self) -> bool:
        """Whether another process owns this run's accounts, or a person started them with `docker compose up`."""
        return owner(self.folder.owner) is not None or self._by_hand() is not None

    def refuse_second(self) -> None:
        """Raise ToolFailed where the run is up already."""
        owning = owner(self.folder.owner)
        if owning is not None:
            raise ToolFailed(f"the sandbox is up already, owned by process {owning.pid}", help="`harness down` ends it")
        if (project := self._by_hand()) is not None:
            raise ToolFailed(
                f"the sandbox is up already, as the Compose project `{project}`", help="`harness down` removes it"
            )

    def _by_hand(self) -> str | None:
        if self.name != SANDBOX:
            return None
        docker = Docker(self.config.folder, patience=BY_HAND_PATIENCE)
        return started_by_hand(docker, self.config.folder)

    def close(self) -> None:
        """End what this process owns, let go of what it does not; the folder stays."""
        if self._backend is not None:
            self._backend.stop()
            self._backend = None

    def remove(self) -> None:
        """End what this process owns, and remove the run's folder, unless the run is another process's."""
        self.close()
        if is_own(self.folder.owner):
            shutil.rmtree(self.folder.path, ignore_errors=True)

    # attaching

    def attach(self) -> "Run":
        """Use the accounts that another process owns, or that `docker compose up` started.

        Raises UsageError where none run, ToolFailed where one of them does not answer (any more).
        """
        self.attach_unasked()
        for control in self.controls.values():
            control.ask("hello", timeout=ANSWER_TIMEOUT)
        return self

    def attach_unasked(self) -> "Run":
        """The same, whether the accounts answer or not."""
        record = RunRecord.read(self.folder.record) if owner(self.folder.owner) else None
        if record is not None:
            self.backend_name = BackendName.COMPOSE if record.project else BackendName.EMBEDDED
            backend = self._made(record.project)
            backend.resume(record)
            self.adopt(backend, record)
        elif (project := self._by_hand()) is not None:
            self._attach_by_hand(project)
        else:
            raise UsageError(
                "no sandbox is up" if self.name == SANDBOX else f"no run `{self.name}` is up",
                help="`harness up` starts one; `harness up --detach` in the background",
            )
        return self

    def _attach_by_hand(self, project: str) -> None:
        """The Terraform state and the journals in the run's folder are of one launch; those of an earlier one go."""
        backend = self._containers(project)
        record = backend.attach()
        before = RunRecord.read(self.folder.record)
        if before is None or before.launch_key != record.launch_key:
            shutil.rmtree(self.folder.path, ignore_errors=True)
            for name in self.config.accounts:
                self.folder.account(name).path.mkdir(parents=True)
            for control in backend.controls.values():
                control.ask("warm")
        record.write(self.folder.record)
        self.backend_name = BackendName.COMPOSE
        self.adopt(backend, record)

    # reaching

    @property
    def record(self) -> RunRecord:
        """How the accounts are reached, by their clients. Raises UsageError where they do not run."""
        if self._record is None:
            raise UsageError("the accounts are not running", help="`harness up` starts them")
        return self._record

    @property
    def controls(self) -> Mapping[str, Control]:
        """How the accounts are reached by the harness itself. Raises UsageError where they do not run."""
        return self._used().controls

    def _used(self) -> Backend:
        if self._backend is None:
            raise UsageError("the accounts are not running", help="`harness up` starts them")
        return self._backend

    @property
    def instances(self) -> Sequence[Instance]:
        """The instances that this process watches."""
        return tuple(self._backend.instances) if self._backend is not None else ()

    def check_alive(self) -> None:
        """Raise ToolFailed if an instance that this process watches has ended by itself."""
        for instance in self.instances:
            if not instance.alive:
                raise instance.died()

    def answers(self, name: str) -> bool:
        """Whether an account's instance answers."""
        try:
            self.controls[name].ask("hello", timeout=ANSWER_TIMEOUT)
        except ToolFailed:
            return False
        return True

    @property
    def journal(self) -> JournalReader:
        """The merged journal, without the accounts' proof; that of a run that has ended as well."""
        proof = frozenset(self._record.proof if self._record is not None else ())
        return JournalReader(self.folder.journals(self.config.accounts), self._pull_journals, proof)

    def _pull_journals(self) -> None:
        if self._backend is not None:
            self._backend.pull_journals()

    def log_mark(self, name: str) -> int:
        """Where the log of an account's instance ends now."""
        return self._used().log_mark(name)

    def log_lines(self, name: str, since: int = 0) -> list[str]:
        """The log of an account's instance from a mark on."""
        return self._used().log_lines(name, since)


def backend_named(given: str | None) -> BackendName:
    """The backend by its name, or the one of HARNESS_BACKEND. Raises UsageError."""
    name = given or os.environ.get("HARNESS_BACKEND") or BackendName.EMBEDDED
    try:
        return BackendName(name)
    except ValueError:
        known = " or ".join(f"`{one}`" for one in BackendName)
        raise UsageError(f"no backend `{name}`", help=f"{known}, by --backend or HARNESS_BACKEND") from None
