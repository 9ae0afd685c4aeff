"""How long policies may be: a managed one by itself, an entity's inline ones together. White space does not count.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Mapping
from http import HTTPStatus

from localstack.aws.api import CommonServiceException

from harness.actions import Operation
from harness.gateway.iam_state import IamState
from harness.policy.faults import LIMIT_EXCEEDED
from harness.policy.parse import size

MANAGED = 6_144
# operation: the kind of entity, the parameter that names it, and the most that its inline policies may have together
INLINE: Mapping[str, tuple[str, str, int]] = {
    "PutRolePolicy": ("role", "RoleName", 10_240),
    "PutUserPolicy": ("user", "UserName", 2_048),
    "PutGroupPolicy": ("group", "GroupName", 5_120),
}
MANAGED_OPERATIONS = frozenset({"CreatePolicy", "CreatePolicyVersion"})
TRUST_OPERATIONS = frozenset({"CreateRole", "UpdateAssumeRolePolicy"})


def check_size(iam: IamState, operation: Operation, text: str, trust: int) -> None:
    """Raise AWS's LimitExceeded for a policy of IAM that is too long; `trust`: the account's quota for trust policies."""
    if operation.service != "iam":
        return
    if operation.name in MANAGED_OPERATIONS and size(text) > MANAGED:
        raise _exceeded(f"Cannot exceed quota for PolicySize: {MANAGED}")
    if operation.name in TRUST_OPERATIONS and size(text) > trust:
        raise _exceeded(f"Cannot exceed quota for ACLSizePerRole: {trust}")
    if operation.name in INLINE:
        kind, parameter, most = INLINE[operation.name]
        name = operation.params.get(parameter, "")
        others = iam.inline(kind, name)
        others.pop(operation.params.get("PolicyName", ""), None)
        if size(text) + sum(map(size, others.values())) > most:
            raise _exceeded(f"Maximum policy size of {most} bytes exceeded for {kind} {name}")


def _exceeded(message: str) -> CommonServiceException:
    return CommonServiceException(LIMIT_EXCEEDED, message, HTTPStatus.CONFLICT, sender_fault=True)
