"""A SAML identity provider for tests: its metadata to register in IAM, and the responses that it signs.

Nothing of it is known to the accounts but the metadata that a test, or its Terraform, registers. Needs the extra `saml`.
"""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree
from lxml.builder import ElementMaker
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

SIGN_IN = "https://signin.aws.amazon.com/saml"
ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_PROTOCOL, _ASSERTION = "urn:oasis:names:tc:SAML:2.0:protocol", "urn:oasis:names:tc:SAML:2.0:assertion"
_METADATA, _SIGNATURE = "urn:oasis:names:tc:SAML:2.0:metadata", "http://www.w3.org/2000/09/xmldsig#"
_P = ElementMaker(namespace=_PROTOCOL, nsmap={"samlp": _PROTOCOL})
_A = ElementMaker(namespace=_ASSERTION, nsmap={"saml": _ASSERTION})
_MD = ElementMaker(namespace=_METADATA, nsmap={"md": _METADATA, "ds": _SIGNATURE})
_DS = ElementMaker(namespace=_SIGNATURE, nsmap={"ds": _SIGNATURE})
_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """One provider with a key of its own."""

    entity_id: str
    _key: rsa.RSAPrivateKey = field(repr=False)
    _certificate: x509.Certificate = field(repr=False)

    @classmethod
    def fresh(cls, entity_id: str = "https://idp.example.com/saml") -> "IdentityProvider":
        """A provider that nobody trusts yet."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "harness")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=365))
            .sign(key, hashes.SHA256())
        )
        return cls(entity_id, key, certificate)

    @property
    def metadata(self) -> str:
        """The document for iam:CreateSAMLProvider, or Terraform's `saml_metadata_document`."""
        der = base64.b64encode(self._certificate.public_bytes(Encoding.DER)).decode()
        key = _MD.KeyDescriptor(_DS.KeyInfo(_DS.X509Data(_DS.X509Certificate(der))), use="signing")
        post = {"Binding": "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST", "Location": self.entity_id}
        role = _MD.IDPSSODescriptor(key, _MD.SingleSignOnService(**post), protocolSupportEnumeration=_PROTOCOL)
        return str(etree.tostring(_MD.EntityDescriptor(role, entityID=self.entity_id), encoding="unicode"))

    def response(
        self,
        role_arn: str,
        provider_arn: str,
        *,
        subject: str,
        session_name: str | None = "scenario",
        tags: Mapping[str, str] | None = None,
        source_identity: str | None = None,
        attributes: Mapping[str, str | Sequence[str]] | None = None,
        now: datetime | None = None,
        **more: Any,
    ) -> str:
        """A signed response for AssumeRoleWithSAML, in base64.

        `attributes` are any others by their names; `now` is when it is issued, the accounts' time where their clock was moved.
        `more` are `recipient`, `audience`, `name_format`, `issuer` and `session_ends`, where they are not the usual ones.
        """
        stated: dict[str, str | Sequence[str] | None] = {
            f"{ATTRIBUTES}Role": f"{role_arn},{provider_arn}",
            f"{ATTRIBUTES}RoleSessionName": session_name,
            f"{ATTRIBUTES}SourceIdentity": source_identity,
            **{f"{ATTRIBUTES}PrincipalTag:{key}": value for key, value in (tags or {}).items()},
            **(attributes or {}),
        }
        given = {name: value for name, value in stated.items() if value is not None}
        assertion = self._assertion(subject, given, now or datetime.now(UTC), **more)
        status = _P.Status(_P.StatusCode(Value="urn:oasis:names:tc:SAML:2.0:status:Success"))
        issued = _iso(now or datetime.now(UTC))
        response = _P.Response(
            _A.Issuer(self.entity_id), status, self.signed(assertion), ID=_id(), Version="2.0", IssueInstant=issued
        )
        return base64.b64encode(etree.tostring(response)).decode()

    def signed(self, element: Any) -> Any:
        """The element with this provider's signature in it."""
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        return signer.sign(element, key=self._key, cert=[self._certificate], reference_uri=element.get("ID"))

    def _assertion(
        self,
        subject: str,
        attributes: Mapping[str, str | Sequence[str]],
        now: datetime,
        *,
        recipient: str = SIGN_IN,
        audience: str = "urn:amazon:webservices",
        name_format: str = PERSISTENT,
        issuer: str | None = None,
        session_ends: datetime | None = None,
    ) -> Any:
        ends = _iso(now + _LIFETIME)
        confirmed = _A.SubjectConfirmationData(NotOnOrAfter=ends, Recipient=recipient)
        login = {"AuthnInstant": _iso(now)} | ({"SessionNotOnOrAfter": _iso(session_ends)} if session_ends else {})
        return _A.Assertion(
            _A.Issuer(issuer or self.entity_id),
            _A.Subject(
                _A.NameID(subject, Format=name_format),
                _A.SubjectConfirmation(confirmed, Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"),
            ),
            _A.Conditions(_A.AudienceRestriction(_A.Audience(audience)), NotBefore=_iso(now), NotOnOrAfter=ends),
            _A.AuthnStatement(**login),
            _A.AttributeStatement(*(_attribute(name, value) for name, value in attributes.items())),
            ID=_id(),
            Version="2.0",
            IssueInstant=_iso(now),
        )


def _attribute(name: str, value: str | Sequence[str]) -> Any:
    values = [value] if isinstance(value, str) else value
    return _A.Attribute(*(_A.AttributeValue(one) for one in values), Name=name)


def _id() -> str:
    return f"_{secrets.token_hex(16)}"


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
