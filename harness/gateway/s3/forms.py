"""S3's form posts at the gate: decided as PutObject of what the fields say, executed as they were read and verified.

LocalStack does not get the form that came but one written anew: its reader cannot find other fields in it, nor fields behind the
file, and what signs is left out, since LocalStack's own check of the policy is not the one that counts.
"""

import secrets
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from localstack.aws.api import CommonServiceException

from harness.gateway.respond import client_error
from harness.sigv4 import Form
from harness.sigv4.form import FILENAME, OF_SIGNATURES

# LocalStack looks for these fields with capitals; AWS does not tell cases apart.
_CAPITALS = {
    name.lower(): name
    for name in ("Cache-Control", "Content-Type", "Content-Disposition", "Content-Encoding", "Expires")
}
# The field -> PutObject's parameter, where an action or a condition key depends on it.
_PARAMETERS = {
    "acl": "ACL",
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-storage-class": "StorageClass",
    "x-amz-website-redirect-location": "WebsiteRedirectLocation",
}


def parameters(form: Form, bucket: str) -> dict[str, Any]:
    """What PutObject would be asked for. Raises AWS's error for tags that cannot be read."""
    params: dict[str, Any] = {"Bucket": bucket, "Key": form.fields["key"]}
    params |= {name: form.fields[field] for field, name in _PARAMETERS.items() if field in form.fields}
    if "tagging" in form.fields:
        params["Tagging"] = {"TagSet": _tags(form.fields["tagging"])}
    return params


def written(form: Form) -> tuple[str, bytes]:
    """The content type and the body of the same form with nothing but what is to be executed."""
    boundary = secrets.token_hex(16)
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_CAPITALS.get(name, name)}"\r\n\r\n{value}\r\n'.encode()
        for name, value in form.fields.items()
        if name not in OF_SIGNATURES
    ]
    # `${filename}` was replaced when the form was read; LocalStack replaces what still says so, by itself.
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{FILENAME}"\r\n\r\n'.encode()
    body = b"".join([*lines, file, form.file, f"\r\n--{boundary}--\r\n".encode()])
    return f"multipart/form-data; boundary={boundary}", body


def _tags(text: str) -> list[Mapping[str, str]]:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html: `tagging` is XML."""
    if "<!" in text:
        raise _malformed()
    try:
        found = ET.fromstring(text)  # noqa: S314 - without declarations there are no entities
    except ET.ParseError as broken:
        raise _malformed() from broken
    return [{_local(child): child.text or "" for child in tag} for tag in found.iter() if _local(tag) == "Tag"]


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _malformed() -> CommonServiceException:
    text = "The XML you provided was not well-formed or did not validate against our published schema"
    return client_error("MalformedXML", text)
