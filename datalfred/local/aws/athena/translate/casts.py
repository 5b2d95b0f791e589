"""CAST and TRY_CAST as Trino does them, and the coercions that Trino makes by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate import json_casts, types
from datalfred.local.aws.athena.translate.texts import to_text
from datalfred.local.aws.athena.translate.typed import Typed, guard, mismatch, name, text
from datalfred.local.aws.athena.translate.types import Type, duckdb_type
from datalfred.local.aws.athena.translate.zones import instant, local_time

_INTEGER = "[+-]?[0-9]+"
_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_DOUBLE = rf"\s*([+-]?(NaN|Infinity)|{_NUMBER}[dDfF]?)\s*"
_DATE = r"\s*[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}\s*"
_TIMESTAMP = (
    r"\s*[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}"
    r"( [0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?)?\s*"
)
_UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_TIME = r"[0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\.[0-9]{1,6})?)?"
_SAID = {"integer": "INT"}


@dataclass(frozen=True)
class _Cast:
    """One cast: the source and target types, and whether a failure is NULL."""

    source: Type
    target: Type
    lenient: bool

    @property
    def word(self) -> str:
        return "TRY_CAST" if self.lenient else "CAST"

    def plain(self, sql: str) -> str:
        return f"{self.word}({sql} AS {duckdb_type(self.target)})"

    def checked(self, sql: str, condition: str, value: str) -> str:
        """``value`` where the text in ``sql`` is one that Trino can read."""
        if self.lenient:
            return f"CASE WHEN {condition} THEN {value} END"
        said = _SAID.get(self.target.name, str(self.target).upper())
        ending = text(f"' to {said}")
        message = f"'Cannot cast ''' || {sql} || {ending}"
        return guard(f"{sql} IS NULL OR {condition}", value, "INVALID_CAST_ARGUMENT", message)

    def items(self, index: int) -> "_Cast":
        return _Cast(self.source.items[index], self.target.items[index], self.lenient)


_Writer: TypeAlias = Callable[[_Cast, str], str]


def cast(value: Typed, target: Type, at: tuple[int, int], *, lenient: bool = False) -> Typed:
    """``CAST(value AS target)``; ``lenient`` for TRY_CAST.

    Raises:
        StatementError: Trino has no such cast, or it cannot be done with the same result here.
    """
    if value.type == target:
        return value
    return value.to(_write(_Cast(value.type, target, lenient), value.sql, at), target)


def coerce(value: Typed, target: Type) -> Typed:
    """``value`` as the wider type that Trino would give it, such as an integer as a double."""
    if value.type == target:
        return value
    return value.to(_write(_Cast(value.type, target, lenient=False), value.sql, (1, 1)), target)


def _write(job: _Cast, sql: str, at: tuple[int, int]) -> str:
    if job.source == job.target or job.source.name == job.target.name == "json":
        return sql
    if job.source.name == "unknown":
        return f"CAST(NULL AS {duckdb_type(job.target)})"
    if job.target.name == "json":
        return json_casts.to_json(job.source, sql, at)
    if job.source.name == "json":
        read = json_casts.from_json(job.target, sql, at, _from_scalar)
        return f"TRY({read})" if job.lenient else read
    if job.source.items:
        return _nested(job, sql, at)
    write = _WRITERS.get((_family(job.source), _family(job.target)))
    if write is None and "char" in {job.source.name, job.target.name}:
        raise not_supported(f"CAST of {job.source} to {job.target}", at=at)
    if write is None:
        raise mismatch(f"Cannot cast {job.source} to {job.target}", at)
    return write(job, sql)


def _from_scalar(source: Type, target: Type, sql: str) -> str:
    """How a value inside JSON, read as one type, becomes another."""
    return _write(_Cast(source, target, lenient=False), sql, (1, 1))


def _family(kind: Type) -> str:
    if kind.is_a(*types.INTEGERS):
        return "integer"
    return "float" if kind.is_a("real", "double") else kind.name


def _nested(job: _Cast, sql: str, at: tuple[int, int]) -> str:
    if job.target.name != job.source.name or len(job.source.items) != len(job.target.items):
        raise mismatch(f"Cannot cast {job.source} to {job.target}", at)
    if duckdb_type(job.source) == duckdb_type(job.target):
        return sql
    if job.source.name == "array":
        return f"list_transform({sql}, LAMBDA _e : {_write(job.items(0), '_e', at)})"
    if job.source.name == "map":
        keys = _write(job.items(0), "_e.key", at)
        values = _write(job.items(1), "_e.value", at)
        entry = f"{{'key': {keys}, 'value': {values}}}"
        return f"map_from_entries(list_transform(map_entries({sql}), LAMBDA _e : {entry}))"
    fields = ", ".join(
        f"{name(types.field_name(job.target, index))} := "
        + _write(job.items(index), f"({sql}).{name(types.field_name(job.source, index))}", at)
        for index in range(len(job.source.items))
    )
    return f"CASE WHEN ({sql}) IS NOT NULL THEN struct_pack({fields}) END"


def _to_varchar(job: _Cast, sql: str) -> str:
    written = to_text(job.source, sql)
    if not job.target.numbers:
        return written
    length = job.target.numbers[0]
    if job.source.is_a("varchar", "char"):
        return f"left({written}, {length})"
    shown = written
    if job.source.name == "double":
        shown = f"trino_java_double({sql}) || ' (' || {written} || ')'"
    message = f"'Value ' || {shown} || ' cannot be represented as varchar({length})'"
    if job.lenient:
        return f"CASE WHEN length({written}) <= {length} THEN {written} END"
    condition = f"{sql} IS NULL OR length({written}) <= {length}"
    return guard(condition, written, "INVALID_CAST_ARGUMENT", message)


def _to_char(job: _Cast, sql: str) -> str:
    """A char is kept with the blanks that fill it."""
    return f"rpad({sql}, {job.target.numbers[0]}, ' ')"


def _matches(sql: str, pattern: str) -> str:
    return f"regexp_full_match({sql}, {text(pattern)})"


def _integer_from_text(job: _Cast, sql: str) -> str:
    return job.checked(sql, _matches(sql, _INTEGER), job.plain(sql))


def _float_from_text(job: _Cast, sql: str) -> str:
    number = f"regexp_replace(trim({sql}, ' ' || chr(9) || chr(10) || chr(13)), '[dDfF]$', '')"
    return job.checked(sql, _matches(sql, _DOUBLE), job.plain(number))


def _decimal_from_text(job: _Cast, sql: str) -> str:
    return _to_decimal(job, sql, f"{_matches(sql, _NUMBER)} AND ", sql)


def _to_decimal(job: _Cast, sql: str, condition: str = "", shown: str = "") -> str:
    """A decimal of fewer digits: what does not fit cannot be cast."""
    read = f"TRY_CAST({sql} AS {duckdb_type(job.target)})"
    precision, scale = job.target.numbers
    if precision < types.MAX_PRECISION and job.source.is_a("varchar", "real", "double"):
        # Of a number with an exponent DuckDB takes one digit more than there is place for.
        most = f"CAST('1e{precision - scale}' AS DECIMAL({precision + 1},{scale}))"
        condition += f"abs({read}) < {most} AND "
    if job.lenient:
        return f"CASE WHEN {condition}true THEN {read} END" if condition else read
    said = _decimal_name(job.source)
    value = shown or to_text(job.source, sql)
    ending = text(f"' to {_decimal_name(job.target)}")
    message = f"'Cannot cast {said} ''' || {value} || {ending}"
    fits = f"{sql} IS NULL OR ({condition}{read} IS NOT NULL)"
    return guard(fits, read, "INVALID_CAST_ARGUMENT", message)


def _decimal_name(kind: Type) -> str:
    if kind.name != "decimal":
        return kind.name.upper()
    return f"DECIMAL({kind.numbers[0]}, {kind.numbers[1]})"


def _number_to_decimal(job: _Cast, sql: str) -> str:
    given = types.as_decimal(job.source).numbers
    wanted = job.target.numbers
    if given[1] <= wanted[1] and given[0] - given[1] <= wanted[0] - wanted[1]:
        return job.plain(sql)
    return _to_decimal(job, sql)


def _boolean_from_text(job: _Cast, sql: str) -> str:
    known = f"lower({sql}) IN ('t', 'true', '1', 'f', 'false', '0')"
    return job.checked(sql, known, f"(lower({sql}) IN ('t', 'true', '1'))")


def _uuid_from_text(job: _Cast, sql: str) -> str:
    value = f"TRY_CAST({sql} AS UUID)"
    if job.lenient:
        return f"CASE WHEN {_matches(sql, _UUID)} THEN {value} END"
    fits = f"{sql} IS NULL OR {_matches(sql, _UUID)}"
    message = f"'Cannot cast value to UUID: ' || {sql}"
    return guard(fits, value, "INVALID_CAST_ARGUMENT", message)


def _moment_from_text(pattern: str) -> _Writer:
    def write(job: _Cast, sql: str) -> str:
        readable = f"TRY_CAST({sql} AS {duckdb_type(job.target)})"
        value = _to_precision(job.target, readable)
        return job.checked(sql, f"({_matches(sql, pattern)} AND {readable} IS NOT NULL)", value)

    return write


def _to_precision(kind: Type, sql: str) -> str:
    """A timestamp rounded to the digits of ``kind``."""
    digits = kind.numbers[0] if kind.numbers else 6
    if kind.name != "timestamp" or digits >= len("123456"):
        return sql
    if digits == types.MILLISECONDS:
        return f"CAST(CAST({sql} AS TIMESTAMP_MS) AS TIMESTAMP)"
    return f"trino_round_moment({sql}, {10 ** (6 - digits)})"


def _decimal_to_integer(job: _Cast, sql: str) -> str:
    read = f"TRY_CAST({sql} AS {duckdb_type(job.target)})"
    if job.lenient:
        return read
    message = f"'Cannot cast ''' || {to_text(job.source, sql)} || ''' to {job.target.name.upper()}'"
    return guard(f"{sql} IS NULL OR {read} IS NOT NULL", read, "INVALID_CAST_ARGUMENT", message)


_BITS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}


def _float_to_integer(job: _Cast, sql: str) -> str:
    value, said = job.plain(f"round({sql})"), job.target.name
    if job.lenient:
        return value
    most = f"CAST({2 ** (_BITS[said] - 1)} AS DOUBLE)"
    fits = f"{sql} IS NULL OR (round({sql}) >= -{most} AND round({sql}) < {most})"
    shown = f"trino_java_double(CAST({sql} AS DOUBLE))"
    if said == "bigint":
        message = f"'Unable to cast ' || {shown} || ' to bigint'"
        return guard(fits, value, "INVALID_CAST_ARGUMENT", message)
    value = guard(
        fits, value, "NUMERIC_VALUE_OUT_OF_RANGE", f"'Out of range for {said}: ' || {shown}"
    )
    message = text(f"Cannot cast {job.source} NaN to {said}")
    return guard(f"{sql} IS NULL OR NOT isnan({sql})", value, "INVALID_CAST_ARGUMENT", message)


def _float_to_decimal(job: _Cast, sql: str) -> str:
    # Trino rounds the shortest text of the number as a double.
    double = f"CAST({sql} AS DOUBLE)"
    return _to_decimal(job, f"CAST({double} AS VARCHAR)", shown=f"trino_java_double({double})")


def _plain(job: _Cast, sql: str) -> str:
    return job.plain(sql)


def _number_to_boolean(_job: _Cast, sql: str) -> str:
    return f"({sql} <> 0)"


def _time_to_time(job: _Cast, sql: str) -> str:
    if job.target.numbers < job.source.numbers:
        raise not_supported(f"CAST of {job.source} to {job.target}")
    return sql


def _moment_to_time(job: _Cast, sql: str) -> str:
    if job.target.numbers < job.source.numbers:
        raise not_supported(f"CAST of {job.source} to {job.target}")
    zoned = job.source.name == "timestamp with time zone"
    return f"CAST({local_time(job.source.zone, sql) if zoned else sql} AS TIME)"


def _to_moment(job: _Cast, sql: str) -> str:
    """Between date, timestamp and timestamp with time zone; the session's zone is UTC."""
    if job.source.name == "timestamp with time zone":
        if job.target.name == "timestamp with time zone":
            return sql
        return f"CAST({local_time(job.source.zone, sql)} AS {duckdb_type(job.target)})"
    if job.target.name == "timestamp with time zone":
        return instant(job.target.zone, f"CAST({sql} AS TIMESTAMP)")
    if job.source.name == "timestamp" and job.target.name == "timestamp":
        rounds = job.target.numbers < job.source.numbers
        return _to_precision(job.target, sql) if rounds else sql
    return job.plain(sql)


_NUMERIC = ("integer", "decimal", "float")
_WRITERS: dict[tuple[str, str], _Writer] = {
    ("varchar", "integer"): _integer_from_text,
    ("varchar", "float"): _float_from_text,
    ("varchar", "decimal"): _decimal_from_text,
    ("varchar", "boolean"): _boolean_from_text,
    ("varchar", "date"): _moment_from_text(_DATE),
    ("varchar", "timestamp"): _moment_from_text(_TIMESTAMP),
    ("varchar", "uuid"): _uuid_from_text,
    ("varchar", "time"): _moment_from_text(_TIME),
    ("varchar", "varbinary"): lambda _job, sql: f"encode({sql})",
    ("uuid", "varbinary"): lambda _job, sql: f"unhex(replace(CAST({sql} AS VARCHAR), '-', ''))",
    ("time", "time"): _time_to_time,
    **{(source, "time"): _moment_to_time for source in ("timestamp", "timestamp with time zone")},
    ("float", "integer"): _float_to_integer,
    ("float", "decimal"): _float_to_decimal,
    ("interval day to second", "varchar"): _to_varchar,
    ("interval year to month", "varchar"): _to_varchar,
    ("char", "varchar"): _to_varchar,
    **{(source, "char"): _to_char for source in ("varchar", "char")},
    **{
        (source, "varchar"): _to_varchar
        for source in (
            "varchar",
            "boolean",
            *_NUMERIC,
            "date",
            "time",
            "uuid",
            "timestamp",
            "timestamp with time zone",
        )
    },
    **{(source, target): _plain for source in ("integer", "decimal") for target in _NUMERIC},
    **{(source, "decimal"): _number_to_decimal for source in ("integer", "decimal")},
    ("decimal", "integer"): _decimal_to_integer,
    ("float", "float"): _plain,
    **{(source, "boolean"): _number_to_boolean for source in _NUMERIC},
    **{("boolean", target): _plain for target in _NUMERIC},
    **{(source, target): _to_moment for source in types.MOMENTS for target in types.MOMENTS},
}
