"""The truth that answers are held against: plain DuckDB over the very files of the lake.

It shares no code with the embedded Athena: no translation, no typed scan, DuckDB's own readers.
"""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from datalfred import clients

_READERS = {
    "parquet": "read_parquet([{files}], hive_partitioning = true)",
    "json": "read_json([{files}], format = 'newline_delimited')",
    "csv": "read_csv([{files}], header = true)",
}


class Reference:
    """DuckDB with a view for each table of the current environment's catalog."""

    def __init__(self) -> None:
        import duckdb  # noqa: PLC0415 -- only the evals and the laptop have it

        self._folder = tempfile.TemporaryDirectory(prefix="datalfred-truth-")
        self._database = duckdb.connect()
        today = datetime.now(UTC).date()
        self._database.execute(f"SET VARIABLE today = DATE '{today}'")
        glue = clients.client("glue")
        for page in glue.get_paginator("get_databases").paginate():
            for database in page["DatabaseList"]:
                self._add_database(glue, database["Name"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
        self._folder.cleanup()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a DuckDB statement over ``database.table``."""
        return self._database.execute(sql).fetchall()

    def _add_database(self, glue: Any, database: str) -> None:
        self._database.execute(f'CREATE SCHEMA "{database}"')
        for page in glue.get_paginator("get_tables").paginate(DatabaseName=database):
            for table in page["TableList"]:
                if table.get("TableType") != "VIRTUAL_VIEW":
                    self._add_table(database, table["Name"], table["StorageDescriptor"]["Location"])

    def _add_table(self, database: str, table: str, location: str) -> None:
        files = self._download(location)
        kind = files[0].suffix.removeprefix(".")
        names = ", ".join(f"'{path}'" for path in files)
        source = _READERS[kind].format(files=names)
        self._database.execute(f'CREATE VIEW "{database}"."{table}" AS FROM {source}')

    def _download(self, location: str) -> list[Path]:
        bucket, _, prefix = location.removeprefix("s3://").partition("/")
        s3, files = clients.client("s3"), []
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                path = Path(self._folder.name) / found["Key"]
                path.parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(bucket, found["Key"], str(path))
                files.append(path)
        return files
