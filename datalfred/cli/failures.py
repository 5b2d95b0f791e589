"""What a person is told when something went wrong: a line, and the way out."""

import sys
import traceback

import click

from datalfred.bedrock.failures import translated
from datalfred.cli.render.words import printable
from datalfred.errors import DatalfredError

_REPORT = "Please report it. `python -X dev -m datalfred ...` shows where."


def tell(error: Exception) -> None:
    """Says on stderr what ``error`` means, in our words; nobody is shown a stack unasked."""
    said = translated(error)
    if said is None:
        if sys.flags.dev_mode:
            traceback.print_exception(error)
        kind = type(error).__name__
        said = DatalfredError(f"This should not have happened: {kind}: {error}", hint=_REPORT)
    tell_line(said.message)
    if said.hint:
        click.echo(f"  {printable(said.hint)}", err=True)


def tell_line(words: str) -> None:
    """Says one line on stderr, and whose it is."""
    click.echo(f"datalfred: {printable(words)}", err=True)
