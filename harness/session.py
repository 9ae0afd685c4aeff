"""Harness: the one object behind the command line and the pytest plugin. What one of them can, the other can.

It joins the configuration, the instances and Terraform; it is the only place that knows all three.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.accounts import Account
from harness.config import Config, Stage, load, network
from harness.deployment import Deployment, OnEvent, no_event
from harness.emulator.backend import Backend, BackendName, Instance
from harness.emulator.compose import Compose
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
from harness.model.arn import Arn
from harness.resources import FUNCTION, RULE, Invocation, Kind, invoke, only_with
from harness.terraform import Profile, Refusal
from harness.terraform.retries import retried

__tracebackhide__ = hidden_in_pytest
SANDBOX = "sandbox"
ANSWER_TIMEOUT = 2.0
BY_HAND_PATIENCE = 5.0
"""Seconds to ask Docker for accounts that a person started: nobody who uses no containers waits longer."""
Progress = Callable[[str], None]


def _silent(_text: str) -> None:
    """No progress is wanted."""


@dataclass(slots=True, repr=False)
class Harness:
    """One project and one run of it."""

    config: Config
    folder: RunFolder
    backend_name: BackendName = BackendName.EMBEDDED
    """How `up` starts the accounts; `attach` takes them as they are."""
    workspace: str = "terraform"
    """The name of this user's Terraform copy in the run's folder: several processes may share the accounts, none a state."""
    record: RunRecord | None = None
    _backend: Backend | None = None
    _deployment: Deployment | None = None

    def __repr__(self) -> str:
        """Short: every failed test shows it."""
        return f"Harness({self.config.folder.name}, run {self.folder.path.name}, {self.backend_name})"

    @classmethod
    def open(cls, start: Path, run: str | None = None, backend: str | None = None) -> "Harness":
        """The project that `start` is in, and its run of that name, or of HARNESS_RUN, or the sandbox.

        The backend is `embedded` or `compose`; the environment's HARNESS_BACKEND says it where nothing is given.
        Raises UsageError for a faulty harness.toml and an unknown backend.
        """
        config = load(start)
        name = run or os.environ.get("HARNESS_RUN") or SANDBOX
        return cls(config, RunFolder(project_folder(config.folder) / name), backend_named(backend))

    # the instances

    def up(self, progress: Progress = _silent) -> None:
        """Start the accounts and own them: they end with this process. Raises ToolFailed."""
        self.claim()
        backend = self._made(project_of(self.config.folder, self.folder.path.name))
        self.record = backend.start(progress)
        self._backend = backend

    def build(self, progress: Progress = _silent) -> None:
        """Make what the accounts run from, where it is missing or old. Raises ToolFailed."""
        self._made(project_of(self.config.folder, self.folder.path.name)).build(progress)

    def restart(self, progress: Progress = _silent) -> None:
        """Fresh accounts in place of those that this process owned; whoever holds the harness holds the new ones."""
        self.remove()
        self.up(progress)

    def claim(self) -> None:
        """Own the run's folder, empty. Raises ToolFailed where the run is up already."""
        with alone(self.folder.path.parent):
            self.refuse_second()
            shutil.rmtree(self.folder.path, ignore_errors=True)
            claim(self.folder.owner)

    def compose(self) -> Compose:
        """The containers of this run, for a caller that starts them itself and then gives them to `adopt`."""
        return self._containers(project_of(self.config.folder, self.folder.path.name))

    def adopt(self, backend: Backend, record: RunRecord) -> None:
        """Own instances that were started elsewhere."""
        self._backend, self.record = backend, record

    def _made(self, project: str | None) -> Backend:
        if self.backend_name is BackendName.COMPOSE and project is not None:
            return self._containers(project)
        return Embedded(self.folder, self.wanted, self.config.external_accounts, self.configuration)

    def _containers(self, project: str) -> Compose:
        return Compose(
            self.folder, self.config.folder, project, self.wanted, self.config.external_accounts, self.configuration
        )

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
    def is_up(self) -> bool:
        """Whether another process owns this run's accounts, or a person started them with `docker compose up`."""
        return owner(self.folder.owner) is not None or self._by_hand() is not None

    def _by_hand(self) -> str | None:
        if self.folder.path.name != SANDBOX:
            return None
        docker = Docker(self.config.folder, patience=BY_HAND_PATIENCE)
        return started_by_hand(docker, self.config.folder)

    @property
    def is_outdated(self) -> bool:
        """Whether the running accounts are of another harness.toml than the present one."""
        return self.record is not None and self.record.configuration not in {"", self.configuration}

    def refuse_second(self) -> None:
        """Raise ToolFailed where the run is up already."""
        owning = owner(self.folder.owner)
        if owning is not None:
            raise ToolFailed(f"the sandbox is up already, owned by process {owning.pid}", help="`harness down` ends it")
        if (project := self._by_hand()) is not None:
            raise ToolFailed(
                f"the sandbox is up already, as the Compose project `{project}`", help="`harness down` removes it"
            )

    def attach(self) -> "Harness":
        """Use the accounts that another process owns, or that `docker compose up` started.

        Raises UsageError where none run, ToolFailed where one of them does not answer (any more).
        """
        self.attach_unasked()
        for control in self._used().controls.values():
            control.ask("hello", timeout=ANSWER_TIMEOUT)
        return self

    def attach_unasked(self) -> None:
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
            name = self.folder.path.name
            raise UsageError(
                "no sandbox is up" if name == SANDBOX else f"no run `{name}` is up",
                help="`harness up` starts one; `harness up --detach` in the background",
            )

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

    def _used(self) -> Backend:
        if self._backend is None:
            raise UsageError("the accounts are not running", help="`harness up` starts them")
        return self._backend

    def close(self) -> None:
        """End what this process owns, let go of what it does not; the folder stays."""
        if self._deployment is not None:
            self._deployment.close()
            self._deployment = None
        if self._backend is not None:
            self._backend.stop()
            self._backend = None

    def remove(self) -> None:
        """End what this process owns, and remove the run's folder, unless the run is another process's."""
        self.close()
        if is_own(self.folder.owner):
            shutil.rmtree(self.folder.path, ignore_errors=True)

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
            self._used().controls[name].ask("hello", timeout=ANSWER_TIMEOUT)
        except ToolFailed:
            return False
        return True

    # accounts

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The running accounts by name."""
        return {name: Account(name, record) for name, record in self._running().accounts.items()}

    def account(self, name: str) -> Account:
        """One running account. Raises UsageError for an unknown name."""
        accounts = self.accounts
        if name not in accounts:
            raise UsageError(f"no account `{name}`", help=f"there are {', '.join(f'`{one}`' for one in accounts)}")
        return accounts[name]

    def _running(self) -> RunRecord:
        if self.record is None:
            raise UsageError("the accounts are not running", help="`harness up` starts them")
        return self.record

    def advance_clock(self, seconds: float) -> None:
        """Move every account's clock forward, so that sessions end without waiting."""
        for control in self._used().controls.values():
            control.ask("clock", {"seconds": seconds})

    @contextmanager
    def calls_from(
        self,
        account: str | Account,
        *,
        source_ip: str | None = None,
        vpc: str | None = None,
        vpc_endpoint: str | None = None,
        vpc_endpoint_policy: Mapping[str, Any] | None = None,
    ) -> Iterator[None]:
        """Meanwhile all requests to the account's endpoint come from there: an address, or a VPC through an endpoint of it.

        `account`: the account, or its name. Raises UsageError for what harness.toml would not take.
        """
        name = account if isinstance(account, str) else account.name
        control = self._used().controls[self.account(name).name]
        wanted = network(vpc_endpoint_policy, source_ip=source_ip, vpc=vpc, vpc_endpoint=vpc_endpoint)
        before = control.ask("network", asdict(wanted)).data
        try:
            yield
        finally:
            control.ask("network", before)

    def now(self) -> datetime:
        """The accounts' time."""
        control = next(iter(self._used().controls.values()))
        return datetime.fromisoformat(control.ask("clock", {"seconds": 0}).data["now"])

    def web_identity_token(
        self,
        *,
        issuer: str,
        subject: str,
        audience: str | Sequence[str] = "sts.amazonaws.com",
        lifetime: float = 3600,
        **claims: Any,
    ) -> str:
        """A token for AssumeRoleWithWebIdentity, as the OpenID Connect provider `issuer` would sign it.

        Its times are by the accounts' clock: one of a negative `lifetime`, in seconds, has ended. `claims` are any others, also
        in place of those. Raises UsageError for an issuer that no token can name.
        """
        if not issuer.startswith("https://"):
            raise UsageError(
                f"`{issuer}` is no issuer", help="name its URL: https://token.actions.githubusercontent.com"
            )
        from harness.tokens import web_identity_token  # noqa: PLC0415 - a tenth of a second that only tokens pay for

        return web_identity_token(
            self._running().issuer_key,
            now=self.now().timestamp(),
            issuer=issuer,
            subject=subject,
            audience=audience,
            lifetime=lifetime,
            claims=claims,
        )

    @property
    def journal(self) -> JournalReader:
        """The merged journal, from the accounts' proof on."""
        begins = self.record.proof_ends if self.record is not None else {}
        return JournalReader(self.folder.journals(self.config.accounts), self._pull_journals, begins)

    def _pull_journals(self) -> None:
        if self._backend is not None:
            self._backend.pull_journals()

    def log_mark(self, name: str) -> int:
        """Where the log of an account's instance ends now."""
        return self._used().log_mark(name)

    def log_lines(self, name: str, since: int = 0) -> list[str]:
        """The log of an account's instance from a mark on."""
        return self._used().log_lines(name, since)

    def simulate(
        self, principal: str, action: str, resource: str, context: Mapping[str, str | list[str]]
    ) -> Mapping[str, Any]:
        """What the accounts would decide, as a line of the journal with its message; nothing is executed.

        `principal` is the ARN of a user, a role, a session or root, or a service principal. Raises UsageError for one that does
        not exist.
        """
        arn = Arn.parse(resource)
        owners = [one.account for one in (arn, Arn.parse(principal)) if one is not None]
        asked = {"principal": principal, "action": action, "resource": resource, "context": context}
        ids = {control.account_id: control for control in self._used().controls.values()}
        control = next((ids[owner] for owner in owners if owner in ids), None)
        if control is None:
            raise UsageError(
                f"neither `{principal}` nor `{resource}` belongs to a running account",
                help=f"running are {', '.join(ids)}",
            )
        answer = control.ask("simulate", asked | {"region": arn.region if arn else ""}).data
        if "fault" in answer:
            raise UsageError(str(answer["fault"]), help="name the ARN of a user, role, session or root, or a service")
        line: Mapping[str, Any] = answer["line"]
        return line

    # Terraform

    @property
    def deployment(self) -> Deployment:
        """The project's compositions, on this run's copy. Raises UsageError for a project without Terraform."""
        if self._deployment is None:
            folder = self.folder.path / self.workspace
            self._deployment = Deployment.prepared(self.config, folder, self.profiles(), self._watch)
        return self._deployment

    def profiles(self) -> list[Profile]:
        """The AWS profiles of the running accounts."""
        return [
            Profile(profile, record.region, record.endpoint_url, record.deployer.key_id, record.deployer.secret)
            for record in self._running().accounts.values()
            for profile in record.profiles
        ]

    def apply(
        self,
        names: Iterable[str] | None = None,
        on_event: OnEvent = no_event,
        variables: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Mapping[str, Any]]:
        """Apply compositions in the order of their bindings; their outputs by account.

        `variables` go to every named composition, over harness.toml's. Raises UsageError and ToolFailed.
        """
        order = self.config.order(names)
        return {name: self.deployment.apply(name, variables or {}, on_event) for name in order}

    def outputs(self, name: str) -> Mapping[str, Any]:
        """The outputs of an applied composition."""
        return self.deployment.outputs(name)

    def destroy(self, names: Iterable[str] | None = None, on_event: OnEvent = no_event) -> tuple[str, ...]:
        """Destroy what was applied, against the order of the bindings; the names."""
        order = tuple(reversed(self.config.order(names)))
        return tuple(name for name in order if self.deployment.destroy(name, on_event))

    def _watch(self) -> Callable[[], Refusal | None]:
        """Look for a refusal that Terraform would retry, in the lines written from now on."""
        journal = self.journal
        mark = journal.mark()

        def watch() -> Refusal | None:
            self.check_alive()
            return next((refusal for entry in journal.entries(mark) if (refusal := retried(entry.fields))), None)

        return watch

    # what the accounts hold

    def having(self, kind: Kind, name: str, account: str | None = None) -> Account:
        """The account that has a function, a table or a rule of that name; it may be left out where only one has."""
        return self.account(account) if account is not None else only_with(self.accounts, kind, name)

    def invoke(self, function: str, account: str | None = None, payload: Any = None) -> Invocation:
        """Invoke a function and wait for its answer; the account may be left out where only one has the function."""
        return invoke(self.having(FUNCTION, function, account), function, payload)

    def fire(self, rule: str, account: str | None = None) -> Mapping[str, Any]:
        """Send a schedule rule's event to its targets now. Raises UsageError for a rule that has no schedule or is disabled."""
        owning = self.having(RULE, rule, account)
        answer = self._used().controls[owning.name].ask("fire", {"rule": rule, "region": owning.region}).data
        if "fault" in answer:
            raise UsageError(str(answer["fault"]), help="`harness fire` takes a schedule rule of the default bus")
        return {"account": owning.name, **answer}

    # the walk

    def play(self, stage: Stage, on_event: OnEvent = no_event) -> Invocation | None:
        """Play one stage of the walk. Raises ToolFailed when its function fails."""
        if stage.apply:
            self.deployment.apply(stage.account, stage.variables, on_event)
        if stage.invoke is None:
            return None
        invocation = self.invoke(stage.invoke, stage.account)
        if invocation.error is not None:
            raise ToolFailed(f"function `{stage.invoke}` failed: {json.dumps(invocation.payload)}\n{invocation.log}")
        return invocation


def backend_named(given: str | None) -> BackendName:
    """The backend by its name, or the one of HARNESS_BACKEND. Raises UsageError."""
    name = given or os.environ.get("HARNESS_BACKEND") or BackendName.EMBEDDED
    try:
        return BackendName(name)
    except ValueError:
        known = " or ".join(f"`{one}`" for one in BackendName)
        raise UsageError(f"no backend `{name}`", help=f"{known}, by --backend or HARNESS_BACKEND") from None
