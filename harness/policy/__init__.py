"""The policy language: documents parsed into typed, compiled values, or refused with every fault in its place."""

from harness.policy.document import Document, PolicyKind, Statement
from harness.policy.faults import Fault, InvalidPolicy
from harness.policy.parse import parse_policy, parse_stored
from harness.policy.public import is_public

__all__ = ["Document", "Fault", "InvalidPolicy", "PolicyKind", "Statement", "is_public", "parse_policy", "parse_stored"]
