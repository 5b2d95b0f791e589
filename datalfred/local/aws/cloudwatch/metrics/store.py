"""Where data points are kept: in memory, a bounded number of each metric.

Equal values of one moment are one sample with a count, so that a metric that counts events costs
one sample a minute.
"""

import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

SAMPLES_KEPT = 20_000
"""Of one metric; the oldest are forgotten."""

METRICS_KEPT = 10_000
"""Of one region; the one that was written least recently is forgotten."""

SAMPLES_OF_ALL = 500_000
"""Of all metrics of a region (some 60 MB); whole metrics are forgotten, as above."""


@dataclass(frozen=True)
class Metric:
    """What identifies a metric: dimensions are pairs of name and value, by name."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...] = ()

    def listed(self) -> dict[str, Any]:
        """As ListMetrics and MetricStat show it."""
        dimensions = [{"Name": name, "Value": value} for name, value in self.dimensions]
        return {"Namespace": self.namespace, "MetricName": self.name, "Dimensions": dimensions}


def metric_of(raw: Mapping[str, Any]) -> Metric:
    """The metric that ``Namespace``, ``MetricName`` and ``Dimensions`` name."""
    dimensions = sorted((d["Name"], d["Value"]) for d in raw.get("Dimensions", ()))
    return Metric(raw.get("Namespace", ""), raw["MetricName"], tuple(dimensions))


@dataclass(frozen=True, slots=True, order=True)
class Sample:
    """Values that were measured at one moment.

    Attributes:
        at: seconds since 1970; on the minute, but for metrics of high resolution.
        unit: as it was given, ``None`` (the text) without one.
        least: the smallest value.
        most: the largest value; when it equals the smallest, all values are known.
        count: how many values; may be a fraction.
        total: their sum.
    """

    at: int
    unit: str
    least: float
    most: float
    count: float
    total: float

    @property
    def is_exact(self) -> bool:
        """Whether every single value is known, which percentiles need."""
        return self.least == self.most


class MetricStore:
    """The metrics of one region."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: dict[Metric, list[Sample]] = {}
        self._written: dict[Metric, float] = {}
        self._count = 0

    def add(self, metric: Metric, samples: Iterable[Sample], now: float) -> None:
        """Keeps samples of a metric.

        Args:
            metric: which one.
            samples: what was measured.
            now: seconds since 1970.
        """
        with self._lock:
            kept = self._samples.pop(metric, [])
            self._count -= len(kept)
            for sample in samples:
                _insert(kept, sample)
            del kept[:-SAMPLES_KEPT]
            self._count += len(kept)
            self._samples[metric] = kept  # moves it behind those that were written earlier
            self._written[metric] = now
            self._forget()

    def _forget(self) -> None:
        while len(self._samples) > METRICS_KEPT or self._count > SAMPLES_OF_ALL:
            oldest = next(iter(self._samples))
            self._count -= len(self._samples.pop(oldest))
            del self._written[oldest]

    def between(self, metric: Metric, start: float, end: float, unit: str = "") -> list[Sample]:
        """The samples from ``start`` (included) to ``end`` (excluded), oldest first.

        Args:
            metric: which one.
            start: seconds since 1970.
            end: seconds since 1970.
            unit: only samples that were given with it; empty for all.
        """
        with self._lock:
            kept = self._samples.get(metric, [])
            first = bisect_left(kept, start, key=lambda sample: sample.at)
            last = bisect_left(kept, end, key=lambda sample: sample.at)
            return [sample for sample in kept[first:last] if unit in {"", sample.unit}]

    def metrics(self) -> Iterator[tuple[Metric, float]]:
        """All metrics by namespace and name, each with the time when it was written last."""
        with self._lock:
            known = sorted(self._written.items(), key=_order)
        return iter(known)


def _order(item: tuple[Metric, float]) -> tuple[Any, ...]:
    metric = item[0]
    return metric.namespace, metric.name, metric.dimensions


def _insert(kept: list[Sample], sample: Sample) -> None:
    """Puts a sample in its place, into an equal one where there is one."""
    probe = replace(sample, count=float("-inf"), total=float("-inf"))
    place = bisect_left(kept, probe)
    if place < len(kept) and sample.is_exact:
        same = kept[place]
        if (same.at, same.unit, same.least, same.most) == (
            sample.at, sample.unit, sample.least, sample.most,
        ):  # fmt: skip
            count, total = same.count + sample.count, same.total + sample.total
            kept[place] = replace(same, count=count, total=total)
            return
    insort(kept, sample)


def in_periods(
    samples: Sequence[Sample], starts: Sequence[float], period: float
) -> list[list[Sample]]:
    """The samples of each period of ``period`` seconds that begins at one of ``starts``.

    Args:
        samples: oldest first.
        starts: seconds since 1970, in any order.
        period: seconds.
    """
    groups = []
    for start in starts:
        first = bisect_left(samples, start, key=lambda sample: sample.at)
        last = bisect_left(samples, start + period, key=lambda sample: sample.at)
        groups.append(list(samples[first:last]))
    return groups
