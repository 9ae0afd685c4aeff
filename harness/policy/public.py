"""Is a bucket's policy public, in S3's sense of the word?

https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
Two rules. A policy is public if one of its Allows is. An Allow is public that names everyone, unless a condition holds it to
fixed values (no wildcard, no variable) of one of the keys that S3 takes for a name.
"""

from ipaddress import ip_network

from harness.policy.conditions import Condition
from harness.policy.document import Document, Statement

_NAMING = frozenset({
    "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
    "aws:sourcearn", "aws:sourceip", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceowner", "aws:sourcevpc",
    "aws:sourcevpce", "aws:userid", "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
})  # fmt: skip
_HOLDING = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress"})
# Broader networks are public (same page).
_BROADEST = {4: 8, 6: 32}


def is_public(document: Document) -> bool:
    """Whether the policy lets in anyone at all."""
    return any(statement.allow and not statement.fault and _open(statement) for statement in document.statements)


def _open(statement: Statement) -> bool:
    listed = statement.principals
    if listed is not None and not statement.not_principal and not (listed.everyone or listed.every_service):
        return False
    return not any(_holds(condition) for condition in statement.conditions)


def _holds(condition: Condition) -> bool:
    operator = condition.operator
    if condition.key not in _NAMING or operator.name not in _HOLDING:
        return False
    if operator.if_exists or operator.quantifier == "forallvalues":
        return False  # a request without the key fits
    return all(map(_narrow if operator.name == "IpAddress" else _fixed, condition.texts))


def _fixed(text: str) -> bool:
    return not any(wild in text for wild in ("*", "?", "${"))


def _narrow(text: str) -> bool:
    network = ip_network(text, strict=False)
    return network.prefixlen >= _BROADEST[network.version]
