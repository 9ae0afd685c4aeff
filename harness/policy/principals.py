"""The Principal element: what each entry names.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.policy.document import PrincipalSet
from harness.policy.faults import SYNTAX

_ACCOUNT = re.compile(r"(?:arn:aws[\w-]*:iam::)?(\d{12})(?::root)?")
_ARN = re.compile(r"arn:aws[\w-]*:(?:iam|sts)::\d{12}:(?:user|role|assumed-role|federated-user)/.+")
_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}")
_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")

OnFault = Callable[[str, str], None]


def read_principals(value: Any, on_fault: OnFault) -> PrincipalSet:
    """The entries of a Principal or NotPrincipal element."""
    if value == "*":
        return PrincipalSet(everyone=True, every_service=True)
    if not isinstance(value, Mapping) or not value:
        on_fault(f"`{value}` is neither `*` nor an object", SYNTAX)
        return PrincipalSet()
    for kind in value:
        if kind not in _KINDS:
            on_fault(f"unknown kind of principal `{kind}`", SYNTAX)
    aws = _listed(value.get("AWS", []), on_fault)
    services = _listed(value.get("Service", []), on_fault)
    return PrincipalSet(
        everyone="*" in aws,
        every_service="*" in services or "*" in aws,
        accounts=frozenset(found[1] for entry in aws if (found := _ACCOUNT.fullmatch(entry))),
        arns=frozenset(entry for entry in aws if _is_arn(entry, on_fault)),
        ids=frozenset(entry for entry in aws if _ID.fullmatch(entry)),
        services=frozenset(services) - {"*"},
        federated=frozenset(_listed(value.get("Federated", []), on_fault)),
    )


def _listed(value: Any, on_fault: OnFault) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    for entry in listed:
        if not isinstance(entry, str):
            on_fault(f"`{entry}` is not text", SYNTAX)
    return [entry for entry in listed if isinstance(entry, str)]


def _is_arn(entry: str, on_fault: OnFault) -> bool:
    """A user, role or session; a wildcard inside the ARN is refused, as AWS does."""
    if entry == "*" or _ACCOUNT.fullmatch(entry) or _ID.fullmatch(entry):
        return False
    if not _ARN.fullmatch(entry) or "*" in entry or "?" in entry:
        on_fault(f"`{entry}` is no principal", f'Invalid principal in policy: "AWS":"{entry}"')
        return False
    return True
