"""Harness: the one object behind the command line and the pytest plugin. What one of them can, the other can.

It joins the configuration, the instances and Terraform; it is the only place that knows all three.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from harness.accounts import Account
from harness.config import Config, Stage, network
from harness.deployment import Deployment, OnEvent, no_event
from harness.emulator.backend import Progress
from harness.errors import ToolFailed, UsageError, hidden_in_pytest
from harness.journal import JournalReader
from harness.model.arn import Arn
from harness.resources import FUNCTION, RULE, Invocation, Kind, invoke, only_with
from harness.run import Run, silent
from harness.terraform import Profile, Refusal
from harness.terraform.retries import retried

__tracebackhide__ = hidden_in_pytest


@dataclass(slots=True, repr=False)
class Harness:
    """One project, and one run of its accounts."""

    run: Run
    workspace: str = "terraform"
    """The name of this user's Terraform copy in the run's folder: several processes may share the accounts, none a state."""
    _deployment: Deployment | None = None

    def __repr__(self) -> str:
        """Short: every failed test shows it."""
        return f"Harness({self.run!r})"

    @classmethod
    def open(cls, start: Path, run: str | None = None, backend: str | None = None) -> "Harness":
        """The project that `start` is in, and a run of it: `Run.open`."""
        return cls(Run.open(start, run, backend))

    @property
    def config(self) -> Config:
        """What harness.toml says."""
        return self.run.config

    # the run

    def up(self, progress: Progress = silent) -> None:
        """Start the accounts and own them: they end with this process. Raises ToolFailed."""
        self.run.up(progress)

    def restart(self, progress: Progress = silent) -> None:
        """Fresh accounts in place of those that this process owned; whoever holds the harness holds the new ones."""
        self.remove()
        self.up(progress)

    def attach(self) -> "Harness":
        """Use the accounts that another process owns. Raises UsageError where none run, ToolFailed where one does not answer."""
        self.run.attach()
        return self

    def close(self) -> None:
        """End what this process owns, let go of what it does not; the folder stays."""
        self._let_go()
        self.run.close()

    def remove(self) -> None:
        """End what this process owns, and remove the run's folder, unless the run is another process's."""
        self._let_go()
        self.run.remove()

    def _let_go(self) -> None:
        if self._deployment is not None:
            self._deployment.close()
            self._deployment = None

    # accounts

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The running accounts by name."""
        return {name: Account(name, record) for name, record in self.run.record.accounts.items()}

    def account(self, name: str) -> Account:
        """One running account. Raises UsageError for an unknown name."""
        accounts = self.accounts
        if name not in accounts:
            raise UsageError(f"no account `{name}`", help=f"there are {', '.join(f'`{one}`' for one in accounts)}")
        return accounts[name]

    def advance_clock(self, seconds: float) -> None:
        """Move every account's clock forward, so that sessions end without waiting."""
        for control in self.run.controls.values():
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
        control = self.run.controls[self.account(name).name]
        wanted = network(vpc_endpoint_policy, source_ip=source_ip, vpc=vpc, vpc_endpoint=vpc_endpoint)
        before = control.ask("network", asdict(wanted)).data
        try:
            yield
        finally:
            control.ask("network", before)

    def now(self) -> datetime:
        """The accounts' time."""
        control = next(iter(self.run.controls.values()))
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
            self.run.record.issuer_key,
            now=self.now().timestamp(),
            issuer=issuer,
            subject=subject,
            audience=audience,
            lifetime=lifetime,
            claims=claims,
        )

    @property
    def journal(self) -> JournalReader:
        """The merged journal, without the accounts' proof."""
        return self.run.journal

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
        ids = {control.account_id: control for control in self.run.controls.values()}
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
            folder = self.run.folder.path / self.workspace
            self._deployment = Deployment.prepared(self.config, folder, self.profiles(), self._watch)
        return self._deployment

    def profiles(self) -> list[Profile]:
        """The AWS profiles of the running accounts."""
        return [
            Profile(profile, record.region, record.endpoint_url, record.deployer.key_id, record.deployer.secret)
            for record in self.run.record.accounts.values()
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
            self.run.check_alive()
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
        answer = self.run.controls[owning.name].ask("fire", {"rule": rule, "region": owning.region}).data
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
