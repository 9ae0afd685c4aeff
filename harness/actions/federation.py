"""Federation: what an identity provider says of somebody, as condition keys, session parameters and fields of the answer.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.actions.keys import text
from harness.actions.operation import ContextValue
from harness.actions.sts import WEB_KEYS

Claims = Mapping[str, Any]
"""The claims of a token whose signature is verified."""

# Of every issuer: the condition key, and the claim that it shows. `aud` is the authorized party where the token names one.
_EVERY: Mapping[str, tuple[str, ...]] = {
    "amr": ("amr",), "aud": ("azp", "aud"), "email": ("email",), "oaud": ("aud",), "sub": ("sub",),
}  # fmt: skip
# Of one issuer more, by the names of its claims: https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/
_BY_ISSUER: Mapping[str, tuple[str, ...]] = {
    "token.actions.githubusercontent.com": (
        "actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id",
        "workflow",
    ),
}  # fmt: skip
# Those that the session's own requests have, too.
_IN_SESSION = ("amr", "aud", "sub")

_TAGS = "https://aws.amazon.com/tags"
_SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
_ROLES = "https://aws.amazon.com/roles"


class BadClaim(Exception):
    """A claim that AWS reads is not of the form that it reads."""


@dataclass(frozen=True, slots=True)
class Federated:
    """Somebody for whom an identity provider speaks; a token or an assertion has been verified."""

    provider: str
    """As trust policies name it: the ARN of the account's provider, or the domain of one that AWS knows by itself."""
    subject: str
    keys: Mapping[str, ContextValue]
    """The provider's condition keys of this request."""
    known: frozenset[str]
    """Lower-case names of keys that the request is thereby known to have or not to have."""
    session_keys: Mapping[str, ContextValue]
    """Those that the session's requests will have."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What AssumeRole takes from the request and a federated one from the provider: Tags, TransitiveTagKeys, SourceIdentity."""
    answer: Mapping[str, str] = field(default_factory=dict)
    """The fields of the answer that tell of the provider."""


def web_identity(provider: str, issuer: str, audience: str, claims: Claims, role: str) -> Federated:
    """What the token of `issuer` (its URL without the scheme) says for an assumption of `role`. Raises BadClaim."""
    names = {**_EVERY, **{name: (name,) for name in _BY_ISSUER.get(issuer, ())}}
    keys = {f"{issuer}:{name}": value for name, found in names.items() if (value := _value(claims, found)) is not None}
    unreadable = {f"{issuer}:{name}" for name, found in names.items() if _given(claims, found)} - set(keys)
    absent = {*WEB_KEYS, *(f"{issuer}:{name}" for name in names)} - unreadable
    subject = str(claims["sub"])
    return Federated(
        provider=provider,
        subject=subject,
        keys=keys | ({"sts:RoleAuthorizedByIdp": "true"} if _authorizes(claims, role) else {}),
        known=frozenset(name.lower() for name in absent),
        session_keys={name: keys[name] for part in _IN_SESSION if (name := f"{issuer}:{part}") in keys},
        parameters=_tags(claims) | _source_identity(claims),
        answer={"SubjectFromWebIdentityToken": subject, "Provider": provider, "Audience": audience},
    )


def _given(claims: Claims, names: Sequence[str]) -> bool:
    return any(claims.get(name) is not None for name in names)


def _value(claims: Claims, names: Sequence[str]) -> ContextValue | None:
    """The first of the claims that is there; None where it is none that a condition could compare."""
    value = next((claims[name] for name in names if claims.get(name) is not None), None)
    if isinstance(value, str | bool | int):
        return text(value)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        return None
    if names == _EVERY["amr"]:
        return tuple(value)
    return str(value[0]) if len(value) == 1 else None


def _authorizes(claims: Claims, role: str) -> bool:
    """Whether the token names the role as one that it may be used for; without the claim it says nothing.

    OBSERVED: https://awsteele.com/blog/2026/07/13/oidc-tokens-can-restrict-which-aws-roles-they-assume.html
    """
    if claims.get(_ROLES) is None:
        return False
    listed = claims[_ROLES] if isinstance(claims[_ROLES], list) else [claims[_ROLES]]
    if role not in listed:
        raise BadClaim("The target role ARN is not present in the roles claim of the identity token")
    return True


def _tags(claims: Claims) -> dict[str, Any]:
    """Session tags, nested in one claim or flattened into several.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html#id_session-tags_adding-assume-role-idp
    """
    nested = claims.get(_TAGS)
    if nested is not None and not isinstance(nested, Mapping):
        raise BadClaim(f"the claim `{_TAGS}` is no object")
    tags: Any = (nested or {}).get("principal_tags") or {}
    if not isinstance(tags, Mapping):
        raise BadClaim(f"`principal_tags` of the claim `{_TAGS}` is no object")
    prefix = f"{_TAGS}/principal_tags/"
    flat = {name.removeprefix(prefix): value for name, value in claims.items() if name.startswith(prefix)}
    found = [{"Key": str(key), "Value": _one(value)} for key, value in {**tags, **flat}.items()]
    transitive = (nested or {}).get("transitive_tag_keys") or claims.get(f"{_TAGS}/transitive_tag_keys") or []
    if not isinstance(transitive, list) or not all(isinstance(key, str) for key in transitive):
        raise BadClaim("`transitive_tag_keys` is no list of tag keys")
    return ({"Tags": found} if found else {}) | ({"TransitiveTagKeys": transitive} if transitive else {})


def _one(value: Any) -> str:
    """The value of a tag, which the nested form writes as a list of one."""
    single = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(single, str):
        raise BadClaim("a session tag has not exactly one value")
    return single


def _source_identity(claims: Claims) -> dict[str, Any]:
    value = claims.get(_SOURCE_IDENTITY)
    if value is None:
        return {}
    if not isinstance(value, str):
        raise BadClaim(f"the claim `{_SOURCE_IDENTITY}` is no text")
    return {"SourceIdentity": value}
