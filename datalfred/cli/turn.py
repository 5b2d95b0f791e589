"""One turn from a question to an answer on the screen."""

import uuid
from contextlib import closing
from typing import TYPE_CHECKING, cast

from datalfred.answers.assemble import AnswerBuilder
from datalfred.answers.models import Answer
from datalfred.bedrock.runtime import AgentRuntime, Event, Failed, Turn
from datalfred.cli.connection import Connection
from datalfred.cli.render.screen import Screen
from datalfred.errors import DatalfredError, OperatorError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Generator


def take_turn(
    connection: Connection, runtime: AgentRuntime, text: str, session_id: str, screen: Screen
) -> Answer:
    """Asks, shows what happens, and returns the answer.

    Raises:
        DatalfredError: the turn failed; the session is kept.
    """
    turn = Turn(
        text=text,
        session_id=session_id,
        request_id=uuid.uuid4().hex,
        user=connection.user,
        channel="cli",
    )
    builder = AnswerBuilder(target=connection.target, session_id=session_id)
    events = cast("Generator[Event]", runtime.invoke(turn))
    with screen, closing(events):
        for event in events:
            builder.feed(event)
            screen.show(event)
    if builder.failure:
        raise _error(builder.failure)
    answer = builder.build()
    screen.finish(answer)
    return answer


def new_session_id() -> str:
    """A session id that nobody else has."""
    return f"cli-{uuid.uuid4().hex}"


def _error(failure: Failed) -> DatalfredError:
    if failure.retryable:
        return UnavailableError(failure.message, hint="Ask again in a moment.")
    return OperatorError(failure.message)
