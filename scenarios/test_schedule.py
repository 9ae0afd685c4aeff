"""The schedule in real time: on the minute EventBridge runs the function, and only with the permission to."""

import pytest

from harness.scenario import eventually

A_MINUTE_AND_A_BIT = 75.0
STATEMENT = "AllowEveryMinute"


def scheduled(journal, mark):
    """What EventBridge asked of Lambda since the mark."""
    return [
        entry
        for entry in journal.entries(mark)
        if entry.fields.get("principal") == "events.amazonaws.com"
        and entry.fields.get("action") == "lambda:InvokeFunction"
    ]


@pytest.mark.timeout(300)
def test_an_item_arrives_on_the_minute(example, journal):
    mark, before = journal.mark(), example.items()

    eventually("the rule fires", lambda: scheduled(journal, mark), within=A_MINUTE_AND_A_BIT)
    eventually("an item arrives", lambda: example.items() - before, within=40)

    assert [entry.decision for entry in scheduled(journal, mark)] == ["allowed"]
    assert scheduled(journal, mark)[0].because[0]["sid"] == STATEMENT


@pytest.mark.timeout(300)
def test_without_its_permission_the_rule_does_not_run_the_function(example, journal):
    functions = example.b.client("lambda")
    functions.remove_permission(FunctionName="bar", StatementId=STATEMENT)
    mark, before = journal.mark(), example.items()

    refused = eventually("the rule is refused", lambda: scheduled(journal, mark), within=A_MINUTE_AND_A_BIT)

    assert [entry.decision for entry in refused] == ["implicit_deny"]
    assert refused[0].because == [{"layer": "resource", "missing": "allow"}]
    assert example.items() == before

    functions.add_permission(
        FunctionName="bar",
        StatementId=STATEMENT,
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=f"arn:aws:events:us-west-2:{example.b.id}:rule/bar-every-minute",
    )
    eventually("an item arrives again", lambda: example.items() - before, within=A_MINUTE_AND_A_BIT)
