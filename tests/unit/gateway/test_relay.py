"""The relay in a container: frames in, frames out, the record first, and the end of its input is its end."""

import http.server
import io
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.gateway import relay


@pytest.fixture
def peer_port():
    class Echo(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body[::-1])

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_the_record_comes_first_and_then_an_answer_for_each_question(tmp_path, peer_port):
    record = tmp_path / "record.json"
    record.write_text("the record")
    questions = io.BytesIO()
    for question in (b"abc", b""):
        relay.write(questions, question)

    done = subprocess.run(
        [sys.executable, "-I", "-S", str(Path(relay.__file__)), str(record), str(peer_port)],
        input=questions.getvalue(),
        capture_output=True,
        check=True,
        timeout=30,
    )

    answers = io.BytesIO(done.stdout)
    assert [relay.read(answers) for _ in range(4)] == [b"the record", b"cba", b"", None]


def test_a_port_that_does_not_answer_is_an_empty_frame():
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        port = server.server_address[1]

    assert relay.ask(port, b"question") == b""
