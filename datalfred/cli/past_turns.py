"""The turns that were asked from this machine, kept beside its stack for a report.

A stack keeps what its agents said, to go on with a conversation, and forgets it when the session
ends. What was done in a turn only its trace tells, and the trace is only in the stream of the
answer. So whoever reads the stream keeps it: one row for each turn, committed before the command
ends, in a file that only its owner can read. The oldest give way to the newest.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from datalfred.answers.turns import Moment, PastTurn, read, written
from datalfred.bedrock.runtime import Event, Turn
from datalfred.cli.failures import tell_line
from datalfred.lake import moments

FILE = "turns.sqlite"
MOST_TURNS = 1_000
"""Kept; a turn takes some kilobytes, and 25 KB at most for each operation that it called."""

_PATIENCE_SECONDS = 5.0
_OWNER_ONLY = 0o600
_SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (
    number INTEGER PRIMARY KEY AUTOINCREMENT, session TEXT NOT NULL, value TEXT NOT NULL
)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS turns_of_a_session ON turns (session)"


class PastTurns:
    """The turns of one stack.

    Args:
        directory: the stack's state directory.
        most: how many turns are kept.
    """

    def __init__(self, directory: Path, most: int = MOST_TURNS) -> None:
        self._path = directory / FILE
        self._most = most

    def keep(self, session_id: str, turn: PastTurn) -> None:
        """Commits a turn.

        Raises:
            OSError: the file cannot be made.
            sqlite3.Error: it cannot be written.
        """
        if not self._path.exists():
            self._path.touch(_OWNER_ONLY)
        with self._open() as connection:
            connection.execute(_SCHEMA)
            connection.execute(_INDEX)
            row = connection.execute(
                "INSERT INTO turns (session, value) VALUES (?, ?)", (session_id, written(turn))
            )
            oldest = (row.lastrowid or 0) - self._most
            connection.execute("DELETE FROM turns WHERE number <= ?", (oldest,))

    def of(self, session_id: str) -> list[PastTurn]:
        """The turns of a session, oldest first; none when there is no such session.

        Raises:
            sqlite3.Error: the file cannot be read.
            ValueError: a row holds no turn.
        """
        if not self._path.exists():
            return []
        with self._open() as connection:
            connection.execute(_SCHEMA)
            rows = connection.execute(
                "SELECT value FROM turns WHERE session = ? ORDER BY number", (session_id,)
            ).fetchall()
        return [read(value) for (value,) in rows]

    def sessions(self) -> list[str]:
        """The sessions of which turns are kept, the newest first."""
        if not self._path.exists():
            return []
        with self._open() as connection:
            connection.execute(_SCHEMA)
            rows = connection.execute(
                "SELECT session FROM turns GROUP BY session ORDER BY max(number) DESC"
            ).fetchall()
        return [session for (session,) in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        opened = sqlite3.connect(self._path, timeout=_PATIENCE_SECONDS)
        with closing(opened), opened:  # commits, or rolls back; then closes
            yield opened


@contextmanager
def keeping(directory: Path | None, turn: Turn, target: str) -> Iterator[Callable[[Event], None]]:
    """Takes the events of a turn and keeps them when the block is left, however it is left.

    What cannot be kept is said, and costs the report, not the answer.

    Args:
        directory: the stack's state directory; None where nothing is kept.
        turn: what is asked.
        target: which lake or deployment answers.
    """
    seen: list[Moment] = []
    asked_at = moments.iso(moments.now())
    finished = False
    try:
        yield lambda event: seen.append(Moment(moments.iso(moments.now()), event))
        finished = True
    finally:
        past = PastTurn(turn.text, asked_at, turn.user, target, tuple(seen), finished=finished)
        if directory is not None:
            _keep(PastTurns(directory), turn.session_id, past)


def _keep(turns: PastTurns, session_id: str, past: PastTurn) -> None:
    try:
        turns.keep(session_id, past)
    except (OSError, sqlite3.Error) as problem:
        tell_line(f"This turn cannot be kept for a report: {problem}.")
