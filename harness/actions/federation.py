"""Federation: what an identity provider says of somebody, as condition keys, session parameters and fields of the answer.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#condition-keys-wif
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from harness.actions.keys import text
from harness.actions.operation import ContextValue
from harness.actions.sts import SAML_KEYS, WEB_KEYS

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
    session_ends: float | None = None
    """When the provider wants the session ended at the latest, in epoch seconds."""


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
    if not _SESSION_NAME.fullmatch(value):
        raise BadClaim(f"the claim `{_SOURCE_IDENTITY}` must match [a-zA-Z_0-9+=,.@-]{{2,64}}")
    return {"SourceIdentity": value}


# SAML: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html

_SAML = "https://aws.amazon.com/SAML/Attributes/"
_NAME_ID = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EDU_PERSON, _EDU_ORG = "urn:oid:1.3.6.1.4.1.5923.1.1.1.", "urn:oid:1.3.6.1.4.1.5923.1.2.1."
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
# The attribute, and the condition key that shows all its values.
_SEVERAL: Mapping[str, str] = {
    f"{_EDU_PERSON}1": "edupersonaffiliation", f"{_EDU_PERSON}2": "edupersonnickname",
    f"{_EDU_PERSON}4": "edupersonorgunitdn", f"{_EDU_PERSON}7": "edupersonentitlement",
    f"{_EDU_PERSON}9": "edupersonscopedaffiliation", f"{_EDU_PERSON}10": "edupersontargetedid",
    f"{_EDU_PERSON}11": "edupersonassurance", f"{_EDU_ORG}2": "eduorghomepageuri",
    f"{_EDU_ORG}3": "eduorgidentityauthnpolicyuri", f"{_EDU_ORG}4": "eduorglegalname",
    f"{_EDU_ORG}5": "eduorgsuperioruri", f"{_EDU_ORG}6": "eduorgwhitepagesuri", "urn:oid:2.5.4.3": "cn",
}  # fmt: skip
# The attribute, and the condition key that shows its one value.
_SINGLE: Mapping[str, str] = {
    f"{_EDU_PERSON}3": "edupersonorgdn", f"{_EDU_PERSON}5": "edupersonprimaryaffiliation",
    f"{_EDU_PERSON}6": "edupersonprincipalname", f"{_EDU_PERSON}8": "edupersonprimaryorgunitdn",
    f"{_CLAIMS}name": "name", f"{_CLAIMS}givenname": "givenName", f"{_CLAIMS}surname": "surname",
    f"{_CLAIMS}emailaddress": "mail", "http://schemas.xmlsoap.org/claims/CommonName": "commonName",
}  # fmt: skip
_SAML_IN_SESSION = ("saml:namequalifier", "saml:sub", "saml:sub_type")


@dataclass(frozen=True, slots=True)
class Assertion:
    """What the signed part of a SAML response says."""

    issuer: str
    subject: str
    """The NameID."""
    format: str
    """The NameID's."""
    recipient: str
    attributes: Mapping[str, tuple[str, ...]]
    session_ends: float | None

    @property
    def roles(self) -> Sequence[AbstractSet[str]]:
        """The pairs of a role and a provider, in whatever order each stands."""
        pairs = self.attributes.get(f"{_SAML}Role", ())
        return [frozenset(part.strip() for part in pair.split(",")) for pair in pairs]

    def one(self, name: str) -> str | None:
        """The value of an attribute that has one. Raises BadClaim for several."""
        values = self.attributes.get(name, ())
        if len(values) > 1:
            raise BadClaim(f"the attribute `{name}` has several values")
        return values[0] if values else None


def saml(provider: str, account: str, name: str, assertion: Assertion) -> Federated:
    """What an assertion of the account's provider of that name says. Raises BadClaim."""
    hashed = hashlib.sha1(f"{assertion.issuer}{account}/{name}".encode(), usedforsecurity=False).digest()
    qualifier, kind = base64.b64encode(hashed).decode(), assertion.format.removeprefix(_NAME_ID)
    keys: dict[str, ContextValue] = {
        "saml:aud": assertion.recipient, "saml:doc": f"{account}/{name}", "saml:iss": assertion.issuer,
        "saml:namequalifier": qualifier, "saml:sub": assertion.subject, "saml:sub_type": kind,
    }  # fmt: skip
    keys |= {f"saml:{key}": values for at, key in _SEVERAL.items() if (values := assertion.attributes.get(at))}
    keys |= {f"saml:{key}": values[0] for at, key in _SINGLE.items() if (values := assertion.attributes.get(at))}
    known = {*SAML_KEYS, *(f"saml:{key}" for key in (*_SEVERAL.values(), *_SINGLE.values()))}
    return Federated(
        provider=provider,
        subject=assertion.subject,
        keys=keys,
        known=frozenset(key.lower() for key in known),
        session_keys={key: keys[key] for key in _SAML_IN_SESSION},
        parameters=_saml_parameters(assertion),
        answer={
            "Subject": assertion.subject, "SubjectType": kind, "Issuer": assertion.issuer, "Audience": assertion.recipient,
            "NameQualifier": qualifier,
        },
        session_ends=assertion.session_ends,
    )  # fmt: skip


def _saml_parameters(assertion: Assertion) -> dict[str, Any]:
    """The sentences of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html."""
    session, source = assertion.one(f"{_SAML}RoleSessionName"), assertion.one(f"{_SAML}SourceIdentity")
    if session is None:
        raise BadClaim("RoleSessionName is required in AuthnResponse")
    if not _SESSION_NAME.fullmatch(session):
        raise BadClaim("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
    if source is not None and (not _SESSION_NAME.fullmatch(source) or source.lower().startswith("aws:")):
        raise BadClaim('Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
    prefix = f"{_SAML}PrincipalTag:"
    tags = [
        {"Key": name.removeprefix(prefix), "Value": assertion.one(name) or ""}
        for name in assertion.attributes
        if name.startswith(prefix)
    ]
    given = {
        "RoleSessionName": session,
        "SourceIdentity": source,
        "Tags": tags,
        "TransitiveTagKeys": list(assertion.attributes.get(f"{_SAML}TransitiveTagKeys", ())),
    }
    return {name: value for name, value in given.items() if value}
