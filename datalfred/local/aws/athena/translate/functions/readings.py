"""Functions that write moments as text and read them from it."""

import re
from collections.abc import Callable

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.clocks import local
from datalfred.local.aws.athena.translate.functions import formats
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.moments import moment
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text
from datalfred.local.aws.athena.translate.types import (
    DATE,
    DAY_TO_SECOND,
    DOUBLE,
    TIMESTAMP,
    TIMESTAMP_TZ,
    VARCHAR,
    Type,
)
from datalfred.local.aws.athena.translate.zones import instant, known_zone, offset_text

_WRONG = "INVALID_FUNCTION_ARGUMENT"


def _date_format(call: Call) -> Typed:
    call.takes(2)
    value = moment(call, 0)
    pattern = formats.from_mysql(call.constant(1))
    return made_of(f"strftime({local(value)}, {text(pattern)})", VARCHAR, [value])


def _format_datetime(call: Call) -> Typed:
    call.takes(2)
    value = moment(call, 0)
    zone = value.type.zone if value.type.name == "timestamp with time zone" else "UTC"
    template = formats.joda_text(call.constant(1), zone, call.at)
    clock = f"CAST({local(value)} AS TIMESTAMP)"
    written = template.format(clock, offset_text(zone, clock, value.sql, plain=True))
    return made_of(f"({written})", VARCHAR, [value])


def _parsed(call: Call, pattern: str) -> Typed:
    value = call.argument(0)
    if not value.type.is_a("varchar", "unknown"):
        raise call.unexpected(call.arguments())
    fits, read = formats.reading(pattern, value.sql, call.at)
    kept = f"date_trunc('millisecond', {read})"
    message = f"'Invalid format: \"' || {value.sql} || '\"'"
    sql = guard(f"{value.sql} IS NULL OR ({fits})", kept, _WRONG, message)
    return made_of(sql, TIMESTAMP, [value])


def _date_parse(call: Call) -> Typed:
    call.takes(2)
    written = call.constant(1)
    if not written:
        raise StatementError(_WRONG, "Both printing and parsing not supported")
    return _parsed(call, formats.from_mysql(written))


def _parse_datetime(call: Call) -> Typed:
    call.takes(2)
    written = call.constant(1)
    if not written:
        raise StatementError(_WRONG, "Invalid pattern specification")
    parsed = _parsed(call, formats.from_joda(written, call.at))
    return parsed.to(instant("UTC", parsed.sql), TIMESTAMP_TZ)


_ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_ISO_TIME = r"T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
_ISO_ZONE = r"(Z|[+-][0-9]{2}:?[0-9]{2})"


def _given(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if not value.type.is_a("varchar", "unknown"):
        raise call.unexpected([value])
    return value


def _from_iso8601_date(call: Call) -> Typed:
    value = _given(call)
    message = f"'Invalid format: \"' || {value.sql} || '\"'"
    read = f"TRY_CAST({value.sql} AS DATE)"
    shape = f"regexp_full_match({value.sql}, '{_ISO_DATE}')"
    fits = f"{value.sql} IS NULL OR ({shape} AND {read} IS NOT NULL)"
    return made_of(guard(fits, read, _WRONG, message), DATE, [value])


def _from_iso8601_timestamp(call: Call) -> Typed:
    value = _given(call)
    zone = "UTC"
    if value.constant is not None:
        written = re.search(f"T.*?{_ISO_ZONE}$", value.constant)
        zone = known_zone(written[1]) if written else zone
    clock = f"replace(regexp_replace({value.sql}, '(T.*?){_ISO_ZONE}$', '\\1'), 'T', ' ')"
    read = f"date_trunc('millisecond', TRY_CAST({clock} AS TIMESTAMP))"
    accepted = _ISO_ZONE if value.constant is not None else r"(Z|[+-]00:?00)"
    shape = f"regexp_full_match({value.sql}, '{_ISO_DATE}({_ISO_TIME}{accepted}?)?')"
    fits = f"{value.sql} IS NULL OR ({shape} AND {read} IS NOT NULL)"
    message = f"'Invalid format, or a zone that is not UTC: \"' || {value.sql} || '\"'"
    sql = guard(fits, instant(zone, read), _WRONG, message)
    return made_of(sql, Type(TIMESTAMP_TZ.name, TIMESTAMP_TZ.numbers, zone=zone), [value])


def _to_iso8601(call: Call) -> Typed:
    """The lengths are those of Trino's signatures: sign, six digits of a year, the rest."""
    call.takes(1)
    value = moment(call, 0)
    if value.type.name == "date":
        return made_of(f"strftime({value.sql}, '%Y-%m-%d')", types.varchar(16), [value])
    digits = value.type.numbers[0]
    clock = f"CAST({local(value)} AS TIMESTAMP)"
    sql, length = f"strftime({clock}, '%Y-%m-%dT%H:%M:%S')", 22
    if digits:
        sql = f"left(strftime({clock}, '%Y-%m-%dT%H:%M:%S.%f'), {20 + digits})"
        length += 1 + digits
    if value.type.name == "timestamp with time zone":
        sql = f"({sql} || {offset_text(value.type.zone, clock, value.sql)})"
        length += 6
    return made_of(sql, types.varchar(length), [value])


def _human_readable_seconds(call: Call) -> Typed:
    call.takes(1)
    value = coerce(call.argument(0), DOUBLE)
    fits = "isfinite({0}) OR {0} IS NULL"
    what = "'Invalid argument found: ' || trino_java_double({0})"
    sql = guard(fits, "trino_human_seconds(TRY_CAST(round(abs({0})) AS BIGINT))", _WRONG, what)
    return call.made(sql, VARCHAR, [value])


_DURATION = r"\s*([0-9]+(?:[.][0-9]+)?)\s*(ns|us|ms|s|m|h|d)\s*"


def _parse_duration(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if not value.type.is_a("varchar", "unknown"):
        raise call.unexpected([value])
    shape = _DURATION.replace("{", "{{").replace("}", "}}")
    number = f"CAST(regexp_extract({{0}}, '{shape}', 1) AS DOUBLE)"
    unit = f"regexp_extract({{0}}, '{shape}', 2)"
    size = (
        f"CASE {unit} WHEN 'ns' THEN 1e-6 WHEN 'us' THEN 1e-3 WHEN 'ms' THEN 1 WHEN 's' THEN 1e3 "
        f"WHEN 'm' THEN 6e4 WHEN 'h' THEN 36e5 ELSE 864e5 END"
    )
    span = f"to_milliseconds(CAST(round({number} * CAST({size} AS DOUBLE)) AS BIGINT))"
    fits = f"regexp_full_match({{0}}, '{shape}') OR {{0}} IS NULL"
    what = "'duration is not a valid data duration string: ' || {0}"
    known = f"CASE WHEN {{0}} IS NOT NULL THEN {span} END"
    return call.made(guard(fits, known, _WRONG, what), DAY_TO_SECOND, [coerce(value, VARCHAR)])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "date_format": _date_format,
    "date_parse": _date_parse,
    "format_datetime": _format_datetime,
    "parse_datetime": _parse_datetime,
    "from_iso8601_date": _from_iso8601_date,
    "from_iso8601_timestamp": _from_iso8601_timestamp,
    "to_iso8601": _to_iso8601,
    "human_readable_seconds": _human_readable_seconds,
    "parse_duration": _parse_duration,
}
