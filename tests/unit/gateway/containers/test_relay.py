"""The relay in a container: frames in, frames out, the record first, and the end of its input is its end."""

import io
import socket
import socketserver
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.gateway.containers import relay
from harness.wire import frame, read_frame


@pytest.fixture
def peer_port():
    def backwards(connection, _address, _server):
        while (question := read_frame(connection.recv)) is not None:
            connection.sendall(frame(question[::-1]))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), backwards) as server:
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
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]

    assert relay.ask(port, b"question") == b""
