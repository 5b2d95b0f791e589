"""The 22 queries of the TPC-H specification (2.4) with its validation parameters, in Trino's words.

The same texts run in DuckDB. Five of them mean something else there, where Trino rounds an average
or a quotient of decimals to a decimal; ``exact/`` holds these as DuckDB answers them with Trino's
meaning, by whole numbers alone.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

FOLDER = Path(__file__).parents[2] / "local" / "aws" / "athena" / "tpch"
NUMBERS = range(1, 23)
_QUOTIENT = (
    "CREATE MACRO quotient(one, two, unit) AS CAST((2 * CAST(one * 10000 AS HUGEINT) * "
    "CAST(1 / unit AS HUGEINT) + CAST(two * 10000 AS HUGEINT)) // "
    "(2 * CAST(two * 10000 AS HUGEINT)) AS DECIMAL(38,0)) * unit"
)
_AVERAGE = (
    "CREATE MACRO average(x) AS CAST((2 * CAST(sum(x) * 100 AS HUGEINT) + count(x)) "
    "// (2 * count(x)) AS DECIMAL(38,0)) * 0.01"
)


def text(number: int, scale: float) -> str:
    """One query; the fraction of query 11 is that of the scale factor (2.4.11.3)."""
    return _read(FOLDER / f"q{number:02}.sql", scale)


def exact(number: int, scale: float) -> str:
    """The same question for a database with :func:`define_exact`."""
    other = FOLDER / "exact" / f"q{number:02}.sql"
    return _read(other, scale) if other.exists() else text(number, scale)


def _read(file: Path, scale: float) -> str:
    return file.read_text(encoding="utf-8").replace("{fraction}", f"{0.0001 / scale:.6f}")


def define_exact(database: "duckdb.DuckDBPyConnection") -> None:
    """Gives DuckDB the quotient and the average of decimals that round half away from zero."""
    database.execute(_QUOTIENT)
    database.execute(_AVERAGE)
