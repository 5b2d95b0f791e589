"""What a conversation leaves behind for its next turn."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from datalfred.models.port import Message

Clock = Callable[[], float]

_SWEEP_SECONDS = 60.0


@dataclass
class Session:
    """One conversation with one agent.

    Attributes:
        messages: of the supervisor, oldest first, as Converse shapes them.
        attributes: session attributes; they persist until they are set again.
        expires_at: seconds since the epoch; a turn after it begins anew.
    """

    messages: list[Message] = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)
    expires_at: float = 0.0


class SessionStore(Protocol):
    """Keeps sessions by a key that holds the agent, its alias and the session id."""

    def load(self, key: str) -> Session | None:
        """The session; None when there is none or it expired."""
        ...

    def save(self, key: str, session: Session) -> None:
        """Keeps the session: once this returns it survives the end of the process, if any can."""
        ...

    def delete(self, key: str) -> None:
        """Forgets the session."""
        ...


class MemorySessions:
    """Sessions of this process. They end with it."""

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._lock = threading.Lock()
        self._sweep_at = 0.0

    def load(self, key: str) -> Session | None:
        """The session; None when there is none or it expired."""
        with self._lock:
            found = self._sessions.get(key)
        if found is None or found.expires_at <= self._clock():
            return None
        return Session(list(found.messages), dict(found.attributes), found.expires_at)

    def save(self, key: str, session: Session) -> None:
        """Keeps the session and, now and then, drops those that expired."""
        now = self._clock()
        with self._lock:
            self._sessions[key] = session
            if now >= self._sweep_at:
                self._sweep_at = now + _SWEEP_SECONDS
                for other in [k for k, each in self._sessions.items() if each.expires_at <= now]:
                    del self._sessions[other]

    def delete(self, key: str) -> None:
        """Forgets the session."""
        with self._lock:
            self._sessions.pop(key, None)


_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, expires_at REAL NOT NULL
)
"""


class SqliteSessions:
    """Sessions in a table of a SQLite file, committed before :meth:`save` returns.

    With a write-ahead log a commit survives the death of the process without a sync of the disk
    for every turn; only a loss of power can take the newest turns.

    Args:
        path: the file; it may hold other tables.
        clock: seconds since the epoch.
    """

    def __init__(self, path: Path, clock: Clock = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._sweep_at = 0.0
        self._connection = sqlite3.connect(path, timeout=10, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        with self._connection:
            self._connection.execute(_SCHEMA)

    def load(self, key: str) -> Session | None:
        """The session; None when there is none or it expired."""
        statement = "SELECT value, expires_at FROM conversations WHERE key = ? AND expires_at > ?"
        with self._lock:
            row = self._connection.execute(statement, (key, self._clock())).fetchone()
        if row is None:
            return None
        value: dict[str, Any] = json.loads(row[0])
        return Session(value["messages"], value["attributes"], row[1])

    def save(self, key: str, session: Session) -> None:
        """Commits the session and, now and then, drops those that expired."""
        now = self._clock()
        value = json.dumps({"messages": session.messages, "attributes": session.attributes})
        with self._lock, self._connection as connection:
            connection.execute(
                "INSERT OR REPLACE INTO conversations VALUES (?, ?, ?)",
                (key, value, session.expires_at),
            )
            if now >= self._sweep_at:
                self._sweep_at = now + _SWEEP_SECONDS
                connection.execute("DELETE FROM conversations WHERE expires_at <= ?", (now,))

    def delete(self, key: str) -> None:
        """Forgets the session."""
        with self._lock, self._connection as connection:
            connection.execute("DELETE FROM conversations WHERE key = ?", (key,))

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()
