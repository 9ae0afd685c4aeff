"""A policy document, typed and compiled: what parsing gives and deciding reads.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from enum import StrEnum
from typing import NamedTuple

from harness.model.request import Context
from harness.policy.conditions import Condition, Outcome
from harness.policy.glob import Colons, Matcher, compile_patterns
from harness.policy.variables import Template, Unresolved


class PolicyKind(StrEnum):
    """What a document is used for: which elements it may and must have, and its size limit."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    TRUST = "role trust policy"
    RESOURCE = "resource-based policy"
    KEY = "key policy"
    SCP = "service control policy"
    RCP = "resource control policy"
    VPC_ENDPOINT = "VPC endpoint policy"


_NONE: frozenset[str] = frozenset()


class PrincipalSet(NamedTuple):
    """The entries of a Principal or NotPrincipal element, by what they name."""

    everyone: bool = False
    """`*`, or `{"AWS": "*"}`."""
    every_service: bool = False
    """`{"Service": "*"}`, or everyone."""
    accounts: frozenset[str] = _NONE
    arns: frozenset[str] = _NONE
    ids: frozenset[str] = _NONE
    services: frozenset[str] = _NONE
    federated: frozenset[str] = _NONE
    canonical_users: frozenset[str] = _NONE
    """Canonical user ids, by which S3 names whole accounts."""


class Resources(NamedTuple):
    """The entries of Resource or NotResource, compiled."""

    fits: Matcher
    """Whether a resource fits any of the entries without variables."""
    templates: tuple[Template, ...]
    """The entries with variables."""
    everything: bool
    """One of the entries is `*`."""

    def by_variables(self, resource: str, context: Context) -> Outcome:
        """Whether an entry with variables means the resource; one whose variable has no value means none."""
        if not self.templates:
            return Outcome.NO
        found = [(one, one.values(context)) for one in self.templates]
        known = [
            one.atoms(values)
            for one, values in found
            # A value that is longer than the resource cannot be in it: patterns do not grow without bound.
            if not isinstance(values, Unresolved) and sum(map(len, values)) <= len(resource)
        ]
        if compile_patterns(known, Colons.AT_THE_END)(resource):
            return Outcome.YES
        unknown = any(values is Unresolved.UNKNOWN for _, values in found)
        return Outcome.UNKNOWN if unknown else Outcome.NO


class Statement(NamedTuple):
    """One statement. A faulty one (`fault`) grants nothing and denies what it might deny."""

    position: int
    """Its place in the document, from 0."""
    sid: str | None
    allow: bool
    actions: Matcher
    """Whether an action, in lower case, fits any entry of Action or NotAction."""
    not_action: bool
    resources: Resources | None
    """None where the statement has no Resource element (trust policies, some resource-based policies)."""
    not_resource: bool
    principals: PrincipalSet | None
    """None where the document's kind has no Principal element."""
    not_principal: bool
    conditions: tuple[Condition, ...]
    fault: str | None = None


class Document(NamedTuple):
    """One document."""

    version: str
    statements: tuple[Statement, ...]
    fault: str | None = None
    """A fault of the whole document; it then has one statement that denies everything it might."""
