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
from harness.wire.settings import Place, localstack_settings

STOP_TIMEOUT = 10.0
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
        return Bound(socket.create_server(("127.0.0.1", port or 0), backlog=2048))
    except OSError as error:
        raise ToolFailed(
            f"port {port} is in use: {error.strerror or error}",
            help="choose another `port` in harness.toml, or leave it out for a free one; `harness down` ends an earlier run",
        ) from error


@dataclass(slots=True)
class Process:
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
    ) -> "Process":
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
            help=f"its whole log: {self.log_hint}",
        )

    @property
    def log_hint(self) -> str:
        """The file."""
        return str(self.folder.log)

    def last_lines(self) -> str:
        """The end of the instance's log."""
        return "\n".join(self.folder.log_lines(0)[-LOG_LINES_IN_ERROR:])

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
    """The instance's environment: made from nothing."""
    first = EXTERNAL_PORTS_START + index * EXTERNAL_PORTS_COUNT
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if name in os.environ}
    place = Place(
        temporary=str(folder.temporary),
        state=str(folder.state),
        cache=str(folder.cache),
        listen=f"127.0.0.1:{port}",
        external_ports=(first, first + EXTERNAL_PORTS_COUNT),
    )
    return {**inherited, "PYTHONPATH": str(plugin), **localstack_settings(place, launch.region)}
