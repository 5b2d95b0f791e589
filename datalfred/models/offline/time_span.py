"""A half-open stretch of time, and stepping along the calendar."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta


@dataclass(frozen=True)
class TimeRange:
    """A stretch of time, open at either end when that end is None.

    Attributes:
        start: first moment that belongs to it.
        end: first moment after it.
        unit: the grain that its words named: ``hour``, ``day``, ``week``, ``month``,
            ``quarter`` or ``year``.
        has_year: whether the words said which year.
    """

    start: datetime | None
    end: datetime | None
    unit: str = "day"
    has_year: bool = True

    @property
    def label(self) -> str:
        """Such as ``2026-03-01 to 2026-03-31``, with the last day named."""
        if self.unit == "hour":
            return f"{_stamp(self.start)} to {_stamp(self.end)} UTC"
        last = self.end - timedelta(days=1) if self.end else None
        if self.start and last:
            same = self.start.date() == last.date()
            return f"{self.start:%Y-%m-%d}" if same else f"{self.start:%Y-%m-%d} to {last:%Y-%m-%d}"
        return f"since {self.start:%Y-%m-%d}" if self.start else f"before {self.end:%Y-%m-%d}"

    @property
    def days(self) -> int | None:
        """Days that it covers; None when it is open."""
        return (self.end - self.start).days if self.start and self.end else None

    def shifted(self, unit: str, count: int) -> "TimeRange":
        """The same stretch, moved by whole units."""
        return replace(
            self,
            start=step(self.start, unit, count) if self.start else None,
            end=step(self.end, unit, count) if self.end else None,
        )

    def before(self) -> "TimeRange":
        """The stretch of the same kind just before: the month before a month, and so on."""
        if not self.start or not self.end:
            return self
        for unit in ("year", "quarter", "month"):
            if self.start == floor(self.start, unit) and self.end == step(self.start, unit, 1):
                return self.shifted(unit, -1)
        length = self.end - self.start
        return replace(self, start=self.start - length, end=self.start)


def _stamp(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "now"


def floor(moment: datetime, unit: str) -> datetime:
    """The beginning of the hour, day, ISO week, month, quarter or year."""
    if unit == "hour":
        return moment.replace(minute=0, second=0, microsecond=0)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1) if unit == "year" else day


def step(moment: datetime, unit: str, count: int) -> datetime:
    """Moves by whole units; the 31st falls on the last day of a shorter month."""
    if unit in ("hour", "day", "week"):
        hours = {"hour": 1, "day": 24, "week": 168}[unit]
        return moment + timedelta(hours=hours * count)
    months = {"month": 1, "quarter": 3, "year": 12}[unit] * count
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    for day in (moment.day, 30, 29, 28):
        try:
            return moment.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    return moment
