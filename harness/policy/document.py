"""A policy document, typed and compiled: what parsing gives and deciding reads.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
"""

from dataclasses import dataclass
from enum import StrEnum

from harness.policy.variables import Pattern


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


@dataclass(frozen=True, slots=True)
class PrincipalSet:
    """The entries of a Principal or NotPrincipal element, by what they name."""

    everyone: bool = False
    """`*`, or `{"AWS": "*"}`."""
    every_service: bool = False
    """`{"Service": "*"}`, or everyone."""
    accounts: frozenset[str] = frozenset()
    arns: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    federated: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Resource:
    """One entry of Resource: matched whole, or by the six parts of an ARN."""

    text: str
    parts: tuple[Pattern, ...]
    """Six patterns for an ARN with six parts, else one for the whole."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of one operator: `StringEquals: {key: values}`."""

    operator: str
    """The base operator's name, as in the table of harness.iam.conditions."""
    quantifier: str | None
    """`forallvalues` or `foranyvalue`."""
    if_exists: bool
    key: str
    """In lower case."""
    values: tuple[Pattern, ...]
    written: str
    """The operator as the document writes it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. A faulty one (`fault`) grants nothing and denies what it might deny."""

    index: int
    sid: str | None
    allow: bool
    actions: tuple[Pattern, ...]
    not_action: bool
    resources: tuple[Resource, ...] | None
    """None where the document's kind has no Resource element (trust policies)."""
    not_resource: bool
    principals: PrincipalSet | None
    not_principal: bool
    conditions: tuple[Condition, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One document."""

    version: str
    statements: tuple[Statement, ...]
    fault: str | None = None
    """A fault of the whole document; it then has one statement that denies everything it might."""
