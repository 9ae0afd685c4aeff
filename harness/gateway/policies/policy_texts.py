"""Stored policies, rewritten: other names for the same principals."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from harness.policy.elements import listed


def with_accounts(text: str) -> str:
    """The policy with account ids by the ARNs that mean the same: so IAM shows them.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-accounts
    """
    ids = {entry for holder in holders(json.loads(text), "AWS") for entry in listed(holder["AWS"]) if entry.isdigit()}
    return by_id(text, {account: f"arn:aws:iam::{account}:root" for account in ids}) if ids else text


def by_id(text: str, ids: Mapping[str, str]) -> str:
    """The policy with unique ids in the place of these names; a single name stays a text, as it was written."""
    document = json.loads(text)
    for holder in holders(document, "AWS"):
        named = holder["AWS"]
        holder["AWS"] = [ids.get(entry, entry) for entry in named] if isinstance(named, list) else ids.get(named, named)
    return json.dumps(document)


def holders(document: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """Every Principal or NotPrincipal map with an entry of that kind."""
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        for element in ("Principal", "NotPrincipal"):
            holder = statement.get(element)
            if isinstance(holder, dict) and kind in holder:
                yield holder
