"""Decision cases from AWS's documentation: every line of every file in this folder is decided as it says."""

import json
from pathlib import Path

import pytest

from harness.simulate import answer_line

FOLDER = Path(__file__).parent
LINES = [line for file in sorted(FOLDER.glob("*.jsonl")) for line in file.read_text().splitlines() if line.strip()]
NEEDS_NO_STATEMENT = ("sts:GetCallerIdentity", "sts:GetSessionToken")


@pytest.mark.parametrize("line", LINES, ids=lambda line: json.loads(line)["id"])
def test_a_case_is_decided_as_aws_documents(line):
    case = json.loads(line)

    answer = answer_line(line).fields

    assert answer.get("decision", answer) == case["expected"], case["reason"]
    assert answer["because"] or case["action"] in NEEDS_NO_STATEMENT or case["principal"].endswith(":root")


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("{", "broken JSON"),
        ("[]", "a case is an object"),
        ('{"id": "x", "odd": 1}', "unknown key `odd`"),
        ('{"id": "x"}', "`principal` must be text"),
        ('{"id":"x","principal":"bob","action":"a:b","resource":"*","resource_account":"1"}', "is no principal"),
        (
            '{"id":"x","principal":"anonymous","action":"a:b","resource":"*","resource_account":"1","context":{"a:b":1}}',
            "context key `a:b` must be text",
        ),
    ],
)
def test_a_line_that_is_no_case_is_answered_with_its_fault(line, error):
    answer = answer_line(line)

    assert answer.failed
    assert error in answer.fields["error"]


def test_the_documented_example_is_answered_so():
    text = (Path(__file__).parents[2] / "docs" / "cases.md").read_text()
    case, answer = (line.strip() for line in text.splitlines() if line.startswith('    {"id"'))

    assert answer_line(case).fields == json.loads(answer)
