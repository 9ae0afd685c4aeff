"""What SNS does not store as a topic's policy: actions that are not its own.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
"""

from collections.abc import Mapping
from typing import Any

from harness.actions.service import Row
from harness.actions.sns import SERVICE
from harness.policy.elements import listed

# OBSERVED: by moto's authors, https://github.com/getmoto/moto/blob/master/moto/sns/models.py (add_permission)
OUT_OF_SCOPE = "Invalid parameter: Policy statement action out of service scope!"
# Receive stands in the policy that SNS gives a new topic, and is no operation.
_KNOWN = frozenset(
    f"sns:{(row.action if isinstance(row, Row) else None) or name}".lower() for name, row in SERVICE.rows.items()
) | {"sns:receive"}


def fault(document: Mapping[str, Any]) -> str | None:
    """SNS's text for an action of another service or of none; a wildcard in the name of SNS's own is let pass."""
    for statement in listed(document["Statement"]):
        for action in listed(statement.get("Action", statement.get("NotAction"))):
            if not _is_own(str(action).lower()):
                return OUT_OF_SCOPE
    return None


def _is_own(action: str) -> bool:
    if "*" in action or "?" in action:
        return action == "*" or action.startswith("sns:")
    return action in _KNOWN
