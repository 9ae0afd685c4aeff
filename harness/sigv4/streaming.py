"""S3's streamed uploads: each chunk is signed, chained to the signature before it, and so are the trailing headers.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html

Two halves, since a key's account never sees the body: `read_chunks` takes the body apart, where it arrived, into digests and the
signatures claimed for them; `chain` gives what the signatures should be. A body that is not exactly in form is none.
"""

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from harness.sigv4.head import Head
from harness.sigv4.reason import Reason, Rejected

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
FORMS = frozenset({SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER})
EMPTY = sha256(b"").hexdigest()

_SIGNED_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8});chunk-signature=([0-9a-f]{64})\r\n")
_PLAIN_CHUNK = re.compile(rb"([0-9a-fA-F]{1,8})\r\n")
_TRAILER = re.compile(rb"([A-Za-z0-9-]+):[ \t]*([^\r\n]*?)[ \t]*\r?\n")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"
_BROKEN = Rejected(Reason.BROKEN_CHUNKS)


@dataclass(frozen=True, slots=True)
class Chunks:
    """A streamed body without its bytes: (SHA-256, claimed signature) of each chunk, the last one empty, and of the trailer."""

    signed: tuple[tuple[str, str], ...] = ()
    trailer: tuple[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"signed": self.signed, "trailer": self.trailer}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Chunks":
        """Read back what `to_json` wrote."""
        trailer = data["trailer"]
        signed = tuple((str(digest), str(signature)) for digest, signature in data["signed"])
        return cls(signed, (str(trailer[0]), str(trailer[1])) if trailer else None)


def read_chunks(head: Head, body: bytes) -> Chunks | Rejected | None:
    """The streamed body's chunks; None where the request declares no streamed form."""
    form = head.value("x-amz-content-sha256") or ""
    if form not in FORMS:
        return None
    pattern = _PLAIN_CHUNK if form == UNSIGNED_TRAILER else _SIGNED_CHUNK
    found: list[tuple[str, str]] = []
    at, total, size = 0, 0, -1
    while size:
        start = pattern.match(body, at)
        if start is None:
            return _BROKEN
        size, at = int(start[1], 16), start.end()
        data = body[at : at + size]
        at += size
        if len(data) != size or (size and body[at : at + 2] != b"\r\n"):
            return _BROKEN
        at += 2 if size else 0
        total += size
        found.append((sha256(data).hexdigest(), start[2].decode() if form != UNSIGNED_TRAILER else ""))
    if head.value("x-amz-decoded-content-length") != str(total):
        return _BROKEN
    return _ended(head, form, body[at:], found)


def _ended(head: Head, form: str, rest: bytes, found: list[tuple[str, str]]) -> Chunks | Rejected:
    """The chunks with what stands behind the last of them: an empty line, or trailing headers and an empty line."""
    if form == SIGNED:
        return Chunks(tuple(found)) if rest == b"\r\n" else _BROKEN
    trailers = _trailers(rest)
    if trailers is None:
        return _BROKEN
    signature = trailers.pop(_TRAILER_SIGNATURE, "")
    if sorted(trailers) != sorted(_announced(head)):
        return _BROKEN
    if form == UNSIGNED_TRAILER:
        return Chunks()
    text = "".join(f"{name}:{trailers[name]}\n" for name in sorted(trailers))
    return Chunks(tuple(found), (sha256(text.encode("latin-1")).hexdigest(), signature))


def _announced(head: Head) -> list[str]:
    return [name.strip().lower() for name in (head.value("x-amz-trailer") or "").split(",") if name.strip()]


def _trailers(rest: bytes) -> dict[str, str] | None:
    found: dict[str, str] = {}
    at = 0
    while (line := _TRAILER.match(rest, at)) is not None:
        name = line[1].decode().lower()
        if name in found:
            return None
        found[name], at = line[2].decode("latin-1"), line.end()
    return found if rest[at:] in {b"", b"\r\n"} else None


def chain(chunks: Chunks, seed: str, place: str, sign: Callable[[str], str]) -> Rejected | None:
    """None if every signature follows from the one before it, the first from the request's (`seed`).

    `place` is timestamp and scope, as two lines; `sign` signs a string with the request's key.
    """
    previous = seed
    for digest, claimed in chunks.signed:
        expected = sign(f"AWS4-HMAC-SHA256-PAYLOAD\n{place}\n{previous}\n{EMPTY}\n{digest}")
        if not hmac.compare_digest(expected.encode(), claimed.encode()):
            return Rejected(Reason.BAD_SIGNATURE)
        previous = expected
    if chunks.trailer is None:
        return None
    digest, claimed = chunks.trailer
    expected = sign(f"AWS4-HMAC-SHA256-TRAILER\n{place}\n{previous}\n{digest}")
    return None if hmac.compare_digest(expected.encode(), claimed.encode()) else Rejected(Reason.BAD_SIGNATURE)
