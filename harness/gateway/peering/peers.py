"""The peer port: sealed questions between instances, and from the driver.

Two rules. Statements about identity exist only here, never on the public port. Questions are leaves: whoever answers one
asks nobody, except `forward`, which executes a request and may ask `vouch`, and `simulate`, which may ask `describe`; every
connection has a thread of its own, so that no answer waits for another.
"""

import secrets
import socket
import socketserver
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from harness.gateway.peering.connections import Connections
from harness.gateway.server import open_socket
from harness.wire import Listen, Message, Peer, Refused, answer, frame, open_answer, open_question, read_frame, seal
from harness.wire.frame import MAX_FRAME
from harness.wire.seal import MAX_AGE

ANSWER_TIMEOUT = 2.0
# A forwarded Invoke lasts as long as the function may run: 15 minutes, and a little.
FORWARD_TIMEOUT = 930.0
LEAF_CONNECTIONS, FORWARD_CONNECTIONS = 16, 1000
FIRST_QUESTION = MAX_AGE
"""How many seconds a connection may take over its first question, which is no good when it is older: it is a stranger's that holds
a place and memory."""
LONGEST_FIRST = 256 * 1024
"""How many bytes it may have: all that a stranger can have us hold."""
# Every request of the public port (LocalStack serves 1,000 at once) may have one forward and one leaf question here.
MAX_CONNECTIONS = 2048

Answer = tuple[Mapping[str, Any], bytes]
Handler = Callable[[Message], Answer]


class PeerUnavailable(Exception):
    """A peer did not answer in time or not with a valid seal; the request is refused with a 503 that names it."""

    def __init__(self, account_id: str, why: str) -> None:
        """Remember whom we asked."""
        super().__init__(f"account {account_id} does not answer: {why}")
        self.account_id = account_id


class Peers:
    """Asks the other instances."""

    def __init__(self, own_account: str, launch_key: bytes, peers: tuple[Peer, ...]) -> None:
        """Two sets of connections per peer.

        Leaf questions queue for a few connections here, rather than all at once at the peer; forwards may last, and have one each.
        """
        self._own = own_account
        self._key = launch_key
        self._leaves = {peer.account_id: self._to(peer, LEAF_CONNECTIONS, ANSWER_TIMEOUT) for peer in peers}
        self._forwards = {peer.account_id: self._to(peer, FORWARD_CONNECTIONS, FORWARD_TIMEOUT) for peer in peers}

    def _to(self, peer: Peer, most: int, timeout: float) -> Connections:
        hello = partial(self._question, peer.account_id, "hello", {}, "", b"")
        return Connections((peer.host, peer.port), most, timeout, hello)

    def __contains__(self, account_id: str) -> bool:
        return account_id in self._leaves

    @property
    def accounts(self) -> tuple[str, ...]:
        """The other accounts of the launch."""
        return tuple(self._leaves)

    def ask(
        self, account_id: str, kind: str, data: Mapping[str, Any], *, request_id: str, blob: bytes = b""
    ) -> Message:
        """The peer's answer to a leaf question. Raises PeerUnavailable."""
        return self._ask(self._leaves[account_id], account_id, kind, data, request_id, blob)

    def forward(self, account_id: str, data: Mapping[str, Any], body: bytes, *, request_id: str) -> Message:
        """Have the owner decide and execute a request. A silent peer is found by a leaf question first. Raises PeerUnavailable."""
        self.ask(account_id, "hello", {}, request_id=request_id)
        return self._ask(self._forwards[account_id], account_id, "forward", data, request_id, body)

    def _ask(
        self,
        connections: Connections,
        account_id: str,
        kind: str,
        data: Mapping[str, Any],
        request_id: str,
        blob: bytes,
    ) -> Message:
        question = self._question(account_id, kind, data, request_id, blob)
        try:
            raw = connections.exchange(question)
        except OSError as error:
            raise PeerUnavailable(account_id, str(error) or type(error).__name__) from error
        message = open_answer(self._key, raw, question=question, sender=account_id, receiver=self._own)
        if isinstance(message, Refused):
            raise PeerUnavailable(account_id, message.why)
        return message

    def _question(self, account_id: str, kind: str, data: Mapping[str, Any], request_id: str, blob: bytes) -> bytes:
        nonce, now = secrets.token_hex(16), time.time()
        return seal(self._key, Message(kind, self._own, account_id, nonce, now, request_id, data, blob))


class _Nonces:
    """Nonces seen within the seal's life, so that a recorded question is refused when it comes again."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._order: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def first(self, nonce: str, now: float) -> bool:
        with self._lock:
            if nonce in self._seen:
                return False
            self._seen.add(nonce)
            self._order.append((now, nonce))
            while self._order[0][0] < now - 2 * MAX_AGE:
                self._seen.discard(self._order.popleft()[1])
            return True


class PeerServer:
    """Answers the other instances and the driver."""

    def __init__(
        self, own_account: str, launch_key: bytes, handlers: Mapping[str, Handler], on_refused: Callable[[str], None]
    ) -> None:
        """`handlers` by kind of question; `on_refused` journals what is no valid question."""
        self._own = own_account
        self._key = launch_key
        self._handlers = handlers
        self._on_refused = on_refused
        self._nonces = _Nonces()

    def start(self, listen: Listen) -> None:
        """Serve in daemon threads from now on."""
        bound = open_socket(listen)
        server = _Server(bound.getsockname(), self._converse)
        server.socket.close()
        server.socket = bound
        threading.Thread(target=server.serve_forever, name="peer-port", daemon=True).start()

    def reply(self, raw: bytes) -> bytes | None:
        """The sealed answer to `raw`, or None where it is no valid question."""
        now = time.time()
        message = open_question(self._key, raw, receiver=self._own, now=now)
        if isinstance(message, Message) and message.kind not in self._handlers:
            message = Refused("unknown kind of question")
        if isinstance(message, Message) and not self._nonces.first(message.nonce, now):
            message = Refused("the nonce was seen before")
        if isinstance(message, Refused):
            self._on_refused(message.why)
            return None
        data, blob = self._handlers[message.kind](message)
        return answer(self._key, raw, message, data, blob)

    def _converse(self, connection: socket.socket) -> None:
        """Answer one connection's questions until it ends. What is no question has an empty answer, what is no frame the end."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        receive, longest = _within(connection, FIRST_QUESTION), LONGEST_FIRST
        try:
            while (raw := read_frame(receive, longest)) is not None:
                connection.settimeout(None)
                reply = self.reply(raw)
                connection.sendall(frame(reply or b""))
                if reply is not None:
                    receive, longest = connection.recv, MAX_FRAME
        except TimeoutError:
            self._on_refused("a connection brought no question in time")
        except ConnectionError as error:
            self._on_refused(str(error))


def _within(connection: socket.socket, seconds: float) -> Callable[[int], bytes]:
    """`recv` of the connection, for so long; it raises TimeoutError afterwards."""
    ends = time.monotonic() + seconds

    def receive(most: int) -> bytes:
        connection.settimeout(max(ends - time.monotonic(), 0.001))  # none at all would mean: do not wait
        return connection.recv(most)

    return receive


class _Conversation(socketserver.BaseRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        self.server.converse(self.request)


class _Server(socketserver.ThreadingTCPServer):
    """A thread for each connection, up to a bound; one more is closed at once, and its sender answers 503."""

    daemon_threads = True

    def __init__(self, address: Any, converse: Callable[[socket.socket], None]) -> None:
        super().__init__(address, _Conversation, bind_and_activate=False)
        self.converse = converse
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()
