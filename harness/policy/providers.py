"""Identity providers in trust policies: what IAM stores of them.

Many customers share some OpenID Connect providers: a role that trusts one must say which customer's tokens it means.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.policy.elements import listed
from harness.policy.glob import compile_globs

# https://github.com/terraform-aws-modules/terraform-aws-iam/issues/202
NO_PROVIDER = "Federated principals must be valid domain names or SAML metadata ARNs"
_PROVIDER = re.compile(r"arn:aws[\w-]*:iam::\d{12}:(?:saml|oidc)-provider/\S+|[\w-]+(?:\.[\w-]+)+", re.ASCII)
_ACTION = "sts:assumerolewithwebidentity"
_BY_SUBJECT = (
    "agent.buildkite.com", "app.terraform.io", "gitlab.com", "oidc-configuration.audit-log.githubusercontent.com",
    "oidc.codefresh.io", "proidc.upbound.io", "scalr.io", "studio.datachain.ai/api", "token.actions.githubusercontent.com",
    "tokens.cloud.shisho.dev", "vstoken.actions.githubusercontent.com",
)  # fmt: skip
_BY_AUDIENCE = ("api.pulumi.com/oidc", "cognito-identity.amazonaws.com", "oidc.vercel.com", "sandboxes.cloud")
CONTROLS: Mapping[str, str] = {
    **{host: f"{host}:sub" for host in _BY_SUBJECT},
    **{host: f"{host}:aud" for host in _BY_AUDIENCE},
}
"""The provider, and the condition key that trust in it must test."""


def provider_fault(document: Mapping[str, Any]) -> str | None:
    """Why IAM does not store a trust policy, valid otherwise, for the identity providers that it names."""
    named = [provider for statement in listed(document["Statement"]) for provider in _federated(statement)]
    if not all(map(_PROVIDER.fullmatch, named)):
        return NO_PROVIDER
    key = missing_control(document)
    # AWS's own text is not known.
    return None if key is None else f"a trust policy for this shared OpenID Connect provider must evaluate {key}"


def missing_control(document: Mapping[str, Any]) -> str | None:
    """The key that a valid trust policy fails to test, though it lets a shared provider's tokens in."""
    for statement in listed(document["Statement"]):
        for host in _hosts(statement):
            key = CONTROLS.get(host)
            if key is not None and not _tests(statement, key):
                return key
    return None


def _federated(statement: Mapping[str, Any]) -> list[str]:
    principal = statement.get("Principal")
    return listed(principal.get("Federated", [])) if isinstance(principal, Mapping) else []


def _hosts(statement: Mapping[str, Any]) -> Iterator[str]:
    """The providers whose tokens the statement lets in."""
    actions = [action.lower() for action in listed(statement.get("Action", []))]
    if statement["Effect"] == "Allow" and compile_globs(actions)(_ACTION):
        for provider in _federated(statement):
            yield provider.rpartition(":oidc-provider/")[2]


def _tests(statement: Mapping[str, Any], key: str) -> bool:
    """Whether a condition tests the key, and not against everything."""
    found = [
        listed(values)
        for keys in statement.get("Condition", {}).values()
        for name, values in keys.items()
        if name.lower() == key
    ]
    return any(str(value).strip("*") for values in found for value in values)
