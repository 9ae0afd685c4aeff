"""Connections to a peer port: kept open, never mixed, and given up for good when anything is wrong with one."""

import contextlib
import socket
import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.gateway.peering.connections import Connections
from harness.wire import frame, read_frame


class Peer(socketserver.ThreadingTCPServer):
    """Answers with `say(question)`; None ends the connection."""

    daemon_threads = True

    def __init__(self, say):
        super().__init__(("127.0.0.1", 0), self.converse)
        self.say, self.greetings = say, []

    def converse(self, connection, _address, _server):
        self.greetings.append(read_frame(connection.recv))
        connection.sendall(frame(b""))
        while (question := read_frame(connection.recv)) is not None:
            if (answer := self.say(question)) is None:
                return
            connection.sendall(frame(answer))


@contextlib.contextmanager
def peer(say, most=1, timeout=5):
    """The connections to such a peer, and the peer."""
    with Peer(say) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with contextlib.closing(Connections(server.server_address, most, timeout, lambda: b"hello")) as to:
            yield to, server
        server.shutdown()


def test_a_connection_begins_with_the_first_question_and_is_used_again():
    with peer(bytes.upper) as (to, server):
        assert [to.exchange(b"a"), to.exchange(b""), to.exchange(b"c" * 100_000)] == [b"A", b"", b"C" * 100_000]
        assert server.greetings == [b"hello"]


def test_answers_of_many_at_once_are_never_mixed():
    with peer(bytes.upper, most=4) as (to, server):
        questions = [b"question %d" % number for number in range(200)]

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(to.exchange, questions)) == [question.upper() for question in questions]
        assert len(server.greetings) <= 4


def test_a_late_answer_never_comes_in_the_place_of_the_next_one():
    held = threading.Event()

    def say(question):
        if question == b"slow":
            held.wait(5)
        return question

    with peer(say, timeout=1) as (to, _):
        with pytest.raises(TimeoutError):
            to.exchange(b"slow")
        held.set()

        assert to.exchange(b"next") == b"next"


def test_a_closed_connection_is_an_error_and_the_next_one_is_fresh():
    with peer(lambda question: None if question == b"close" else question) as (to, _):
        with pytest.raises(ConnectionResetError, match="was closed"):
            to.exchange(b"close")

        assert to.exchange(b"again") == b"again"


def test_nobody_there_is_an_error_that_keeps_no_place():
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = gone.getsockname()
    to = Connections(address, 1, 5, lambda: b"hello")

    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            to.exchange(b"question")
