"""The connections of one instance to another's peer port: kept open, and one question at a time on each.

A new one begins with a short question: who has not asked one with our seal is not let ask a long one.
"""

import socket
import threading
from collections import deque
from collections.abc import Callable

from harness.wire import frame, read_frame

CONNECT_TIMEOUT = 0.5
QUEUE_TIMEOUT = 5.0
"""How long a question may wait for a connection, in seconds."""
MAX_IDLE = 32


class Connections:
    """To one address; safe to use from many threads."""

    def __init__(self, address: tuple[str, int], most: int, timeout: float, first: Callable[[], bytes]) -> None:
        """At most `most` at once, each begun with a question of `first`; `timeout` seconds may pass without a byte of the answer."""
        self._address = address
        self._first = first
        self._timeout = timeout
        self._free = threading.BoundedSemaphore(most)
        self._idle: deque[socket.socket] = deque()

    def exchange(self, question: bytes) -> bytes:
        """The answer as it came, empty where the other side gave none. Raises OSError."""
        if not self._free.acquire(timeout=QUEUE_TIMEOUT):
            raise TimeoutError("too many questions wait for its answers")
        try:
            connection = self._idle_or_new()
            answer = self._ask(connection, frame(question))
            self._keep(connection)
            return answer
        finally:
            self._free.release()

    def close(self) -> None:
        """Close those that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _idle_or_new(self) -> socket.socket:
        try:
            return self._idle.pop()
        except IndexError:
            connection = socket.create_connection(self._address, CONNECT_TIMEOUT)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(self._timeout)
            self._ask(connection, frame(self._first()))
            return connection

    def _ask(self, connection: socket.socket, framed: bytes) -> bytes:
        try:
            connection.sendall(framed)
            answer = read_frame(connection.recv)
        except OSError:
            connection.close()
            raise
        if answer is None:
            connection.close()
            raise ConnectionResetError("the connection was closed")
        return answer

    def _keep(self, connection: socket.socket) -> None:
        if len(self._idle) < MAX_IDLE:
            self._idle.append(connection)
        else:
            connection.close()
