"""What the interpreter's states need of the embedded AWS that runs in this process.

The interpreter makes its states by itself and knows no embedded AWS; there is one at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from datalfred.local.aws.compute.log_store import LogStore
from datalfred.local.aws.stepfunctions.past_queries import PastQueries


class Changes(Protocol):
    """Tells EventBridge of executions."""

    def note(self, execution: Any) -> Callable[[], object]:
        """Notes the status of an execution; the result, when it is called, tells of it."""
        ...


@dataclass(frozen=True)
class Links:
    """The embedded AWS as a state sees it.

    Attributes:
        queries: runs the queries of executions of the past.
        logs: where invoked functions log.
        changes: tells EventBridge of executions.
    """

    queries: PastQueries
    logs: LogStore
    changes: Changes


_connected: list[Links] = []


def connect(links: Links) -> None:
    """Connects the interpreter with another embedded AWS than before."""
    _connected[:] = [links]


def connected() -> Links:
    """What the interpreter is connected with; something is before the first state runs."""
    return _connected[0]
