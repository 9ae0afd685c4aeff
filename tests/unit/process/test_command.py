"""Commands and outcomes print without secrets."""

from pathlib import Path

import pytest

from harness.process import Command, Outcome
from harness.process.fake import FakeRunner, Script
from harness.process.redact import redacted, redacted_arguments


def test_neither_the_text_nor_the_value_of_a_command_shows_variables_or_environment():
    command = Command(("terraform", "apply", "-var=db=hunter2\nmore"), Path("/x"), {"AWS_SECRET_ACCESS_KEY": "hunter3"})
    outcome = Outcome(command, 1, ("token: hunter4",), 1.25)

    for text in (str(command), repr(command), str(outcome), repr(outcome), outcome.tail):
        assert "hunter" not in text
        assert "more" not in text
    assert str(outcome) == "`terraform apply '-var=db=***'` ended with 1 after 1.2 s"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("aws_secret_access_key = abc", "aws_secret_access_key = ***"),
        ('{"SessionToken": "abc", "n": 1}', '{"SessionToken": ***, "n": 1}'),
        ("PASSWORD=abc def", "PASSWORD=*** def"),
        ("key AKIA111111111111TEST", "key AKIA***"),
        ("git::https://me:abc@example.org/m.git", "git::https://***@example.org/m.git"),
        ("arn:aws:iam::111111111111:role/bar", "arn:aws:iam::111111111111:role/bar"),
        ("-input=false", "-input=false"),
    ],
)
def test_secrets_are_known_by_name_and_form(text, shown):
    assert redacted(text) == shown


def test_what_follows_a_secret_option_is_hidden():
    assert redacted_arguments(["x", "-var", "a=1", "--auth-token", "abc", "y"]) == (
        *("x", "-var", "***"),
        *("--auth-token", "***", "y"),
    )


def test_the_fake_plays_its_script_and_keeps_the_commands():
    answers = iter([False, True])
    fake, seen = FakeRunner(lambda _command: Script(("one",), hangs=True)), []

    outcome = fake.run(Command(("x",), Path(), {}), seen.append, lambda: next(answers))

    assert (seen, outcome.stopped, len(fake.commands)) == (["one"], True, 1)
