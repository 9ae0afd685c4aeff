"""Streamed uploads: AWS's own example, and every way in which a chunk, its place or its trailer can be wrong."""

import hmac
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from harness.sigv4 import (
    Chunks,
    Credential,
    Head,
    Payload,
    Reason,
    Rejected,
    SigningKey,
    parse_claim,
    read_chunks,
    verify,
)
from harness.sigv4.streaming import EMPTY

# https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html ("Example: PUT object")
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
SIGNED_HEADERS = "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class"
HEAD = Head(
    "PUT",
    "/examplebucket/chunkObject.txt",
    (
        ("Host", "s3.amazonaws.com"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("Content-Encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("Content-Length", "66824"),
        ("Authorization", f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders={SIGNED_HEADERS}, Signature={SEED}"),
    ),
)  # fmt: skip
FIRST = "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"
SECOND = "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"
LAST = "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"
CHUNKS = [(b"a" * 65536, FIRST), (b"a" * 1024, SECOND), (b"", LAST)]


def encoded(chunks=CHUNKS):
    return b"".join(
        b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), signature.encode(), data) for data, signature in chunks
    )


def outcome(body, head=HEAD, secret=SECRET):
    chunks = read_chunks(head, body)
    if isinstance(chunks, Rejected):
        return chunks
    now = datetime(2013, 5, 24, tzinfo=UTC)
    payload = Payload(sha256(body).hexdigest(), chunks)
    known = Credential("AKIAIOSFODNN7EXAMPLE", SigningKey(secret))
    return verify(head, parse_claim(head), payload, known, real_time=now, session_time=now)


def test_awss_own_example_is_verified():
    assert outcome(encoded()) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (encoded().replace(b"aaaa", b"aaab", 1), Reason.BAD_SIGNATURE),
        (encoded([CHUNKS[1], CHUNKS[0], CHUNKS[2]]), Reason.BAD_SIGNATURE),
        (encoded([(b"a" * 65536, SECOND), (b"a" * 1024, FIRST), CHUNKS[2]]), Reason.BAD_SIGNATURE),
        (encoded([CHUNKS[0], CHUNKS[1], (b"", SECOND)]), Reason.BAD_SIGNATURE),
        (encoded([(b"a" * 65535, FIRST), (b"a" * 1025, SECOND), CHUNKS[2]]), Reason.BAD_SIGNATURE),
        (encoded([CHUNKS[0], CHUNKS[2]]), Reason.BROKEN_CHUNKS),
        (encoded(CHUNKS[:2]), Reason.BROKEN_CHUNKS),
        (encoded() + b"x", Reason.BROKEN_CHUNKS),
        (encoded() + encoded(), Reason.BROKEN_CHUNKS),
        (encoded()[:-2], Reason.BROKEN_CHUNKS),
        (encoded().replace(b";chunk", b" ;chunk", 1), Reason.BROKEN_CHUNKS),
        (encoded().replace(b"10000;", b"0x10000;", 1), Reason.BROKEN_CHUNKS),
        (encoded().replace(b"10000;chunk-signature=" + FIRST.encode(), b"10000", 1), Reason.BROKEN_CHUNKS),
        (b"a" * 66560, Reason.BROKEN_CHUNKS),
        (b"", Reason.BROKEN_CHUNKS),
    ],
)
def test_a_chunk_that_is_not_as_signed_is_refused(body, reason):
    assert outcome(encoded()) is None
    assert outcome(body).reason is reason


def test_a_key_that_did_not_sign_signs_no_chunk():
    assert outcome(encoded(), secret="x").reason is Reason.BAD_SIGNATURE


def with_trailer(form, rest, chunks=()):
    headers = dict(HEAD.headers) | {
        "x-amz-content-sha256": form,
        "x-amz-decoded-content-length": "2",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    return read_chunks(replace(HEAD, headers=tuple(headers.items())), b"".join(chunks) + rest)


PLAIN = [b"2\r\nab\r\n", b"0\r\n"]
CHECKSUM = b"x-amz-checksum-crc32:AAAAAA==\r\n"


@pytest.mark.parametrize(
    ("rest", "fits"),
    [
        (CHECKSUM + b"\r\n", True),
        (CHECKSUM, True),
        (b"\r\n", False),
        (CHECKSUM + CHECKSUM + b"\r\n", False),
        (CHECKSUM + b"x-amz-acl:public-read\r\n\r\n", False),
        (b"x-amz-checksum-sha1:AAAA\r\n\r\n", False),
        (CHECKSUM + b"\r\nmore", False),
    ],
)
def test_an_unsigned_trailer_is_the_announced_one(rest, fits):
    read = with_trailer("STREAMING-UNSIGNED-PAYLOAD-TRAILER", rest, PLAIN)

    assert isinstance(read, Chunks) is fits


def test_a_trailers_signature_follows_the_last_chunks():
    """The example's chain, continued by hand, since AWS's example of a trailer uses a checksum we would only copy."""
    form = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
    body = [b"2;chunk-signature=%s\r\nab\r\n" % (b"1" * 64), b"0;chunk-signature=%s\r\n" % (b"2" * 64)]

    read = with_trailer(form, CHECKSUM + b"x-amz-trailer-signature:" + b"3" * 64 + b"\r\n\r\n", body)

    assert read.signed == ((sha256(b"ab").hexdigest(), "1" * 64), (EMPTY, "2" * 64))
    assert read.trailer == (sha256(b"x-amz-checksum-crc32:AAAAAA==\n").hexdigest(), "3" * 64)
    assert Chunks.from_json(read.to_json()) == read
    assert with_trailer(form, CHECKSUM + b"\r\n", body).trailer[1] == ""


def test_the_hand_made_chain_is_the_same_arithmetic():
    key = b"AWS4" + SECRET.encode()
    for part in (b"20130524", b"us-east-1", b"s3", b"aws4_request"):
        key = hmac.digest(key, part, "sha256")
    text = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", "20130524T000000Z", "20130524/us-east-1/s3/aws4_request", SEED, EMPTY, sha256(b"a" * 65536).hexdigest()])  # fmt: skip

    assert hmac.new(key, text.encode(), sha256).hexdigest() == FIRST
