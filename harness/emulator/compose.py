"""The Compose backend: one container per account, from the same plugin and the same lock as the embedded instances.

A project that this process starts is its own: a reaper removes it when the process ends, however it ends. One that somebody else
started, the harness or a person with `docker compose up`, is attached to and left.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import harness
from harness.emulator.backend import Progress
from harness.emulator.compose_file import ACCOUNT_LABEL, IMAGE, PEER_PORT, PUBLIC_PORT, digest, render
from harness.emulator.control import Control
from harness.emulator.docker import Docker
from harness.emulator.exec_line import ExecLine
from harness.emulator.folder import RunFolder
from harness.emulator.mirror import pull
from harness.emulator.project import PROJECT, remove
from harness.emulator.prove import prove_all
from harness.emulator.record import AccountRecord, Keys, RunRecord
from harness.emulator.wanted import Wanted
from harness.errors import ToolFailed
from harness.wire import Launch

WAIT_SECONDS = 120
IMAGE_MEGABYTES = 370
LOG_LINES_IN_ERROR = 12
REAPER_TIMEOUT = 30.0
OUT_OF_MEMORY = "it was out of memory"


@dataclass(slots=True)
class Container:
    """The container of one account."""

    name: str
    id: str
    endpoint_url: str
    line: ExecLine
    docker: Docker

    @property
    def alive(self) -> bool:
        """Whether it runs: its relay does, or else Docker says so."""
        return self.line.open or bool(self._state().get("Running"))

    def _state(self) -> Mapping[str, Any]:
        try:
            found = self.docker.inspect([self.id])
        except ToolFailed:
            return {}
        state: Mapping[str, Any] = found[0]["State"] if found else {}
        return state

    def died(self) -> ToolFailed:
        """The error for a container that ended by itself."""
        state = self._state()
        how = f"ended with status {state['ExitCode']}" if "ExitCode" in state else "is gone"
        why = f", {OUT_OF_MEMORY}" if state.get("OOMKilled") else ""
        return ToolFailed(
            f"the container of account `{self.name}` {how}{why}:\n{self.last_lines()}",
            help="`harness down` removes what is left; `harness up` starts afresh",
        )

    @property
    def log_hint(self) -> str:
        """Docker's command."""
        return f"docker logs {self.id[:12]}"

    def last_lines(self) -> str:
        """The end of its log."""
        return "\n".join(self.log_lines("--tail", str(LOG_LINES_IN_ERROR)))

    def log_lines(self, *options: str) -> list[str]:
        """Its log; none once it is removed."""
        try:
            return self.docker.run("logs", *options, self.id)
        except ToolFailed:
            return []


@dataclass(slots=True)
class Compose:
    """The containers of one run."""

    folder: RunFolder
    source: Path
    """The folder of harness.toml."""
    project: str
    wanted: Sequence[Wanted]
    external_accounts: tuple[str, ...] = ()
    configuration: str = ""
    docker: Docker = field(init=False)
    instances: list[Container] = field(default_factory=list, init=False)
    controls: dict[str, Control] = field(default_factory=dict, init=False)
    _reaper: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def __post_init__(self) -> None:
        """Docker runs in the project's folder."""
        self.docker = Docker(self.source)

    def build(self, progress: Progress) -> None:
        """Build the image: as `start` does, for a caller that wants it done apart."""
        self._announce_image(progress)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "compose.yaml"
            file.write_text(self._text(), encoding="utf-8")
            self.docker.run("compose", "--progress", "plain", "--file", str(file), "build")

    def _text(self) -> str:
        return render(self.wanted, self.external_accounts, str(Path(harness.__file__).parent))

    def _announce_image(self, progress: Progress) -> None:
        if not self.docker.run("image", "ls", "--quiet", IMAGE):
            progress(f"building the image {IMAGE}, once: about {IMAGE_MEGABYTES} MB")

    def start(self, progress: Progress) -> RunRecord:
        """Build what changed, start the containers and prove them."""
        try:
            self.prepare()
            self._up(progress)
            return self.connect(progress)
        except BaseException:
            self.stop()
            raise

    def prepare(self) -> Path:
        """Write the compose file, and own the project from now on; the file."""
        self.folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder.compose_file.write_text(self._text(), encoding="utf-8")
        self._reaper = subprocess.Popen(
            [sys.executable, "-m", "harness.emulator.reaper", self.project],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self.folder.compose_file

    def announce(self, progress: Progress) -> None:
        """Say what is about to be started, and what it costs the first time. Raises ToolFailed where Docker does not answer."""
        self._announce_image(progress)
        names = ", ".join(f"{wanted.name} ({wanted.account_id})" for wanted in self.wanted)
        progress(f"starting containers for {names}")

    @property
    def up_command(self) -> str:
        """Compose's command, after the file and the project: quick where nothing changed."""
        return f"up --build --wait --wait-timeout {WAIT_SECONDS}"

    def _up(self, progress: Progress) -> None:
        self.announce(progress)
        where = ["--file", str(self.folder.compose_file), "--project-name", self.project]
        try:
            self.docker.run("compose", "--progress", "plain", *where, *self.up_command.split())
        except ToolFailed as error:
            raise self.explained(error) from error

    def explained(self, error: ToolFailed) -> ToolFailed:
        """The same error, with the last lines of the containers that ended."""
        try:
            ended = [one for one in self._containers() if one["State"]["ExitCode"]]
            logs = [line for one in ended for line in self.docker.run("logs", "--tail", "5", one["Id"])]
        except ToolFailed:
            return error
        return ToolFailed("\n".join([error.message, *logs]), help=error.help)

    def _containers(self) -> list[dict[str, Any]]:
        return self.docker.inspect(self.docker.ids("ps", f"{PROJECT}={self.project}"))

    def connect(self, progress: Progress) -> RunRecord:
        """Reach the containers that run, prove them, and write the record."""
        began = time.monotonic()
        record = self.attach()
        progress("proving that each answers as its account, and that what must be denied is denied")
        record = replace(record, proof=prove_all(self.instances, record, self.controls))
        progress(f"ready: {len(self.instances)} accounts proven in {time.monotonic() - began:.1f} s")
        record.write(self.folder.record)
        for control in self.controls.values():
            control.ask("warm")
        return record

    def attach(self) -> RunRecord:
        """Use the project's containers, whoever started them; the record is in them.

        Raises ToolFailed for one that is missing or does not run, and where they are of another configuration.
        """
        found = {one["Config"]["Labels"].get(ACCOUNT_LABEL): one for one in self._containers()}
        self._must_fit(found)
        self.instances = [self._container(wanted.name, found[wanted.name]) for wanted in self.wanted]
        with ThreadPoolExecutor(len(self.instances)) as pool:
            launches = list(pool.map(_launch, self.instances))
        accounts = {
            wanted.name: _record(wanted, one, launch)
            for wanted, one, launch in zip(self.wanted, self.instances, launches, strict=True)
        }
        first = launches[0]
        record = RunRecord(
            harness.__version__, first.launch_key, first.issuer_key, accounts, self.project, self.configuration
        )
        self._ask(record)
        return record

    def resume(self, record: RunRecord) -> None:
        """Use the containers of another owner, those that are gone included."""
        found = {one["Config"]["Labels"].get(ACCOUNT_LABEL): one["Id"] for one in self._containers()}
        self.instances = [
            Container(name, one, account.endpoint_url, self._line(one), self.docker)
            for name, account in record.accounts.items()
            for one in [found.get(name, f"no container for {name}")]
        ]
        self._ask(record)

    def _ask(self, record: RunRecord) -> None:
        for one in self.instances:
            account = record.accounts[one.name]
            self.controls[one.name] = Control(account.account_id, one.line, record.launch_key)
            self.folder.account(one.name).path.mkdir(parents=True, exist_ok=True)

    def _line(self, container: str) -> ExecLine:
        return ExecLine(container, PEER_PORT, self.docker.environment)

    def _must_fit(self, found: Mapping[str, dict[str, Any]]) -> None:
        for wanted in self.wanted:
            if wanted.name not in found:
                raise ToolFailed(
                    f"the Compose project `{self.project}` has no container for account `{wanted.name}`",
                    help="`harness down` removes it; `harness up --backend compose` starts afresh",
                )
            if found[wanted.name]["Config"]["Labels"].get("harness.launch") != digest(
                self.wanted, self.external_accounts
            ):
                raise ToolFailed(
                    f"the Compose project `{self.project}` was started for another harness.toml or version",
                    help="`harness down` removes it; a compose.yaml is made anew by `harness compose`",
                )

    def _container(self, name: str, found: Mapping[str, Any]) -> Container:
        published = found["NetworkSettings"]["Ports"].get(f"{PUBLIC_PORT}/tcp") or []
        port = published[0]["HostPort"] if published else "0"
        return Container(name, found["Id"], f"http://127.0.0.1:{port}", self._line(found["Id"]), self.docker)

    def pull_journals(self) -> None:
        """Bring the journals up to date; that of a container which ended stays as it was seen last."""
        for one in self.instances:
            if one.alive:
                pull(self.folder.account(one.name), self.controls[one.name])

    @staticmethod
    def log_mark(_name: str) -> int:
        """Docker finds a log's lines by their time: in milliseconds."""
        return int(time.time() * 1000)

    def log_lines(self, name: str, since: int) -> list[str]:
        """The container's log since a time."""
        one = next(one for one in self.instances if one.name == name)
        return one.log_lines("--since", f"{since // 1000}.{since % 1000:03}")

    def stop(self) -> None:
        """Let go of the containers, and remove the project if it is ours."""
        for one in self.instances:
            one.line.close()
        self.instances.clear()
        reaper, self._reaper = self._reaper, None
        if reaper is None:
            return
        assert reaper.stdin is not None  # noqa: S101 - begun with a pipe
        try:
            remove(self.docker, self.project)
            reaper.stdin.write(b".")
        finally:
            reaper.stdin.close()
            reaper.wait(REAPER_TIMEOUT)


def _launch(one: Container) -> Launch:
    try:
        return Launch.from_json(one.line.record().decode())
    except OSError as error:
        raise one.died() from error


def _record(wanted: Wanted, one: Container, launch: Launch) -> AccountRecord:
    keys = launch.keys
    return AccountRecord(
        account_id=launch.account_id,
        region=launch.region,
        endpoint_url=one.endpoint_url,
        peer_port=None,
        profiles=tuple(wanted.profiles),
        deployer=Keys(keys.deployer_key_id, keys.deployer_secret),
        root=Keys(keys.root_key_id, keys.root_secret),
    )
