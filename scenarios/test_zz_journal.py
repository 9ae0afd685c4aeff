"""The journal of the whole session: every decision in it is made again from the line and the policies kept beside it."""

from functools import partial

from harness.replay import replay


def test_every_line_decides_the_same_again(harness, journal):
    harness.account("account_a").client("iam").list_roles()
    lines = [entry for entry in journal.entries() if entry.kind == "decision" and "policies" in entry.fields]

    for entry in lines:
        again = replay(entry.fields, partial(journal.policy, entry.account))
        assert again.effect.value == entry.decision, entry.describe()
    assert lines
