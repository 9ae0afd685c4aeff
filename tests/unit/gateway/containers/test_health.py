"""The containers' health check: one real call that must be refused by the gate, and then connections."""

import http.server
import threading

import pytest

from harness.gateway.containers import health

REFUSED = (403, b"<Code>MissingAuthenticationToken</Code>")


@pytest.fixture
def instance():
    """An instance that answers as it is told, and counts."""
    state = {"answer": REFUSED, "calls": 0}

    class Gate(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            state["calls"] += 1
            status, body = state["answer"]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gate) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        state["port"] = server.server_address[1]
        yield state
        server.shutdown()


def test_the_first_check_calls_and_later_ones_only_connect(instance, tmp_path):
    mark = str(tmp_path / "healthy")

    assert [health.main(instance["port"], mark) for _ in range(3)] == [True] * 3
    assert instance["calls"] == 1


@pytest.mark.parametrize("answer", [(200, b"<Account>1</Account>"), (500, b"InternalError"), (403, b"AccessDenied")])
def test_an_instance_without_the_gate_is_not_healthy(instance, tmp_path, answer):
    instance["answer"] = answer

    assert not health.main(instance["port"], str(tmp_path / "healthy"))
    assert not (tmp_path / "healthy").exists()


def test_an_instance_that_does_not_answer_in_time_is_not_healthy(monkeypatch, tmp_path):
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    monkeypatch.setattr(health, "POLL", 0.01)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        port = server.server_address[1]

    assert not health.main(port, str(tmp_path / "healthy"))
