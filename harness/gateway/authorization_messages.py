"""EC2's encoded authorization messages: what was decided, told to who may decode it.

https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
To its bearer a message is opaque: it is sealed with a key that this instance makes and keeps in memory, so that no other account, and
no later launch, reads it.
"""

import json
import secrets
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.gateway import respond
from harness.gateway.deciding import Verdict

# OBSERVED: https://github.com/aws/karpenter-provider-aws/issues/7370 ; where the action has no resource, nothing is encoded:
# https://github.com/hashicorp/terraform-provider-aws/issues/34234
SENTENCE = "You are not authorized to perform this operation."
ENCODED = "Encoded authorization failure message:"
# The model's own words for InvalidAuthorizationMessageException.
INVALID = "The message passed to DecodeAuthorizationMessage was invalid"


@dataclass(slots=True)
class AuthorizationMessages:
    """Encodes this account's denials, and decodes them again."""

    _key: bytes = field(default_factory=lambda: urlsafe_b64encode(secrets.token_bytes(32)), repr=False)

    def message(self, service: str, verdict: Verdict) -> str:
        """What the service says of a denial."""
        if service != "ec2":
            return verdict.message
        said = f"{SENTENCE} {verdict.message}"
        return said if verdict.line["resource"] == "*" else f"{said}. {ENCODED} {self._encoded(verdict.line)}"

    def decode(self, encoded: str) -> str:
        """The document that was encoded here; AWS's error for anything else."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - loaded when it is first needed

        try:
            return zlib.decompress(self._cipher().decrypt(encoded.encode("utf-8", "replace"))).decode()
        except InvalidToken as invalid:
            raise respond.client_error("InvalidAuthorizationMessageException", INVALID) from invalid

    def _encoded(self, line: Mapping[str, Any]) -> str:
        sealed: bytes = self._cipher().encrypt(zlib.compress(_document(line).encode()))
        return sealed.decode()

    def _cipher(self) -> Any:
        from cryptography.fernet import Fernet  # noqa: PLC0415 - the same

        return Fernet(self._key)


def _document(line: Mapping[str, Any]) -> str:
    """A decision's line in AWS's form, but that a statement which denied is named and not repeated.

    OBSERVED: https://repost.aws/knowledge-center/ec2-not-auth-launch , https://coderwall.com/p/p1gjww/scalr-decode-aws-error-messages
    """
    denies = [one for one in line["because"] if one.get("effect") == "Deny"]
    return json.dumps(
        {
            "allowed": False,
            "explicitDeny": line["decision"] == "explicit_deny",
            "matchedStatements": _items([_statement(line, one) for one in denies]),
            "failures": _items([]),
            "context": {
                "principal": _principal(line),
                "action": line["action"],
                "resource": line["resource"] or "*",
                "conditions": _items([_condition(key, value) for key, value in line["context"].items()]),
            },
        },
        separators=(",", ":"),
    )


def _statement(line: Mapping[str, Any], deny: Mapping[str, Any]) -> dict[str, Any]:
    principals = _items([{"value": line["caller"].get("unique_id", "")}])
    return {"statementId": deny["sid"] or "", "effect": "DENY", "principals": principals, "principalGroups": _items([])}


def _principal(line: Mapping[str, Any]) -> dict[str, str]:
    caller = line["caller"]
    name = {"name": line["principal"].rpartition("/")[2]} if caller["kind"] == "user" else {}
    return {"id": caller.get("unique_id", ""), **name, "arn": line["principal"]}


def _condition(key: str, value: str | tuple[str, ...]) -> dict[str, Any]:
    values = (value,) if isinstance(value, str) else value
    return {"key": key, "values": _items([{"value": each} for each in values])}


def _items(entries: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {"items": entries}
