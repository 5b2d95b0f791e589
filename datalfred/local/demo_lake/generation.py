"""Computes the demo lake: DuckDB runs ``sql/*.sql`` and writes one file per table or month.

A day's rows are a function of the day alone (``sql/01_calendar.sql`` says how), so a lake of
tomorrow extends the lake of today and history never changes.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from datalfred.errors import LocalStackError
from datalfred.local.demo_lake.definition import TableDefinition, table_definitions
from datalfred.local.lake_tables import Progress

if TYPE_CHECKING:
    import duckdb

FIRST_DAY = date(2025, 1, 1)

SQL = Path(__file__).parent / "sql"
_STEPS = {
    "01_calendar.sql": "Opening the calendar",
    "02_customers.sql": "Signing up customers",
    "03_sales.sql": "Placing orders",
    "04_service.sql": "Answering support tickets",
    "05_analytics.sql": "Counting visits",
}
_COPY = {
    "parquet": "FORMAT parquet, COMPRESSION zstd",
    # Hive reads \N as null; without it an empty string and a null would be the same.
    "csv": r"FORMAT csv, HEADER, NULLSTR '\N', QUOTE ''",
    "json": "FORMAT json",
}

Counts = dict[str, int]
"""Rows by ``database.table``, and by ``database.table/partition`` of partitioned tables."""


def generate(folder: Path, today: date, progress: Progress) -> Counts:
    """Writes the files of the lake as ``<database>/<table>/[month=YYYY-MM/]<file>``.

    Args:
        folder: an empty folder.
        today: UTC; the lake ends the day before.
        progress: told of each step.

    Raises:
        LocalStackError: ``today`` lies before the second day of the lake.
        OSError: the folder cannot be written.
    """
    if today <= FIRST_DAY:
        raise LocalStackError(
            f"The demo lake begins on {FIRST_DAY}; on {today} it would hold no day.",
            hint="Set the clock of this computer right.",
        )
    import duckdb

    try:
        with duckdb.connect() as connection:
            return _run(connection, folder, today - timedelta(days=1), progress)
    except duckdb.IOException as error:
        raise OSError(str(error)) from error


def _run(
    connection: "duckdb.DuckDBPyConnection", folder: Path, last_day: date, progress: Progress
) -> Counts:
    connection.execute(f"SET VARIABLE last_day = DATE '{last_day}'")
    for number, (name, text) in enumerate(_STEPS.items()):
        progress(text, 0.8 * number / len(_STEPS))
        connection.execute((SQL / name).read_text(encoding="utf-8"))
    progress("Writing the files", 0.8)
    # One thread a file: the folder then looks the same on every machine.
    connection.execute("SET threads = 1")
    counts: Counts = {}
    for table in table_definitions():
        counts.update(_write(connection, folder, table))
    progress("The files are written", 1.0)
    return counts


def _write(connection: "duckdb.DuckDBPyConnection", folder: Path, table: TableDefinition) -> Counts:
    """Copies one table to its folder and counts its rows."""
    target = folder / table.database / table.name
    target.mkdir(parents=True)
    options = _COPY[table.format]
    name = f"{table.database}.{table.name}"
    if not table.partition_keys:
        file = target / f"{table.name}.{table.format}"
        connection.execute(f"COPY {table.name} TO '{_quoted(file)}' ({options})")
        return {name: _count(connection, table.name)}
    key = table.partition_keys[0].name
    connection.execute(
        f"COPY {table.name} TO '{_quoted(target)}' ({options}, PARTITION_BY ({key}), "
        "OVERWRITE_OR_IGNORE, FILENAME_PATTERN 'part-{i}')"
    )
    by_partition = connection.execute(
        f"SELECT {key}, count(*) FROM {table.name} GROUP BY 1 ORDER BY 1"  # noqa: S608 -- our own names
    ).fetchall()
    counts = {f"{name}/{key}={value}": int(rows) for value, rows in by_partition}
    return {name: sum(counts.values()), **counts}


def _count(connection: "duckdb.DuckDBPyConnection", table: str) -> int:
    rows = connection.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608 -- our own name
    return int(rows[0][0])


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
