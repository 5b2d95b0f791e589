"""What a clock shows at a moment, and the moment at which a clock shows it."""

from datalfred.local.aws.athena.translate.typed import Typed
from datalfred.local.aws.athena.translate.types import Type, duckdb_type
from datalfred.local.aws.athena.translate.zones import instant, local_time


def local(value: Typed) -> str:
    """DuckDB's text of what a clock shows: the value itself, or the instant in its zone."""
    if value.type.name == "timestamp with time zone":
        return local_time(value.type.zone, value.sql)
    return value.sql


def back(kind: Type, sql: str) -> str:
    """The reverse of :func:`local`: a clock's time as a value of ``kind``."""
    if kind.name == "timestamp with time zone":
        return instant(kind.zone, sql)
    return f"CAST({sql} AS {duckdb_type(kind)})"
