"""The functions of metric math that are evaluated here.

Source: *Functions supported for metric math* in the user guide. A function that reduces a series
gives a scalar; of an array it gives a series, over those that have a point at each time.
"""

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from datalfred.local.aws.cloudwatch.mathematics.evaluation import (
    Evaluation,
    Function,
    Series,
    Table,
    Value,
    mapped,
    series_of,
    table_of,
)
from datalfred.local.aws.cloudwatch.mathematics.parser import Call, MathError, Name

Compute = Callable[[Evaluation, Call], Value]
_MANY = 500


def _each(change: Callable[[float], float | None]) -> Function:
    """A function of one value, for every point of every series."""

    def compute(evaluation: Evaluation, call: Call) -> Value:
        value = evaluation.value(call.arguments[0])
        if isinstance(value, Table):
            return Table(tuple(mapped(series, change) for series in value.series))
        if isinstance(value, Series):
            return mapped(value, change)
        if isinstance(value, float):
            found = change(value)
            if found is not None:
                return found
        raise MathError(f"{call.name} has no value for its argument", call.position)

    return Function((1, 1), compute)


def _reducing(reduce: Callable[[Sequence[float]], float | None]) -> Function:
    def compute(evaluation: Evaluation, call: Call) -> Value:
        values = [evaluation.value(argument) for argument in call.arguments]
        if len(values) == 1 and isinstance(values[0], Series):
            found = reduce([v for _, v in sorted(values[0].points.items())])
            if found is None:
                raise MathError(f"{call.name} has no value without data", call.position)
            return found
        return _by_time(table_of(values, call).series, reduce, evaluation.period)

    return Function((1, _MANY), compute)


def _by_time(
    series: Sequence[Series], reduce: Callable[[Sequence[float]], float | None], period: float
) -> Series:
    times = sorted({at for one in series for at in one.points})
    found = {at: reduce([one.points[at] for one in series if at in one.points]) for at in times}
    return series_of(found, max((one.period for one in series), default=period))


def _series(evaluation: Evaluation, call: Call, number: int = 0) -> Series:
    value = evaluation.value(call.arguments[number])
    if not isinstance(value, Series):
        raise MathError(f"{call.name} takes a time series", call.arguments[number].position)
    return value


def _steps(change: Callable[[float, float], float | None]) -> Function:
    """A function of the difference of a value to the one before, and the seconds between."""

    def compute(evaluation: Evaluation, call: Call) -> Value:
        value = evaluation.value(call.arguments[0])
        if isinstance(value, Table):
            return Table(tuple(stepped(series) for series in value.series))
        return stepped(_series(evaluation, call))

    def stepped(series: Series) -> Series:
        points = sorted(series.points.items())
        following = itertools.pairwise(points)
        found = {at: change(v - earlier, at - before) for (before, earlier), (at, v) in following}
        return series_of(found, series.period, series.label)

    return Function((1, 1), compute)


def _fill(evaluation: Evaluation, call: Call) -> Value:
    value = evaluation.value(call.arguments[0])
    how = call.arguments[1]
    if isinstance(how, Name) and how.value.upper() in {"REPEAT", "LINEAR"}:
        filler: str | float = how.value.upper()
    else:
        found = evaluation.value(how)
        if not isinstance(found, float):
            raise MathError("FILL takes a number, REPEAT or LINEAR", how.position)
        filler = found
    if isinstance(value, Table):
        return Table(tuple(_filled(series, evaluation.times, filler) for series in value.series))
    return _filled(_series(evaluation, call), evaluation.times, filler)


def _filled(series: Series, times: Sequence[float], filler: str | float) -> Series:
    known = sorted(series.points)
    found: dict[float, float | None] = {}
    for at in times:
        if at in series.points:
            found[at] = series.points[at]
        elif isinstance(filler, float):
            found[at] = filler
        else:
            found[at] = _between(series, known, at, repeat=filler == "REPEAT")
    return series_of(found, series.period, series.label)


def _between(series: Series, known: Sequence[float], at: float, *, repeat: bool) -> float | None:
    """A value for a missing point: the one before, or on the line to the one after."""
    before = max((time for time in known if time < at), default=None)
    after = min((time for time in known if time > at), default=None)
    if before is None or (after is None and not repeat):
        return None
    if repeat or after is None:
        return series.points[before]
    share = (at - before) / (after - before)
    return series.points[before] + share * (series.points[after] - series.points[before])


def _if(evaluation: Evaluation, call: Call) -> Value:
    """IF(condition, yes[, no]); a point is missing where what is chosen has none."""
    condition, *branches = (evaluation.value(argument) for argument in call.arguments)
    involved = [value for value in (condition, *branches) if isinstance(value, Series)]
    if any(isinstance(value, Table | str) for value in (condition, *branches)):
        raise MathError("IF takes time series and numbers", call.position)
    if not involved:
        chosen = branches[0] if condition else branches[-1]
        if len(branches) == 1 and not condition:
            raise MathError("IF has no value for a false condition", call.position)
        return chosen
    times = condition.points if isinstance(condition, Series) else evaluation.times
    found: dict[float, float | None] = {}
    for at in times:
        taken = branches[:1] if _at(condition, at) else branches[1:]
        found[at] = _at(taken[0], at) if taken else None
    return series_of(found, involved[0].period)


def _at(value: Value, at: float) -> float | None:
    if isinstance(value, Series):
        return value.points.get(at)
    return value if isinstance(value, float) else None


def _metrics(evaluation: Evaluation, call: Call) -> Value:
    """METRICS() or METRICS("id fragment"): the series of the queries that read metrics."""
    fragment = evaluation.value(call.arguments[0]) if call.arguments else ""
    if not isinstance(fragment, str):
        raise MathError("METRICS takes a text", call.position)
    return Table(tuple(s for name, s in evaluation.metrics.items() if fragment in name))


def _period(evaluation: Evaluation, call: Call) -> Value:
    return float(_series(evaluation, call).period)


def _time_series(evaluation: Evaluation, call: Call) -> Value:
    value = evaluation.value(call.arguments[0])
    if not isinstance(value, float):
        raise MathError("TIME_SERIES takes a number", call.position)
    return Series(dict.fromkeys(evaluation.times, value), evaluation.period)


def _metric_count(evaluation: Evaluation, call: Call) -> Value:
    return float(len(table_of([evaluation.value(call.arguments[0])], call).series))


def _running_sum(evaluation: Evaluation, call: Call) -> Value:
    total, found = 0.0, {}
    series = _series(evaluation, call)
    for at, value in sorted(series.points.items()):
        total += value
        found[at] = total
    return series_of(dict(found), series.period, series.label)


def _remove_empty(evaluation: Evaluation, call: Call) -> Value:
    table = table_of([evaluation.value(call.arguments[0])], call)
    return Table(tuple(series for series in table.series if series.points))


def _end(index: int) -> Compute:
    def compute(evaluation: Evaluation, call: Call) -> Value:
        series = table_of([evaluation.value(call.arguments[0])], call).series
        if not series:
            raise MathError(f"{call.name} has no series to choose from", call.position)
        return series[index]

    return compute


def _calendar(part: Callable[[datetime], float]) -> Function:
    """A part of each point's time, in UTC."""

    def compute(evaluation: Evaluation, call: Call) -> Value:
        series = _series(evaluation, call)
        found = {at: part(datetime.fromtimestamp(at, UTC)) for at in series.points}
        return series_of(dict(found), series.period, series.label)

    return Function((1, 1), compute)


def _logarithm(base: Callable[[float], float]) -> Function:
    return _each(lambda value: base(value) if value > 0 else None)


FUNCTIONS: dict[str, Function] = {
    "ABS": _each(abs),
    "CEIL": _each(lambda value: float(math.ceil(value))),
    "FLOOR": _each(lambda value: float(math.floor(value))),
    "LOG": _logarithm(math.log),
    "LOG10": _logarithm(math.log10),
    "SUM": _reducing(math.fsum),
    "AVG": _reducing(lambda values: statistics.fmean(values) if values else None),
    "MIN": _reducing(lambda values: min(values, default=None)),
    "MAX": _reducing(lambda values: max(values, default=None)),
    "DATAPOINT_COUNT": _reducing(lambda values: float(len(values))),
    "RATE": _steps(lambda change, seconds: change / seconds),
    "DIFF": _steps(lambda change, _seconds: change),
    "DIFF_TIME": _steps(lambda _change, seconds: seconds),
    "RUNNING_SUM": Function((1, 1), _running_sum),
    "FILL": Function((2, 2), _fill),
    "IF": Function((2, 3), _if),
    "METRICS": Function((0, 1), _metrics),
    "METRIC_COUNT": Function((1, 1), _metric_count),
    "PERIOD": Function((1, 1), _period),
    "TIME_SERIES": Function((1, 1), _time_series),
    "REMOVE_EMPTY": Function((1, 1), _remove_empty),
    "FIRST": Function((1, 1), _end(0)),
    "LAST": Function((1, 1), _end(-1)),
    "EPOCH": _calendar(lambda at: at.timestamp()),
    "MINUTE": _calendar(lambda at: float(at.minute)),
    "HOUR": _calendar(lambda at: float(at.hour)),
    "DAY": _calendar(lambda at: float(at.isoweekday())),
    "DATE": _calendar(lambda at: float(at.day)),
    "MONTH": _calendar(lambda at: float(at.month)),
    "YEAR": _calendar(lambda at: float(at.year)),
}
