"""When a scheduled rule fires: ``rate(5 minutes)`` and ``cron(0 6 ? * MON-FRI *)``, in UTC.

Source: *Setting a schedule pattern for scheduled rules* in the user guide of EventBridge.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86_400}
_DAYS = {
    name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)
}
_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_YEARS = (1970, 2199)
_FARTHEST_DAYS = 366 * 8

Next = Callable[[datetime], datetime | None]
"""The first time after a given one; None if there is none in the next eight years."""


class ScheduleError(ValueError):
    """An expression that is no schedule."""


def next_after(expression: str, since: datetime) -> Next:
    """A function that says when a schedule fires next.

    Args:
        expression: of the rule.
        since: when the rule was put, from which a rate counts.

    Raises:
        ScheduleError: it is no schedule, or uses W in a day, which is not emulated.
    """
    if found := _RATE.fullmatch(expression):
        count, unit, plural = int(found[1]), found[2], found[3]
        if count == 0 or (count == 1) == bool(plural):
            raise ScheduleError(expression)
        return _every(count * _SECONDS[unit], since)
    if found := _CRON.fullmatch(expression):
        return _Cron.read(found).next
    raise ScheduleError(expression)


def _every(seconds: int, since: datetime) -> Next:
    def following(after: datetime) -> datetime:
        passed = max(0.0, (after - since).total_seconds())
        return since + timedelta(seconds=(passed // seconds + 1) * seconds)

    return following


@dataclass(frozen=True)
class _Cron:
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    years: frozenset[int]
    fits: Callable[[date], bool]

    @classmethod
    def read(cls, found: re.Match[str]) -> "_Cron":
        minute, hour, day, month, weekday, year = found.groups()
        if (day == "?") == (weekday == "?"):
            raise ScheduleError("either the day of the month or of the week must be ?")
        fits = _day_of_month(day) if weekday == "?" else _day_of_week(weekday)
        return cls(
            minutes=tuple(sorted(_numbers(minute, 0, 59))),
            hours=tuple(sorted(_numbers(hour, 0, 23))),
            months=frozenset(_numbers(month, 1, 12, _MONTHS)),
            years=frozenset(_numbers(year, *_YEARS)),
            fits=fits,
        )

    def next(self, after: datetime) -> datetime | None:
        start = after.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
        for number in range(_FARTHEST_DAYS):
            day = start.date() + timedelta(days=number)
            if day.month in self.months and day.year in self.years and self.fits(day):
                at = self._time_on(day, start)
                if at is not None:
                    return at
        return None

    def _time_on(self, day: date, start: datetime) -> datetime | None:
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        for hour in self.hours:
            for minute in self.minutes:
                at = midnight + timedelta(hours=hour, minutes=minute)
                if at >= start:
                    return at
        return None


def _day_of_month(text: str) -> Callable[[date], bool]:
    if text == "L":
        return lambda day: day.day == calendar.monthrange(day.year, day.month)[1]
    days = _numbers(text, 1, 31)
    return lambda day: day.day in days


def _day_of_week(text: str) -> Callable[[date], bool]:
    if found := re.fullmatch(r"(\w+)#([1-5])", text):
        (wanted,) = _numbers(found[1], 1, 7, _DAYS)
        week = int(found[2])
        return lambda day: _weekday(day) == wanted and (day.day - 1) // 7 + 1 == week
    if len(text) > 1 and text.endswith("L"):
        (wanted,) = _numbers(text[:-1], 1, 7, _DAYS)
        return lambda day: (
            _weekday(day) == wanted and day.day + 7 > calendar.monthrange(day.year, day.month)[1]
        )
    days = _numbers("7" if text == "L" else text, 1, 7, _DAYS)
    return lambda day: _weekday(day) in days


def _weekday(day: date) -> int:
    """1 for Sunday to 7 for Saturday."""
    return day.isoweekday() % 7 + 1


def _numbers(text: str, low: int, high: int, names: dict[str, int] | None = None) -> set[int]:
    """The numbers that a field of a cron expression allows."""
    found: set[int] = set()
    for part in text.split(","):
        body, _, step = part.partition("/")
        if step and (not step.isdigit() or int(step) == 0):
            raise ScheduleError(text)
        if body == "*":
            first, last = low, high
        else:
            left, dash, right = body.partition("-")
            first = _number(left, names)
            last = _number(right, names) if dash else (high if step else first)
        if not low <= first <= last <= high:
            raise ScheduleError(text)
        found.update(range(first, last + 1, int(step or 1)))
    return found


def _number(text: str, names: dict[str, int] | None) -> int:
    if names and text.upper() in names:
        return names[text.upper()]
    if not text.isdigit():
        raise ScheduleError(text)
    return int(text)
