"""The DuckDB that answers queries: one for all; each has a connection with events of its own."""

import atexit
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_LOCK = Lock()


@cache
def _base() -> "duckdb.DuckDBPyConnection":
    """Knows the macros that compiled queries call, and sees no file."""
    import duckdb

    connection = duckdb.connect(config={"enable_external_access": "false"})
    connection.execute(_script("macros.sql"))
    # DuckDB complains on stderr of what outlives the interpreter.
    atexit.register(_forget)
    return connection


def _forget() -> None:
    _base().close()
    _base.cache_clear()


@cache
def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def connect() -> "duckdb.DuckDBPyConnection":
    """A connection with an empty table for events; to be closed by the caller."""
    with _LOCK:
        connection = _base().cursor()
    connection.execute(_script("events.sql"))
    return connection


def regex_problem(text: str) -> str:
    """What is wrong with a regular expression; nothing when it is right.

    They are RE2's: as with the Hyperscan of CloudWatch, no message makes one search for long.
    """
    import duckdb

    try:
        with _LOCK:
            # A column, because DuckDB answers a constant without a look at the expression.
            sql = "SELECT regexp_matches(x, $1) FROM (VALUES ('a')) AS t(x)"
            _base().execute(sql, [text]).fetchall()
    except duckdb.Error as error:
        return str(error).splitlines()[0]
    return ""
