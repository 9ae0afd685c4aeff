"""A journal that lies in a container, as a file of the driver's."""

import json

import pytest

from harness.emulator.control import Control
from harness.emulator.folder import AccountFolder
from harness.emulator.mirror import pull
from harness.errors import ToolFailed
from harness.gateway.journal import Journal
from harness.wire import Message, answer, open_question

KEY = "00" * 32
DIGEST = "ab" * 32


class Far:
    """An instance's journal and its peer port, without a container."""

    def __init__(self, folder):
        self.journal = Journal(folder / "far" / "journal.jsonl")
        self.chunk = 1 << 20

    def send(self, question, timeout):
        message = open_question(bytes.fromhex(KEY), question, receiver="111111111111", now=_time(question))
        assert isinstance(message, Message)
        if message.kind == "journal":
            data, blob = {}, self.journal.read(message.data["offset"], self.chunk)
        else:
            data, blob = {"documents": self.journal.documents(message.data["digests"])}, b""
        return answer(bytes.fromhex(KEY), question, message, data, blob)


def _time(question):
    return json.loads(question.split(b"\n")[1])["time"]


@pytest.fixture
def far(tmp_path):
    return Far(tmp_path)


@pytest.fixture
def folder(tmp_path):
    return AccountFolder(tmp_path / "near")


def test_what_is_new_is_appended_and_nothing_twice(far, folder):
    control = Control("111111111111", far, KEY)
    folder.path.mkdir()
    for number in range(3):
        far.journal.write({"number": number})
        pull(folder, control)
        pull(folder, control)

    assert [json.loads(line)["number"] for line in folder.journal.read_text().splitlines()] == [0, 1, 2]
    assert folder.journal.stat().st_mode & 0o077 == 0


def test_a_journal_longer_than_one_answer_comes_in_whole_lines(far, folder):
    folder.path.mkdir()
    far.chunk = 50
    for number in range(20):
        far.journal.write({"number": number})

    pull(folder, Control("111111111111", far, KEY))

    assert len(folder.journal.read_text().splitlines()) == 20


def test_the_policies_that_lines_name_come_along_and_other_names_do_not(far, folder):
    folder.path.mkdir()
    far.journal.keep(DIGEST, "{}")
    far.journal.write({"policies": {"identity": [["p", DIGEST], ["q", "../../../etc/passwd"]], "session": None}})

    pull(folder, Control("111111111111", far, KEY))

    assert [path.name for path in folder.policies.iterdir()] == [f"{DIGEST}.json"]


def test_an_instance_that_seals_with_another_key_is_not_believed(far, folder):
    folder.path.mkdir()

    with pytest.raises((ToolFailed, AssertionError)):
        pull(folder, Control("111111111111", far, "11" * 32))
