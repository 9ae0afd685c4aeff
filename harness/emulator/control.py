"""The driver's sealed messages to an instance's peer port: its report, its clock, and where the file is not seen, its journal."""

import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.errors import ToolFailed
from harness.wire import Message, Refused, frame, open_answer, read_frame, seal

DRIVER = "driver"
TIMEOUT = 10.0


class Line(Protocol):
    """A way to an instance's peer port."""

    def send(self, question: bytes, timeout: float) -> bytes:
        """The answer as it came. Raises OSError where there is none."""


@dataclass(frozen=True, slots=True)
class PortLine:
    """To a process of this machine."""

    port: int

    def send(self, question: bytes, timeout: float) -> bytes:
        """One connection for one question."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as connection:
            connection.sendall(frame(question))
            return read_frame(connection.recv) or b""


@dataclass(frozen=True, slots=True)
class Control:
    """Asks one instance."""

    account_id: str
    line: Line
    launch_key: str = field(repr=False)

    def ask(self, kind: str, data: Mapping[str, Any] | None = None, *, timeout: float = TIMEOUT) -> Message:
        """The instance's answer. Raises ToolFailed when it gives none or one that is not sealed."""
        key = bytes.fromhex(self.launch_key)
        question = seal(
            key,
            Message(
                kind, DRIVER, self.account_id, secrets.token_hex(16), time.time(), secrets.token_hex(8), data or {}
            ),
        )
        try:
            raw = self.line.send(question, timeout)
        except OSError as error:
            raise self._silent(str(error) or type(error).__name__) from error
        answer = open_answer(key, raw, question=question, sender=self.account_id, receiver=DRIVER)
        if isinstance(answer, Refused):
            raise self._silent(answer.why)
        return answer

    def _silent(self, why: str) -> ToolFailed:
        return ToolFailed(
            f"the instance of account {self.account_id} does not answer: {why}",
            help="`harness status` shows what runs; `harness down` and `harness up` start afresh",
        )
