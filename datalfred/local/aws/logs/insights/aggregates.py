"""The functions of ``stats``, which look at many events."""

from datalfred.local.aws.logs.insights.functions import Args, Function
from datalfred.local.aws.logs.insights.values import Kind, Value

_TIME = "event_time"
"""The column of ``@timestamp``."""


def _extreme(name: str, value: Value) -> str:
    """Of text: the smallest number if all are numbers, else the smallest text."""
    if value.kind is not Kind.TEXT:
        return f"{name}({value.sql})"
    text, number = value.sql, value.number
    return (
        f"CASE WHEN count({text}) = count({number}) THEN number_text({name}({number}))"
        f" ELSE {name}({text}) END"
    )


def _percentile(args: Args) -> str:
    return f"quantile_cont({args[0].number}, {args[1].sql} / 100)"


def _sorted(name: str, value: Value) -> str:
    if value.kind is not Kind.TEXT:
        return f"{'min' if name == 'arg_min' else 'max'}({value.sql})"
    return f"{name}({value.sql}, natural_key({value.sql}))"


def count(args: Args) -> str:
    """Of events without an argument, else of events that have the field."""
    return f"CAST(count({args[0].sql if args else '*'}) AS DOUBLE)"


_SAME = Kind.PERIOD
"""Marks functions whose result is of the kind of their argument."""

AGGREGATES: dict[str, Function] = {
    "count": Function(0, 1, Kind.NUMBER, count),
    "count_distinct": Function(
        1, 1, Kind.NUMBER, lambda a: f"CAST(count(DISTINCT {a[0].sql}) AS DOUBLE)"
    ),
    "sum": Function(1, 1, Kind.NUMBER, lambda a: f"sum({a[0].number})"),
    "avg": Function(1, 1, Kind.NUMBER, lambda a: f"avg({a[0].number})"),
    "stddev": Function(1, 1, Kind.NUMBER, lambda a: f"stddev_samp({a[0].number})"),
    "min": Function(1, 1, _SAME, lambda a: _extreme("min", a[0])),
    "max": Function(1, 1, _SAME, lambda a: _extreme("max", a[0])),
    "pct": Function(2, 2, Kind.NUMBER, _percentile),
    "percentile": Function(2, 2, Kind.NUMBER, _percentile),
    "median": Function(1, 1, Kind.NUMBER, lambda a: f"median({a[0].number})"),
    "earliest": Function(1, 1, _SAME, lambda a: f"arg_min({a[0].sql}, {_TIME})"),
    "latest": Function(1, 1, _SAME, lambda a: f"arg_max({a[0].sql}, {_TIME})"),
    "sortsfirst": Function(1, 1, _SAME, lambda a: _sorted("arg_min", a[0])),
    "sortslast": Function(1, 1, _SAME, lambda a: _sorted("arg_max", a[0])),
}


def result_kind(function: Function, args: Args) -> Kind:
    """The kind of what a function of ``stats`` gives."""
    return args[0].kind if function.kind is _SAME else function.kind
