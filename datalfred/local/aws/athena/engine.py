"""DuckDB in a cage: it sees the mirror's folder and nothing else."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "1GB"
THREADS = 2


class Engine:
    """One in-memory database; each query runs on a cursor of its own."""

    def __init__(self, folder: Path) -> None:
        """Opens the database.

        Args:
            folder: the only place of the disk that queries may read.
        """
        import duckdb

        from datalfred.local.aws.athena.translate.macros import MACROS

        self._database = duckdb.connect()
        self._database.execute(MACROS)
        for setting, value in _settings(folder):
            self._database.execute(f"SET GLOBAL {setting} = {value}")
        self._lock = threading.Lock()

    def cursor(self) -> "duckdb.DuckDBPyConnection":
        """A session; close it after use."""
        with self._lock:
            return self._database.cursor()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement of our own."""
        cursor = self.cursor()
        try:
            return cursor.execute(sql).fetchall()
        finally:
            cursor.close()

    def close(self) -> None:
        """Closes the database."""
        with self._lock:
            self._database.close()


def _settings(folder: Path) -> list[tuple[str, str]]:
    quoted = str(folder.resolve()).replace("'", "''")
    return [
        ("TimeZone", "'UTC'"),
        ("threads", str(THREADS)),
        ("memory_limit", f"'{MEMORY_LIMIT}'"),
        ("temp_directory", "''"),
        ("parquet_metadata_cache", "true"),
        ("preserve_insertion_order", "true"),
        # DuckDB 2.0.0 reads past its columns when it fetches the rest of a Top-N late, from a scan
        # that computes columns: "Attempted to access index ... within vector of size".
        ("disabled_optimizers", "'late_materialization'"),
        ("autoinstall_known_extensions", "false"),
        ("autoload_known_extensions", "false"),
        ("allow_community_extensions", "false"),
        ("allowed_directories", f"['{quoted}']"),
        ("enable_external_access", "false"),
        ("lock_configuration", "true"),
    ]
