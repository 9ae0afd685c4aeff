"""LocalStack's own calls: how they prove themselves, and which of them are plumbing.

Every internal client of this process sends a secret made at its start; `x-localstack-data` alone, which any client can
send, grants nothing. A proven call is decided as the service principal it names, or as the session that signed it. What is
left is plumbing: no AWS principal would make the call, because on AWS there is no such call. It passes only if it stands here.
"""

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER, InternalClientFactory
from localstack.config import INTERNAL_RESOURCE_ACCOUNT

from harness.sigv4 import Head

HEADER = "x-harness-internal"
DATA_HEADER = INTERNAL_REQUEST_PARAMS_HEADER
_SECRET = secrets.token_hex(32)
# An internal client without credentials of its own signs with the placeholder `__internal_call__` or with an account id.
_SIGNED = re.compile(r"Credential=(?:AKIA|ASIA)[A-Z2-7]{16}/")

# The account in which LocalStack keeps what belongs to a service of AWS's own.
PLUMBING_ACCOUNT = INTERNAL_RESOURCE_ACCOUNT

# (service, operation): why LocalStack makes this call and AWS does not.
PLUMBING: Mapping[tuple[str, str], str] = {
    ("s3", "CreateBucket"): "Lambda keeps function code in a bucket of the service's own account",
    ("s3", "HeadBucket"): "the same bucket",
    ("s3", "PutObject"): "the same bucket",
    ("s3", "GetObject"): "the same bucket",
    ("s3", "HeadObject"): "the same bucket",
    ("s3", "DeleteObject"): "the same bucket",
    ("sqs", "GetQueueUrl"): "SNS looks up the queue's URL before it sends; the sending itself is decided",
    ("iam", "GetRole"): "Lambda reads the role that the outer CreateFunction was decided to pass",
    ("events", "PutEvents"): "services announce on the default bus what happened to them",
    ("cloudwatch", "PutMetricData"): "services publish their own metrics",
}


@dataclass(frozen=True, slots=True)
class InternalCall:
    """A proven internal call: what LocalStack says about itself."""

    service_principal: str | None
    """As a principal: `events.amazonaws.com`."""
    source_arn: str | None
    signed: bool
    """The call carries a session's real credentials and is authenticated like any other."""


def install() -> None:
    """Have every internal client of this process send the secret."""
    original = InternalClientFactory._get_client_post_hook  # noqa: SLF001 - LocalStack's one hook for this

    def with_secret(self: Any, client: Any) -> Any:
        client = original(self, client)
        client.meta.events.register("before-call.*.*", _prove)
        return client

    InternalClientFactory._get_client_post_hook = with_secret  # noqa: SLF001


def _prove(params: dict[str, Any], **_: Any) -> None:
    params["headers"][HEADER] = _SECRET


def proven(head: Head) -> InternalCall | None:
    """The internal call that the head proves itself to be, None for everyone else's."""
    if not hmac.compare_digest((head.value(HEADER) or "").encode("latin-1"), _SECRET.encode()):
        return None
    data = json.loads(head.value(DATA_HEADER) or "{}")
    service = data.get("service_principal")
    authorization = head.value("authorization") or ""
    return InternalCall(
        service_principal=f"{service}.amazonaws.com" if service and "." not in service else service,
        source_arn=data.get("source_arn"),
        signed=_SIGNED.search(authorization) is not None,
    )
