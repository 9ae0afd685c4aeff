"""SAML responses are read as they were signed: wrapped, commented, cut and foreign ones speak for nobody."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree

from harness.gateway.clock import Clock
from harness.gateway.federation.federated import IdentityRefused
from harness.gateway.federation.saml import SamlProviders, is_metadata
from harness.saml import ATTRIBUTES, IdentityProvider

ACCOUNT = "111111111111"
ROLE, PROVIDER = f"arn:aws:iam::{ACCOUNT}:role/r", f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
IDP, STRANGER = IdentityProvider.fresh(), IdentityProvider.fresh()
METADATA = {"corp": IDP.metadata, "broken": "<", "empty": "<a/>", "odd": IDP.metadata.replace("MII", "!!!", 1)}
CLOCK = Clock()
PROVIDERS = SamlProviders(ACCOUNT, METADATA.get, CLOCK)
NAMES = {"p": "urn:oasis:names:tc:SAML:2.0:protocol", "a": "urn:oasis:names:tc:SAML:2.0:assertion",
         "ds": "http://www.w3.org/2000/09/xmldsig#"}  # fmt: skip


def response(idp=IDP, subject="ann", **more):
    return idp.response(ROLE, PROVIDER, subject=subject, **more)


def verified(text, role=ROLE, provider=PROVIDER):
    return PROVIDERS.verified({"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": text})


def refused(text, **params):
    with pytest.raises(IdentityRefused) as refusal:
        verified(text, **params)
    return refusal.value.code, refusal.value.message


def xml_of(text):
    return etree.fromstring(base64.b64decode(text))


def encoded(root):
    return base64.b64encode(root if isinstance(root, bytes) else etree.tostring(root)).decode()


def at(root, path):
    return root.xpath(path, namespaces=NAMES)[0]


def test_a_response_speaks_for_its_subject():
    found = verified(response(tags={"team": "blue"}, source_identity="ann"))

    assert (found.provider, found.subject) == (PROVIDER, "ann")
    assert found.keys["saml:aud"] == "https://signin.aws.amazon.com/saml"
    assert found.keys["saml:doc"] == f"{ACCOUNT}/corp"
    assert found.keys["saml:sub_type"] == "persistent"
    assert found.parameters == {
        "RoleSessionName": "scenario", "SourceIdentity": "ann", "Tags": [{"Key": "team", "Value": "blue"}],
    }  # fmt: skip


def test_a_response_that_is_signed_whole_is_as_good():
    root = xml_of(response())
    assertion = at(root, "a:Assertion")
    assertion.remove(at(assertion, "ds:Signature"))

    assert verified(encoded(IDP.signed(root))).subject == "ann"
    assert refused(encoded(root)) == ("InvalidIdentityToken", "Response signature invalid")


def _other_subject(root):
    at(root, "//a:NameID").text = "evil"
    return root


def _wrapped(root):
    """The signed assertion moves aside, and one of the attacker's takes its place."""
    signed = at(root, "a:Assertion")
    evil = etree.fromstring(etree.tostring(signed))
    evil.set("ID", "_evil")
    at(evil, ".//a:NameID").text = "evil"
    evil.append(signed)
    root.append(evil)
    return root


def _wrapped_in_the_signature(root):
    signed = at(root, "a:Assertion")
    evil = etree.fromstring(etree.tostring(signed))
    evil.set("ID", "_evil")
    at(evil, ".//a:NameID").text = "evil"
    holder = etree.SubElement(at(evil, "ds:Signature"), f"{{{NAMES['ds']}}}Object")
    root.replace(signed, evil)
    holder.append(signed)
    return root


def _with_the_same_id(root):
    signed = at(root, "a:Assertion")
    evil = etree.fromstring(etree.tostring(signed))
    at(evil, ".//a:NameID").text = "evil"
    root.insert(0, evil)
    root.append(signed)
    return root


def _second(root):
    root.append(etree.fromstring(etree.tostring(at(root, "a:Assertion"))))
    return root


def _unsigned(root):
    at(root, "a:Assertion").remove(at(root, "//ds:Signature"))
    return root


def _assertion_alone(root):
    return at(root, "a:Assertion")


def _hmac(root):
    at(root, "//ds:SignatureMethod").set("Algorithm", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")
    return root


def _sha1(root):
    at(root, "//ds:DigestMethod").set("Algorithm", "http://www.w3.org/2000/09/xmldsig#sha1")
    return root


def _xslt(root):
    at(root, "//ds:Transform").set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")
    return root


def _no_reference(root):
    at(root, "//ds:Reference").set("URI", "file:///etc/passwd")
    return root


@pytest.mark.parametrize(
    "attack",
    [_other_subject, _wrapped, _wrapped_in_the_signature, _with_the_same_id, _second, _unsigned, _assertion_alone, _hmac, _sha1,
     _xslt, _no_reference],
)  # fmt: skip
def test_a_response_that_was_tampered_with_is_refused(attack):
    assert refused(encoded(attack(xml_of(response()))))[0] == "InvalidIdentityToken"


def test_a_comment_does_not_cut_a_name():
    text = base64.b64decode(response(subject="ann.evil")).replace(b"ann.evil", b"ann<!-- -->.evil")

    assert verified(encoded(text)).subject == "ann.evil"


BOMB = b"""<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;">]><b>&c;</b>"""
FILE = b"""<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]><b>&a;</b>"""


@pytest.mark.parametrize(
    "text",
    ["", "é", "!", "aaaa", encoded(b"<"), encoded(b"<a/>"), encoded(b"\xff\xfe"), encoded(BOMB), encoded(FILE),
     encoded(b"<a>" * 30000)],
)  # fmt: skip
def test_what_is_no_response_is_refused(text):
    assert refused(text)[0] == "InvalidIdentityToken"


def test_a_document_type_is_not_looked_at_even_if_all_else_is_signed():
    assert refused(encoded(b"<!DOCTYPE x>" + base64.b64decode(response()))) == (
        "InvalidIdentityToken", "Your request included an invalid SAML response.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"idp": STRANGER}, "InvalidIdentityToken", "Response signature invalid"),
        ({"issuer": "https://other.example.com"}, "InvalidIdentityToken", "Issuer not present in specified provider"),
        ({"audience": "https://other.example.com"}, "InvalidIdentityToken", "required audience"),
        ({"recipient": ""}, "InvalidIdentityToken", "invalid SAML response"),
        ({"subject": ""}, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"),
        ({"now": datetime.now(UTC) - timedelta(minutes=10)}, "ExpiredTokenException", "within 5 minutes"),
        ({"now": datetime.now(UTC) + timedelta(minutes=10)}, "InvalidIdentityToken", "invalid SAML response"),
        ({"session_name": None}, "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse"),
        ({"session_name": "John Doe"}, "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match"),
        ({"source_identity": "aws:me"}, "InvalidIdentityToken", "Source Identity must match"),
        ({"attributes": {f"{ATTRIBUTES}RoleSessionName": ["aa", "bb"]}}, "InvalidIdentityToken", "has several values"),
        ({"attributes": {f"{ATTRIBUTES}Role": f"{ROLE}2,{PROVIDER}"}}, "AccessDenied", "Not authorized"),
        ({"attributes": {f"{ATTRIBUTES}Role": []}}, "AccessDenied", "Not authorized"),
    ],
)
def test_a_response_that_is_not_good_is_refused_by_name(more, code, message):
    found = refused(response(**more))

    assert found[0] == code
    assert message in found[1]


@pytest.mark.parametrize("name", ["none", "broken", "empty", "odd"])
def test_a_provider_that_is_missing_or_has_no_metadata_lets_nobody_in(name):
    assert refused(response(), provider=f"arn:aws:iam::{ACCOUNT}:saml-provider/{name}")[0] == "InvalidIdentityToken"


@pytest.mark.parametrize("provider", ["arn:aws:iam::222222222222:saml-provider/corp", "corp", f"{PROVIDER}/x"])
def test_the_provider_is_of_the_roles_account(provider):
    assert refused(response(), provider=provider) == ("InvalidIdentityToken", "Specified provider doesn't exist")


def test_the_pair_of_role_and_provider_stands_in_either_order():
    assert verified(response(attributes={f"{ATTRIBUTES}Role": [f"{PROVIDER}, {ROLE}", "x"]})).subject == "ann"


def test_a_login_that_failed_is_the_providers_refusal():
    root = xml_of(response())
    at(root, "p:Status/p:StatusCode").set("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")

    assert refused(encoded(root))[0] == "IDPRejectedClaim"


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (IDP.metadata, True),
        *((METADATA[name], False) for name in ("broken", "empty", "odd")),
        (IDP.metadata.replace("entityID", "id"), False),
        (IDP.metadata.replace("IDPSSODescriptor", "SPSSODescriptor"), False),
        (IDP.metadata.replace("EntityDescriptor", "EntitiesDescriptor"), False),
    ],
)
def test_metadata_names_a_provider_and_what_it_signs_with(text, valid):
    assert is_metadata(text) is valid
