"""PutMetricData: what may come in, and the samples that it makes.

Source of the limits: PutMetricData in the API reference, and *CloudWatch service quotas*.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from datalfred.local.aws.cloudwatch.metrics.store import Metric, MetricStore, Sample, metric_of
from datalfred.local.aws.faults import FaultError

UNITS = frozenset(
    f"{size}{rate}"
    for size in (
        "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes",
        "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Count",
    )
    for rate in ("", "/Second")
) | {"Seconds", "Microseconds", "Milliseconds", "Percent", "None"}  # fmt: skip

_MOST_METRICS = 1000
_MOST_VALUES = 150
_MOST_DIMENSIONS = 30
_LONGEST = 255
_LONGEST_DIMENSION = 1024
_LARGEST = 2.0**360
_PAST, _FUTURE = timedelta(weeks=2), timedelta(hours=2)
_MINUTE = 60


def put_metric_data(
    store: MetricStore, parameters: Mapping[str, Any], now: datetime
) -> list[Metric]:
    """Keeps data points; all of a request or none.

    Returns:
        The metrics that were written.

    Raises:
        FaultError: one of them may not be so.
    """
    namespace = parameters["Namespace"]
    if parameters.get("EntityMetricData"):
        raise _invalid("EntityMetricData is not emulated here; put the metrics in MetricData.")
    data = parameters.get("MetricData") or []
    if not data:
        raise FaultError("MissingParameter", "The parameter MetricData is required.")
    if len(data) > _MOST_METRICS:
        raise _invalid(
            f"The collection MetricData must not have a size greater than {_MOST_METRICS}."
        )
    if not namespace or len(namespace) > _LONGEST or namespace.startswith(":"):
        raise _invalid("The value of the parameter Namespace is not valid.")
    read = [
        _Datum(datum, f"MetricData.member.{number}", now).read(namespace)
        for number, datum in enumerate(data, 1)
    ]
    for metric, samples in read:
        store.add(metric, samples, now.timestamp())
    return [metric for metric, _ in read]


def _invalid(message: str) -> FaultError:
    return FaultError("InvalidParameterValue", message)


def _combined(message: str) -> FaultError:
    return FaultError("InvalidParameterCombination", message)


class _Datum:
    """One member of MetricData."""

    def __init__(self, raw: Mapping[str, Any], where: str, now: datetime) -> None:
        self._raw = raw
        self._where = where
        self._now = now

    def read(self, namespace: str) -> tuple[Metric, list[Sample]]:
        """The metric and its samples."""
        name = self._raw.get("MetricName", "")
        if not 0 < len(name) <= _LONGEST:
            raise _invalid(f"The parameter {self._where}.MetricName must have 1 to 255 characters.")
        self._check_dimensions()
        metric = metric_of({**self._raw, "Namespace": namespace})
        at, unit = self._at(), self._unit()
        given = [key for key in ("Value", "Values", "StatisticValues") if key in self._raw]
        if len(given) != 1:
            raise _combined(
                f"The parameters {self._where}.Value, {self._where}.Values and"
                f" {self._where}.StatisticValues are mutually exclusive and you have specified"
                f" {'more than one' if given else 'none'}."
            )
        if given == ["StatisticValues"]:
            return metric, [self._of_statistics(at, unit)]
        return metric, [Sample(at, unit, v, v, c, v * c) for v, c in self._values()]

    def _check_dimensions(self) -> None:
        dimensions = self._raw.get("Dimensions", [])
        if len(dimensions) > _MOST_DIMENSIONS:
            raise _invalid(
                f"The collection {self._where}.Dimensions must not have a size greater than"
                f" {_MOST_DIMENSIONS}."
            )
        for number, dimension in enumerate(dimensions, 1):
            for key, most in (("Name", _LONGEST), ("Value", _LONGEST_DIMENSION)):
                text = dimension.get(key, "")
                bad_start = key == "Name" and text.startswith(":")
                if not text.strip() or len(text) > most or bad_start:
                    raise _invalid(
                        f"The parameter {self._where}.Dimensions.member.{number}.{key}"
                        " is not valid."
                    )

    def _at(self) -> int:
        given: datetime = self._raw.get("Timestamp") or self._now
        what = f"The parameter {self._where}.Timestamp must specify a time"
        if given < self._now - _PAST:
            raise _invalid(f"{what} within the past two weeks.")
        if given > self._now + _FUTURE:
            raise _invalid(f"{what} no more than two hours in the future.")
        resolution: int = self._raw.get("StorageResolution", _MINUTE)
        if resolution not in {1, _MINUTE}:
            raise _invalid(f"The parameter {self._where}.StorageResolution must be 1 or 60.")
        return int(given.timestamp()) // resolution * resolution

    def _unit(self) -> str:
        unit: str = self._raw.get("Unit", "None")
        if unit not in UNITS:
            raise _invalid(f"The parameter {self._where}.Unit must be a value in the set of units.")
        return unit

    def _values(self) -> list[tuple[float, float]]:
        if "Value" in self._raw:
            return [(self._number(self._raw["Value"], "Value"), 1.0)]
        values = self._raw["Values"]
        counts = self._raw.get("Counts") or [1.0] * len(values)
        if len(values) > _MOST_VALUES:
            raise _invalid(
                f"The collection {self._where}.Values must not have a size greater than"
                f" {_MOST_VALUES}."
            )
        if len(values) != len(counts):
            raise _invalid(
                f"The parameters {self._where}.Values and {self._where}.Counts must be of the same"
                " size."
            )
        if any(count < 0 for count in counts):
            raise _invalid(f"The parameter {self._where}.Counts must not be negative.")
        return [
            (self._number(v, "Values"), float(c)) for v, c in zip(values, counts, strict=True) if c
        ]

    def _of_statistics(self, at: int, unit: str) -> Sample:
        raw = self._raw["StatisticValues"]
        names = ("Minimum", "Maximum", "SampleCount", "Sum")
        for name in names:
            if name not in raw:
                what = f"{self._where}.StatisticValues.{name}"
                raise FaultError("MissingParameter", f"The parameter {what} is required.")
        least, most, count, total = (self._number(raw[n], f"StatisticValues.{n}") for n in names)
        if least > most or count <= 0:
            raise _invalid(f"The parameter {self._where}.StatisticValues is not valid.")
        return Sample(at, unit, least, most, count, total)

    def _number(self, value: float, name: str) -> float:
        if not math.isfinite(value) or abs(value) > _LARGEST:
            raise _invalid(f"The value {value} for parameter {self._where}.{name} is invalid.")
        return float(value)
