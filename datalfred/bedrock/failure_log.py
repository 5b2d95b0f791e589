"""One line of the log for each operation that failed, and for each defect of a service of ours.

It holds whose call failed, which, why and how long it took. It never holds a message, a parameter
or a value: those may quote SQL, rows or secrets, and a log has more readers than a conversation.
"""

import logging
import time
import traceback

from datalfred import clients
from datalfred.bedrock.action_group import Invocation, requester_of
from datalfred.bedrock.failures import error_code
from datalfred.errors import CorrectableError, DatalfredError, UnavailableError

_log = logging.getLogger(__name__)
_LIBRARIES = "/site-packages/"


def write(
    invocation: Invocation, told: DatalfredError, raised: Exception, correlation: str
) -> None:
    """Logs a failure.

    Args:
        invocation: the call.
        told: what its caller is told.
        raised: what was raised; its class, its AWS code and its place are logged, not its words.
        correlation: the id by which a person who was told of the failure finds this line.
    """
    asked = requester_of(invocation.event.raw_event)
    spent = clients.patience()
    _log.log(
        _level(told),
        "correlation_id=<%s>, session=<%s>, action_group=<%s>, operation=<%s>, error=<%s>, at=<%s>,"
        " code=<%s>, aws_code=<%s>, status=<%d>, duration_ms=<%d>, retries=<%d>"
        " | the operation failed",
        correlation,
        asked.session_id,
        invocation.event.action_group,
        invocation.event.path.strip("/"),
        type(raised).__name__,
        _place(raised),
        told.code,
        error_code(raised),
        told.status,
        round((time.monotonic() - invocation.started) * 1000),
        spent.retries if spent else 0,
    )


def write_defect(service: str, raised: Exception) -> None:
    """Logs that a service failed for a reason of its own.

    Args:
        service: what was asked of it, such as ``InvokeAgent``.
        raised: its class and the places that it came through are logged, not its words.
    """
    _log.error(
        "service=<%s>, error=<%s>, at=<%s> | the service failed",
        service,
        type(raised).__name__,
        _way(raised),
    )


def _level(told: DatalfredError) -> int:
    if isinstance(told, CorrectableError | UnavailableError):
        return logging.WARNING
    return logging.ERROR


def _place(raised: Exception) -> str:
    """The last line of our own code that it came through."""
    return _way(raised).rpartition(" > ")[2]


def _way(raised: Exception) -> str:
    """The lines of our own code that it came through, outermost first."""
    frames = traceback.extract_tb(raised.__traceback__)
    ours = [frame for frame in frames if _LIBRARIES not in frame.filename]
    return " > ".join(f"{frame.name}:{frame.lineno}" for frame in ours)
