"""A bucket's name is one account's, also where several want it at once."""

import pytest

from harness.gateway.s3.buckets import Buckets
from harness.wire import Message

A, B, C = "111111111111", "222222222222", "333333333333"


class Wire:
    """The peers of one account: their answers, and what happens just before one is given."""

    def __init__(self, account, all_buckets):
        self.accounts = {A, B, C} - {account}
        self.account, self.all, self.before = account, all_buckets, {}

    def ask(self, receiver, kind, data, *, request_id):
        self.before.pop((receiver, kind), lambda: None)()
        answer = {"whereis": Buckets.answer_whereis, "claim": Buckets.answer_claim}[kind]
        question = Message(kind, self.account, receiver, "n", 0.0, request_id, data)
        return Message(kind, receiver, self.account, "n", 0.0, request_id, answer(self.all[receiver], question)[0])


class Accounts:
    """Accounts that ask each other; `made` holds (account, bucket)."""

    def __init__(self):
        self.made, self.buckets = set(), {}
        for account in (A, B, C):
            wire = Wire(account, self.buckets)
            self.buckets[account] = Buckets(account, wire, holds=lambda account, name: (account, name) in self.made)

    def create(self, account, name):
        won = self.claim(account, name)
        if won:
            self.end(account, name)
        self.buckets[account].made(account)
        return won

    def claim(self, account, name):
        return self.buckets[account].claim(name, account)

    def end(self, account, name):
        self.made.add((account, name))
        self.buckets[account].made(account)

    def before(self, asking, asked, kind, happens):
        self.buckets[asking].peers.before[asked, kind] = happens


@pytest.fixture
def accounts():
    return Accounts()


@pytest.mark.parametrize(("first", "second"), [(A, B), (B, A), (B, C)])
def test_a_name_is_the_firsts_until_its_bucket_is_gone(accounts, first, second):
    assert accounts.create(first, "n")
    assert accounts.create(first, "n")
    assert not accounts.create(second, "n")

    accounts.made.clear()

    assert accounts.create(second, "n")
    assert not accounts.create(first, "n")


@pytest.mark.parametrize(("first", "second"), [(A, B), (B, A), (B, C)])
def test_a_claim_is_not_void_while_its_bucket_is_being_made(accounts, first, second):
    assert accounts.claim(first, "n")

    assert not accounts.create(second, "n")

    accounts.end(first, "n")
    assert accounts.buckets[second].owner("n", "r") == first


@pytest.mark.parametrize(("first", "second"), [(A, B), (B, A), (B, C)])
def test_a_claim_whose_bucket_could_not_be_made_is_void(accounts, first, second):
    assert accounts.claim(first, "n")
    accounts.buckets[first].made(first)

    assert accounts.create(second, "n")


def test_a_claim_that_is_renewed_meanwhile_is_not_the_one_that_was_void(accounts):
    accounts.create(B, "n")
    accounts.made.clear()
    # C has found B's claim void; before it says so to A, B begins again.
    claims = []
    accounts.before(
        C, A, "claim", lambda: accounts.before(C, A, "claim", lambda: claims.append(accounts.claim(B, "n")))
    )

    assert not accounts.create(C, "n")
    assert claims == [True]


def test_of_two_that_found_a_claim_void_one_gets_the_name(accounts):
    accounts.create(A, "n")
    accounts.made.clear()
    claims = []
    accounts.before(C, A, "whereis", lambda: claims.append(accounts.claim(B, "n")))

    assert not accounts.claim(C, "n")
    assert claims == [True]


def test_who_lost_a_name_is_not_taken_for_its_owner(accounts):
    accounts.create(C, "n")
    seen = []
    accounts.before(B, C, "whereis", lambda: seen.append(accounts.buckets[A].owner("n", "r")))

    assert not accounts.create(B, "n")
    assert seen == [C]
