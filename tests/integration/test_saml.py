"""AssumeRoleWithSAML over HTTP: the provider's metadata says whose signature counts, the role's trust policy who may."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from aws import A, allow, document, keyless, keys_of, refusal
from raw import ask, record_of

from harness.saml import ATTRIBUTES, IdentityProvider

PROVIDER = f"arn:aws:iam::{A}:saml-provider/corp"
ACTION = "sts:AssumeRoleWithSAML"
SIGN_IN = {"saml:aud": "https://signin.aws.amazon.com/saml"}
IDP = IdentityProvider.fresh()
DENIED = ("AccessDenied", 403, f"Not authorized to perform {ACTION}")
AFFILIATION = "urn:oid:1.3.6.1.4.1.5923.1.1.1.1"


def trusts(condition, action=ACTION, provider=PROVIDER):
    return document({"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action, "Condition": condition})


@pytest.fixture(scope="module", autouse=True)
def provider(a):
    made = a("iam").create_saml_provider(Name="corp", SAMLMetadataDocument=IDP.metadata)
    assert made["SAMLProviderArn"] == PROVIDER


@pytest.fixture(scope="module")
def role(a):
    iam = a("iam")
    names = set()

    def make(trusted=trusts({"StringEquals": SIGN_IN})):  # noqa: B008 - text
        if names:
            iam.update_assume_role_policy(RoleName="staff", PolicyDocument=trusted)
        else:
            iam.create_role(RoleName="staff", AssumeRolePolicyDocument=trusted)
        names.add("staff")
        return f"arn:aws:iam::{A}:role/staff"

    return make


@pytest.fixture(scope="module")
def assume(accounts):
    def call(role_arn, response, door="one", provider=PROVIDER, **parameters):
        sts = keyless(accounts[door], "sts")
        return sts.assume_role_with_saml(RoleArn=role_arn, PrincipalArn=provider, SAMLAssertion=response, **parameters)

    return call


def response(role_arn, idp=IDP, subject="ann", **more):
    return idp.response(role_arn, PROVIDER, subject=subject, session_name="ann@example.com", **more)


@pytest.mark.parametrize("door", ["one", "two"])
def test_the_bearer_of_a_response_gets_a_session_at_any_door(role, assume, b, journals, door):
    arn = role()
    answer = assume(arn, response(arn), door)

    qualifier = hashlib.sha1(f"{IDP.entity_id}{A}/corp".encode(), usedforsecurity=False).digest()
    assert (answer["Subject"], answer["SubjectType"], answer["Issuer"]) == ("ann", "persistent", IDP.entity_id)
    assert answer["Audience"] == "https://signin.aws.amazon.com/saml"
    assert answer["NameQualifier"] == base64.b64encode(qualifier).decode()
    caller = b("sts", **keys_of(answer["Credentials"])).get_caller_identity()
    assert caller["Arn"] == f"arn:aws:sts::{A}:assumed-role/staff/ann@example.com"
    (line,) = journals.lines(request_id=answer["ResponseMetadata"]["RequestId"])
    assert (line["principal"], line["subject"], line["because"][0]["layer"]) == (PROVIDER, "ann", "trust")


@pytest.mark.parametrize(
    ("condition", "more"),
    [
        ({"StringEquals": {"SAML:sub": "bob"}}, {}),
        ({"StringEquals": {"saml:sub_type": "transient"}}, {}),
        ({"StringEquals": {"saml:iss": "https://other.example.com"}}, {}),
        ({"StringEquals": SIGN_IN}, {"recipient": "https://us-west-2.signin.aws.amazon.com/saml"}),
        ({"StringEquals": {"saml:doc": f"{A}/other"}}, {}),
        (
            {"ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"}},
            {"attributes": {AFFILIATION: ["student"]}},
        ),
        ({"StringEquals": {"sts:RoleSessionName": "root"}}, {}),
    ],
)
def test_the_trust_policy_decides(role, assume, journals, condition, more):
    arn = role(trusts(condition))

    assert refusal(lambda: assume(arn, response(arn, **more))) == DENIED
    assert journals.lines(operation="AssumeRoleWithSAML")[-1]["because"] == [{"layer": "trust", "missing": "allow"}]
    assert assume(role(), response(arn))["Subject"] == "ann"


def test_what_a_response_says_is_a_condition_key(role, assume):
    arn = role(trusts({
        "StringEquals": {**SIGN_IN, "saml:sub": "ann", "saml:doc": f"{A}/corp", "sts:RoleSessionName": "ann@example.com"},
        "ForAnyValue:StringEquals": {"saml:edupersonaffiliation": "staff"},
    }))  # fmt: skip

    assert assume(arn, response(arn, attributes={AFFILIATION: ["student", "staff"]}))["Subject"] == "ann"
    assert refusal(lambda: assume(arn, response(arn))) == DENIED


@pytest.mark.parametrize("trusted", [trusts({}, "sts:AssumeRole"), trusts({}, "sts:AssumeRoleWithWebIdentity"),
                                     trusts({}, provider=f"{PROVIDER}2")])  # fmt: skip
def test_only_trust_in_the_provider_for_this_action_counts(role, assume, trusted):
    arn = role(trusted)

    assert refusal(lambda: assume(arn, response(arn))) == DENIED
    assert assume(role(), response(arn))["Subject"] == "ann"


def test_a_response_that_speaks_for_nobody_is_refused_by_name(role, assume, journals):
    arn = role()
    stranger, late = IdentityProvider.fresh(), datetime.now(UTC) - timedelta(minutes=10)

    foreign = refusal(lambda: assume(arn, response(arn, stranger)))
    old = refusal(lambda: assume(arn, response(arn, now=late)))
    elsewhere = refusal(lambda: assume("arn:aws:iam::222222222222:role/x", response(arn)))
    unlisted = refusal(lambda: assume(arn, response(f"{arn}2")))

    assert foreign == ("InvalidIdentityToken", 400, "Response signature invalid")
    assert old[:2] == ("ExpiredTokenException", 400)
    assert elsewhere == ("InvalidIdentityToken", 400, "Specified provider doesn't exist")
    assert unlisted == DENIED
    line = journals.lines(operation="AssumeRoleWithSAML")[-1]
    assert (line["kind"], line["error"]["status"]) == ("authentication", 403)
    assert refusal(lambda: assume(arn, "x" * 100_001))[0] == "ValidationError"
    assert assume(arn, response(arn))["Subject"] == "ann"


def test_tags_and_source_identity_ask_for_their_actions(role, assume, a, b):
    more = {
        "tags": {"team": "blue"},
        "source_identity": "ann",
        "attributes": {f"{ATTRIBUTES}TransitiveTagKeys": "team"},
    }
    arn = role()
    a("iam").put_role_policy(RoleName="staff", PolicyName="blue", PolicyDocument=document(
        allow("iam:GetRole", Condition={"StringEquals": {
            "aws:PrincipalTag/team": "blue", "aws:SourceIdentity": "ann", "saml:sub": "ann"}})))  # fmt: skip

    assert refusal(lambda: assume(arn, response(arn, **more)))[2] == "Not authorized to perform sts:TagSession"
    role(trusts({"StringEquals": {"aws:RequestTag/team": "blue"}}, [ACTION, "sts:TagSession", "sts:SetSourceIdentity"]))
    answer = assume(arn, response(arn, **more))

    assert answer["SourceIdentity"] == "ann"
    assert b("iam", **keys_of(answer["Credentials"])).get_role(RoleName="staff")["Role"]["RoleName"] == "staff"
    plain = b("iam", **keys_of(assume(role(), response(arn))["Credentials"]))
    assert refusal(lambda: plain.get_role(RoleName="staff"))[0] == "AccessDenied"


def test_a_session_ends_when_its_provider_says_so_at_the_latest(role, assume, sandbox, b):
    arn, now = role(), datetime.now(UTC)

    short = assume(arn, response(arn, session_ends=now + timedelta(minutes=10)), DurationSeconds=3600)
    long = assume(arn, response(arn, session_ends=now + timedelta(hours=10)))

    assert short["Credentials"]["Expiration"] - now < timedelta(minutes=11)
    assert long["Credentials"]["Expiration"] - now > timedelta(minutes=50)
    assert (
        refusal(lambda: assume(arn, response(arn, session_ends=now - timedelta(minutes=1))))[0]
        == "ExpiredTokenException"
    )
    ask(record_of(sandbox), "one", "clock", {"seconds": 900})
    assert refusal(b("sts", **keys_of(short["Credentials"])).get_caller_identity)[0] == "ExpiredToken"
    assert b("sts", **keys_of(long["Credentials"])).get_caller_identity()["Account"] == A


def test_no_assertion_is_in_a_journal_or_a_log(role, assume, sandbox, journals):
    arn = role()
    now = ask(record_of(sandbox), "one", "clock", {"seconds": 0})["now"]  # another test may have moved the clock
    made = response(arn, now=datetime.fromisoformat(now))
    assert assume(arn, made)["Subject"] == "ann"

    text = "".join(path.read_text() for path in journals.state.rglob("*") if path.suffix in {".jsonl", ".log"})
    assert made[:200] not in text
    assert "SignatureValue" not in text
    assert json.dumps(PROVIDER) in text
