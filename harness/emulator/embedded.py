"""The embedded backend: one LocalStack process per account, started in parallel, proven, and stopped."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import harness
from harness.emulator.control import ask
from harness.emulator.environment import instance_python
from harness.emulator.folder import RunFolder
from harness.emulator.instance import Bound, Instance, bind
from harness.emulator.plugin import write_plugin
from harness.emulator.prove import prove
from harness.emulator.record import AccountRecord, Keys, RunRecord
from harness.emulator.wanted import Wanted
from harness.keys import fresh_keys, fresh_launch_key
from harness.wire import Launch, Listen, Peer

Progress = Callable[[str], None]
# Loaded in the background once an instance is ready, so that the first call of each costs nothing.
EAGER_SERVICES = ("dynamodb", "lambda", "logs", "events", "s3")


@dataclass(slots=True)
class Embedded:
    """The instances of one run; start once, stop once."""

    folder: RunFolder
    wanted: Sequence[Wanted]
    external_accounts: tuple[str, ...] = ()
    eager_services: tuple[str, ...] = EAGER_SERVICES
    instances: list[Instance] = field(default_factory=list, init=False)

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
        launch_key = fresh_launch_key()
        sockets = self._bind()
        peers = tuple(
            Peer(wanted.account_id, "127.0.0.1", peer.port)
            for wanted, (_, peer) in zip(self.wanted, sockets, strict=True)
        )
        records: dict[str, AccountRecord] = {}
        for index, (wanted, (public, peer)) in enumerate(zip(self.wanted, sockets, strict=True)):
            folder = self.folder.account(wanted.name)
            launch = self._launch(wanted, public, peer, peers, launch_key, str(folder.journal))
            records[wanted.name] = self._account(wanted, launch, public.port, peer.port)
            self.instances.append(Instance.start(wanted.name, folder, launch, python, plugin, index, public, peer))
        record = RunRecord(version=harness.__version__, launch_key=launch_key, accounts=records)
        self._prove(record, progress)
        record.write(self.folder.record)
        for account in records.values():
            ask(account, launch_key, "warm")
        return record

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
        self, wanted: Wanted, public: Bound, peer: Bound, peers: tuple[Peer, ...], launch_key: str, journal: str
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
            eager_services=self.eager_services,
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

    def _prove(self, record: RunRecord, progress: Progress) -> None:
        progress("proving that each answers as its account, and that what must be denied is denied")
        began = time.monotonic()
        with ThreadPoolExecutor(len(self.instances)) as pool:
            list(pool.map(lambda instance: prove(instance, record), self.instances))
        progress(f"ready: {len(self.instances)} accounts proven, {time.monotonic() - began:.1f} s after their start")

    def stop(self) -> None:
        """End every instance; safe to call twice."""
        for instance in self.instances:
            instance.interrupt()
        for instance in self.instances:
            instance.stop()
        self.instances.clear()
