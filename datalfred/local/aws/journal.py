"""What must survive a crash, in one SQLite file of the state directory.

Three kinds of rows: tables of DynamoDB with their items, redrives of Step Functions, and whatever
another part keeps in tables of its own (:meth:`Journal.transaction`). A transaction is on the disk
when it returns (write-ahead log, ``synchronous=FULL``), and callers acknowledge only afterwards.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datalfred.errors import LocalStackError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS dynamodb_tables (
    region TEXT, name TEXT, definition TEXT NOT NULL, PRIMARY KEY (region, name));
CREATE TABLE IF NOT EXISTS dynamodb_items (
    region TEXT, name TEXT, key TEXT, item TEXT NOT NULL, PRIMARY KEY (region, name, key));
CREATE TABLE IF NOT EXISTS redrives (
    execution_arn TEXT, redrive_count INTEGER, redriven_at TEXT NOT NULL,
    client_token TEXT NOT NULL, PRIMARY KEY (execution_arn, redrive_count));
"""
_BUSY_SECONDS = 10


@dataclass(frozen=True)
class Redrive:
    """One redrive that was acknowledged.

    Attributes:
        execution_arn: the execution that was redriven.
        redrive_count: 1 for its first redrive.
        redriven_at: ISO 8601, UTC.
        client_token: of the call; the same token again is the same redrive. May be empty.
    """

    execution_arn: str
    redrive_count: int
    redriven_at: str
    client_token: str = ""


@dataclass(frozen=True)
class StoredTable:
    """A DynamoDB table as it was created, and its items in DynamoDB's JSON."""

    region: str
    definition: dict[str, Any]
    items: tuple[dict[str, Any], ...]


class Journal:
    """The file, opened once; safe to use from any thread."""

    def __init__(self, path: Path | None = None) -> None:
        """Opens or creates the file.

        Args:
            path: None keeps everything in memory, for tests and throw-away stacks.

        Raises:
            LocalStackError: the file cannot be opened, or is no database.
        """
        self._lock = threading.RLock()
        try:
            self._connection = _open(path)
        except (sqlite3.Error, OSError) as problem:
            raise LocalStackError(
                f"The journal {path} cannot be opened: {problem}.",
                hint="Free or delete the state directory, or choose another one with --state.",
            ) from problem

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, for one transaction: committed at the end, rolled back on an error."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def close(self) -> None:
        """Closes the file; what was committed stays."""
        with self._lock:
            self._connection.close()

    def keep_table(self, region: str, name: str, definition: dict[str, Any]) -> None:
        """Keeps how a table was created."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO dynamodb_tables VALUES (?, ?, ?)",
                (region, name, json.dumps(definition)),
            )

    def forget_table(self, region: str, name: str) -> None:
        """Forgets a table and its items."""
        with self.transaction() as connection:
            for table in ("dynamodb_tables", "dynamodb_items"):
                connection.execute(
                    f"DELETE FROM {table} WHERE region = ? AND name = ?",  # noqa: S608 -- our two names
                    (region, name),
                )

    def keep_items(
        self, region: str, name: str, items: list[tuple[dict[str, Any], dict[str, Any] | None]]
    ) -> None:
        """Keeps items as they are now.

        Args:
            region: of the table.
            name: of the table.
            items: key and item in DynamoDB's JSON; None for an item that is gone.
        """
        with self.transaction() as connection:
            for key, item in items:
                where = (region, name, json.dumps(key, sort_keys=True))
                if item is None:
                    connection.execute(
                        "DELETE FROM dynamodb_items WHERE region = ? AND name = ? AND key = ?",
                        where,
                    )
                else:
                    connection.execute(
                        "INSERT OR REPLACE INTO dynamodb_items VALUES (?, ?, ?, ?)",
                        (*where, json.dumps(item)),
                    )

    def tables(self) -> tuple[StoredTable, ...]:
        """The tables that were kept, with their items."""
        with self.transaction() as connection:
            rows = connection.execute(
                "SELECT region, name, definition FROM dynamodb_tables ORDER BY region, name"
            ).fetchall()
            return tuple(
                StoredTable(region, json.loads(definition), _items(connection, region, name))
                for region, name, definition in rows
            )

    def keep_redrive(self, redrive: Redrive) -> None:
        """Keeps a redrive; one that is kept already stays as it was."""
        with self.transaction() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO redrives VALUES (?, ?, ?, ?)",
                (
                    redrive.execution_arn,
                    redrive.redrive_count,
                    redrive.redriven_at,
                    redrive.client_token,
                ),
            )

    def redrives(self) -> tuple[Redrive, ...]:
        """The redrives that were kept, oldest first."""
        with self.transaction() as connection:
            rows = connection.execute("SELECT * FROM redrives ORDER BY redriven_at, redrive_count")
            return tuple(Redrive(*row) for row in rows)


def _items(connection: sqlite3.Connection, region: str, name: str) -> tuple[dict[str, Any], ...]:
    rows = connection.execute(
        "SELECT item FROM dynamodb_items WHERE region = ? AND name = ? ORDER BY key", (region, name)
    )
    return tuple(json.loads(item) for (item,) in rows)


def _open(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(
        path or ":memory:", timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection
