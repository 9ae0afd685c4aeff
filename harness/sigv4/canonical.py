"""The canonical request and the string to sign.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html#create-canonical-request
"""

from hashlib import sha256
from urllib.parse import quote

from harness.sigv4.head import Head
from harness.sigv4.parse import ALGORITHM, Claim

# S3 signs the path as sent; every other service signs it normalized and encoded once more (same page, "Canonical URI").
AS_SENT = frozenset({"s3", "s3-object-lambda", "s3express"})


def canonical_request(head: Head, claim: Claim, payload_hash: str) -> str:
    """The canonical request of the claim's signed headers."""
    headers = "".join(f"{name}:{_header_value(head, name)}\n" for name in claim.signed_headers)
    return "\n".join(
        [
            head.method,
            _path(head.path, claim.service),
            _query(head),
            headers,
            ";".join(claim.signed_headers),
            payload_hash,
        ]
    )


def string_to_sign(head: Head, claim: Claim, payload_hash: str) -> str:
    """What the signing key signs."""
    digest = sha256(canonical_request(head, claim, payload_hash).encode("latin-1")).hexdigest()
    return "\n".join([ALGORITHM, claim.timestamp, claim.scope, digest])


def _header_value(head: Head, name: str) -> str:
    return ",".join(" ".join(value.split()) for value in head.values(name))


def _path(path: str, service: str) -> str:
    if service in AS_SENT:
        return path or "/"
    return quote(normal_path(path).encode("latin-1"), safe="/~")


def normal_path(path: str) -> str:
    """The path as every service but S3 signs it: no empty, `.` or `..` parts."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in {"", "."}:
            kept.append(part)
    trailing = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + trailing


def _query(head: Head) -> str:
    pairs = [(_quoted(name), _quoted(value)) for name, value in head.query if name != "X-Amz-Signature"]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _quoted(text: str) -> str:
    return quote(text.encode("latin-1"), safe="-_.~")
