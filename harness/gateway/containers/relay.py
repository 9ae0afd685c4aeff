"""The driver's way to the peer port of an instance in a container: run by `docker exec`, as root without capabilities.

    python3 -I -S relay.py RECORD PORT

Frames (`harness/wire/frame.py`) go both ways on the standard streams and on the peer port. The first frame out is the record, which
only root can read; then every frame in is a sealed question, and the frame out is the peer port's answer, empty where it gave
none. The relay knows no key and judges nothing. It ends at the end of its input, however the driver ends.
This file stands alone and imports little, as it runs in a container that has little memory.
"""

import socket
import struct
import sys
from pathlib import Path
from typing import IO

LENGTH = struct.Struct(">I")
TIMEOUT = 90.0


def main(record: str, port: int) -> None:
    """Relay until the input ends."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    write(target, Path(record).read_bytes())
    while (question := read(source)) is not None:
        write(target, ask(port, question))


def read(source: IO[bytes]) -> bytes | None:
    """The next frame, None at the end."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return source.read(LENGTH.unpack(head)[0])


def write(target: IO[bytes], frame: bytes) -> None:
    """Send one frame."""
    target.write(LENGTH.pack(len(frame)) + frame)
    target.flush()


def ask(port: int, question: bytes) -> bytes:
    """The peer port's answer, empty where there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), TIMEOUT) as connection:
            connection.sendall(LENGTH.pack(len(question)) + question)
            return read(connection.makefile("rb")) or b""
    except OSError:
        return b""


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
