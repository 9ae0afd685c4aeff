"""The journal when it cannot be written: the request is refused with a sentence, and no half line is left."""

import errno
import json
import os

import pytest

from harness.gateway.journal import Journal


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal.jsonl")


def full_after(monkeypatch, count):
    """Let `count` bytes through, then no more."""
    written, write = [0], os.write

    def limited(descriptor, data):
        room = count - written[0]
        if room <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done = write(descriptor, bytes(data)[:room])
        written[0] += done
        return done

    monkeypatch.setattr("harness.gateway.journal.os.write", limited)


def test_a_full_disk_refuses_with_a_sentence_and_a_remedy(journal, monkeypatch):
    full_after(monkeypatch, 0)

    with pytest.raises(OSError, match="nothing is done without it: free space") as failure:
        journal.write({"a": 1})

    assert failure.value.errno == errno.ENOSPC


def test_a_line_is_whole_or_not_there(journal, tmp_path, monkeypatch):
    journal.write({"number": 1})
    with monkeypatch.context() as patched:
        full_after(patched, 5)
        with pytest.raises(OSError, match="journal"):
            journal.write({"number": 2})

    journal.write({"number": 3})

    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert [json.loads(line)["number"] for line in lines] == [1, 3]


def test_what_is_read_begins_at_the_offset(journal):
    journal.write({"number": 1})
    first = len(journal.read(0, 100))
    journal.write({"number": 2})

    assert json.loads(journal.read(first, 100)) == {"number": 2}
    assert journal.read(2 * first, 100) == b""
