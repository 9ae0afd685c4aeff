"""Refusals that the AWS provider takes for propagation delay and asks again for minutes, as a table.

Our accounts are consistent at once: the first refusal is the last word, so the run is ended with it. Nothing else is ended early.
The provider's waits: https://github.com/hashicorp/terraform-provider-aws, internal/service/iam/role.go and lambda/function.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that ends the run."""

    operation: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.operation} was refused: {self.code}: {self.message}"


# (operation, error code, part of the message)
RETRIED = (
    ("iam:CreateRole", "MalformedPolicyDocument", "Invalid principal in policy"),
    ("iam:UpdateAssumeRolePolicy", "MalformedPolicyDocument", "Invalid principal in policy"),
    ("lambda:CreateFunction", "InvalidParameterValueException", "cannot be assumed by Lambda"),
    ("lambda:UpdateFunctionConfiguration", "InvalidParameterValueException", "cannot be assumed by Lambda"),
)


def retried(entry: Mapping[str, Any]) -> Refusal | None:
    """The refusal of a journal line that Terraform would retry, None for any other line."""
    error = entry.get("error") or {}
    operation = f"{entry.get('service')}:{entry.get('operation')}"
    code, message = str(error.get("code")), str(error.get("message"))
    hit = any(operation == one and code == wanted and part in message for one, wanted, part in RETRIED)
    return Refusal(operation, code, message) if hit else None
