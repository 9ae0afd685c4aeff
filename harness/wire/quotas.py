"""The quotas of an account that AWS raises on request: what its instance is told at its launch.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quotas:
    """Each at AWS's default."""

    role_trust_policy_length: int = 2_048
    """In characters without white space."""
    managed_policies_per_role: int = 10
    managed_policies_per_user: int = 10


DEFAULT_QUOTAS = Quotas()
