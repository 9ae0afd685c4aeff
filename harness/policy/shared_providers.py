"""OpenID Connect providers that many customers share: a role that trusts one must say which customer's tokens it means.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_oidc_secure-by-default.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from harness.policy.glob import compile_globs

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


def missing_control(document: Mapping[str, Any]) -> str | None:
    """The key that a valid trust policy fails to test, though it lets a shared provider's tokens in."""
    for statement in _listed(document["Statement"]):
        for host in _hosts(statement):
            key = CONTROLS.get(host)
            if key is not None and not _tests(statement, key):
                return key
    return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _hosts(statement: Mapping[str, Any]) -> Iterator[str]:
    """The providers whose tokens the statement lets in."""
    principal, actions = statement.get("Principal"), statement.get("Action")
    if statement["Effect"] != "Allow" or not isinstance(principal, Mapping) or actions is None:
        return
    if compile_globs(action.lower() for action in _listed(actions))(_ACTION):
        for provider in _listed(principal.get("Federated", [])):
            yield provider.rpartition(":oidc-provider/")[2]


def _tests(statement: Mapping[str, Any], key: str) -> bool:
    """Whether a condition tests the key, and not against everything."""
    found = [
        _listed(values)
        for keys in statement.get("Condition", {}).values()
        for name, values in keys.items()
        if name.lower() == key
    ]
    return any(str(value).strip("*") for values in found for value in values)
