"""``datalfred chat``: a conversation, or one question with ``-up``."""

import contextlib
from typing import TYPE_CHECKING

import click

from datalfred.cli.ask import answer_once
from datalfred.cli.options import Target, question, session_option, target_options

if TYPE_CHECKING:
    from datalfred.bedrock.adapter import BedrockAgentRuntime
    from datalfred.cli.connection import Connection

_LEAVE = {"exit", "quit", ":q"}


@click.command()
@session_option
@click.option(
    "-d", "--print-sub-agent-debug", "debug", is_flag=True, help="Show the collaborators' steps."
)
@click.option("-up", "--user-prompt", help="Ask this one question and leave.")
@target_options
def chat(target: Target, session_id: str | None, user_prompt: str | None, *, debug: bool) -> None:
    """Talk with Datalfred. Ctrl-C stops an answer, `exit` leaves."""
    if user_prompt is not None:
        text = question(user_prompt)
        answer_once(target, text, session_id, as_json=False, trace=False, steps=debug)
        return
    converse(target, session_id, debug=debug)


def converse(target: Target, session_id: str | None, *, debug: bool) -> None:
    """Reads questions until the person leaves; a failed turn does not end the conversation."""
    from datalfred.cli.connection import connect
    from datalfred.cli.turn import new_session_id

    with connect(target) as connection:
        runtime = connection.runtime()
        session = session_id or new_session_id()
        click.echo(f"Datalfred, {connection.target}. Ask, or type exit.", err=True)
        try:
            while (text := _read()) is not None:
                if text:
                    _answer(connection, runtime, text, session, debug=debug)
        finally:
            if session_id is None:
                runtime.end(session)


def _read() -> str | None:
    """The next line without its blanks; None when the person leaves."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 -- gives input() a history and an editor
    try:
        line = input("\n> ").strip()
    except (EOFError, KeyboardInterrupt):
        return None
    return None if line.lower() in _LEAVE else line


def _answer(
    connection: "Connection",
    runtime: "BedrockAgentRuntime",
    text: str,
    session: str,
    *,
    debug: bool,
) -> None:
    from datalfred.cli.render.screen import screen
    from datalfred.cli.turn import take_turn
    from datalfred.errors import DatalfredError

    try:
        take_turn(connection, runtime, question(text), session, screen(traced=False, steps=debug))
    except KeyboardInterrupt:
        click.echo("Stopped; the session goes on.", err=True)
    except click.UsageError as wrong:
        click.echo(wrong.format_message(), err=True)
    except DatalfredError as error:
        click.echo(f"{error.message} {error.hint}".strip(), err=True)
