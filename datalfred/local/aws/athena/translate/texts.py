"""Values as text: what ``CAST(value AS varchar)`` writes in Trino."""

from collections.abc import Callable

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.typed import text
from datalfred.local.aws.athena.translate.types import Type
from datalfred.local.aws.athena.translate.zones import local_time


def to_text(kind: Type, sql: str) -> str:
    """The text of a value, as ``CAST(value AS varchar)`` writes it in Trino."""
    write = _TEXTS.get(kind.name)
    return f"CAST({sql} AS VARCHAR)" if write is None else write(kind, sql)


def _timestamp_text(kind: Type, sql: str) -> str:
    digits = kind.numbers[0]
    if not digits:
        return f"strftime({sql}, '%Y-%m-%d %H:%M:%S')"
    return f"left(strftime({sql}, '%Y-%m-%d %H:%M:%S.%f'), {20 + digits})"


def _zoned_text(kind: Type, sql: str) -> str:
    zone = text(f" {kind.zone}")
    return f"({_timestamp_text(kind, local_time(kind.zone, sql))} || {zone})"


def _time_text(kind: Type, sql: str) -> str:
    length = 9 + kind.numbers[0] if kind.numbers[0] else 8
    return f"left(strftime(DATE '2000-01-01' + {sql}, '%H:%M:%S.%f'), {length})"


def _decimal_text(kind: Type, sql: str) -> str:
    precision, scale = kind.numbers
    if precision == scale < types.MAX_PRECISION:
        # DuckDB leaves out the zero before the point of a decimal without whole digits.
        sql = f"CAST({sql} AS DECIMAL({precision + 1},{scale}))"
    return f"CAST({sql} AS VARCHAR)"


_TEXTS: dict[str, Callable[[Type, str], str]] = {
    "real": lambda _kind, sql: f"trino_real_text({sql})",
    "double": lambda _kind, sql: f"trino_double_text({sql})",
    "timestamp": _timestamp_text,
    "timestamp with time zone": _zoned_text,
    "time": _time_text,
    "interval day to second": lambda _kind, sql: f"trino_interval_text({sql})",
    "interval year to month": lambda _kind, sql: f"trino_months_text({sql})",
    "decimal": _decimal_text,
}
