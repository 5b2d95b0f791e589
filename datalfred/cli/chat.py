"""``datalfred chat``: a conversation, or one question with ``-up``."""

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from datalfred.cli.ask import answer_once
from datalfred.cli.failures import tell, tell_line
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
    """Reads questions until the person leaves; a failed turn does not end the conversation.

    Raises:
        click.exceptions.Exit: questions came from a pipe, and one of them failed.
    """
    from datalfred.cli.connection import connect
    from datalfred.cli.turn import session_of

    with connect(target) as connection:
        runtime = connection.runtime()
        with session_of(runtime, session_id) as session:
            if sys.stdin.isatty():
                click.echo(f"Datalfred, {connection.target}. Ask, or type exit.", err=True)
            outcomes = [
                _answer(connection, runtime, text, session, debug=debug) for text in _questions()
            ]
    if not sys.stdin.isatty() and not all(outcomes):
        raise click.exceptions.Exit(1)


def _questions() -> Iterator[str]:
    """Each line that asks something, until the person leaves."""
    while (line := _read()) is not None:
        if line.lower() in _LEAVE:
            return
        if line:
            yield line


def _read() -> str | None:
    """The next line without its blanks; None at the end."""
    if not sys.stdin.isatty():
        # Bytes, because a pipe may hold what is no text.
        line = sys.stdin.buffer.readline().decode(errors="replace")
        return line.strip() if line else None
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401 -- gives input() a history and an editor
    try:
        return input("\n> ").strip()
    except EOFError:
        return None
    except KeyboardInterrupt:
        # Perhaps it was meant for an answer that had just come.
        click.echo("\nType exit, or Ctrl-D, to leave.", err=True)
        return ""


def _answer(
    connection: "Connection",
    runtime: "BedrockAgentRuntime",
    text: str,
    session: str,
    *,
    debug: bool,
) -> bool:
    """Whether the question was answered; else the person was told why not."""
    from datalfred.cli.render.screen import screen
    from datalfred.cli.turn import take_turn

    try:
        take_turn(connection, runtime, question(text), session, screen(traced=False, steps=debug))
    except KeyboardInterrupt:
        click.echo("Stopped; the session goes on.", err=True)
    except click.UsageError as wrong:
        tell_line(wrong.format_message())
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 -- the edge: a conversation outlives its failures
        tell(error)
    else:
        return True
    return False
