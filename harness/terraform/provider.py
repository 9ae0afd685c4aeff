"""One living provider process per account, to which Terraform attaches: starting one anew costs seconds at every command.

One process per account: two accounts on one process corrupted each other.
https://developer.hashicorp.com/terraform/plugin/debugging#enabling-debugging-in-a-provider
"""

import re
import subprocess
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from harness.process import Command
from harness.process.runner import leashed

START_TIMEOUT = 30.0
_REATTACH = re.compile(r"TF_REATTACH_PROVIDERS='(.+)'")


@dataclass(slots=True)
class ProviderProcess:
    """The provider process of one composition; its folder is the composition's, where relative file names begin."""

    executable: Path
    folder: Path
    environment: dict[str, str] = field(repr=False)
    _stack: ExitStack = field(default_factory=ExitStack)
    _process: "subprocess.Popen[str] | None" = None
    _reattach: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reattach(self) -> str | None:
        """The value of TF_REATTACH_PROVIDERS; the process is started where it is missing or has died.

        None where it cannot be started: Terraform then starts one of its own, which is slower and nothing else.
        """
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._end()
                self._start()
            return self._reattach

    def _start(self) -> None:
        command = Command((str(self.executable), "-debug"), self.folder, self.environment)
        self._process = self._stack.enter_context(leashed(command, stdout=subprocess.PIPE)).process
        found = threading.Event()
        threading.Thread(target=self._read, args=(self._process, found), daemon=True).start()
        found.wait(START_TIMEOUT)

    def _read(self, process: "subprocess.Popen[str]", found: threading.Event) -> None:
        """Read for as long as the process writes, so that it never blocks on a full pipe."""
        assert process.stdout is not None  # noqa: S101 - started with PIPE
        with process.stdout as output:
            for line in output:
                if match := _REATTACH.search(line):
                    self._reattach = match[1]
                    found.set()
        found.set()

    def stop(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        self._stack.close()
        self._process, self._reattach = None, None
