"""Who a web identity token speaks for: its signature, its times, its provider and its audience, in this order.

AWS fetches the keys of the issuer. Nothing here reaches the internet: the driver plays every issuer with one key, and the launch
brings the public half. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html

Rules: what is not verified is not read; only the launch's own algorithm counts, whatever the token's header asks for.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from harness.actions.federation import BadClaim, Claims, Federated, web_identity
from harness.gateway.clock import Clock
from harness.gateway.federation.federated import IdentityRefused, invalid
from harness.keys import ISSUER_ALGORITHM
from harness.model.arn import Arn

MAX_TOKEN = 20_000
"""Of the API's model; the library stops at a shorter one by itself."""
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc.html: five minutes after its end a token is taken, for skew.
SKEW = timedelta(minutes=5)
# Issuers of OpenID Connect tokens that need no provider in IAM, and that trust policies name by their domain:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
BUILT_IN = frozenset({"accounts.google.com", "cognito-identity.amazonaws.com"})

# What the library raises for bytes that are no token: it takes the types of a header's values, and depths, on trust.
_BROKEN = (JoseError, AttributeError, RecursionError, TypeError, ValueError)
_ISSUER = re.compile(r"https://([\x21-\x7e]{1,255})")

# OBSERVED: https://github.com/aws-observability/aws-rum-web/blob/main/docs/cdn_troubleshooting.md
NO_JWT = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
# OBSERVED: https://github.com/aws/aws-cli/issues/7194 (the two blanks are AWS's)
NO_KEY = (
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity "
    "documentation for requirements"
)
# The sentence of https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html#API_AssumeRoleWithWebIdentity_Errors
NOT_VALIDATED = "The web identity token that was passed could not be validated by AWS."
# OBSERVED: https://github.com/awslabs/amazon-eks-irsa-cfn/pull/18
WRONG_AUDIENCE = "Incorrect token audience"
NO_ISSUER = "the harness reaches no identity provider; an OpenID Connect token goes without ProviderId"


@dataclass(slots=True)
class WebIdentities:
    """Verifies tokens for the roles of this account."""

    account_id: str
    clients: Callable[[str], frozenset[str] | None]
    """The client ids of the account's provider of that ARN, None where there is none."""
    clock: Clock
    keys: str
    """The launch's JSON Web Key Set."""
    _key_set: KeySet = field(init=False)
    _registry: JWSRegistry = field(init=False)

    def __post_init__(self) -> None:
        """Read the keys once."""
        self._key_set = KeySet.import_key_set(json.loads(self.keys))
        self._registry = JWSRegistry(algorithms=[ISSUER_ALGORITHM])
        self._registry.max_payload_length = MAX_TOKEN

    def verified(self, params: Mapping[str, Any]) -> Federated:
        """Who the request's token speaks for. Raises IdentityRefused."""
        if params.get("ProviderId"):  # an OAuth 2.0 access token of Facebook or Amazon, which only they can read
            raise IdentityRefused("IDPCommunicationError", NO_ISSUER)
        claims = self._claims(str(params["WebIdentityToken"]))
        issuer, subject = _required(claims, "iss"), _required(claims, "sub")
        found = _ISSUER.fullmatch(issuer)
        if found is None or not subject.isprintable():
            raise invalid(NO_JWT)
        self._check_times(claims)
        role = str(params.get("RoleArn"))
        provider, clients = self._provider(found[1], role)
        audience = _audience(claims)
        if clients is not None and audience not in clients:
            raise invalid(WRONG_AUDIENCE)
        try:
            return web_identity(provider, found[1], audience, claims, role)
        except BadClaim as fault:
            raise invalid(str(fault)) from fault

    def _claims(self, token: str) -> Claims:
        if not token.isascii() or token.count(".") != 2:  # noqa: PLR2004 - head, claims, signature
            raise invalid(NO_JWT)
        try:
            claims = jwt.decode(token, self._key_set, registry=self._registry).claims
        except InvalidKeyIdError as other:
            raise invalid(NO_KEY) from other
        except _BROKEN as fault:
            raise invalid(NOT_VALIDATED) from fault
        if not isinstance(claims, dict):
            raise invalid(NO_JWT)
        return claims

    def _check_times(self, claims: Claims) -> None:
        now = self.clock.now().timestamp()
        ends = _time(claims, "exp")
        if ends is None:
            raise invalid(_missing("exp"))
        if now >= ends + SKEW.total_seconds():
            # OBSERVED: https://github.com/aws/aws-sdk-java-v2/issues/5709
            message = f"Token expired: current date/time {int(now)} must be before the expiration date/time {int(ends)}"
            raise IdentityRefused("ExpiredTokenException", message)
        if any(
            (begins := _time(claims, name)) is not None and now < begins - SKEW.total_seconds()
            for name in ("iat", "nbf")
        ):
            raise invalid(f"{NOT_VALIDATED} (it is of a later time than the accounts' clock)")

    def _provider(self, issuer: str, role: str) -> tuple[str, frozenset[str] | None]:
        """How trust policies of the role's account name the issuer, and its client ids; None where IAM keeps none.

        OBSERVED: https://github.com/aws-actions/configure-aws-credentials/issues/280
        """
        if issuer in BUILT_IN:
            return issuer, None
        named = Arn.parse(role)
        arn = f"arn:aws:iam::{self.account_id}:oidc-provider/{issuer}"
        provider = self.clients(arn) if named is not None and named.account == self.account_id else None
        if provider is None:
            raise invalid(f"No OpenIDConnect provider found in your account for https://{issuer}")
        return arn, provider


def _audience(claims: Claims) -> str:
    """The one client that the token is for: its authorized party where it names one, else its audience.

    OBSERVED: https://github.com/aws/aws-sdk-net/issues/3071 for the authorized party. Of several audiences none is the one.
    """
    if claims.get("azp") is not None:
        return _required(claims, "azp")
    several = claims.get("aud")
    if not isinstance(several, list):
        return _required(claims, "aud")
    if len(several) != 1 or not isinstance(several[0], str):
        raise invalid(f"{WRONG_AUDIENCE} (it names several, and no authorized party)")
    return several[0]


def _required(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(_missing(name))
    return value


def _missing(name: str) -> str:
    """OBSERVED: https://github.com/aws-actions/configure-aws-credentials/issues/502."""
    return f"Missing a required claim: {name}"


def _time(claims: Claims, name: str) -> float | None:
    """A time in seconds; a claim that is none is as good as a lie about it."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:  # noqa: PLR2004 - no time, infinite or none
        raise invalid(NO_JWT)
    return float(value)
