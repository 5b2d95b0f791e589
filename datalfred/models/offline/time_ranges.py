"""Times in words, read as half-open ranges ``[start, end)`` counted from a given day.

``find_ranges`` scans a normalised question for points ("march 2026", "yesterday", "last 7 days")
and the words that join or bend them ("between ... and ...", "since", "before").
Days and weeks that are counted ("last 2 weeks") end with yesterday; counted months, quarters and
years are whole ones before the current. A month without a year is the latest that has begun.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from datalfred.models.offline.time_span import TimeRange, floor, step

NUMBER_WORDS = {
    word: value
    for value, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ]
    )
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "couple of": 2, "hundred": 100, "dozen": 12}


_MONTH_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


MONTHS = {name: i for i, name in enumerate(_MONTH_NAMES, 1)}
MONTHS |= {name[:3]: i for i, name in enumerate(_MONTH_NAMES, 1)} | {"sept": 9}


WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))


_WEEKDAY = "|".join(WEEKDAYS)


_COUNT = r"\d+|" + "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))


_UNIT = "hour|day|week|month|quarter|year"


_YEAR = r"(?:19|20)\d\d"


_LAST = "last|past|previous|prior|preceding"


_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4}
_ORDINALS |= {"4th": 4}


def count_of(word: str) -> int:
    """The value of ``7``, ``seven`` or ``a``."""
    return int(word) if word.isdigit() else NUMBER_WORDS.get(word, 1)


@dataclass(frozen=True)
class Found:
    """A range and where in the text its words stand.

    Attributes:
        start: first character.
        end: the character after the last.
        range: what the words mean.
        ends: of "between March and May": March and May.
    """

    start: int
    end: int
    range: TimeRange
    ends: tuple[TimeRange, ...] = ()


Point = Callable[[re.Match[str], datetime], TimeRange | None]


def _whole(start: datetime, unit: str, count: int = 1, *, has_year: bool = True) -> TimeRange:
    return TimeRange(start, step(start, unit, count), unit, has_year)


def _iso(match: re.Match[str], now: datetime) -> TimeRange | None:
    year, month, day = (int(x) if x else 1 for x in match.groups())
    start = floor(now, "day").replace(year=year, month=month, day=day)
    return _whole(start, "day" if match[3] else "month")


def _month(match: re.Match[str], now: datetime) -> TimeRange | None:
    groups = match.groupdict()
    month = MONTHS[groups["month"]]
    said = _said_year(groups, now)
    year = said or _latest_year(month, now)
    if groups.get("which") in _LAST.split("|") and (year, month) == (now.year, now.month):
        year -= 1
    start = floor(now, "day").replace(year=year, month=month, day=1)
    known = bool(said)
    if not groups.get("day"):
        return _whole(start, "month", has_year=known)
    day = start.replace(day=int(re.sub(r"\D", "", groups["day"])))
    if not known and day > now:
        day = day.replace(year=year - 1)
    return _whole(day, "day", has_year=known)


def _said_year(groups: dict[str, str | None], now: datetime) -> int | None:
    """The year that "of 2025", "of this year" or "of last year" names."""
    year, that = groups.get("year"), groups.get("that")
    if year:
        return int(year)
    if not that:
        return None
    return now.year if that in ("this", "current") else now.year - 1


def _latest_year(month: int, now: datetime) -> int:
    return now.year if month <= now.month else now.year - 1


def _quarter(match: re.Match[str], now: datetime) -> TimeRange | None:
    groups = match.groupdict()
    number = _ORDINALS.get(groups["n"]) or int(groups["n"])
    said = _said_year(groups, now)
    month = number * 3 - 2
    year = said or _latest_year(month, now)
    start = floor(now, "day").replace(year=year, month=month, day=1)
    return _whole(start, "quarter", has_year=bool(said))


def _half(match: re.Match[str], now: datetime) -> TimeRange | None:
    groups = match.groupdict()
    number = _ORDINALS.get(groups["n"]) or int(groups["n"])
    month = number * 6 - 5
    said = _said_year(groups, now)
    year = said or _latest_year(month, now)
    start = floor(now, "day").replace(year=year, month=month, day=1)
    return TimeRange(start, step(start, "month", 6), "quarter", bool(said))


def _year(match: re.Match[str], now: datetime) -> TimeRange | None:
    return _whole(floor(now, "day").replace(year=int(match[1]), month=1, day=1), "year")


def _current(match: re.Match[str], now: datetime) -> TimeRange | None:
    unit = match["unit"]
    if unit == "weekend":
        start = floor(now, "week") + timedelta(days=5)
        return TimeRange(start, start + timedelta(days=2))
    return _whole(floor(now, unit), unit)


def _previous(match: re.Match[str], now: datetime) -> TimeRange | None:
    unit = match["unit"]
    if unit == "weekend":
        monday = floor(now, "week")
        return TimeRange(monday - timedelta(days=2), monday)
    if unit == "night":
        return _whole(floor(now, "day") - timedelta(days=1), "day")
    return _whole(step(floor(now, unit), unit, -1), unit)


def _before_last(match: re.Match[str], now: datetime) -> TimeRange | None:
    return _whole(step(floor(now, match["unit"]), match["unit"], -2), match["unit"])


def _counted(match: re.Match[str], now: datetime) -> TimeRange | None:
    unit, count = match["unit"], count_of(match["count"])
    if unit == "hour":
        return TimeRange(step(now, unit, -count), now, unit)
    end = floor(now, "day" if unit in ("day", "week") else unit)
    return TimeRange(step(end, unit, -count), end, unit)


def _ago(match: re.Match[str], now: datetime) -> TimeRange | None:
    unit, count = match["unit"], count_of(match["count"])
    start = step(floor(now, unit), unit, -count)
    if unit == "week":
        return _whole(step(floor(now, "day"), unit, -count), "day")
    return _whole(start, unit)


def _weekday(match: re.Match[str], now: datetime) -> TimeRange | None:
    back = (now.weekday() - WEEKDAYS.index(match["day"])) % 7
    if match["which"] and back == 0:
        back = 7
    return _whole(floor(now, "day") - timedelta(days=back), "day")


def _day(match: re.Match[str], now: datetime) -> TimeRange | None:
    back = {"today": 0, "yesterday": 1}.get(match[0], 2)
    return _whole(floor(now, "day") - timedelta(days=back), "day")


def _to_date(match: re.Match[str], now: datetime) -> TimeRange | None:
    unit = {"y": "year", "m": "month", "q": "quarter", "w": "week"}[match["to_date"][0]]
    return TimeRange(floor(now, unit), step(floor(now, "day"), "day", 1), unit)


_OF_YEAR = (
    rf"(?: (?:of |in )?(?:the )?(?:year )?(?:(?P<year>{_YEAR})|(?P<that>{_LAST}|this|current) "
    rf"year))?(?!\S)"
)


_POINTS: tuple[tuple[re.Pattern[str], Point], ...] = tuple(
    (re.compile(pattern), point)
    for pattern, point in (
        (r"(\d{4})-(\d\d)(?:-(\d\d))?(?!\S)", _iso),
        (
            (
                rf"(?P<day>\d{{1,2}}(?:st|nd|rd|th)?)(?: of)? (?P<month>{_MONTH})(?: of| ,)?"
                rf"(?: (?P<year>{_YEAR}))?(?!\S)"
            ),
            _month,
        ),
        (
            (
                rf"(?P<month>{_MONTH})(?: the)? (?P<day>\d{{1,2}}(?:st|nd|rd|th)?)(?: ,)?"
                rf"(?: (?P<year>{_YEAR}))?(?!\S)"
            ),
            _month,
        ),
        (rf"(?:(?P<which>{_LAST}|this) )?(?P<month>{_MONTH}){_OF_YEAR}", _month),
        (rf"q(?P<n>[1-4]){_OF_YEAR}", _quarter),
        (rf"(?P<year>{_YEAR}) q(?P<n>[1-4])(?!\S)", _quarter),
        (rf"(?P<n>{'|'.join(_ORDINALS)}) quarter{_OF_YEAR}", _quarter),
        (rf"h(?P<n>[12]){_OF_YEAR}", _half),
        (rf"(?P<n>first|second) half{_OF_YEAR}", _half),
        (rf"(?:year )?({_YEAR})(?!\S)", _year),
        (r"(?:today|day before yesterday|yesterday)(?!\S)", _day),
        (r"(?P<to_date>year|month|quarter|week) to date(?!\S)", _to_date),
        (r"(?P<to_date>ytd|mtd|qtd|wtd)(?!\S)", _to_date),
        (r"so far this (?P<to_date>year|month|quarter|week)(?!\S)", _to_date),
        (r"this (?P<to_date>year|month|quarter|week) so far(?!\S)", _to_date),
        (rf"(?P<unit>{_UNIT}) before last(?!\S)", _before_last),
        (rf"(?:{_LAST}) (?P<count>)(?P<unit>hour)(?!\S)", _counted),
        (r"(?:this|current) (?P<unit>day|week|month|quarter|year|weekend)(?!\S)", _current),
        (rf"(?:{_LAST}) (?P<unit>{_UNIT}|weekend|night)(?!\S)", _previous),
        (
            (
                rf"(?:{_LAST}|trailing|recent|most recent|latest) (?:full )?(?P<count>{_COUNT}) "
                rf"(?:full |complete |calendar )?(?P<unit>{_UNIT})s?(?!\S)"
            ),
            _counted,
        ),
        (rf"(?P<count>{_COUNT}|an?) (?P<unit>{_UNIT})s? ago(?!\S)", _ago),
        (rf"(?:(?P<which>{_LAST}|this) )?(?P<day>{_WEEKDAY})(?!\S)", _weekday),
    )
)


_DOWN_TO = r" (?:and|to|until|till|through|up to) "


_LEAD = re.compile(
    r"(?:(since|starting(?: from| in)?|after|before|prior to|until|till|up to|through)|(?:only )?"
    r"(?:in|on|during|for|over|within|of|at|from|throughout|across))?"
    r"(?: ?\b(?:all of|the whole|the entire|the full|the))? ?"
)


_PART = re.compile(
    rf"(?:in |during |over )?(?:the )?(?P<side>first|last) (?:(?P<count>{_COUNT}) )?"
    rf"(?P<unit>day|week|month)s? (?:of|in) "
)


_MODAL = re.compile(r"may (?:i|we|you|they|it|be|have|not)\b")


def point_at(text: str, position: int, now: datetime) -> Found | None:
    """The longest point in time that begins exactly at ``position``."""
    best: Found | None = None
    if _MODAL.match(text, position):
        return None
    for pattern, point in _POINTS:
        match = pattern.match(text, position)
        if match and (best is None or match.end() > best.end):
            try:
                found = point(match, now)
            except (ValueError, OverflowError):  # "31 february"
                continue
            best = Found(position, match.end(), found) if found else best
    return best


def _span(text: str, position: int, now: datetime) -> Found | None:
    """``between P and P``, ``from P to P``, ``P to P`` or ``P - P``."""
    lead = re.compile(r"(between|from)? ?(?:the )?").match(text, position)
    start = lead.end() if lead else position
    first = point_at(text, start, now)
    join = re.compile(_DOWN_TO).match(text, first.end) if first else None
    if not first or not join or (join[0] == " and " and not (lead and lead[1] == "between")):
        return None
    rest = re.compile(r"(?:the )?").match(text, join.end())
    second = point_at(text, rest.end() if rest else join.end(), now)
    if not second or not first.range.start or not second.range.end:
        return None
    begin = first.range
    if not begin.has_year and second.range.has_year and second.range.start:
        years = second.range.start.year - begin.start.year if begin.start else 0
        begin = begin.shifted("year", years)
    if begin.start and begin.start >= second.range.end:
        begin = begin.shifted("year", -1)
    joined = TimeRange(begin.start, second.range.end, second.range.unit)
    return Found(position, second.end, joined, (begin, second.range))


def _part(text: str, position: int, now: datetime) -> Found | None:
    """``the first 3 months of 2026``."""
    match = _PART.match(text, position)
    whole = point_at(text, match.end(), now) if match else None
    if not match or not whole or not whole.range.start or not whole.range.end:
        return None
    unit, count = match["unit"], count_of(match["count"] or "1")
    if match["side"] == "first":
        piece = TimeRange(whole.range.start, step(whole.range.start, unit, count), unit)
    else:
        piece = TimeRange(step(whole.range.end, unit, -count), whole.range.end, unit)
    return Found(position, whole.end, piece)


def _led(text: str, position: int, now: datetime) -> Found | None:
    """A point with the word before it: ``since P``, ``before P``, ``in P``, ``P onwards``."""
    lead = _LEAD.match(text, position)
    found = point_at(text, lead.end() if lead else position, now)
    if not found:
        return None
    named, end = found.range, found.end
    word = (lead[1] or "").split(" ")[0] if lead else ""
    onwards = re.compile(r" (?:onwards?|and later|on(?= and | to |$))(?!\S)").match(text, end)
    if onwards:
        word, end = "since", onwards.end()
    if word in ("since", "starting"):
        named = replace(named, end=None)
    elif word == "after":
        named = replace(named, start=named.end, end=None)
    elif word in ("before", "prior"):
        named = replace(named, start=None, end=named.start)
    elif word in ("until", "till", "up", "through"):
        named = replace(named, start=None)
    return Found(position, end, named)


def find_ranges(text: str, now: datetime) -> list[Found]:
    """Every range in a text of lower-case words with single spaces between them."""
    return list(_scan(text, now))


def _scan(text: str, now: datetime) -> Iterator[Found]:
    position = 0
    while position < len(text):
        found = (
            _part(text, position, now) or _span(text, position, now) or _led(text, position, now)
        )
        if found:
            yield found
            position = found.end
        next_space = text.find(" ", position)
        if next_space < 0:
            return
        position = next_space + 1
