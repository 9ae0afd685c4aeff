"""When a schedule of EventBridge Scheduler is due. No clock of its own: the times between which one looks come in.

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), start=1)}
_MINUTE = timedelta(minutes=1)


class InvalidSchedule(Exception):
    """An expression or a time zone that is none."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """An expression with its time zone, and the times between which it recurs."""

    expression: str
    zone: str
    begins: datetime
    """The start date, else when the schedule was made: a rate counts from there."""
    ends: datetime | None = None

    def due(self, after: datetime, until: datetime) -> bool:
        """Whether a time of the schedule lies after the first and not after the second. Raises InvalidSchedule."""
        if at := _AT.fullmatch(self.expression):
            return after < datetime.fromisoformat(at[1]).replace(tzinfo=self._zone()).astimezone(UTC) <= until
        until = min(until, self.ends) if self.ends else until
        if rate := _RATE.fullmatch(self.expression):
            return self._rate_due(timedelta(**{f"{rate[2]}s": int(rate[1])}), after, until)
        if cron := _CRON.fullmatch(self.expression):
            fields = cron.groups()
            return any(_matches(fields, minute.astimezone(self._zone())) for minute in self._minutes(after, until))
        raise InvalidSchedule(f"Invalid Schedule Expression {self.expression}.")

    @property
    def once(self) -> bool:
        """Whether it is over when it was due."""
        return self.expression.startswith("at(")

    def _rate_due(self, period: timedelta, after: datetime, until: datetime) -> bool:
        """The first time is the beginning itself."""
        if not period or until < self.begins:
            return False
        return after < self.begins + (until - self.begins) // period * period

    def _minutes(self, after: datetime, until: datetime) -> Iterator[datetime]:
        minute = after.replace(second=0, microsecond=0) + _MINUTE
        while minute <= until:
            if minute >= self.begins - _MINUTE:
                yield minute
            minute += _MINUTE

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InvalidSchedule(f"Invalid Schedule Expression Timezone {self.zone}.") from error


def _matches(fields: tuple[str, ...], time: datetime) -> bool:
    minutes, hours, days, months, weekdays, years = fields
    return (
        _in(minutes, time.minute, 0)
        and _in(hours, time.hour, 0)
        and _in(months.upper(), time.month, 1, _MONTHS)
        and _in(years, time.year, 1970)
        and any(_is_day(part, time) for part in days.upper().split(","))
        and any(_is_weekday(part, time) for part in weekdays.upper().split(","))
    )


def _in(field: str, value: int, first: int, names: dict[str, int] | None = None) -> bool:
    """A list of values, ranges and steps: `5`, `1-5`, `*`, `0/15`, `10-30/5`."""
    return any(_in_part(part, value, first, names or {}) for part in field.split(","))


def _in_part(part: str, value: int, first: int, names: dict[str, int]) -> bool:
    span, _, step = part.partition("/")
    low, dash, high = span.partition("-")
    begin = first if low in {"*", "?"} else _number(low, names)
    if not dash and not step and low not in {"*", "?"}:
        return value == begin
    return (
        begin <= value <= (_number(high, names) if dash else value)
        and (value - begin) % max(_number(step or "1", {}), 1) == 0
    )


def _number(text: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdecimal():
        raise InvalidSchedule(f"Invalid cron field {text}.")
    return int(text)


def _is_day(part: str, time: datetime) -> bool:
    """`L` is the month's last day, `15W` the weekday nearest to the 15th."""
    last = calendar.monthrange(time.year, time.month)[1]
    if part == "L":
        return time.day == last
    if part.endswith("W"):
        return time.day == _nearest_weekday(time, min(_number(part[:-1], {}), last), last)
    return _in_part(part, time.day, 1, {})


def _nearest_weekday(time: datetime, day: int, last: int) -> int:
    weekday = time.replace(day=day).weekday()
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _is_weekday(part: str, time: datetime) -> bool:
    """Sunday is 1; `6L` is the month's last Friday, `3#2` its second Tuesday."""
    today = time.isoweekday() % 7 + 1
    if part == "L":
        return today == _DAYS["SAT"]
    if part.endswith("L"):
        return today == _number(part[:-1], _DAYS) and time.day + 7 > calendar.monthrange(time.year, time.month)[1]
    if "#" in part:
        weekday, _, nth = part.partition("#")
        return today == _number(weekday, _DAYS) and (time.day - 1) // 7 + 1 == _number(nth, {})
    return _in_part(part, today, 1, _DAYS)
