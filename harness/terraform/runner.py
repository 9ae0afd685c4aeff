"""The verbs: apply, destroy and outputs of a composition, with live progress and errors that name their place."""

import json
import re
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import python_terraform

from harness.errors import HarnessError, ToolFailed, UsageError, hidden_in_pytest
from harness.process import Command, LeashedRunner, Outcome, Runner
from harness.terraform.events import Diagnostic, Event, read_line
from harness.terraform.provider import ProviderProcess
from harness.terraform.retries import Refusal
from harness.terraform.workspace import Workspace

__tracebackhide__ = hidden_in_pytest
OnEvent = Callable[[Event], None]
Watch = Callable[[], Refusal | None]
_VARIABLE = re.compile(r'^\s*variable\s+"([^"]+)"', re.MULTILINE)
_CONNECT_TIMEOUT = 2.0
# Terraform decodes the provider's whole schema at every command and ends soon after: collecting garbage meanwhile costs it
# 0.3 s each time. The limit brings the collector back for configurations that need more. https://go.dev/doc/gc-guide
_WITHOUT_COLLECTOR = {"GOGC": "off", "GOMEMLIMIT": "2GiB"}
SETTLE = 15.0
"""Seconds that a refused run is given to finish what else it has under way."""


@dataclass(slots=True)
class Terraform:
    """Terraform on one workspace; `close` ends the living provider processes."""

    workspace: Workspace
    runner: Runner = field(default_factory=LeashedRunner)
    keep_providers: bool = True
    _providers: dict[str, ProviderProcess] = field(default_factory=dict)
    _ready: set[str] = field(default_factory=set)
    _turns: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def apply(
        self,
        composition: str,
        variables: Mapping[str, Any],
        on_event: OnEvent = lambda _event: None,
        watch: Watch = lambda: None,
    ) -> Mapping[str, Any]:
        """Apply the composition; its outputs as plain values.

        Raises UsageError for variables that it does not declare, ToolFailed with Terraform's error or with the refusal
        that `watch` finds.
        """
        folder = self._prepare(composition)
        self._declared(folder, composition, variables)
        self._run("apply", composition, folder, variables, on_event, watch)
        return self.output(composition)

    def destroy(
        self,
        composition: str,
        variables: Mapping[str, Any],
        on_event: OnEvent = lambda _event: None,
        watch: Watch = lambda: None,
    ) -> None:
        """Destroy what the composition applied. Raises ToolFailed."""
        folder = self._prepare(composition)
        self._run("destroy", composition, folder, variables, on_event, watch)

    def output(self, composition: str) -> Mapping[str, Any]:
        """The composition's outputs, empty before its first apply; read from the local state, which costs no process."""
        state = self.workspace.root / composition / "terraform.tfstate"
        if not state.is_file():
            return {}
        outputs = json.loads(state.read_text(encoding="utf-8")).get("outputs", {})
        return {name: output["value"] for name, output in outputs.items()}

    def applied(self, composition: str) -> bool:
        """Whether the composition's state holds any resource."""
        state = self.workspace.root / composition / "terraform.tfstate"
        return state.is_file() and bool(json.loads(state.read_text(encoding="utf-8")).get("resources"))

    def warm(self, compositions: Iterable[str]) -> None:
        """Initialize compositions and start their providers in the background: while one applies, the next gets ready."""
        for composition in compositions:
            threading.Thread(target=self._warm, args=(composition,), daemon=True).start()

    def _warm(self, composition: str) -> None:
        # What fails here fails again where the composition is asked for, and is said there.
        with suppress(HarnessError):
            self._initialize(composition, self.workspace.composition(composition))

    def close(self) -> None:
        """End the living provider processes."""
        with self._lock:
            for provider in self._providers.values():
                provider.stop()
            self._providers.clear()

    def _prepare(self, composition: str) -> Path:
        if shutil.which("terraform", path=self.workspace.inherited.get("PATH")) is None:
            raise ToolFailed(
                "there is no `terraform` on PATH",
                help="install Terraform 1.5 or later: https://developer.hashicorp.com/terraform/install",
            )
        folder = self.workspace.composition(composition)
        self._endpoints_answer()
        self._initialize(composition, folder)
        return folder

    def _initialize(self, composition: str, folder: Path) -> None:
        """Run `init` once; whoever comes while it runs waits for it."""
        with self._lock:
            turn = self._turns.setdefault(composition, threading.Lock())
        with turn:
            if composition not in self._ready:
                self._init(composition, folder)
                self._ready.add(composition)

    def _endpoints_answer(self) -> None:
        """A dead endpoint costs half a minute of retries: ask first."""
        for endpoint in {profile.endpoint_url for profile in self.workspace.profiles}:
            parts = urlsplit(endpoint)
            try:
                socket.create_connection((parts.hostname or "", parts.port or 80), _CONNECT_TIMEOUT).close()
            except OSError as error:
                raise ToolFailed(
                    f"the endpoint {endpoint} does not answer: {error.strerror or error}",
                    help="`harness status` shows what runs; `harness down` and `harness up` start afresh",
                ) from error

    def _init(self, composition: str, folder: Path) -> None:
        """With a living provider `init` only reads the modules: it neither installs nor hashes the 700 MB of the provider."""
        options = {"input": False, "no_color": python_terraform.IsFlagged}
        command = self._command("init", folder, options, online=True, reattach=self._reattach(composition))
        outcome = self.runner.run(command, lambda _line: None, lambda: False)
        if outcome.succeeded:
            return
        if "Failed to query available provider packages" in outcome.tail or "Could not retrieve" in outcome.tail:
            raise ToolFailed(
                f"the AWS provider for `{composition}` was found neither in a filesystem mirror nor in the registry:\n{outcome.tail}",
                help="allow the network to the Terraform registry once, or put a mirror where Terraform looks for one: "
                "https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories",
            )
        raise ToolFailed(
            f"`terraform init` of `{composition}` failed:\n{outcome.tail}", help="mend the configuration it names"
        )

    @staticmethod
    def _declared(folder: Path, composition: str, variables: Mapping[str, Any]) -> None:
        declared = {
            name for file in folder.glob("*.tf") for name in _VARIABLE.findall(file.read_text(encoding="utf-8"))
        }
        if unknown := sorted(set(variables) - declared):
            known = ", ".join(f"`{name}`" for name in sorted(declared)) or "none"
            raise UsageError(
                f"the composition `{composition}` declares no variable `{unknown[0]}`", help=f"it declares {known}"
            )

    def _run(
        self,
        verb: str,
        composition: str,
        folder: Path,
        variables: Mapping[str, Any],
        on_event: OnEvent,
        watch: Watch,
    ) -> None:
        options = {
            "input": False,
            "json": python_terraform.IsFlagged,
            "auto_approve": python_terraform.IsFlagged,
            "var": [f"{name}={_text(value)}" for name, value in variables.items()],
        }
        command = self._command(verb, folder, options, online=False, reattach=self._reattach(composition))
        follower = _Follower(on_event, watch)
        try:
            outcome = self.runner.run(command, follower.on_line, follower.should_stop)
        except BaseException:
            self._replace_provider(composition)
            raise
        if outcome.stopped:
            self._replace_provider(composition)
        if follower.refusal is not None:
            raise ToolFailed(
                f"`terraform {verb}` of `{composition}` was ended: {follower.refusal}",
                help="Terraform would ask again for minutes, and the answer would be the same; `harness journal --denied` shows it",
            )
        if not outcome.succeeded:
            failure = _failure(follower.errors, outcome)
            raise ToolFailed(f"`terraform {verb}` of `{composition}` failed: {failure}", help=_help(failure))

    def _reattach(self, composition: str) -> str | None:
        """The composition's own living provider."""
        executable = self.workspace.provider
        if not self.keep_providers or executable is None:
            return None
        with self._lock:
            if composition not in self._providers:
                environment = self.workspace.environment(online=False)
                folder = self.workspace.composition(composition)
                self._providers[composition] = ProviderProcess(executable, folder, environment)
        return self._providers[composition].reattach()

    def _replace_provider(self, composition: str) -> None:
        """A run that was cut short may have left its provider in the middle of something: the next run gets a fresh one."""
        with self._lock:
            provider = self._providers.pop(composition, None)
        if provider is not None:
            provider.stop()

    def _command(
        self, verb: str, folder: Path, options: Mapping[str, Any], *, online: bool, reattach: str | None = None
    ) -> Command:
        """The command as python-terraform composes it; values travel as arguments, never through a shell."""
        composer = python_terraform.Terraform(working_dir=str(folder), terraform_bin_path="terraform")
        args = composer.generate_cmd_string(verb, **options)
        environment = self.workspace.environment(online=online) | _WITHOUT_COLLECTOR
        if reattach is not None:
            environment["TF_REATTACH_PROVIDERS"] = reattach
        return Command(tuple(args), folder, environment)


@dataclass(slots=True)
class _Follower:
    """Follows one run: what is under way, what went wrong, and whether a refusal ends it."""

    on_event: OnEvent
    watch: Watch
    errors: list[Diagnostic] = field(default_factory=list)
    refusal: Refusal | None = None
    _running: set[str] = field(default_factory=set)
    _refused_at: float = 0.0

    def on_line(self, line: str) -> None:
        match read_line(line):
            case Event() as event:
                (self._running.add if event.phase == "start" else self._running.discard)(event.address)
                self.on_event(event)
            case Diagnostic(severity="error") as error:
                self.errors.append(error)

    def should_stop(self) -> bool:
        """End a refused run once nothing else is under way: a resource whose creation is cut off is lost from the state."""
        if self.refusal is None and (found := self.watch()) is not None:
            self.refusal, self._refused_at = found, time.monotonic()
        if self.refusal is None:
            return False
        return len(self._running) <= 1 or time.monotonic() - self._refused_at > SETTLE


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _failure(errors: Sequence[Diagnostic], outcome: Outcome) -> str:
    return "\n".join(str(error) for error in errors) if errors else outcome.tail


# What failures say that the harness has a remedy for.
_HELPS: Mapping[str, str] = {
    r"No value for required variable": "give it in harness.toml, in [variables.NAME] or [bindings.NAME]: NAME is the account's",
    r"Error acquiring the state lock": "another `harness apply` or `destroy` is at work on this account: wait until it has ended",
    r"\.zip: no such file": "[[package]] in harness.toml builds a function's zip before Terraform runs",
    r"is not authorized to perform|AccessDenied|UnauthorizedOperation": "`harness why` explains the last refusal",
}


def _help(failure: str) -> str | None:
    return next((remedy for said, remedy in _HELPS.items() if re.search(said, failure)), None)
