"""Who asks: the kinds of principals that AWS tells apart, as a decision needs them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from enum import StrEnum
from typing import NamedTuple

from harness.model.arn import Arn

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html: the path is theirs alone
SERVICE_LINKED_PATH = "/aws-service-role/"


def is_service_linked(role_arn: str) -> bool:
    """Whether an ARN, path and all, is that of a role linked to a service: paths of other roles, and keys of objects, may hold anything."""
    arn = Arn.parse(role_arn)
    return arn is not None and arn.service == "iam" and arn.resource.startswith(f"role{SERVICE_LINKED_PATH}")


class PrincipalKind(StrEnum):
    """What kind of principal asks."""

    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role-session"
    FEDERATED_USER = "federated-user"
    SERVICE = "service"
    FEDERATED = "federated"
    """A SAML or OIDC provider, for AssumeRoleWith*."""
    ANONYMOUS = "anonymous"
    AUTHORIZED = "authorized"
    """Whoever a Lambda authorizer of API Gateway speaks for: nobody of IAM's, with the policy that the authorizer gives them."""


class Principal(NamedTuple):
    """One principal. Which fields are set follows from `kind`; empty text where there is nothing to say."""

    kind: PrincipalKind
    arn: str
    """As in messages: the session's ARN for a session, the service's name for a service, `anonymous`."""
    account: str = ""
    """The principal's account; empty for services, providers and anonymous."""
    role_arn: str = ""
    """The role's ARN with its path, for a session of it. Where only the session is known, the ARN without a path."""
    role_path_known: bool = True
    """False where only the session's ARN is known, which holds the role's name and not its path."""
    unique_id: str = ""
    """AIDA… of a user, AROA… of a session's role; empty where it is not known (decision cases)."""
    user_arn: str = ""
    """The user's ARN: of the user itself, or of the user whose federated session this is, if known."""
    regional_name: str = ""
    """A service's name in the region of its call, which policies may use as well; empty where it has none."""
    canonical_user: str = ""
    """The canonical id of the principal's account, by which S3 names it; empty where it is not known."""
