"""What stands by is used again only while nothing changed."""

from dataclasses import replace

from harness.emulator.fingerprint import fingerprint
from harness.emulator.wanted import Wanted
from harness.wire import ControlPolicy, Membership, Place

ONE = Wanted("one", "111111111111", "us-west-2", ("one",))


def test_a_control_policy_that_was_edited_is_a_change():
    before, after = (
        replace(ONE, organization=Membership(Place("o-a", "o-a/r-b/"), ((ControlPolicy("p", text),),)))
        for text in ("{}", "{ }")
    )

    assert len({fingerprint([one], ()) for one in (ONE, before, after)}) == 3
    assert fingerprint([before], ()) == fingerprint([before], ())
