"""`harness token`: a web identity token, as an OpenID Connect provider would issue it."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.errors import UsageError
from harness.session import Harness


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(token)


def token(
    issuer: Annotated[str, typer.Option(help="The provider's URL: https://token.actions.githubusercontent.com.")],
    subject: Annotated[str, typer.Option(help="Who it is for: repo:acme/app:ref:refs/heads/main.")],
    *,
    audience: Annotated[list[str] | None, typer.Option(help="The client; again for several.")] = None,
    lifetime: Annotated[float, typer.Option(help="Seconds; of a negative one the token has expired.")] = 3600,
    claim: Annotated[list[str] | None, typer.Option(help="NAME=VALUE; a JSON object or list is taken as such.")] = None,
) -> None:
    """Print a web identity token for the running accounts: a role's trust policy must name the issuer's provider."""
    audiences = audience or ["sts.amazonaws.com"]
    made = (
        Harness.open(Path.cwd())
        .attach()
        .web_identity_token(
            issuer=issuer,
            subject=subject,
            audience=audiences if len(audiences) > 1 else audiences[0],
            lifetime=lifetime,
            **_claims(claim or []),
        )
    )
    sys.stdout.write(f"{made}\n")


def _claims(given: list[str]) -> dict[str, Any]:
    claims: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not name or not equals:
            raise UsageError(f"`{one}` is not NAME=VALUE", help="--claim repository=acme/app")
        claims[name] = _value(name, value)
    return claims


def _value(name: str, value: str) -> Any:
    if not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise UsageError(f"the claim `{name}` is no JSON: {error}", help="quote it for the shell") from error
