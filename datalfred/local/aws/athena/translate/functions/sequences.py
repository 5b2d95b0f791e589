"""``sequence``: numbers and moments at equal distances.

Source: https://trino.io/docs/current/functions/array.html#sequence
"""

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text
from datalfred.local.aws.athena.translate.types import BIGINT, array, duckdb_type

_WRONG_WAY = text(
    "sequence stop value should be greater than or equal to start value if step is greater than "
    "zero otherwise stop should be less than or equal to start"
)
_NO_DAYS = text("sequence step must be a day interval if start and end values are dates")
_MOST_ITEMS = 10_000
_TOO_MANY = text(f"result of sequence function must not have more than {_MOST_ITEMS} entries")


def sequence(call: Call) -> Typed:
    """The call as DuckDB's list, refused where Trino refuses it."""
    call.takes(2, 3)
    arguments = call.arguments()
    start, stop = call.common(arguments[:2], "All sequence bounds")
    step = arguments[2] if arguments[2:] else None
    if start.type.is_a(*types.INTEGERS) and (step is None or step.type.is_a(*types.INTEGERS)):
        return _number_sequence(coerce(start, BIGINT), coerce(stop, BIGINT), step)
    kind = step.type if step else types.DAY_TO_SECOND
    if not start.type.is_a("date", "timestamp") or not kind.name.startswith("interval"):
        raise call.unexpected(arguments)
    return _moment_sequence(start, stop, step)


def _series(first: str, last: str, by: str) -> str:
    forwards = f"({by} > 0 AND {first} <= {last}) OR ({by} < 0 AND {first} >= {last})"
    known = f"({first} + {last} + {by}) IS NULL OR {forwards}"
    series = f"generate_series({first}, {last}, {by})"
    few = f"coalesce(abs(({last} - {first}) // {by}) < {_MOST_ITEMS}, true)"
    series = guard(few, series, "INVALID_FUNCTION_ARGUMENT", _TOO_MANY)
    return guard(known, series, "INVALID_FUNCTION_ARGUMENT", _WRONG_WAY)


def _number_sequence(start: Typed, stop: Typed, step: Typed | None) -> Typed:
    by = (
        coerce(step, BIGINT).sql
        if step
        else f"(CASE WHEN {start.sql} <= {stop.sql} THEN 1 ELSE -1 END)"
    )
    parts = [start, stop, *([step] if step else [])]
    return made_of(_series(start.sql, stop.sql, by), array(BIGINT), parts)


def _moment_sequence(start: Typed, stop: Typed, step: Typed | None) -> Typed:
    """Moments at start, start + step, start + 2 steps, ...: a month may be shorter than another."""
    first, last = (f"CAST({each.sql} AS TIMESTAMP)" for each in (start, stop))
    if start.type.name == "date" and step is not None and step.type == types.DAY_TO_SECOND:
        days = f"coalesce(epoch_ms({step.sql}) % 86400000, 0) = 0"
        first = guard(days, first, "INVALID_FUNCTION_ARGUMENT", _NO_DAYS)
    if step is None:
        by = f"(CASE WHEN {first} <= {last} THEN 86400000 ELSE -86400000 END)"
        unit = "millisecond"
    elif step.type == types.YEAR_TO_MONTH:
        by = f"(12 * date_part('year', {step.sql}) + date_part('month', {step.sql}))"
        unit = "month"
    else:
        by, unit = f"epoch_ms({step.sql})", "millisecond"
    distance = f"date_sub('{unit}', {first}, {last})"
    offsets = _series("0", distance, by)
    # Less than a whole step away counts, too: it may be the wrong way.
    ahead = f"({by} > 0 AND {first} <= {last}) OR ({by} < 0 AND {first} >= {last})"
    known = f"{first} IS NULL OR {last} IS NULL OR {by} IS NULL"
    offsets = guard(f"{known} OR {ahead}", offsets, "INVALID_FUNCTION_ARGUMENT", _WRONG_WAY)
    function = "to_months" if unit == "month" else "to_milliseconds"
    offset = "CAST(_n AS INTEGER)" if unit == "month" else "_n"
    moment = f"CAST({first} + {function}({offset}) AS {duckdb_type(start.type)})"
    sql = f"list_transform({offsets}, LAMBDA _n : {moment})"
    return made_of(sql, array(start.type), [start, stop, *([step] if step else [])])
