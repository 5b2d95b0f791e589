"""What has failed in a turn, so that a model reports it instead of trying it again and again.

- **A call that failed is not made twice.** The same operation with the same parameters would fail
  the same way: it is answered with the earlier message, and nothing is asked of AWS.
- **A statement may be corrected twice.** A model that cannot write the SQL in three attempts is
  told to report the failure, and no further statement runs in that turn.

On AWS every function has processes of its own and remembers what failed in this one.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datalfred.errors import (
    AlreadyFailedError,
    CeilingReachedError,
    DatalfredError,
    InvalidInputError,
    QueryFailedError,
)

CORRECTIONS = 2
"""How often a model may correct its SQL in one turn."""

STATEMENT = "sql"
"""The parameter that holds a statement, in every operation that takes one."""

_REMEMBERED_TURNS = 1_000
_REPORT = "Do not call it again: report this failure once, with its message, and stop."
_NO_MORE = (
    f"The SQL of this turn has been corrected {CORRECTIONS} times, which is the most it may: do not"
    " retry. Report this failure once, with its message and the statement."
)


@dataclass(frozen=True)
class OperationCall:
    """One call of an operation: what makes two calls the same call.

    Attributes:
        operation: its path, such as ``/run_query``.
        parameters: as they came.
    """

    operation: str
    parameters: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The same text for the same call, whatever the order of its parameters."""
        return f"{self.operation} {json.dumps(self.parameters, sort_keys=True, default=str)}"

    @property
    def has_statement(self) -> bool:
        """Whether it brings SQL."""
        return STATEMENT in self.parameters


@dataclass
class _Turn:
    failed: dict[str, DatalfredError] = field(default_factory=dict)
    statements: int = 0
    last_statement: DatalfredError | None = None


class TurnFailures:
    """Remembers the failures of the latest turns, for as long as this process lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: OrderedDict[str, _Turn] = OrderedDict()

    def check(self, request_id: str, call: OperationCall) -> None:
        """Refuses a call that can only fail again; a call without a turn is not remembered.

        Raises:
            AlreadyFailedError: the turn has made the same call and it failed, or it has used up
                the corrections of its SQL.
        """
        with self._lock:
            turn = self._turns.get(request_id)
            if turn is None:
                return
            earlier = turn.failed.get(call.key)
            hint = _REPORT
            if earlier is None and call.has_statement and turn.statements > CORRECTIONS:
                earlier, hint = turn.last_statement, _NO_MORE
        if earlier is not None:
            raise AlreadyFailedError(earlier, hint=hint)

    def note(self, request_id: str, call: OperationCall, error: DatalfredError) -> DatalfredError:
        """Remembers a failure of the turn.

        Returns:
            What the model is told: the error, with another way out once no correction is left.
        """
        if not request_id or isinstance(error, AlreadyFailedError | CeilingReachedError):
            return error
        with self._lock:
            turn = self._turns.pop(request_id, None) or _Turn()
            self._turns[request_id] = turn
            while len(self._turns) > _REMEMBERED_TURNS:
                self._turns.popitem(last=False)
            turn.failed[call.key] = error
            if not (call.has_statement and _is_of_statement(error)):
                return error
            turn.statements += 1
            turn.last_statement = error
            used_up = turn.statements > CORRECTIONS
        if used_up:
            error.hint = _NO_MORE
        return error


def _is_of_statement(error: DatalfredError) -> bool:
    """Whether the SQL was wrong, by Athena's judgement or by the parser's."""
    return isinstance(error, QueryFailedError) or (
        isinstance(error, InvalidInputError) and error.field == STATEMENT
    )
