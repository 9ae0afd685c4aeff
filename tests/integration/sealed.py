"""Messages of the peer port, made by a test that has read the launch key; and a peer that answers what a test tells it."""

import contextlib
import secrets
import socketserver
import threading
import time

from harness.emulator.control import PortLine
from harness.wire import Message, answer, frame, open_answer, open_question, read_frame


def forward(request, sender, receiver, **changes):
    """The question by which a door hands `request` to its owner."""
    data = {
        "method": request.method,
        "target": request.target,
        "headers": [*map(list, request.headers)],
        "client_address": "127.0.0.1",
        "vpc_endpoint": None,
        "ticket": None,
    }
    fields = {"kind": "forward", "sender": sender, "receiver": receiver, "nonce": secrets.token_hex(16), "time": time.time(), "request_id": "00000000-0000-0000-0000-000000000000", "data": data, "blob": request.body}  # fmt: skip
    return Message(**fields | changes)


def say(port, raw):
    """The answer to bytes on a peer port, empty where it gives none."""
    return PortLine(port).send(raw, 30)


def opened(key, raw, question, message):
    """The sealed answer, opened."""
    return open_answer(key, raw, question=question, sender=message.receiver, receiver=message.sender)


class FakePeer:
    """An instance that is none: `say(message)` gives the data of its sealed answers, or bytes for what is not even sealed."""

    def __init__(self, account_id):
        self.account_id = account_id
        self.key = b""
        self.say = lambda _message: {}
        fake = self

        def converse(connection, _address, _server):
            while (raw := read_frame(connection.recv)) is not None:
                message = open_question(fake.key, raw, receiver=fake.account_id, now=time.time())
                said = fake.say(message) if message.kind != "hello" else {}
                connection.sendall(frame(said if isinstance(said, bytes) else answer(fake.key, raw, message, said)))

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), converse)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]

    @contextlib.contextmanager
    def serving(self):
        thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            self.server.server_close()
            thread.join()
