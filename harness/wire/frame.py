"""How messages follow one another on a stream: four bytes of length, then as many bytes. An empty frame says: no answer."""

import struct
from collections.abc import Callable

MAX_FRAME = 1 << 30
"""A gibibyte. What an HTTP client sends reads as a longer one, and is found out by its first four bytes."""
_LENGTH = struct.Struct(">I")
_PART = 1 << 20


def frame(data: bytes) -> bytes:
    """`data` as it travels. Raises ConnectionError where it is longer than a frame may be."""
    return _LENGTH.pack(_bounded(len(data))) + data


def read_frame(receive: Callable[[int], bytes], longest: int = MAX_FRAME) -> bytes | None:
    """The next frame, None where the stream ends before it.

    `receive(n)` gives at most `n` bytes, and none at the end. Raises ConnectionError where the stream ends within a frame, or
    holds none of at most `longest` bytes.
    """
    begun = receive(_LENGTH.size)
    if not begun:
        return None
    length = begun + _exactly(receive, _LENGTH.size - len(begun))
    return _exactly(receive, _bounded(_LENGTH.unpack(length)[0], longest))


def _bounded(length: int, longest: int = MAX_FRAME) -> int:
    if length > longest:
        raise ConnectionError(f"a message of {length} bytes is longer than any may be")
    return length


def _exactly(receive: Callable[[int], bytes], count: int) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        some = receive(min(count - len(parts), _PART))
        if not some:
            raise ConnectionResetError("the stream ended within a message")
        parts += some
    return bytes(parts)
