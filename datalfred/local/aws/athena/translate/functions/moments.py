"""Functions of dates, timestamps and intervals."""

from collections.abc import Callable
from dataclasses import replace

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import cast, coerce
from datalfred.local.aws.athena.translate.clocks import back, local
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, made_of, text
from datalfred.local.aws.athena.translate.types import (
    BIGINT,
    DATE,
    DOUBLE,
    TIMESTAMP,
    TIMESTAMP_TZ,
    Type,
)
from datalfred.local.aws.athena.translate.zones import instant, known_zone

SIGNATURES = """
to_unixtime(timestamp) -> double = epoch_us({0}) / CAST(1000000 AS DOUBLE)
to_unixtime(timestamptz) -> double = epoch_us({0}) / CAST(1000000 AS DOUBLE)
to_milliseconds(interval) -> bigint = epoch_ms({0})
current_timezone() -> varchar = 'UTC'
"""

_DATE_UNITS = {"day": 1, "week": 7, "month": 1, "quarter": 3, "year": 12}
_TIME_UNITS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000}
FIELDS = {
    "year": "year({0})",
    "quarter": "quarter({0})",
    "month": "month({0})",
    "week": "weekofyear({0})",
    "week_of_year": "weekofyear({0})",
    "day": "day({0})",
    "day_of_month": "day({0})",
    "day_of_week": "isodow({0})",
    "dow": "isodow({0})",
    "day_of_year": "dayofyear({0})",
    "doy": "dayofyear({0})",
    "year_of_week": "isoyear({0})",
    "yow": "isoyear({0})",
    "hour": "hour({0})",
    "minute": "minute({0})",
    "second": "second({0})",
    "millisecond": "epoch_ms({0}) % 1000",
}
_OF_DAY = ("hour", "minute", "second", "millisecond")
_INTERVAL_FIELDS = {
    "day": "epoch_ms({0}) // 86400000",
    "hour": "epoch_ms({0}) // 3600000 % 24",
    "minute": "epoch_ms({0}) // 60000 % 60",
    "second": "epoch_ms({0}) // 1000 % 60",
    "millisecond": "epoch_ms({0}) % 1000",
}


def field(name: str, value: Typed, at: tuple[int, int]) -> Typed:
    """``year(value)``, ``extract(year FROM value)`` and their like.

    Raises:
        StatementError: the value has no such field.
    """
    kind = value.type
    if kind.is_a("interval day to second") and name in _INTERVAL_FIELDS:
        return made_of(f"({_INTERVAL_FIELDS[name].format(value.sql)})", BIGINT, [value])
    if kind.is_a("interval year to month") and name in {"year", "month"}:
        return made_of(f"date_part('{name}', {value.sql})", BIGINT, [value])
    fits = kind.is_a(*types.MOMENTS, "time", "unknown") and name in FIELDS
    if (
        not fits
        or (kind.name == "date" and name in _OF_DAY)
        or (kind.name == "time" and name not in _OF_DAY)
    ):
        raise StatementError(
            "FUNCTION_NOT_FOUND", f"Unexpected parameters ({kind}) for function {name}", at=at
        )
    given = value if kind.name != "unknown" else coerce(value, TIMESTAMP)
    clock = local(given) if kind.name != "time" else f"(DATE '2000-01-01' + {given.sql})"
    return made_of(f"CAST({FIELDS[name].format(clock)} AS BIGINT)", BIGINT, [value])


def _field(call: Call) -> Typed:
    call.takes(1)
    return field(call.name, call.argument(0), call.at)


def moment(call: Call, index: int, *more: str) -> Typed:
    """The argument, which must be a date, a timestamp or of one of the types in ``more``."""
    value = call.argument(index)
    if value.type.name == "unknown":
        return coerce(value, TIMESTAMP)
    if not value.type.is_a(*types.MOMENTS, *more):
        raise call.unexpected(call.arguments())
    return value


def _unit(call: Call, kind: Type) -> str:
    unit = call.constant(0).lower()
    dated, timed = kind.name != "time", kind.name != "date"
    if (unit in _DATE_UNITS and dated) or (unit in _TIME_UNITS and timed):
        return unit
    what = {"date": "DATE", "time": "TIME"}.get(kind.name, "TIMESTAMP")
    raise StatementError("INVALID_FUNCTION_ARGUMENT", f"'{unit}' is not a valid {what} field")


def _date_add(call: Call) -> Typed:
    call.takes(3)
    value = moment(call, 2, "time")
    unit = _unit(call, value.type)
    count = call.argument(1)
    if not count.type.is_a(*types.INTEGERS, "unknown"):
        raise call.unexpected(call.arguments())
    amount = coerce(count, BIGINT).sql
    if unit in _TIME_UNITS:
        sql = f"({value.sql} + to_milliseconds({amount} * {_TIME_UNITS[unit]}))"
        exact = replace(value.type, numbers=max(value.type.numbers, (types.MILLISECONDS,)))
        return cast(made_of(sql, exact, [value, count]), value.type, call.at)
    function = "to_days" if unit in {"day", "week"} else "to_months"
    step = f"{function}(CAST({amount} * {_DATE_UNITS[unit]} AS INTEGER))"
    return made_of(back(value.type, f"{local(value)} + {step}"), value.type, [value, count])


def _date_diff(call: Call) -> Typed:
    call.takes(3)
    moments = [moment(call, index, "time") for index in (1, 2)]
    start, end = call.common(moments, "All date_diff arguments")
    unit = _unit(call, start.type)
    first, second = (start.sql, end.sql) if unit in _TIME_UNITS else (local(start), local(end))
    sql = f"date_sub('{unit}', {first}, {second})"
    return made_of(sql, BIGINT, [start, end])


def _date_trunc(call: Call) -> Typed:
    call.takes(2)
    value = moment(call, 1, "time")
    unit = _unit(call, value.type)
    clock = local(value)
    if value.type.name == "time":
        return made_of(
            f"CAST(date_trunc('{unit}', DATE '2000-01-01' + {clock}) AS TIME)", value.type, [value]
        )
    if unit in _TIME_UNITS and clock != value.sql:
        # The instant moves, not the clock, which shows some hours of autumn twice.
        sql = f"({value.sql} - ({clock} - date_trunc('{unit}', {clock})))"
        return made_of(sql, value.type, [value])
    return made_of(back(value.type, f"date_trunc('{unit}', {clock})"), value.type, [value])


def _last_day_of_month(call: Call) -> Typed:
    call.takes(1)
    value = moment(call, 0)
    return made_of(f"last_day(CAST({local(value)} AS DATE))", DATE, [value])


def _zone_part(call: Call) -> Typed:
    """timezone_hour, timezone_minute."""
    call.takes(1)
    value = call.argument(0)
    if value.type.name == "timestamp":
        value = value.to(instant("UTC", value.sql), TIMESTAMP_TZ)
    if value.type.name != "timestamp with time zone":
        raise call.unexpected([value])
    minutes = f"(epoch_ms({local(value)}) - epoch_ms({value.sql})) // 60000"
    part = "// 60" if call.name == "timezone_hour" else "% 60"
    return made_of(f"(({minutes}) {part})", BIGINT, [value])


def _date(call: Call) -> Typed:
    call.takes(1)
    return cast(call.argument(0), DATE, call.at)


def _from_unixtime(call: Call) -> Typed:
    call.takes(1, 2, 3)
    value = coerce(call.argument(0), DOUBLE)
    zone = "UTC"
    if not call.nodes[2:] and call.nodes[1:]:
        zone = known_zone(call.constant(1))
    elif call.nodes[2:]:
        raise not_supported("from_unixtime with hours and minutes", at=call.at)
    sql = f"timezone('UTC', make_timestamp(CAST(round({value.sql} * 1000) AS BIGINT) * 1000))"
    return made_of(sql, Type(TIMESTAMP_TZ.name, TIMESTAMP_TZ.numbers, zone=zone), [value])


def at_time_zone(value: Typed, zone: str) -> Typed:
    """``value AT TIME ZONE zone``: the same instant, shown in another zone."""
    kind = Type(TIMESTAMP_TZ.name, value.type.numbers or (3,), zone=known_zone(zone))
    if value.type.name == "timestamp":
        # Without a zone it is a time of the session, whose zone is UTC.
        return made_of(instant("UTC", value.sql), kind, [value])
    return made_of(value.sql, kind, [value])


def _at_timezone(call: Call) -> Typed:
    call.takes(2)
    value = call.argument(0)
    if not value.type.is_a("timestamp with time zone", "timestamp"):
        raise call.unexpected(call.arguments())
    return at_time_zone(value, call.constant(1))


def _with_timezone(call: Call) -> Typed:
    call.takes(2)
    value = call.argument(0)
    if value.type.name != "timestamp":
        raise call.unexpected(call.arguments())
    zone = known_zone(call.constant(1))
    kind = Type(TIMESTAMP_TZ.name, value.type.numbers, zone=zone)
    return made_of(instant(zone, value.sql), kind, [value])


def now(call_now: str) -> Typed:
    """The start of the query, as ``timestamp(3) with time zone``."""
    return Typed(f"CAST({text(call_now)} AS TIMESTAMPTZ)", TIMESTAMP_TZ)


def _now(call: Call) -> Typed:
    call.takes(0)
    return now(call.context.now.isoformat(timespec="milliseconds"))


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    **dict.fromkeys(FIELDS, _field),
    "date_add": _date_add,
    "date_diff": _date_diff,
    "date_trunc": _date_trunc,
    "last_day_of_month": _last_day_of_month,
    "timezone_hour": _zone_part,
    "timezone_minute": _zone_part,
    "date": _date,
    "from_unixtime": _from_unixtime,
    "at_timezone": _at_timezone,
    "with_timezone": _with_timezone,
    "now": _now,
}
