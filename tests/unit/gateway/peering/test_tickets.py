"""Tickets for internal calls that cross: each is good once, for one request, to one owner, for half a minute."""

import pytest

from harness.gateway.peering.tickets import Tickets, digest
from harness.gateway.signers import PlumbingSigner, ServiceSigner, from_json
from harness.sigv4 import Head
from harness.wire import Message, Place

A, B, C = "111111111111", "222222222222", "333333333333"
RULE = ServiceSigner("events.amazonaws.com", f"arn:aws:events:us-west-2:{B}:rule/r", B)
REQUEST = digest(Head("POST", "/", (("x-amz-target", "AmazonSQS.SendMessage"),)), "0" * 64)


@pytest.fixture
def time():
    return [1000.0]


@pytest.fixture
def tickets(time):
    return Tickets(lambda: time[0])


def ask(tickets, ticket, sender=A, request=REQUEST):
    data, blob = tickets.answer(Message("ticket", sender, B, "n", 0.0, "r", {"ticket": ticket, "request": request}))
    assert blob == b""
    return data


@pytest.mark.parametrize("signer", [RULE, PlumbingSigner("sns")], ids=["service", "plumbing"])
def test_the_owner_learns_for_whom_a_call_is_made(tickets, signer):
    assert from_json(ask(tickets, tickets.issue(A, REQUEST, signer)), B) == signer


def test_a_ticket_is_good_once(tickets):
    ticket = tickets.issue(A, REQUEST, RULE)

    assert ask(tickets, ticket)["principal"] == "events.amazonaws.com"
    assert "used before" in ask(tickets, ticket)["refused"]


@pytest.mark.parametrize(
    "changed",
    [
        {"sender": C},
        {"request": digest(Head("POST", "/", (("x-amz-target", "AmazonSQS.PurgeQueue"),)), "0" * 64)},
        {"request": digest(Head("POST", "/", (("x-amz-target", "AmazonSQS.SendMessage"),)), "1" * 64)},
        {"request": digest(Head("POST", "/x", (("x-amz-target", "AmazonSQS.SendMessage"),)), "0" * 64)},
    ],
    ids=["owner", "operation", "body", "path"],
)
def test_a_ticket_for_another_owner_or_request_is_refused_and_gone(tickets, changed):
    ticket = tickets.issue(A, REQUEST, RULE)

    assert "another request" in ask(tickets, ticket, **changed)["refused"]
    assert "used before" in ask(tickets, ticket)["refused"]


def test_a_ticket_ends_after_half_a_minute(tickets, time):
    young, old = tickets.issue(A, REQUEST, RULE), tickets.issue(A, REQUEST, RULE)

    time[0] += 29
    assert "principal" in ask(tickets, young)
    time[0] += 2
    assert "too old" in ask(tickets, old)["refused"]
    assert "unknown" in ask(tickets, "0" * 32)["refused"]


def test_a_home_speaks_for_its_own_account_only():
    said = {"principal": "events.amazonaws.com", "source_arn": RULE.source_arn, "account": A, "place": None}

    assert from_json(said, C) == ServiceSigner("events.amazonaws.com", RULE.source_arn, C)
    placed = said | {"place": {"organization": "o-a", "path": "o-a/r-b/"}}
    assert from_json(placed, C).place == Place("o-a", "o-a/r-b/")
    assert from_json(said, C).foreign_source == B
    assert from_json(said, B).foreign_source is None
    assert ServiceSigner("s3.amazonaws.com", "arn:aws:s3:::bucket", B).foreign_source is None
    assert ServiceSigner("lambda.amazonaws.com", None, B).foreign_source is None
