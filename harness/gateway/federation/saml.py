"""Who a SAML response speaks for: its signature by a certificate of the provider's metadata, then what the signed part says.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
The sentences are those of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html, unless they say otherwise.

Rules: XML that declares a document type is not looked at. Only the bytes that the signature covers are read, parsed anew.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from cryptography.x509 import Certificate, load_der_x509_certificate
from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from harness.actions.federation import Assertion, BadClaim, Federated, saml
from harness.gateway.clock import Clock
from harness.gateway.federation.federated import IdentityRefused, invalid

Element = Any  # lxml has no types

# OBSERVED: https://github.com/Nike-Inc/gimme-aws-creds/issues/251
REDEEMED_LATE = "Token must be redeemed within 5 minutes of issuance"
REDEEM = timedelta(minutes=5)
# OBSERVED: https://github.com/Versent/saml2aws/issues/759
EXPIRED = "Response has expired"
NO_RESPONSE = "Your request included an invalid SAML response."
BAD_SIGNATURE = "Response signature invalid"
WRONG_ISSUER = "Issuer not present in specified provider"
NO_PROVIDER = "Specified provider doesn't exist"
NOT_AUTHORIZED = "Not authorized to perform sts:AssumeRoleWithSAML"

# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
_AUDIENCE = re.compile(r"urn:amazon:webservices|https://(?:[a-z0-9-]+\.)?signin\.aws\.amazon\.com/saml(?:/acs/[\w-]+)?")
_PROVIDER = re.compile(r"arn:aws:iam::(\d{12}):saml-provider/([\w._-]{1,128})", re.ASCII)
_NAMES = {
    "p": "urn:oasis:names:tc:SAML:2.0:protocol",
    "a": "urn:oasis:names:tc:SAML:2.0:assertion",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_UNSPECIFIED = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
# What the libraries raise for XML that is not signed as they read it.
_BROKEN = (SignXMLException, etree.LxmlError, ValueError, TypeError, AttributeError, KeyError, NotImplementedError)


@dataclass(slots=True)
class SamlProviders:
    """Verifies responses for the roles of this account."""

    account_id: str
    metadata: Callable[[str], str | None]
    """The metadata of the account's provider of that name, None where there is none."""
    clock: Clock

    def verified(self, params: Mapping[str, Any]) -> Federated:
        """Who the request's response speaks for. Raises IdentityRefused."""
        provider, role = str(params["PrincipalArn"]), str(params["RoleArn"])
        named = _PROVIDER.fullmatch(provider)
        text = self.metadata(named[2]) if named is not None and named[1] == self.account_id else None
        if named is None or text is None:
            raise invalid(NO_PROVIDER)
        response = _parsed(_decoded(str(params["SAMLAssertion"])))
        if _path(response, "p:Status/p:StatusCode/@Value") not in ([_SUCCESS], []):
            raise IdentityRefused("IDPRejectedClaim", "the identity provider refused", HTTPStatus.FORBIDDEN)
        entity, certificates = _trusted(_parsed(text.encode()))
        signed = _signed(response, certificates)
        assertion = _read(signed)
        if assertion.issuer != entity:
            raise invalid(WRONG_ISSUER)
        self._check_times(signed)
        if not any(_AUDIENCE.fullmatch(one) for one in _texts(signed, "a:Conditions/a:AudienceRestriction/a:Audience")):
            raise invalid("Response does not contain the required audience")
        try:
            found = saml(provider, self.account_id, named[2], assertion)
        except BadClaim as fault:
            raise invalid(str(fault)) from fault
        if {role, provider} not in assertion.roles:
            raise IdentityRefused("AccessDenied", NOT_AUTHORIZED, HTTPStatus.FORBIDDEN)
        return found

    def _check_times(self, signed: Element) -> None:
        now = self.clock.now()
        issued = _time(_path(signed, "@IssueInstant"))
        if issued is None or issued > now + REDEEM:
            raise invalid(NO_RESPONSE)
        if now > issued + REDEEM:
            raise IdentityRefused("ExpiredTokenException", REDEEMED_LATE)
        begins, ends = (_time(_path(signed, f"a:Conditions/@{name}")) for name in ("NotBefore", "NotOnOrAfter"))
        redeemable = _time(_path(signed, "a:Subject/a:SubjectConfirmation/a:SubjectConfirmationData/@NotOnOrAfter"))
        if redeemable is None or (begins is not None and begins > now + REDEEM):
            raise invalid(NO_RESPONSE)
        logged_out = _time(_path(signed, "a:AuthnStatement/@SessionNotOnOrAfter"))
        if any(end is not None and now >= end for end in (redeemable, ends, logged_out)):
            raise IdentityRefused("ExpiredTokenException", EXPIRED)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as fault:
        raise invalid(NO_RESPONSE) from fault


def _parsed(xml: bytes) -> Element:
    """The root; neither entities nor comments nor other resources take part. Raises IdentityRefused."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(xml, parser)
    except (etree.LxmlError, ValueError) as fault:
        raise invalid(NO_RESPONSE) from fault
    if root is None or root.getroottree().docinfo.doctype:
        raise invalid(NO_RESPONSE)
    return root


def _trusted(metadata: Element) -> tuple[str, Sequence[Certificate]]:
    """The provider's entity id and the certificates that it signs with."""
    keys = _path(metadata, "md:IDPSSODescriptor/md:KeyDescriptor[not(@use) or @use='signing']")
    texts = [text for key in keys for text in _texts(key, "ds:KeyInfo/ds:X509Data/ds:X509Certificate")]
    try:
        certificates = [load_der_x509_certificate(base64.b64decode(text)) for text in texts]
    except ValueError as fault:
        raise invalid(BAD_SIGNATURE) from fault
    return str(metadata.get("entityID") or ""), certificates


def is_metadata(text: str) -> bool:
    """Whether it is a provider's metadata, with a name and a certificate to sign with.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml.html
    """
    try:
        root = _parsed(text.encode())
        entity, certificates = _trusted(root)
    except IdentityRefused:
        return False
    return root.tag == f"{{{_NAMES['md']}}}EntityDescriptor" and bool(entity and certificates)


def _signed(response: Element, certificates: Sequence[Certificate]) -> Element:
    """The one assertion of the response, out of the bytes that one of the certificates has signed."""
    if response.tag != f"{{{_NAMES['p']}}}Response":
        raise invalid(NO_RESPONSE)
    assertions = _path(response, "a:Assertion")
    if len(assertions) != 1:
        raise invalid(NO_RESPONSE)
    whole = bool(_path(response, "ds:Signature"))
    element = response if whole else assertions[0]
    for certificate in certificates:
        found = _verified(element, certificate)
        if found is not None:
            inner = _path(found, "a:Assertion") if whole else [found]
            if len(inner) == 1:
                return inner[0]
    raise invalid(BAD_SIGNATURE)


def _verified(element: Element, certificate: Certificate) -> Element | None:
    """The element as it was signed, where its own signature is the certificate's and covers it whole."""
    try:
        result = XMLVerifier().verify(
            element,
            x509_cert=certificate,
            id_attribute="ID",
            expect_config=SignatureConfiguration(location="./", expect_references=1),
        )
    except _BROKEN:
        return None
    found = getattr(result, "signed_xml", None)
    same = found is not None and found.tag == element.tag and found.get("ID") == element.get("ID")
    return found if same else None


def _read(signed: Element) -> Assertion:
    confirmations = _path(signed, "a:Subject/a:SubjectConfirmation/a:SubjectConfirmationData")
    names, recipient = _path(signed, "a:Subject/a:NameID"), confirmations[0].get("Recipient") if confirmations else None
    if len(confirmations) != 1 or not recipient:
        raise invalid(NO_RESPONSE)
    if len(names) != 1 or not _text(names[0]):
        raise IdentityRefused("AccessDenied", NOT_AUTHORIZED, HTTPStatus.FORBIDDEN)
    attributes: dict[str, tuple[str, ...]] = {}
    for attribute in _path(signed, "a:AttributeStatement/a:Attribute"):
        name = str(attribute.get("Name"))
        attributes[name] = (*attributes.get(name, ()), *_texts(attribute, "a:AttributeValue"))
    ends = _time(_path(signed, "a:AuthnStatement/@SessionNotOnOrAfter"))
    return Assertion(
        issuer="".join(_texts(signed, "a:Issuer")),
        subject=_text(names[0]),
        format=str(names[0].get("Format") or _UNSPECIFIED),
        recipient=str(recipient),
        attributes=attributes,
        session_ends=ends.timestamp() if ends else None,
    )


def _path(element: Element, path: str) -> list[Any]:
    found: list[Any] = element.xpath(path, namespaces=_NAMES)
    return found


def _texts(element: Element, path: str) -> Iterator[str]:
    return (_text(found) for found in _path(element, path))


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _time(found: Sequence[Any]) -> datetime | None:
    """The one time that is there. Raises IdentityRefused for what is none, or of no zone."""
    if not found:
        return None
    try:
        time = datetime.fromisoformat(str(found[0]))
    except ValueError as fault:
        raise invalid(NO_RESPONSE) from fault
    if len(found) != 1 or time.tzinfo is None:
        raise invalid(NO_RESPONSE)
    return time
