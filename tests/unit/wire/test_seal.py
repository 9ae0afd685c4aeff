"""The seal: nothing without the launch key, nothing for another receiver, nothing old, and an answer belongs to one question."""

from dataclasses import replace

import pytest

from harness.wire import ControlPolicy, Membership, Message, Place, Refused, answer, open_answer, open_question, seal
from harness.wire.launch import AccountKeys, Launch, Listen, Peer

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
NOW = 1_000.0
QUESTION = Message("vouch", "222222222222", "111111111111", "nonce", NOW, "request", {"a": 1}, b"body\n\x00")


def opened(raw, *, key=KEY, receiver="111111111111", now=NOW):
    return open_question(key, raw, receiver=receiver, now=now)


def test_a_sealed_question_arrives_whole():
    assert opened(seal(KEY, QUESTION)) == QUESTION


@pytest.mark.parametrize(
    ("raw", "options"),
    [
        (seal(OTHER_KEY, QUESTION), {}),
        (seal(KEY, QUESTION)[:-1], {}),
        (seal(KEY, QUESTION) + b"x", {}),
        (b"", {}),
        (seal(KEY, QUESTION).partition(b"\n")[2], {}),
        (seal(KEY, QUESTION), {"receiver": "222222222222"}),
        (seal(KEY, QUESTION), {"now": NOW + 31}),
        (seal(KEY, QUESTION), {"now": NOW - 31}),
    ],
    ids=["other key", "cut", "longer", "empty", "no seal", "other receiver", "old", "from the future"],
)
def test_everything_else_is_refused(raw, options):
    assert isinstance(opened(raw, **options), Refused)


def test_an_answer_belongs_to_its_question_and_its_sender():
    question = seal(KEY, QUESTION)
    other = seal(KEY, replace(QUESTION, nonce="other"))
    raw = answer(KEY, question, QUESTION, {"b": 2}, b"blob")

    received = open_answer(KEY, raw, question=question, sender="111111111111", receiver="222222222222")
    assert (received.data, received.blob) == ({"b": 2}, b"blob")
    assert isinstance(open_answer(KEY, raw, question=other, sender="111111111111", receiver="222222222222"), Refused)
    assert isinstance(open_answer(KEY, raw, question=question, sender="333333333333", receiver="222222222222"), Refused)
    assert isinstance(
        open_answer(KEY, question, question=question, sender="222222222222", receiver="111111111111"), Refused
    )


def test_a_launch_travels_whole_and_never_prints_its_secrets():
    launch = Launch(
        account_id="111111111111",
        region="us-west-2",
        version="1",
        public=Listen(descriptor=5),
        peer=Listen(host="0.0.0.0", port=4567),
        peers=(Peer("222222222222", "127.0.0.1", 9),),
        external_accounts=("333333333333",),
        keys=AccountKeys("AKIA1", "hidden-a", "AKIA2", "hidden-b"),
        launch_key="hidden-c",
        journal="/j",
        issuer_keys="{}",
        issuer_key="hidden-d",
        eager_services=("s3",),
    )
    levels = ((ControlPolicy("p", "{}"),), ())
    member = replace(launch, organization=Membership(Place("o-a", "o-a/r-b/"), levels, levels[:1]))

    assert Launch.from_json(launch.to_json()) == launch
    assert Launch.from_json(member.to_json()) == member
    assert "hidden" not in repr(launch)
