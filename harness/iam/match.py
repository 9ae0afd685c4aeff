"""One statement against one request: principal, action, resource, conditions. What is unknown makes the outcome unknown.

An unknown outcome is no match for an Allow and a match for a Deny: `counts` says so, once, for every policy type.
"""

from dataclasses import dataclass
from enum import IntEnum

from harness.iam.conditions import Outcome, evaluate_condition
from harness.model.principal import Principal, PrincipalKind
from harness.model.request import Context, Request
from harness.policy.document import PrincipalSet, Resource, Statement
from harness.policy.variables import Pattern, Unknown


class Named(IntEnum):
    """How a resource-based statement names the caller, from weakest to strongest; see `harness.iam.decide`."""

    NOT = 0
    ACCOUNT = 1
    """The caller's account: a delegation, which needs the caller's own policies too."""
    ROLE = 2
    """The role behind a session, or the user behind a federated user."""
    DIRECT = 3
    """The user, the session, the service or the provider itself; or everyone, which is as good."""


@dataclass(frozen=True, slots=True)
class Match:
    """How a statement met a request."""

    outcome: Outcome
    named: Named = Named.DIRECT

    def counts(self, *, allow: bool) -> bool:
        """Whether the statement takes effect: unknown grants nothing, and denies."""
        return self.outcome is Outcome.YES or (self.outcome is Outcome.UNKNOWN and not allow)


NO_MATCH = Match(Outcome.NO, Named.NOT)


def match(statement: Statement, request: Request, action: str, *, has_boundary: bool = False) -> Match:
    """How the statement meets the request; `action` is the request's in lower case."""
    if any(_matches(pattern, action) for pattern in statement.actions) is statement.not_action:
        return NO_MATCH
    named = _named(statement, request.principal, has_boundary=has_boundary)
    if named is Named.NOT:
        return NO_MATCH
    if statement.fault is not None:
        return Match(Outcome.NO if statement.allow else Outcome.YES, named)
    outcome = _resource(statement, request)
    for condition in statement.conditions:
        if outcome is Outcome.NO:
            return NO_MATCH
        met = evaluate_condition(condition, request.context)
        outcome = met if met is not Outcome.YES else outcome
    return NO_MATCH if outcome is Outcome.NO else Match(outcome, named)


def _matches(pattern: Pattern, text: str) -> bool:
    return pattern.matcher is not None and bool(pattern.matcher(text))


# resources


def _resource(statement: Statement, request: Request) -> Outcome:
    if statement.resources is None:
        return Outcome.YES
    if request.resource is None:
        whole = not statement.not_resource and any(entry.text == "*" for entry in statement.resources)
        return Outcome.YES if whole else Outcome.UNKNOWN
    found = [matches_resource(entry, request.resource, request.context) for entry in statement.resources]
    if Outcome.YES in found:
        return Outcome.NO if statement.not_resource else Outcome.YES
    if Outcome.UNKNOWN in found:
        return Outcome.UNKNOWN
    return Outcome.YES if statement.not_resource else Outcome.NO


def matches_resource(entry: Resource, resource: str, context: Context) -> Outcome:
    """Whether one entry of Resource means this resource; an entry whose variable has no value means none."""
    texts = [resource] if len(entry.parts) == 1 else resource.split(":", len(entry.parts) - 1)
    if len(texts) != len(entry.parts):
        return Outcome.NO
    unknown = False
    for pattern, text in zip(entry.parts, texts, strict=True):
        matcher = pattern.resolve(context)
        if isinstance(matcher, Unknown):
            unknown = True
        elif matcher is None or not matcher(text):
            return Outcome.NO
    return Outcome.UNKNOWN if unknown else Outcome.YES


# principals


def _named(statement: Statement, principal: Principal, *, has_boundary: bool) -> Named:
    if statement.principals is None:
        return Named.DIRECT
    if not statement.not_principal:
        return named_by(statement.principals, principal)
    if not statement.allow and has_boundary:
        # Always denied, whoever is listed:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        return Named.DIRECT
    exempt = (
        _exempt(statement.principals, principal) if not statement.allow else _listed(statement.principals, principal)
    )
    return Named.NOT if exempt else Named.DIRECT


def _listed(listed: PrincipalSet, principal: Principal) -> bool:
    return named_by(listed, principal) is not Named.NOT


def _exempt(listed: PrincipalSet, principal: Principal) -> bool:
    """Whether NotPrincipal with Deny spares the principal: every ARN that stands for it must be listed (same page)."""
    if principal.kind in {PrincipalKind.SERVICE, PrincipalKind.FEDERATED, PrincipalKind.ANONYMOUS} or listed.everyone:
        return _listed(listed, principal)
    arns = [arn for arn in (principal.arn, principal.role_arn) if arn]
    if principal.kind is PrincipalKind.ROOT:
        return principal.account in listed.accounts
    named = all(_has(listed, arn, principal) for arn in arns)
    return named and principal.account in listed.accounts


def _has(listed: PrincipalSet, arn: str, principal: Principal) -> bool:
    return arn in listed.arns or (bool(principal.unique_id) and principal.unique_id in listed.ids)


def named_by(listed: PrincipalSet, principal: Principal) -> Named:
    """How a Principal element names the principal: the strongest of its entries."""
    match principal.kind:
        case PrincipalKind.SERVICE:
            hit = listed.every_service or principal.arn in listed.services
            return Named.DIRECT if hit else Named.NOT
        case PrincipalKind.FEDERATED:
            hit = principal.arn in listed.federated or (listed.everyone and listed.every_service)
            return Named.DIRECT if hit else Named.NOT
        case PrincipalKind.ANONYMOUS:
            return Named.DIRECT if listed.everyone else Named.NOT
        case _:
            return _named_iam(listed, principal)


def _named_iam(listed: PrincipalSet, principal: Principal) -> Named:
    # What a wildcard grants is not limited by boundaries and session policies, as if it named the session:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
    if listed.everyone or (principal.arn in listed.arns and principal.kind is not PrincipalKind.ROOT):
        return Named.DIRECT
    if principal.unique_id and principal.unique_id in listed.ids:
        return Named.DIRECT if principal.kind is PrincipalKind.USER else Named.ROLE
    if principal.role_arn and _names_role(listed, principal):
        return Named.ROLE
    if principal.kind is PrincipalKind.FEDERATED_USER and principal.user_arn in listed.arns:
        return Named.ROLE
    return Named.ACCOUNT if principal.account in listed.accounts else Named.NOT


def _names_role(listed: PrincipalSet, principal: Principal) -> bool:
    """Role names are unique in an account whatever the path, so the name suffices where the path is not known."""
    if principal.role_arn in listed.arns:
        return True
    if principal.role_path_known:
        return False
    prefix, name = principal.role_arn.split(":role/", 1)
    return any(arn.startswith(f"{prefix}:role/") and arn.rpartition("/")[2] == name for arn in listed.arns)
