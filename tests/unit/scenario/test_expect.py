"""`allowed` and `denied`: the reason is read from the journal's line of that request, never from the message."""

import json

import pytest
from botocore.exceptions import ClientError

from harness.errors import ScenarioError
from harness.journal import JournalReader
from harness.scenario import allowed, denied


def refusal(code="AccessDenied", request_id="one"):
    metadata = {"RequestId": "theirs", "HTTPStatusCode": 403, "HTTPHeaders": {"x-amzn-requestid": request_id}}
    return ClientError(
        {"Error": {"Code": code, "Message": "because of nothing"}, "ResponseMetadata": metadata}, "PutItem"
    )


def raising(error):
    def call():
        raise error

    return call


@pytest.fixture
def journal(tmp_path):
    asked = {"owner": "111111111111", "principal": "ann", "action": "s3:GetObject"}
    lines = [
        {**asked, "kind": "decision", "time": "2", "request_id": "one", "decision": "implicit_deny", "because": [{"layer": "trust", "missing": "allow"}]},
        {**asked, "kind": "decision", "time": "1", "request_id": "two", "decision": "explicit_deny", "because": [{"layer": "identity", "policy": "p", "statement": 0, "effect": "Deny"}]},
        {"owner": "111111111111", "kind": "authentication", "time": "3", "request_id": "three", "decision": "refused", "reason": "no credentials"},
    ]  # fmt: skip
    path = tmp_path / "journal.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"half')
    return JournalReader({"a": path})


def test_the_expected_layer_is_enough(journal):
    found = denied(journal, raising(refusal()), by="owner/trust", explicit=False)

    assert (found.code, found.status, found.entry.request_id) == ("AccessDenied", 403, "one")


@pytest.mark.parametrize(
    ("request_id", "by", "explicit"),
    [("one", "caller/identity", None), ("one", {"owner/trust", "caller/identity"}, None), ("two", "caller/identity", False), ("three", "owner/trust", None), ("none", "owner/trust", None)],
)  # fmt: skip
def test_another_reason_fails_the_test(journal, request_id, by, explicit):
    with pytest.raises(AssertionError):
        denied(journal, raising(refusal(request_id=request_id)), by=by, explicit=explicit)


def test_a_call_that_succeeds_fails_the_test_without_showing_credentials(journal):
    with pytest.raises(AssertionError, match="was allowed") as failed:
        denied(journal, lambda: {"Credentials": "hidden", "SecretString": "hidden"}, by="owner/trust")
    assert "hidden" not in str(failed.value)


def test_a_call_that_succeeds_fails_the_test_with_what_allowed_it(journal):
    (path,) = journal.paths.values()
    allow = {"layer": "identity", "policy": "p", "statement": 2, "effect": "Allow"}
    entry = {"kind": "decision", "time": "4", "request_id": "four", "decision": "allowed", "because": [allow]}
    path.write_text(json.dumps({**entry, "principal": "ann", "action": "s3:GetObject"}) + "\n")

    with pytest.raises(AssertionError, match=r"was allowed: an answer with Name\n  ann  s3:GetObject") as failed:
        denied(journal, lambda: {"Name": "x", "ResponseMetadata": {"RequestId": "four"}}, by="owner/trust")
    assert "Allow in identity-based policies: `p` Statement[2]" in str(failed.value)


def test_another_failure_is_no_denial(journal):
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        denied(journal, raising(refusal("ResourceNotFoundException")), by="owner/trust")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        allowed(journal, raising(refusal("ResourceNotFoundException")))


def test_a_failure_that_is_no_denial_shows_the_scenario_s_own_frames(journal):
    with pytest.raises(ClientError) as failed:
        allowed(journal, raising(refusal("ResourceNotFoundException")))
    names = [frame.name for frame in failed.traceback]
    assert names[-1] == "call"
    assert failed.value.__context__ is None or failed.value.__suppress_context__


def test_an_unknown_reason_is_named(journal):
    with pytest.raises(ScenarioError, match="no such reason: trust"):
        denied(journal, raising(refusal()), by="trust")


@pytest.mark.parametrize(
    ("request_id", "why"),
    [
        ("one", "no Allow in the role's trust policy"),
        ("two", "Deny in identity-based policies: `p` Statement[0]"),
        ("three", "give the client a key of the principal"),
        ("none", ""),
    ],
)
def test_allowed_gives_the_result_and_fails_with_what_refused_it(journal, request_id, why):
    assert allowed(journal, lambda: 1) == 1
    with pytest.raises(AssertionError, match="expected to be allowed, and was refused: .*because of nothing") as failed:
        allowed(journal, raising(refusal(request_id=request_id)))
    assert why in str(failed.value)
    assert failed.value.__context__ is None


def test_entries_come_in_the_order_of_their_times_and_half_a_line_waits(journal):
    assert [entry.request_id for entry in journal.entries()] == ["two", "one", "three"]
    assert journal.entries(journal.mark()) == []


def test_a_request_is_found_by_its_own_id_and_not_by_its_mention(journal):
    (path,) = journal.paths.values()
    path.write_text(path.read_text().replace('"trust"', '"trust", "note": "after two"').replace('{"half', ""))

    assert [entry.request_id for entry in journal.find("two")] == ["two"]
    assert journal.find("nobody's") == []
