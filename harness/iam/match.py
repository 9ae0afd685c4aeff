"""Does a statement mean this principal, and how does it name it?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from enum import IntEnum

from harness.model.principal import Principal, PrincipalKind
from harness.policy.document import PrincipalSet, Statement

ROOT, USER, FEDERATED_USER = PrincipalKind.ROOT, PrincipalKind.USER, PrincipalKind.FEDERATED_USER
SERVICE, FEDERATED, ANONYMOUS = PrincipalKind.SERVICE, PrincipalKind.FEDERATED, PrincipalKind.ANONYMOUS
AUTHORIZED = PrincipalKind.AUTHORIZED
WITHOUT_ACCOUNT = frozenset({SERVICE, FEDERATED, ANONYMOUS})
"""A service, a provider or nobody in particular: they have no policies of their own."""
NAMELESS = frozenset({ANONYMOUS, AUTHORIZED})
"""Whom a policy can mean as everyone only: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
has an authorizer's caller in the place of a principal."""


class Named(IntEnum):
    """How a resource-based statement names the caller, from weakest to strongest; see `harness.iam.decide`."""

    NOT = 0
    ACCOUNT = 1
    """The caller's account: a delegation, which needs the caller's own policies too."""
    ROLE = 2
    """The role behind a session, or the user behind a federated user."""
    DIRECT = 3
    """The user, the session, the service or the provider itself; or everyone, which is as good."""


NOT, ACCOUNT, ROLE, DIRECT = Named.NOT, Named.ACCOUNT, Named.ROLE, Named.DIRECT


def named(statement: Statement, principal: Principal, *, bounded: bool) -> Named:
    """How the statement's Principal or NotPrincipal means the caller; `bounded`: the caller has a permissions boundary."""
    listed = statement.principals
    if listed is None:  # the policy is the caller's own
        return DIRECT
    if not statement.not_principal:
        return named_by(listed, principal)
    if statement.allow:
        return NOT if named_by(listed, principal) is not NOT else DIRECT
    # With a boundary NotPrincipal denies always, whoever is listed:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    return DIRECT if bounded or not _spared(listed, principal) else NOT


def named_by(listed: PrincipalSet, principal: Principal) -> Named:
    """How a Principal element names the principal: the strongest of its entries."""
    kind = principal.kind
    if kind is SERVICE:
        by_name = principal.arn in listed.services or principal.regional_name in listed.services
        return DIRECT if listed.every_service or by_name else NOT
    if kind is FEDERATED:
        return DIRECT if listed.everyone or principal.arn in listed.federated else NOT
    # What a wildcard grants is not limited by boundaries and session policies, as if it named the session:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
    if listed.everyone:
        return DIRECT
    return NOT if kind in NAMELESS else _of_account(listed, principal)


def _of_account(listed: PrincipalSet, principal: Principal) -> Named:
    if principal.arn in listed.arns:
        return DIRECT
    if principal.unique_id in listed.ids:
        return DIRECT if principal.kind is USER else ROLE
    if principal.role_arn and _lists_role(listed, principal):
        return ROLE
    if principal.kind is FEDERATED_USER and principal.user_arn in listed.arns:
        return ROLE
    return ACCOUNT if _lists_account(listed, principal) else NOT


def _lists_account(listed: PrincipalSet, principal: Principal) -> bool:
    canonical = principal.canonical_user
    return principal.account in listed.accounts or (canonical != "" and canonical in listed.canonical_users)


def _lists_role(listed: PrincipalSet, principal: Principal) -> bool:
    """Role names are unique in an account whatever the path, so the name suffices where the path is not known."""
    if principal.role_arn in listed.arns:
        return True
    if principal.role_path_known or not listed.arns:
        return False
    prefix, name = principal.role_arn.split(":role/", 1)
    return any(arn.startswith(f"{prefix}:role/") and arn.rpartition("/")[2] == name for arn in listed.arns)


def _spared(listed: PrincipalSet, principal: Principal) -> bool:
    """Whether NotPrincipal with Deny spares the principal: all that stands for it must be listed, its account too.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
    """
    if principal.kind in WITHOUT_ACCOUNT or principal.kind in NAMELESS or listed.everyone:
        return named_by(listed, principal) is not NOT
    if not _lists_account(listed, principal):
        return False
    if principal.kind is ROOT:
        return True
    if principal.role_arn and not (_lists_role(listed, principal) or principal.unique_id in listed.ids):
        return False
    return principal.arn in listed.arns or (not principal.role_arn and principal.unique_id in listed.ids)
