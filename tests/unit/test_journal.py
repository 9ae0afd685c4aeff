"""The journal as the driver reads it."""

import json

from harness.journal import JournalReader


def test_the_proofs_requests_are_left_out_whatever_lies_between_them(tmp_path):
    path = tmp_path / "journal.jsonl"
    times = {"proof-1": "1", "early": "2", "proof-2": "3", "later": "4"}
    path.write_text("".join(json.dumps({"request_id": name, "time": at}) + "\n" for name, at in times.items()))
    journal = JournalReader({"a": path}, left_out=frozenset({"proof-1", "proof-2"}))

    found, mark = journal.read({})

    assert [entry.request_id for entry in found] == ["early", "later"]
    assert mark == journal.mark()
    assert [entry.request_id for entry in journal.find("proof-1")] == ["proof-1"]
