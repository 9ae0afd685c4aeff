"""Frames: what goes in comes out, however the stream cuts it, and what is no frame is found out."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire import frame, read_frame


@given(st.lists(st.binary(max_size=40), max_size=4), st.integers(1, 50))
def test_frames_come_out_as_they_went_in_however_few_bytes_come_at_once(messages, at_once):
    stream = io.BytesIO(b"".join(frame(message) for message in messages))

    def receive(most):
        return stream.read(min(most, at_once))

    assert [read_frame(receive) for _ in messages] == messages
    assert read_frame(receive) is None


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_stream_that_ends_within_a_frame_is_broken(cut):
    whole = frame(b"abcde")

    assert read_frame(io.BytesIO(whole).read) == b"abcde"
    with pytest.raises(ConnectionError, match="ended within a message"):
        read_frame(io.BytesIO(whole[:cut]).read)


@pytest.mark.parametrize("request_line", [b"GET / HTTP/1.1\r\n", b"POST /peer HTTP/1.1\r\n"])
def test_http_is_found_out_by_its_first_bytes(request_line):
    stream = io.BytesIO(request_line)

    with pytest.raises(ConnectionError, match="longer than any may be"):
        read_frame(stream.read)
    assert stream.tell() == 4
