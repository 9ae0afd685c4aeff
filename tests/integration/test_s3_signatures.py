"""S3's own ways to sign: payload forms, streamed uploads, virtual hosts, presigned URLs; and what is not served, refused."""

import base64
import hmac
import urllib.parse
import zlib
from dataclasses import replace
from hashlib import sha256

import boto3
import pytest
from raw import Call, presigned, send, signed

BUCKET = "signatures"
SIGNED, SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CONTENT = b"some content, " * 20
EMPTY = sha256(b"").hexdigest()


@pytest.fixture(scope="module")
def one(accounts):
    return accounts["one"]


@pytest.fixture(scope="module")
def s3(one):
    keys = {name: one[name] for name in ("aws_access_key_id", "aws_secret_access_key")}
    client = boto3.client("s3", endpoint_url=one["endpoint_url"], region_name="us-west-2", **keys)
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    return client


@pytest.fixture(params=["one", "two"])
def url(request, accounts, s3):
    """Either door: at the other account's, chunks and signatures travel in the question to the key's home."""
    return accounts[request.param]["endpoint_url"]


def stored(s3, key):
    return s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def streamed(url, keys, form, *, key="object", size=100, trailer=b"x-amz-checksum-crc32"):
    """An upload in chunks, as AWS's documentation signs it: the parts of the body, to be joined or spoilt."""
    headers = {
        "X-Amz-Content-Sha256": form,
        "Content-Encoding": "aws-chunked",
        "X-Amz-Decoded-Content-Length": str(len(CONTENT)),
    }
    if form != SIGNED:
        headers["X-Amz-Trailer"] = trailer.decode()
    request = signed(url, Call("s3", "PUT", f"/{BUCKET}/{key}"), keys, **headers)
    place = request.value("Authorization").partition("Credential=")[2].partition(",")[0].split("/")[1:]
    secret = f"AWS4{keys['aws_secret_access_key']}".encode()
    for part in place:
        secret = hmac.digest(secret, part.encode(), "sha256")
    previous = request.value("Authorization").rpartition("Signature=")[2]
    parts = []
    for data in [*(CONTENT[at : at + size] for at in range(0, len(CONTENT), size)), b""]:
        if form == UNSIGNED_TRAILER:
            parts.append(b"%x\r\n%s" % (len(data), data + b"\r\n" if data else b""))
            continue
        text = "\n".join(
            [
                "AWS4-HMAC-SHA256-PAYLOAD",
                request.value("X-Amz-Date"),
                "/".join(place),
                previous,
                EMPTY,
                sha256(data).hexdigest(),
            ]
        )
        previous = hmac.new(secret, text.encode(), sha256).hexdigest()
        parts.append(b"%x;chunk-signature=%s\r\n%s" % (len(data), previous.encode(), data + b"\r\n" if data else b""))
    if form != SIGNED:
        value = base64.b64encode(zlib.crc32(CONTENT).to_bytes(4))
        parts.append(trailer + b":" + value + b"\r\n")
    if form == SIGNED_TRAILER:
        digest = sha256(trailer + b":" + value + b"\n").hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256-TRAILER", request.value("X-Amz-Date"), "/".join(place), previous, digest])
        parts.append(
            b"x-amz-trailer-signature:" + hmac.new(secret, text.encode(), sha256).hexdigest().encode() + b"\r\n"
        )
    return request, [*parts, b"\r\n"]


def spoilt_byte(parts):
    return [parts[0], parts[1].replace(b"content", b"CONTENT", 1), *parts[2:]]


def without_a_chunk(parts):
    return [parts[0], *parts[2:]]


def two_swapped(parts):
    return [parts[1], parts[0], *parts[2:]]


def other_trailer(parts):
    return [part.replace(b"crc32:", b"crc32:A", 1) for part in parts]


def no_trailer_signature(parts):
    return [part for part in parts if not part.startswith(b"x-amz-trailer-signature")]


def one_trailer_more(parts):
    return [*parts[:-1], b"x-amz-acl:public-read\r\n", parts[-1]]


MISMATCH, INCOMPLETE = (403, "SignatureDoesNotMatch"), (400, "IncompleteBody")
STREAMS = [
    (SIGNED, spoilt_byte, MISMATCH),
    (SIGNED, without_a_chunk, INCOMPLETE),
    (SIGNED, two_swapped, MISMATCH),
    (SIGNED_TRAILER, spoilt_byte, MISMATCH),
    (SIGNED_TRAILER, other_trailer, MISMATCH),
    (SIGNED_TRAILER, no_trailer_signature, MISMATCH),
    (SIGNED_TRAILER, one_trailer_more, INCOMPLETE),
    (UNSIGNED_TRAILER, without_a_chunk, INCOMPLETE),
    (UNSIGNED_TRAILER, one_trailer_more, INCOMPLETE),
]


@pytest.mark.parametrize(
    ("form", "spoil", "expected"), STREAMS, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_every_chunk_and_the_trailer_are_verified(url, one, s3, form, spoil, expected):
    request, parts = streamed(url, one, form, key=form)
    assert send(url, replace(request, body=b"".join(parts))).status == 200
    assert stored(s3, form) == CONTENT

    request, parts = streamed(url, one, form, key="spoilt")
    answer = send(url, replace(request, body=b"".join(spoil(parts))))

    assert (answer.status, answer.code) == expected
    with pytest.raises(s3.exceptions.NoSuchKey):
        stored(s3, "spoilt")


def test_a_form_that_is_not_served_is_refused_by_name(url, one):
    ecdsa = {"X-Amz-Content-Sha256": "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"}

    answer = send(url, signed(url, Call("s3", "PUT", f"/{BUCKET}/x", b"x"), one, **ecdsa))

    assert (answer.status, answer.code) == (501, "NotImplemented")
    assert "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD is not supported" in answer.text


def test_a_payload_is_what_its_header_says_or_declared_unsigned(url, one, s3):
    put = Call("s3", "PUT", f"/{BUCKET}/payload", CONTENT)
    unsigned = signed(url, put, one, **{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"})

    assert send(url, signed(url, put, one)).status == 200
    assert send(url, replace(unsigned, body=b"another")).status == 200
    assert stored(s3, "payload") == b"another"
    wrong = send(url, signed(url, put, one, **{"X-Amz-Content-Sha256": sha256(b"x").hexdigest()}))
    assert (wrong.status, wrong.code) == (400, "XAmzContentSHA256Mismatch")
    claimed = send(url, signed(url, put, one).changed("X-Amz-Content-SHA256", "UNSIGNED-PAYLOAD"))
    assert (claimed.status, claimed.code) == (403, "SignatureDoesNotMatch")
    assert stored(s3, "payload") == b"another"


def test_only_s3_takes_an_unsigned_payload(url, one):
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    call = Call("sts", body=body, headers=(("Content-Type", "application/x-www-form-urlencoded"),))

    assert send(url, signed(url, call, one)).status == 200
    assert send(url, signed(url, call, one, **{"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"})).status == 403


def test_a_virtual_host_is_signed_as_it_is_called(url, one, s3):
    s3.put_object(Bucket=BUCKET, Key="virtual", Body=CONTENT)
    port = urllib.parse.urlsplit(url).port
    virtual = f"http://{BUCKET}.s3.us-west-2.localhost.localstack.cloud:{port}"
    request = signed(virtual, Call("s3", "GET", "/virtual"), one)

    answer = send(url, request)
    assert (answer.status, answer.body) == (200, CONTENT)
    other = send(url, request.changed("Host", request.value("Host").replace(BUCKET, "another")))
    assert (other.status, other.code) == (403, "SignatureDoesNotMatch")


def test_a_presigned_url_reads_and_writes_what_it_names(url, one, s3):
    put = presigned(url, Call("s3", "PUT", f"/{BUCKET}/presigned"), one, expires=60)
    get = presigned(url, Call("s3", "GET", f"/{BUCKET}/presigned"), one, expires=60)

    assert send(url, replace(put, body=CONTENT)).status == 200
    assert send(url, get).body == CONTENT
    for spoilt in (
        replace(get, method="DELETE"),
        replace(get, target=get.target.replace("/presigned", "/payload")),
        replace(get, target=get.target.replace("Expires=60", "Expires=6000")),
        replace(get, target=get.target + "&versionId=x"),
        get.changed("x-amz-acl", "public-read"),
    ):
        assert send(url, spoilt).code in {"SignatureDoesNotMatch", "AccessDenied"}
    assert send(url, get).body == CONTENT
