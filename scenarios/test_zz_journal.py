"""The journal of the whole session: every decision in it is made again from the line and the policies kept beside it."""

from harness.replay import replay


def test_every_line_decides_the_same_again(harness, journal):
    harness.account("account_a").client("iam").list_roles()
    lines = [entry for entry in journal.entries() if entry.kind == "decision" and "policies" in entry.fields]

    for entry in lines:
        folder = harness.folder.account(entry.account).journal.parent / "policies"
        again = replay(entry.fields, lambda digest, folder=folder: (folder / f"{digest}.json").read_text())
        assert again.effect.value == entry.decision, entry.describe()
    assert lines
