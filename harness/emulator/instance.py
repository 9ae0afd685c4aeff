"""One instance: a LocalStack process behind the gate, standing in for one account.

The process is told everything by its standard input, which stays open: when its owner ends in any way, the pipe closes and
the process ends.
"""

import os
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from harness.emulator.environment import static_libraries
from harness.emulator.folder import AccountFolder
from harness.errors import ToolFailed
from harness.wire import Launch

STOP_TIMEOUT = 10.0
# LocalStack wants a range for the servers of services; ours start none, but the ranges must not overlap.
EXTERNAL_PORTS_START = 20000
EXTERNAL_PORTS_COUNT = 50
LOG_LINES_IN_ERROR = 12


@dataclass(frozen=True, slots=True)
class Bound:
    """A socket that is bound and listening on the loopback before its server exists: no port can be lost in between."""

    socket: socket.socket

    @property
    def port(self) -> int:
        """The port."""
        return int(self.socket.getsockname()[1])


def bind(port: int | None) -> Bound:
    """Bind `port`, or a free one, on the loopback. Raises ToolFailed when it is in use."""
    try:
        return Bound(socket.create_server(("127.0.0.1", port or 0), backlog=512))
    except OSError as error:
        raise ToolFailed(
            f"port {port} is in use: {error.strerror or error}",
            help="choose another `port` in harness.toml, or leave it out for a free one; `harness down` ends an earlier run",
        ) from error


@dataclass(slots=True)
class Instance:
    """The process of one account."""

    name: str
    folder: AccountFolder
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(
        cls,
        name: str,
        folder: AccountFolder,
        launch: Launch,
        python: Path,
        plugin: Path,
        index: int,
        public: Bound,
        peer: Bound,
    ) -> "Instance":
        """Start the process and hand it its launch. The bound sockets are its own from then on."""
        for path in (folder.state, folder.temporary, folder.cache, folder.static_libraries.parent):
            path.mkdir(parents=True, exist_ok=True)
        folder.static_libraries.symlink_to(static_libraries(python))
        with folder.log.open("ab") as log:
            process = subprocess.Popen(
                [str(python), "-m", "harness.gateway"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(folder, launch, plugin, index, public.port),
                cwd=folder.path,
                pass_fds=(public.socket.fileno(), peer.socket.fileno()),
                start_new_session=True,
            )
        public.socket.close()
        peer.socket.close()
        instance = cls(name, folder, process)
        instance._tell(launch)
        return instance

    def _tell(self, launch: Launch) -> None:
        pipe = self.process.stdin
        assert pipe is not None  # noqa: S101 - Popen was given PIPE
        try:
            pipe.write(launch.to_json().encode() + b"\n")
            pipe.flush()
        except BrokenPipeError as error:
            raise self.died() from error

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def died(self) -> ToolFailed:
        """The error for an instance that ended by itself, with the last lines of its log."""
        status = self.process.wait()
        return ToolFailed(
            f"the instance of account `{self.name}` ended with status {status}:\n{self.last_lines()}",
            help=f"its whole log: {self.folder.log}",
        )

    def last_lines(self, count: int = LOG_LINES_IN_ERROR) -> str:
        """The end of the instance's log."""
        if not self.folder.log.exists():
            return ""
        return "\n".join(self.folder.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])

    def interrupt(self) -> None:
        """Ask the process to end: by closing its pipe, which also reaches one that is still starting."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    def stop(self) -> None:
        """End the process and everything in its session, and wait for it."""
        self.interrupt()
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def environment(folder: AccountFolder, launch: Launch, plugin: Path, index: int, port: int) -> dict[str, str]:
    """The instance's environment: made from nothing; DESIGN facts say why each setting is needed."""
    first = EXTERNAL_PORTS_START + index * EXTERNAL_PORTS_COUNT
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if name in os.environ}
    return inherited | {
        "PYTHONPATH": str(plugin),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder.temporary),
        "FILESYSTEM_ROOT": str(folder.state),
        "XDG_CACHE_HOME": str(folder.cache),
        "OVERRIDE_IN_DOCKER": "0",
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        "EXTERNAL_SERVICE_PORTS_START": str(first),
        "EXTERNAL_SERVICE_PORTS_END": str(first + EXTERNAL_PORTS_COUNT),
        "DNS_ADDRESS": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "PARITY_AWS_ACCESS_KEY_ID": "1",
        "LAMBDA_SYNCHRONOUS_CREATE": "1",
        "LAMBDA_RUNTIME_EXECUTOR": "process",
        "PROVIDER_OVERRIDE_DYNAMODB": "moto",
        "PROVIDER_OVERRIDE_DYNAMODBSTREAMS": "moto",
        "PROVIDER_OVERRIDE_KINESIS": "moto",
        "PROVIDER_OVERRIDE_ORGANIZATIONS": "moto",
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "SQS_ENDPOINT_STRATEGY": "path",
        "AWS_DEFAULT_REGION": launch.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
