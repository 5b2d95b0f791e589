"""The options and checks that several commands share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from datalfred import settings
from datalfred.bedrock.rules import SESSION_ID
from datalfred.definitions.naming import SIZES

LONGEST_QUESTION = 10_000
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Target:
    """Whom a command talks to.

    Attributes:
        kind: ``local`` or ``aws``.
        project: first part of the stack's name.
        stage: second part of the stack's name.
        size: the team that answers: ``large``, ``medium`` or ``small``.
    """

    kind: str
    project: str
    stage: str
    size: str


def check_stack_name(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> str | None:
    """Refuses a project or stage that no stack can have; click's callback."""
    if value is not None and not settings.STACK_NAME.fullmatch(value):
        raise click.BadParameter(
            f"{value!r} is no name: a lower-case letter, then up to 30 letters, digits or dashes."
        )
    return value


def target_options(command: Command) -> Command:
    """Adds ``-p -s -m --target``; the command receives them as one ``target``."""

    def gathered(
        project_name: str | None,
        stage_name: str | None,
        model_size: str,
        target: str | None,
        **rest: Any,
    ) -> Any:
        kind = target or ("aws" if project_name else "local")
        local = kind == "local"
        chosen = Target(
            kind=kind,
            project=project_name or "demo",
            stage=stage_name or ("local" if local else "prod"),
            size=model_size,
        )
        return command(target=chosen, **rest)

    gathered.__name__, gathered.__doc__ = command.__name__, command.__doc__
    gathered.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]  # where click keeps them
    for add in (
        click.option(
            "--target",
            type=click.Choice(["local", "aws"]),
            help="Whom to ask: aws when -p is given, else local.",
        ),
        click.option(
            "-m",
            "--model-size",
            type=click.Choice(SIZES),
            default="large",
            show_default=True,
            help="The team that answers.",
        ),
        click.option(
            "-s",
            "--stage-name",
            callback=check_stack_name,
            help="Stage of the stack.  [default: prod on aws, local on a laptop]",
        ),
        click.option(
            "-p", "--project-name", callback=check_stack_name, help="Project of the stack."
        ),
    ):
        gathered = add(gathered)
    return gathered  # type: ignore[return-value]  # click's decorators keep the signature loose


def question(text: str) -> str:
    """A question as it may be asked.

    Raises:
        click.UsageError: it is empty or longer than 10,000 characters.
    """
    stripped = text.strip()
    if not stripped:
        raise click.UsageError("The question is empty.")
    if len(stripped) > LONGEST_QUESTION:
        count = f"{len(stripped):,}"
        raise click.UsageError(
            f"The question has {count} characters; at most {LONGEST_QUESTION:,} fit."
        )
    return stripped


def check_session_id(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> str | None:
    """Refuses a session id that Bedrock would refuse; click's callback."""
    if value is not None and not re.fullmatch(SESSION_ID, value):
        raise click.BadParameter(
            f"{value!r} is no session id: "
            "2 to 100 letters, digits, dots, dashes, underscores or colons."
        )
    return value


session_option = click.option(
    "-id", "--session-id", callback=check_session_id, help="Continue this session, and keep it."
)
