"""S3's browser uploads: a multipart form, read strictly, and what it claims about its signer.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
Two rules. A body that another reader could take for other fields is none: no field occurs twice, and there is one file. What stands
behind the file is ignored, as S3 does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.sigv4.head import Head
from harness.sigv4.parse import ALGORITHM, MAX_PRESIGNED, Claim, claim_of
from harness.sigv4.reason import Reason, Rejected

SIGNED = ("policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
"""The fields that sign, each of which must be there if one is."""
TOKEN = "x-amz-security-token"  # noqa: S105 - a field's name
OF_SIGNATURES = frozenset({*SIGNED, TOKEN})
OLDER = frozenset({"awsaccesskeyid", "signature"})
"""Fields of the older signature, which regions without it refuse."""
MAX_FIELDS = 20 * 1024
"""All that stands before the file: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html (MaxPostPreDataLengthExceeded)."""
FILENAME = "${filename}"

_TYPE = re.compile(r"multipart/form-data; ?boundary=(\"?)([0-9A-Za-z'()+_,./:=?-]{1,70})\1", re.IGNORECASE)
_DISPOSITION = re.compile(rb'form-data; ?name="([^"\\%\r\n]+)"(?:; ?filename="([^"\r\n]*)")?')
_HEADERS = frozenset({b"content-disposition", b"content-type", b"content-length"})
_BROKEN = Rejected(Reason.BROKEN_FORM)
_FILES = Rejected(Reason.BAD_FIELD, "POST requires exactly one file upload per request.")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields before the file, by lower-case name, and the file."""

    fields: Mapping[str, str]
    file: bytes

    @property
    def signed(self) -> Mapping[str, str]:
        """The fields of the signature, all that its verifier needs of the body."""
        return {name: value for name, value in self.fields.items() if name in OF_SIGNATURES | OLDER}


def read_form(head: Head, body: bytes) -> Form | Rejected | None:
    """The form; None for a request that is none."""
    kind = head.value("content-type") or ""
    if head.method != "POST" or "?" in head.target or not kind.lower().startswith("multipart/form-data"):
        return None
    named = _TYPE.fullmatch(kind)
    parts = _parts(body, named[2].encode()) if named else None
    if parts is None:
        return _BROKEN
    names = [name for name, _, _ in parts]
    if names.count("file") != 1:
        return _FILES
    at = names.index("file")
    if sum(len(name) + len(value) for name, value, _ in parts[:at]) > MAX_FIELDS:
        return Rejected(Reason.LONG_FIELDS)
    if len(set(names[:at])) != at:
        return _BROKEN
    return _form(parts[:at], parts[at])


_Part = tuple[str, bytes, bytes]
"""Name in lower case, content, file name."""


def _parts(body: bytes, boundary: bytes) -> list[_Part] | None:
    first, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if first or not parts or parts.pop() not in {b"--", b"--\r\n"}:
        return None
    read = [_part(part) for part in parts]
    found = [part for part in read if part is not None]
    return found if len(found) == len(read) else None


def _part(part: bytes) -> _Part | None:
    head, blank, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not part.startswith(b"\r\n") or not blank:
        return None
    lines = [line.partition(b":") for line in head.split(b"\r\n")]
    headers = {name.lower(): value.strip() for name, _, value in lines}
    named = _DISPOSITION.fullmatch(headers.get(b"content-disposition", b""))
    if named is None or len(headers) != len(lines) or not headers.keys() <= _HEADERS:
        return None
    try:
        return named[1].decode().lower(), content, named[2] or b""
    except UnicodeDecodeError:
        return None


def _form(fields: list[_Part], file: _Part) -> Form | Rejected:
    """`${filename}` stands for the file's name without its folders, in every field and before any check."""
    _, content, path = file
    try:
        texts = {name: value.decode() for name, value, _ in fields}
        filename = re.split(r"[/\\]", path.decode())[-1]
    except UnicodeDecodeError:
        return _BROKEN
    kept = OF_SIGNATURES | OLDER
    expanded = {name: text if name in kept else text.replace(FILENAME, filename) for name, text in texts.items()}
    if not expanded.get("key"):
        return missing("key")
    return Form(expanded, content)


def missing(name: str) -> Rejected:
    """A field that must be there is not."""
    text = (
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    )
    return Rejected(Reason.BAD_FIELD, text)


def claim_of_form(head: Head, signed: Mapping[str, str]) -> Claim | Rejected:
    """What the form's signature claims; `signed` are its fields.

    The policy says how long it may be used, within the seven days for which its key is good:
    https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
    """
    if head.values("authorization"):
        return Rejected(Reason.TWO_CREDENTIALS)
    if not OLDER.isdisjoint(signed):
        return Rejected(Reason.OLD_SIGNATURE)
    if not signed:
        return Rejected(Reason.MISSING)
    if absent := [name for name in SIGNED if not signed.get(name)]:
        return missing(absent[0].title())
    if signed["x-amz-algorithm"] != ALGORITHM:
        return Rejected(Reason.OLD_SIGNATURE)
    fields = {
        "Credential": signed["x-amz-credential"],
        "Signature": signed["x-amz-signature"],
        "SignedHeaders": "host",  # no header is signed; the address is in the policy's conditions
    }
    return claim_of(fields, signed["x-amz-date"], signed.get(TOKEN), MAX_PRESIGNED, signed["policy"])
