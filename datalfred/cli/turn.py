"""One turn from a question to an answer on the screen."""

import uuid
from contextlib import closing
from typing import Any, cast

from datalfred.answers.assemble import AnswerBuilder
from datalfred.answers.models import Answer
from datalfred.bedrock.runtime import AgentRuntime, Turn
from datalfred.cli.connection import Connection
from datalfred.cli.render.screen import Screen


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
    events = cast("Any", runtime.invoke(turn))
    with screen, closing(events):
        for event in events:
            builder.feed(event)
            screen.show(event)
    answer = builder.build()
    screen.finish(answer)
    return answer


def new_session_id() -> str:
    """A session id that nobody else has."""
    return f"cli-{uuid.uuid4().hex}"
