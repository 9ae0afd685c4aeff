"""Refusals without a decision, told to a person."""

import pytest

from harness.report import refusal
from harness.sigv4 import Reason

A, B = "111111111111", "222222222222"


def told(kind, **more):
    return list(
        refusal({"kind": kind, "owner": A, "door": A, "service": "sts", "operation": "GetCallerIdentity", **more})
    )


def test_a_wrong_secret_is_told_with_its_key_awss_words_and_what_helps():
    error = {"code": "SignatureDoesNotMatch", "status": 403, "message": "The request signature does not match."}

    lines = told(
        "authentication", reason=Reason.BAD_SIGNATURE.value, detail="", key_id="AKIAEXAMPLE", error=error, door=B
    )

    assert lines == [
        f"key AKIAEXAMPLE  sts:GetCallerIdentity  at account {B}",
        "refused before any decision: nobody was found for whom the request speaks",
        "AWS says: SignatureDoesNotMatch (403): The request signature does not match.",
        "  signature does not match",
        "",
        "what helps: take the secret that belongs to this key, and send what was signed: nothing may change it on its way",
    ]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_told_with_something_that_helps(reason):
    lines = told("authentication", reason=reason.value, detail="because", key_id=None)

    assert lines[0].startswith("nobody  ")
    assert f"  {reason.value}: because" in lines
    by_sdk = "what helps: let the AWS CLI or an SDK sign the request: what they send is read"
    assert (lines[-1] == by_sdk) == (reason in BY_SDK)


BY_SDK = {
    Reason.MALFORMED, Reason.MALFORMED_QUERY, Reason.TWO_CREDENTIALS, Reason.UNSIGNED_HEADER, Reason.WRONG_PAYLOAD, Reason.BROKEN_CHUNKS,
    Reason.BROKEN_FORM, Reason.BAD_FIELD, Reason.LONG_FIELDS, Reason.BROKEN_POLICY, Reason.UNSUPPORTED_PAYLOAD,
}  # fmt: skip


@pytest.mark.parametrize(
    ("more", "helps"),
    [
        ({"reason": Reason.MISSING.value, "detail": "`/_aws/x` is a page of LocalStack's own, which the gate keeps shut"}, None),
        ({"reason": Reason.MALFORMED.value, "detail": "its `x-harness-hop` belongs to another call, of an API's integration"}, "leave the header out"),
        ({"operation": "AssumeRoleWithWebIdentity", "error": {"code": "InvalidIdentityToken", "status": 400, "message": "no"}}, "bring a token"),
    ],
)  # fmt: skip
def test_what_helps_is_of_the_refusal(more, helps):
    last = told("authentication", **more)[-1]

    assert last.startswith(f"what helps: {helps}") if helps else "what helps" not in last


@pytest.mark.parametrize(
    ("kind", "more", "means", "helps"),
    [
        ("validation", {"error": {"code": "MalformedPolicyDocument", "status": 400, "message": "no"}}, "refused whoever asks", "what the service takes"),
        ("peer", {"detail": f"account {B} does not answer: timed out"}, "between accounts", "harness doctor"),
        ("failure", {"service": None, "operation": None, "detail": "KeyError in x"}, "broke off", "instance.log"),
        ("decision", {"principal": "plumbing", "error": {"message": "no row lets it pass"}}, "among services", "README"),
    ],
)  # fmt: skip
def test_every_kind_says_what_it_means(kind, more, means, helps):
    lines = told(kind, **more)

    assert means in lines[1]
    assert helps in lines[-1]
    assert any((more.get("detail") or more["error"]["message"]) in line for line in lines[2:])


def test_a_line_of_the_peer_port_has_no_request():
    lines = list(refusal({"kind": "peer", "owner": A, "decision": "refused", "detail": "no valid seal"}))

    assert lines[0] == f"nobody  a request  at account {A}"


def test_what_was_allowed_before_is_told_with_what_allowed_it():
    allow = {"layer": "identity", "policy": "p", "statement": 0, "sid": None, "effect": "Allow"}
    validation = {
        "kind": "validation",
        "owner": A,
        "principal": "ann",
        "decision": "refused",
        "error": {"message": "x"},
    }

    lines = list(refusal(validation, [{"decision": "allowed", "because": [allow]}, validation]))

    assert lines[0].startswith("ann  ")
    assert "allowed, by Allow in identity-based policies: `p` Statement[0]" in "\n".join(lines)
