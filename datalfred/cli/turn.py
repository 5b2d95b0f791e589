"""One turn from a question to an answer on the screen."""

import sys
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, cast

from datalfred.answers.assemble import AnswerBuilder
from datalfred.answers.models import Answer
from datalfred.bedrock.runtime import AgentRuntime, Event, Failed, Turn
from datalfred.cli.connection import Connection
from datalfred.cli.past_turns import keeping
from datalfred.cli.render.screen import Screen
from datalfred.errors import DatalfredError, OperatorError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Generator

    from datalfred.bedrock.adapter import BedrockAgentRuntime


def take_turn(
    connection: Connection, runtime: AgentRuntime, text: str, session_id: str, screen: Screen
) -> Answer:
    """Asks, shows what happens, keeps it for a report, and returns the answer.

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
    kept = keeping(connection.state, turn, connection.target)
    with kept as keep, screen, closing(events):
        for event in events:
            keep(event)
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


@contextmanager
def session_of(runtime: "BedrockAgentRuntime", session_id: str | None) -> Iterator[str]:
    """The session of that id; without one a session of its own, which ends with the block.

    An interrupted one expires by itself: ending it would wait for the turn that was left.
    """
    session = session_id or new_session_id()
    try:
        yield session
    finally:
        if session_id is None and not isinstance(sys.exception(), KeyboardInterrupt):
            runtime.end(session)


def _error(failure: Failed) -> DatalfredError:
    if failure.retryable:
        return UnavailableError(failure.message, hint=failure.hint or "Ask again in a moment.")
    return OperatorError(failure.message, hint=failure.hint)
