"""The embedded backend: one LocalStack process per account, started in parallel, proven, and stopped."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import harness
from harness.emulator.backend import EAGER_SERVICES, Progress
from harness.emulator.control import Control, PortLine
from harness.emulator.environment import instance_python
from harness.emulator.folder import RunFolder
from harness.emulator.instance import Bound, Process, bind
from harness.emulator.plugin import write_plugin
from harness.emulator.prove import prove_all
from harness.emulator.record import AccountRecord, Keys, RunRecord
from harness.emulator.wanted import Wanted
from harness.keys import fresh_issuer_key, fresh_keys, fresh_launch_key
from harness.wire import Launch, Listen, Peer


@dataclass(slots=True)
class Embedded:
    """The instances of one run; start once, stop once."""

    folder: RunFolder
    wanted: Sequence[Wanted]
    external_accounts: tuple[str, ...] = ()
    configuration: str = ""
    eager_services: tuple[str, ...] = EAGER_SERVICES
    instances: list[Process] = field(default_factory=list, init=False)
    controls: Mapping[str, Control] = field(default_factory=dict, init=False)

    def build(self, progress: Progress) -> None:
        """The instances' environment, once."""
        instance_python(progress)

    def start(self, progress: Progress) -> RunRecord:
        """Start all instances and prove them; the record of what runs.

        Raises ToolFailed with nothing left running.
        """
        python = instance_python(progress)
        try:
            record = self._start(python, progress)
        except BaseException:
            self.stop()
            raise
        return record

    def _start(self, python: Path, progress: Progress) -> RunRecord:
        names = ", ".join(f"{wanted.name} ({wanted.account_id})" for wanted in self.wanted)
        progress(f"starting {names}")
        self.folder.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        plugin = write_plugin(self.folder.plugin)
        launch_key, issuer = fresh_launch_key(), fresh_issuer_key()
        sockets = self._bind()
        peers = tuple(
            Peer(wanted.account_id, "127.0.0.1", peer.port)
            for wanted, (_, peer) in zip(self.wanted, sockets, strict=True)
        )
        records: dict[str, AccountRecord] = {}
        for index, (wanted, (public, peer)) in enumerate(zip(self.wanted, sockets, strict=True)):
            folder = self.folder.account(wanted.name)
            launch = self._launch(wanted, public, peer, peers, launch_key, issuer.public, str(folder.journal))
            records[wanted.name] = self._account(wanted, launch, public.port, peer.port)
            self.instances.append(Process.start(wanted.name, folder, launch, python, plugin, index, public, peer))
        record = RunRecord(harness.__version__, launch_key, issuer.private, records, configuration=self.configuration)
        self.resume(record)
        record = replace(record, proof=self._prove(record, progress))
        record.write(self.folder.record)
        for control in self.controls.values():
            control.ask("warm")
        return record

    def resume(self, record: RunRecord) -> None:
        """Ask the processes of another owner; the processes themselves are not ours to watch."""
        self.controls = {
            name: Control(account.account_id, PortLine(account.peer_port or 0), record.launch_key)
            for name, account in record.accounts.items()
        }

    def _bind(self) -> list[tuple[Bound, Bound]]:
        bound: list[tuple[Bound, Bound]] = []
        try:
            bound.extend((bind(wanted.port), bind(None)) for wanted in self.wanted)
        except BaseException:
            for pair in bound:
                for one in pair:
                    one.socket.close()
            raise
        return bound

    def _launch(
        self,
        wanted: Wanted,
        public: Bound,
        peer: Bound,
        peers: tuple[Peer, ...],
        launch_key: str,
        issuer_keys: str,
        journal: str,
    ) -> Launch:
        return Launch(
            account_id=wanted.account_id,
            region=wanted.region,
            version=harness.__version__,
            public=Listen(descriptor=public.socket.fileno()),
            peer=Listen(descriptor=peer.socket.fileno()),
            peers=tuple(other for other in peers if other.account_id != wanted.account_id),
            external_accounts=self.external_accounts,
            keys=fresh_keys(wanted.account_id),
            launch_key=launch_key,
            journal=journal,
            issuer_keys=issuer_keys,
            eager_services=self.eager_services,
            quotas=wanted.quotas,
            network=wanted.network,
            organization=wanted.organization,
        )

    @staticmethod
    def _account(wanted: Wanted, launch: Launch, public_port: int, peer_port: int) -> AccountRecord:
        keys = launch.keys
        return AccountRecord(
            account_id=wanted.account_id,
            region=wanted.region,
            endpoint_url=f"http://127.0.0.1:{public_port}",
            peer_port=peer_port,
            profiles=tuple(wanted.profiles),
            deployer=Keys(keys.deployer_key_id, keys.deployer_secret),
            root=Keys(keys.root_key_id, keys.root_secret),
        )

    def _prove(self, record: RunRecord, progress: Progress) -> Sequence[str]:
        progress("proving that each answers as its account, and that what must be denied is denied")
        began = time.monotonic()
        proof = prove_all(self.instances, record, self.controls)
        progress(f"ready: {len(self.instances)} accounts proven, {time.monotonic() - began:.1f} s after their start")
        return proof

    def pull_journals(self) -> None:
        """Nothing to do: the instances write into the run's folder."""

    def log_mark(self, name: str) -> int:
        """The size of the log file."""
        log = self.folder.account(name).log
        return log.stat().st_size if log.exists() else 0

    def log_lines(self, name: str, since: int) -> list[str]:
        """The lines of the log file from a byte offset on."""
        return self.folder.account(name).log_lines(since)

    def stop(self) -> None:
        """End every instance; safe to call twice."""
        for instance in self.instances:
            instance.interrupt()
        for instance in self.instances:
            instance.stop()
        self.instances.clear()
