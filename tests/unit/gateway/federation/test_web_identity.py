"""Tokens are verified before they are read: whatever their bytes, they are refused by name or speak for somebody."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import RSAKey

from harness.gateway.clock import Clock
from harness.gateway.federation.federated import IdentityRefused
from harness.gateway.federation.web_identity import WebIdentities
from harness.keys import fresh_issuer_key
from harness.tokens import web_identity_token

KEY = fresh_issuer_key()
ACCOUNT, ROLE = "111111111111", "arn:aws:iam::111111111111:role/r"
ISSUER = "https://id.example.com"
ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/id.example.com"
CLOCK = Clock()
IDENTITIES = WebIdentities(ACCOUNT, {ARN: frozenset({"client"})}.get, CLOCK, KEY.public)


def token(key=KEY, issuer=ISSUER, subject="me", audience="client", lifetime=60, **claims):
    now = CLOCK.now().timestamp()
    return web_identity_token(
        key.private, now=now, issuer=issuer, subject=subject, audience=audience, lifetime=lifetime, claims=claims
    )


def signed(payload):
    """Any bytes, signed by the launch's key."""
    key = RSAKey.import_key(json.loads(KEY.private))
    return jws.serialize_compact({"alg": "RS256", "kid": key.kid}, payload, key, ["RS256"])


def refused(text, role=ROLE, **params):
    with pytest.raises(IdentityRefused) as refusal:
        IDENTITIES.verified({"RoleArn": role, "WebIdentityToken": text, **params})
    return refusal.value.code, refusal.value.message


def test_a_good_token_speaks_for_its_subject():
    found = IDENTITIES.verified({"RoleArn": ROLE, "WebIdentityToken": token()})

    assert (found.provider, found.subject, found.keys["id.example.com:aud"]) == (ARN, "me", "client")


def test_a_token_of_another_launch_is_refused_though_it_names_this_ones_key():
    head = {"alg": "RS256", "kid": json.loads(KEY.private)["kid"]}
    other = RSAKey.import_key(json.loads(fresh_issuer_key().private))
    claims = base64.urlsafe_b64decode(token().split(".")[1] + "==")

    assert refused(token(key=fresh_issuer_key()))[0] == "InvalidIdentityToken"
    assert refused(jws.serialize_compact(head, claims, other, ["RS256"]))[0] == "InvalidIdentityToken"


@pytest.mark.parametrize(
    "payload",
    [b"", b"5", b"[]", b"null", b'"me"', b"\xff", b"{", b'{"iss": 5}', b'{"exp": NaN}', b"{}",
     b'{"iss": "https://id.example.com", "sub": "me", "exp": NaN}',
     b'{"iss": "https://id.example.com", "sub": "me", "exp": Infinity}',
     b'{"iss": "https://id.example.com", "sub": "me", "exp": 1' + b"0" * 400 + b"}",
     b'{"iss": "https://id.example.com", "sub": "me\\u0000", "exp": 4102444800}',
     b'{"iss": "https://id.example.com\\n", "sub": "me", "exp": 4102444800}',
     b'{"iss": "https://id.example.com", "sub": "", "exp": 4102444800}',
     b"[" * 14000],
    ids=lambda payload: payload[:70].decode("latin-1"),
)  # fmt: skip
def test_signed_nonsense_is_refused(payload):
    assert refused(signed(payload))[0] == "InvalidIdentityToken"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["none", "HS256", "RS256", "exp"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "crit", "jwk", "typ", "b64", "x5c", "jku", "cty"]), JSON)


def _headed(header):
    return base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=") + ".e30.AAAA"


@given(st.text(max_size=80) | (HEADERS | JSON | st.just(["alg"])).map(_headed))
def test_whatever_is_sent_is_refused_by_name(text):
    assert refused(text)[0] == "InvalidIdentityToken"


def test_the_times_are_of_the_accounts_clock():
    made = token(lifetime=60)
    CLOCK.advance(600)

    assert refused(made)[0] == "ExpiredTokenException"
    assert IDENTITIES.verified({"RoleArn": ROLE, "WebIdentityToken": token()}).subject == "me"


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"audience": ["client", "other"]}, "Incorrect token audience"),
        ({"audience": []}, "Incorrect token audience"),
        ({"audience": [5]}, "Incorrect token audience"),
        ({"audience": 5}, "Missing a required claim: aud"),
        ({"azp": "other"}, "Incorrect token audience"),
        ({"azp": 5}, "Missing a required claim: azp"),
        ({"issuer": "https://id.example.com/"}, "No OpenIDConnect provider"),
        ({"issuer": "https://ID.example.com"}, "No OpenIDConnect provider"),
    ],
)
def test_another_audience_or_issuer_is_refused(claims, message):
    assert message in refused(token(**claims))[1]


def test_of_several_audiences_the_authorized_party_counts():
    several = token(audience=["x", "y"], azp="client")

    assert IDENTITIES.verified({"RoleArn": ROLE, "WebIdentityToken": several}).answer["Audience"] == "client"


def test_the_provider_is_of_the_roles_account():
    assert "No OpenIDConnect provider" in refused(token(), "arn:aws:iam::222222222222:role/r")[1]


def test_an_access_token_is_nothing_to_read_here():
    assert refused("Atza|x", ProviderId="www.amazon.com")[0] == "IDPCommunicationError"
