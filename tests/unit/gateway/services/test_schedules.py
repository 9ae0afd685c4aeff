"""When schedules are due, by AWS's own examples."""

from datetime import UTC, datetime, timedelta

import pytest

from harness.gateway.services.schedules import InvalidSchedule, Schedule

BEGINS = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def due(expression, moment, zone="UTC", begins=BEGINS, ends=None):
    moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    return Schedule(expression, zone, begins, ends).due(moment - SECOND, moment)


@pytest.mark.parametrize(
    ("expression", "moment", "is_due"),
    [
        ("rate(5 minutes)", "2026-01-01T12:00:30", True),
        ("rate(5 minutes)", "2026-01-01T12:00:29", False),
        ("rate(5 minutes)", "2026-01-01T12:05:30", True),
        ("rate(5 minutes)", "2026-01-01T12:04:30", False),
        ("rate(1 hour)", "2026-01-01T13:00:30", True),
        ("rate(1 day)", "2026-01-02T12:00:30", True),
        ("rate(1 day)", "2026-01-02T12:00:31", False),
        ("at(2026-03-01T08:00:00)", "2026-03-01T08:00:00", True),
        ("at(2026-03-01T08:00:00)", "2026-03-01T08:00:01", False),
        ("cron(15 10 * * ? *)", "2026-02-03T10:15:00", True),
        ("cron(15 10 * * ? *)", "2026-02-03T10:15:01", False),
        ("cron(0/15 * * * ? *)", "2026-02-03T10:45:00", True),
        ("cron(0/15 * * * ? *)", "2026-02-03T10:50:00", False),
        ("cron(*/10 8-17 ? * MON-FRI *)", "2026-02-03T17:50:00", True),
        ("cron(*/10 8-17 ? * MON-FRI *)", "2026-02-07T17:50:00", False),
        ("cron(0 8 1,15 JAN,MAR ? *)", "2026-03-15T08:00:00", True),
        ("cron(0 8 1,15 JAN,MAR ? *)", "2026-02-15T08:00:00", False),
        ("cron(0 0 L * ? *)", "2026-02-28T00:00:00", True),
        ("cron(0 0 L * ? *)", "2026-02-27T00:00:00", False),
        ("cron(0 0 15W * ? *)", "2026-02-16T00:00:00", True),  # the 15th is a Sunday
        ("cron(0 0 1W * ? *)", "2026-08-03T00:00:00", True),  # the 1st is a Saturday
        ("cron(0 0 ? * 6L *)", "2026-02-27T00:00:00", True),  # the last Friday
        ("cron(0 0 ? * 6L *)", "2026-02-20T00:00:00", False),
        ("cron(0 0 ? * 3#2 *)", "2026-02-10T00:00:00", True),  # the second Tuesday
        ("cron(0 0 ? * 1 *)", "2026-02-01T00:00:00", True),  # Sunday
        ("cron(0 0 1 1 ? 2027)", "2027-01-01T00:00:00", True),
        ("cron(0 0 1 1 ? 2027-2028)", "2029-01-01T00:00:00", False),
    ],
)
def test_a_schedule_is_due(expression, moment, is_due):
    assert due(expression, moment) is is_due


def test_a_zone_is_the_schedules_own():
    assert due("at(2026-03-01T08:00:00)", "2026-03-01T16:00:00", "America/Los_Angeles")
    assert due("cron(0 8 * * ? *)", "2026-03-01T16:00:00", "America/Los_Angeles")
    assert due("cron(0 8 * * ? *)", "2026-07-01T15:00:00", "America/Los_Angeles")


def test_nothing_recurs_before_its_beginning_and_after_its_end():
    ends = BEGINS + timedelta(minutes=7)

    assert due("rate(5 minutes)", "2026-01-01T12:05:30", ends=ends)
    assert not due("rate(5 minutes)", "2026-01-01T12:10:30", ends=ends)
    assert not due("cron(* * * * ? *)", "2026-01-01T12:10:00", ends=ends)
    assert not due("cron(* * * * ? *)", "2025-12-31T12:10:00")


def test_what_was_missed_between_two_looks_is_due_once():
    assert Schedule("rate(1 minute)", "UTC", BEGINS).due(BEGINS, BEGINS + timedelta(minutes=10))


@pytest.mark.parametrize("expression", ["rate(x minutes)", "cron(* * * *)", "cron(x * * * ? *)", "every day"])
def test_what_is_no_schedule_says_so(expression):
    with pytest.raises(InvalidSchedule):
        due(expression, "2026-02-03T10:15:00")
    with pytest.raises(InvalidSchedule):
        due("at(2026-03-01T08:00:00)", "2026-03-01T08:00:00", "Mars/Olympus")
