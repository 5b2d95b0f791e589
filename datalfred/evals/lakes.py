"""Lakes that the evals generate: another team's data, of which no other part of Datalfred knows."""

from collections.abc import Callable
from pathlib import Path

from datalfred.errors import NotFoundError

_BIKES = (
    """CREATE TABLE stations AS
    SELECT i AS station_id, ['Harbour', 'Museum', 'Old Town', 'University', 'Airport', 'Park'][i]
             || ' Station' AS station_name,
           ['north', 'south', 'east'][1 + i % 3] AS district, 10 + 7 * i AS docks
    FROM range(1, 7) t(i)""",
    """CREATE TABLE bikes AS
    SELECT i AS bike_id, ['classic', 'electric', 'cargo'][1 + i % 3] AS model,
           DATE '2024-01-01' + CAST(i * 3 AS INTEGER) AS bought_on, i % 17 = 0 AS retired
    FROM range(1, 121) t(i)""",
    """CREATE TABLE trips AS
    SELECT i AS trip_id, 1 + i * 31 % 120 AS bike_id, 1 + i * 7 % 6 AS start_station_id,
           1 + i * 13 % 6 AS end_station_id,
           TIMESTAMP '2026-01-01 05:00:00' + to_minutes(CAST(i * 29 AS INTEGER)) AS started_at,
           4 + i * 37 % 86 AS minutes, CAST(1.5 + (i * 53 % 400) / 100.0 AS DECIMAL(8, 2)) AS fare,
           CASE WHEN i % 5 = 0 THEN 'casual' ELSE 'member' END AS rider_type
    FROM range(1, 15001) t(i)""",
    """CREATE TABLE repairs AS
    SELECT i AS repair_id, 1 + i * 11 % 120 AS bike_id,
           ['brakes', 'battery', 'tyre'][1 + i % 3] AS part,
           DATE '2026-01-05' + CAST(i % 280 AS INTEGER) AS repaired_on,
           CAST(12 + i * 17 % 90 AS DECIMAL(8, 2)) AS cost
    FROM range(1, 601) t(i)""",
)
_BIKE_FILES = (
    ("mobility/trips/trips.parquet", "trips", "FORMAT parquet"),
    ("mobility/stations.csv", "stations", "FORMAT csv, HEADER"),
    ("workshop/bikes.json", "bikes", "FORMAT json"),
    ("workshop/repairs.parquet", "repairs", "FORMAT parquet"),
)


def _bike_sharing(folder: Path) -> None:
    import duckdb  # noqa: PLC0415 -- only these lakes need it

    with duckdb.connect() as database:
        for statement in _BIKES:
            database.execute(statement)
        for name, table, options in _BIKE_FILES:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            database.execute(f"COPY {table} TO '{path}' ({options})")


_LAKES: dict[str, Callable[[Path], None]] = {"bike_sharing": _bike_sharing}


def generate(name: str, folder: Path) -> Path:
    """Writes the files of the lake ``name`` and returns their folder.

    Raises:
        NotFoundError: there is no such lake.
    """
    if name not in _LAKES:
        raise NotFoundError("lake", name, near=("demo", *_LAKES))
    _LAKES[name](folder)
    return folder
