"""The statistics of CloudWatch, by name.

Source of names and bounds: *CloudWatch statistics definitions* in the user guide. Where that leaves
open how a percentile falls between two values, this is the nearest rank: the smallest value that at
least p percent of all values do not exceed, so a percentile is always a value that was measured.
A bound in percent cuts between ranks: of n values sorted, TM(a%:b%) takes those of the ranks above
floor(a*n/100) up to ceil(b*n/100). A bound without percent is a value: the lower one is left out,
the upper one is in.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from datalfred.local.aws.cloudwatch.metrics.store import Sample

Statistic = Callable[[Sequence[Sample]], float | None]
"""The statistic of samples; None where CloudWatch would give no data point."""

SIMPLE = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")

_NUMBER = r"-?\d+(?:\.\d+)?"
_SHORT = re.compile(r"(p|tm|tc|ts|wm)(\d{1,3}(?:\.\d{1,10})?)", re.IGNORECASE)
_RANGE = re.compile(
    rf"(TM|TC|TS|WM|PR)\((?:({_NUMBER})(%)?)?:(?:({_NUMBER})(%)?)?\)", re.IGNORECASE
)
_WHOLE = 100.0


class StatisticError(ValueError):
    """A name that is no statistic."""


@dataclass(frozen=True)
class _Cut:
    """Which part of the sorted values counts; in percent, or by value."""

    lower: float | None
    upper: float | None
    in_percent: bool

    def part(self, weighed: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
        """The part of ``weighed``, pairs of value and count, smallest value first."""
        if not self.in_percent:
            low = -math.inf if self.lower is None else self.lower
            high = math.inf if self.upper is None else self.upper
            return [(value, count) for value, count in weighed if low < value <= high]
        size = sum(count for _, count in weighed)
        first = math.floor((self.lower or 0.0) * size / _WHOLE + 1e-9)
        upper = _WHOLE if self.upper is None else self.upper
        last = math.ceil(upper * size / _WHOLE - 1e-9)
        kept, rank = [], 0.0
        for value, count in weighed:
            inside = min(rank + count, last) - max(rank, first)
            if inside > 0:
                kept.append((value, inside))
            rank += count
        return kept


@lru_cache(maxsize=256)
def statistic(name: str) -> Statistic:
    """The statistic of that name.

    Raises:
        StatisticError: CloudWatch has none of that name.
    """
    if name in _SIMPLE_STATISTICS:
        return _SIMPLE_STATISTICS[name]
    if name.upper() == "IQM":
        return _of_values(_trimmed_mean, _Cut(25.0, 75.0, in_percent=True))
    if found := _SHORT.fullmatch(name):
        return _short(found[1].lower(), float(found[2]), name)
    if found := _RANGE.fullmatch(name):
        return _ranged(found)
    raise StatisticError(f"{name!r} is no statistic")


def percentile_of(name: str) -> float | None:
    """The p of a percentile such as ``p99.9``; None for every other statistic."""
    found = _SHORT.fullmatch(name)
    return float(found[2]) if found and found[1].lower() == "p" else None


def _short(kind: str, percent: float, name: str) -> Statistic:
    if percent > _WHOLE:
        raise StatisticError(f"{name!r} asks for more than 100 percent")
    if kind == "p":
        return _of_values(_percentile(percent))
    return _of_values(_SHARES[kind], _Cut(None, percent, in_percent=True))


def _ranged(found: re.Match[str]) -> Statistic:
    kind, low, low_percent, high, high_percent = found.groups()
    if low is None and high is None:
        raise StatisticError(f"{found[0]!r} has no bound")
    units = {bool(unit) for bound, unit in ((low, low_percent), (high, high_percent)) if bound}
    if len(units) > 1:
        raise StatisticError(f"{found[0]!r} mixes percent and values")
    in_percent = units == {True}
    lower, upper = (None if bound is None else float(bound) for bound in (low, high))
    if in_percent and not 0 <= (lower or 0) < (_WHOLE if upper is None else upper) <= _WHOLE:
        raise StatisticError(f"{found[0]!r} has bounds that are no range from 0 to 100 percent")
    if kind.lower() == "pr":
        if in_percent:
            raise StatisticError(f"{found[0]!r} needs values, not percent")
        return _of_values(_rank, _Cut(lower, upper, in_percent=False))
    return _of_values(_SHARES[kind.lower()], _Cut(lower, upper, in_percent=in_percent))


Weighed = Sequence[tuple[float, float]]


def _of_values(
    measure: Callable[[Weighed, Weighed], float | None], cut: _Cut | None = None
) -> Statistic:
    """A statistic that needs every single value: all values, then the part that counts.

    There is none where a set of statistics hides its values, nor of negative values.
    """

    def compute(samples: Sequence[Sample]) -> float | None:
        if not samples or not all(s.is_exact and s.least >= 0 for s in samples):
            return None
        weighed = sorted((sample.least, sample.count) for sample in samples)
        return measure(weighed, cut.part(weighed) if cut else weighed)

    return compute


def _percentile(percent: float) -> Callable[[Weighed, Weighed], float | None]:
    def measure(weighed: Weighed, _part: Weighed) -> float | None:
        wanted = percent / _WHOLE * sum(count for _, count in weighed)
        rank = 0.0
        for value, count in weighed:
            rank += count
            if rank >= wanted - 1e-9:
                return value
        return weighed[-1][0]

    return measure


def _count(_weighed: Weighed, part: Weighed) -> float | None:
    return sum(count for _, count in part)


def _sum(_weighed: Weighed, part: Weighed) -> float | None:
    return sum(value * count for value, count in part)


def _trimmed_mean(weighed: Weighed, part: Weighed) -> float | None:
    return (_sum(weighed, part) or 0.0) / _size(part) if part else None


def _winsorized_mean(weighed: Weighed, part: Weighed) -> float | None:
    """The mean where values outside of the part count as the nearest value inside."""
    if not part:
        return None
    least, most = part[0][0], part[-1][0]
    inside = sum(min(max(value, least), most) * count for value, count in weighed)
    return inside / _size(weighed)


def _rank(weighed: Weighed, part: Weighed) -> float | None:
    return _WHOLE * _size(part) / _size(weighed)


def _size(weighed: Weighed) -> float:
    return sum(count for _, count in weighed)


_SHARES = {"tm": _trimmed_mean, "tc": _count, "ts": _sum, "wm": _winsorized_mean}


def _sample_count(samples: Sequence[Sample]) -> float | None:
    return sum(sample.count for sample in samples) if samples else None


def _total(samples: Sequence[Sample]) -> float | None:
    return math.fsum(sample.total for sample in samples) if samples else None


def _average(samples: Sequence[Sample]) -> float | None:
    count = _sample_count(samples)
    return (_total(samples) or 0.0) / count if count else None


def _minimum(samples: Sequence[Sample]) -> float | None:
    return min((sample.least for sample in samples), default=None)


def _maximum(samples: Sequence[Sample]) -> float | None:
    return max((sample.most for sample in samples), default=None)


_SIMPLE_STATISTICS: dict[str, Statistic] = {
    "SampleCount": _sample_count,
    "Average": _average,
    "Sum": _total,
    "Minimum": _minimum,
    "Maximum": _maximum,
}
