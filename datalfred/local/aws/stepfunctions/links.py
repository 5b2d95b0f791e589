"""What the interpreter's states need of the embedded AWS that runs in this process.

The interpreter makes its states by itself and knows no embedded AWS; there is one at a time.
"""

from dataclasses import dataclass

from datalfred.local.aws.compute.log_store import LogStore
from datalfred.local.aws.stepfunctions.past_queries import PastQueries
from datalfred.local.aws.stepfunctions.status_change import StatusChanges


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
    changes: StatusChanges


_connected: list[Links] = []


def connect(links: Links) -> None:
    """Connects the interpreter with another embedded AWS than before."""
    _connected[:] = [links]


def connected() -> Links:
    """What the interpreter is connected with; something is before the first state runs."""
    return _connected[0]
