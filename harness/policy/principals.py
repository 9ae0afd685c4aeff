"""The Principal element: what each entry names.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.policy.document import PrincipalSet
from harness.policy.faults import SYNTAX, invalid_principal

_ACCOUNT = re.compile(r"(?:arn:aws[\w-]*:iam::)?(\d{12})(?::root)?", re.ASCII)
_ARN = re.compile(r"arn:aws[\w-]*:(?:iam|sts)::\d{12}:(?:user|role|assumed-role|federated-user)/[^*?]+", re.ASCII)
_ID = re.compile(r"A[A-Z]{3}[A-Z0-9]{12,}", re.ASCII)
_KINDS = ("AWS", "Service", "Federated", "CanonicalUser")

OnFault = Callable[[str, str], None]
EVERYONE = PrincipalSet(everyone=True, every_service=True)


def read_principals(value: Any, on_fault: OnFault) -> PrincipalSet:
    """The entries of a Principal or NotPrincipal element."""
    if value == "*":
        return EVERYONE
    if not isinstance(value, Mapping) or not value:
        on_fault(f"`{value}` is neither `*` nor an object", SYNTAX)
        return PrincipalSet()
    listed = {kind: _listed(entries, on_fault) for kind, entries in value.items()}
    for kind in listed:
        if kind not in _KINDS:
            on_fault(f"unknown kind of principal `{kind}`", SYNTAX)
    services = frozenset(listed.get("Service", ()))
    found = _aws(listed.get("AWS", ()), on_fault)
    return found._replace(
        every_service=found.everyone or "*" in services,
        services=services,
        federated=frozenset(listed.get("Federated", ())),
        canonical_users=frozenset(listed.get("CanonicalUser", ())),
    )


def _listed(value: Any, on_fault: OnFault) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    for entry in listed:
        if not isinstance(entry, str):
            on_fault(f"`{entry}` is not text", SYNTAX)
    return [entry for entry in listed if isinstance(entry, str)]


def _aws(entries: "list[str] | tuple[()]", on_fault: OnFault) -> PrincipalSet:
    """Accounts, users, roles and sessions, and unique ids; a wildcard inside an ARN is refused, as AWS does."""
    accounts, arns, ids = set(), set(), set()
    for entry in entries:
        if _ARN.fullmatch(entry):
            arns.add(entry)
        elif account := _ACCOUNT.fullmatch(entry):
            accounts.add(account[1])
        elif _ID.fullmatch(entry):
            ids.add(entry)
        elif entry != "*":
            on_fault(f"`{entry}` is no principal", invalid_principal(entry))
    return PrincipalSet("*" in entries, False, frozenset(accounts), frozenset(arns), frozenset(ids))
