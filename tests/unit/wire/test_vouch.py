"""The answer to "who signed this": it travels whole, and an account speaks for nobody but its own."""

from dataclasses import replace

import pytest

from harness.sigv4.key_id import new_key_id
from harness.wire import Place
from harness.wire.vouch import Caller, CallerKind, PolicyRef, PolicySet, SessionFacts, Vouch

A, B = "111111111111", "222222222222"
KEY_ID = new_key_id("AKIA", B, b"12345678")
USER = Caller(
    CallerKind.USER, B, f"arn:aws:iam::{B}:user/u", "AIDAU", user_name="u", user_arn=f"arn:aws:iam::{B}:user/u"
)
SESSION = Caller(
    CallerKind.ROLE_SESSION, B, f"arn:aws:sts::{B}:assumed-role/r/s", "AROAR", role_arn=f"arn:aws:iam::{B}:role/p/r",
    session_name="s", session=SessionFacts(1.0, 2.0, ("a",), {"a": "b"}, "me", mfa=True, is_chainable_role=True),
)  # fmt: skip
WEB = replace(SESSION, session=SessionFacts(
    1.0, 2.0, is_chainable_role=True, provider=f"arn:aws:iam::{B}:oidc-provider/id.example.com",
    provider_keys={"id.example.com:sub": "me", "id.example.com:amr": ("a", "b")},
))  # fmt: skip
GOOGLE = replace(SESSION, session=replace(WEB.session, provider="accounts.google.com"))
ROOT = Caller(CallerKind.ROOT, B, f"arn:aws:iam::{B}:root", B)
FEDERATED = Caller(
    CallerKind.FEDERATED_USER, B, f"arn:aws:sts::{B}:federated-user/f", "AIDAU", user_arn=f"arn:aws:iam::{B}:user/u"
)
POLICIES = PolicySet((PolicyRef("p", "0" * 64),), PolicyRef("b", "1" * 64), (PolicyRef("s", "2" * 64),), ((PolicyRef("root", "3" * 64),), (PolicyRef("unit", "4" * 64), PolicyRef("root", "3" * 64))))  # fmt: skip
MEMBER = replace(USER, place=Place("o-a", "o-a/r-b/"))


def vouch(caller=USER, **changes):
    return replace(Vouch(B, 1, caller, POLICIES, KEY_ID, "us-west-2", "sts"), **changes)


@pytest.mark.parametrize(
    "caller", [USER, SESSION, WEB, GOOGLE, ROOT, FEDERATED, MEMBER], ids=lambda caller: caller.kind
)
def test_an_account_speaks_for_its_own_principals_and_its_statement_travels_whole(caller):
    assert vouch(caller).foreign_to(B) is None
    assert Vouch.from_json(vouch(caller).to_json()) == vouch(caller)


@pytest.mark.parametrize(
    "statement",
    [
        vouch(home=A),
        vouch(replace(USER, account_id=A)),
        vouch(replace(USER, arn=f"arn:aws:iam::{A}:user/u")),
        vouch(replace(USER, user_arn=f"arn:aws:iam::{A}:user/u")),
        vouch(replace(SESSION, role_arn=f"arn:aws:iam::{A}:role/r")),
        vouch(replace(USER, arn="u")),
        vouch(replace(WEB, session=replace(WEB.session, provider=f"arn:aws:iam::{A}:oidc-provider/id.example.com"))),
        vouch(replace(USER, unique_id="AROAR")),
        vouch(replace(SESSION, unique_id="AIDAU")),
        vouch(replace(ROOT, unique_id=A)),
        vouch(key_id=new_key_id("AKIA", A, b"12345678")),
    ],
)
def test_an_account_speaks_for_nobody_elses(statement):
    assert statement.foreign_to(B) is not None


def test_every_policy_that_is_named_is_asked_for():
    assert [ref.digest[0] for ref in POLICIES.refs] == ["0", "1", "2", "3", "4", "3"]
