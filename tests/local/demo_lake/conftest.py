"""The files of two lakes, made once: of a fixed today, and of a day long before it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from datalfred.local.demo_lake.cache import CachedLake, cached_lake
from datalfred.local.demo_lake.definition import table_definitions

TODAY = date(2026, 11, 20)
EARLIER = date(2025, 4, 1)

Sql = Callable[[str], list[tuple[Any, ...]]]


def silent(text: str, fraction: float) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory) -> CachedLake:
    return cached_lake(tmp_path_factory.mktemp("lake"), TODAY, silent)


@pytest.fixture(scope="session")
def earlier_lake(tmp_path_factory: pytest.TempPathFactory) -> CachedLake:
    return cached_lake(tmp_path_factory.mktemp("earlier"), EARLIER, silent)


_READ = {
    "parquet": "read_parquet('{files}', hive_partitioning = true, hive_types_autocast = false)",
    "csv": "read_csv('{files}', header = true, nullstr = '\\N', all_varchar = true)",
    "json": "read_json('{files}', format = 'newline_delimited')",
}


@pytest.fixture(scope="module")
def connection(lake: CachedLake, earlier_lake: CachedLake):
    """Views over the cached files: ``sales.orders``, and ``earlier_sales.orders``."""
    with duckdb.connect() as made:
        for prefix, one in (("", lake), ("earlier_", earlier_lake)):
            for table in table_definitions():
                made.execute(f"CREATE SCHEMA IF NOT EXISTS {prefix}{table.database}")
                files = one.folder / table.database / table.name / f"**/*.{table.format}"
                source = _READ[table.format].format(files=files)
                cast = ", ".join(
                    f'CAST("{column.name}" AS {duckdb_type(column.type)}) AS "{column.name}"'
                    for column in (*table.columns, *table.partition_keys)
                )
                made.execute(
                    f"CREATE VIEW {prefix}{table.database}.{table.name} AS"
                    f" SELECT {cast} FROM {source}"
                )
        yield made


@pytest.fixture
def sql(connection: duckdb.DuckDBPyConnection) -> Sql:
    return lambda text: connection.execute(text).fetchall()


def duckdb_type(athena: str) -> str:
    return {"string": "VARCHAR"}.get(athena, athena.upper())


@pytest.fixture
def cache_folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"
