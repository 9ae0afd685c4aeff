"""The Runtime API's thin HTTP shell: one listener on 127.0.0.1 for one runtime process.

Each connection has a thread; a request that `RuntimeApi` parks waits there for `offer` or `close`.  Nagle's algorithm is
off: it would hold back the last packet of each answer for up to 40 ms.
"""

import socket
import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from harness.lambdas.runtime_api import SUPERSEDED, Event, Invocation, Reply, Request, RuntimeApi


class RuntimeServer:
    """Serves one runtime; `notify` gets its events, in order, from the connections' threads."""

    def __init__(self, notify: Callable[[Event], None]) -> None:
        """Listen on a free port."""
        self._notify = notify
        self._api = RuntimeApi()
        self._changed = threading.Condition()
        self._parked = 0
        self._reply: Reply | None = None
        self._closed = False
        self._listener = _Listener(self)
        self._at = ("127.0.0.1", int(self._listener.server_address[1]))
        self.address = f"{self._at[0]}:{self._at[1]}"
        self._thread = threading.Thread(target=self._listen, name="lambda-runtime-api", daemon=True)
        self._thread.start()

    def offer(self, invocation: Invocation) -> None:
        """Give the runtime its next invocation, now or when it asks."""
        with self._changed:
            self._reply = self._api.offer(invocation)
            self._changed.notify_all()

    def answer(self, request: Request) -> Reply | None:
        """Return the reply to one request, as soon as there is one; None when the server closes before."""
        with self._changed:
            reply, event = self._api.receive(request)
            if event is not None:
                self._notify(event)
            return reply or self._wait()

    def _wait(self) -> Reply | None:
        self._parked += 1
        mine = self._parked
        self._changed.notify_all()
        self._changed.wait_for(lambda: self._reply or self._closed or self._parked != mine)
        if self._parked != mine:
            return SUPERSEDED
        reply, self._reply = self._reply, None
        return reply

    def close(self) -> None:
        """Stop listening and let go of the parked request."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        # A connection of our own wakes the listening thread on every platform; closing its socket does not.
        socket.create_connection(self._at).close()
        self._thread.join()
        self._listener.server_close()

    def _listen(self) -> None:
        while not self._closed:
            self._listener.handle_request()


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 16

    def __init__(self, runtime: RuntimeServer) -> None:
        self.runtime = runtime
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a runtime that dies in mid-request is reported by its exit."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for head and body
    server: _Listener

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        body = self._chunks(headers) if chunked else self.rfile.read(int(headers.get("content-length", "0")))
        reply = self.server.runtime.answer(Request(self.command, self.path, headers, body))
        if reply is None:
            self.close_connection = True
            return
        self.send_response_only(reply.status)
        for name, value in (
            *reply.headers,
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(reply.body))),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def _chunks(self, headers: dict[str, str]) -> bytes:
        """Read a chunked body; its trailers join the headers (a streaming runtime's error type comes so)."""
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while line := self.rfile.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return b"".join(chunks)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives it
        """Log nothing: requests hold the function's data."""
