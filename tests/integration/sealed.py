"""Messages of the peer port, made by a test that has read the launch key; and a peer that answers what a test tells it."""

import contextlib
import http.server
import secrets
import threading
import time
import urllib.parse

from raw import Request, send

from harness.wire import Message, answer, open_answer, open_question


def forward(request, sender, receiver, **changes):
    """The question by which a door hands `request` to its owner."""
    data = {
        "method": request.method,
        "target": request.target,
        "headers": [*map(list, request.headers)],
        "client_address": "127.0.0.1",
        "ticket": None,
    }
    fields = {"kind": "forward", "sender": sender, "receiver": receiver, "nonce": secrets.token_hex(16), "time": time.time(), "request_id": "00000000-0000-0000-0000-000000000000", "data": data, "blob": request.body}  # fmt: skip
    return Message(**fields | changes)


def post(port, raw, path="/peer"):
    """The answer to bytes on a peer port."""
    url = f"http://127.0.0.1:{port}"
    return send(url, Request("POST", path, (("Host", urllib.parse.urlsplit(url).netloc),), raw))


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

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                message = open_question(fake.key, raw, receiver=fake.account_id, now=time.time())
                said = fake.say(message) if message.kind != "hello" else {}
                sealed = said if isinstance(said, bytes) else answer(fake.key, raw, message, said)
                self.send_response(200)
                self.send_header("Content-Length", str(len(sealed)))
                self.end_headers()
                self.wfile.write(sealed)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
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
