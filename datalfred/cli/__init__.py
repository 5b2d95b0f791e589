"""The terminal: ``datalfred ask``, ``chat``, ``approvals``, ``local`` and what developers need."""

import atexit
import gc
import logging
import sys

import click

from datalfred import __version__
from datalfred.cli import approvals, ask, chat, demo, doctor, evals, generate, serve, sql
from datalfred.errors import DatalfredError

EXIT_FAILED = 1
_COLLECT_AFTER = 200_000


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="datalfred")
def cli() -> None:
    """Ask your AWS data lake anything.

    \b
    datalfred ask "which tables hold customers?"     one question, one answer
    datalfred chat                                   a conversation
    datalfred local                                  serve the embedded AWS on a port
    """  # noqa: D301 -- click's own mark: the lines after it are not wrapped


for command in (ask.ask, chat.chat, approvals.approvals, serve.local, generate.openapi):
    cli.add_command(command)
for command in (demo.demo, doctor.doctor, evals.evals, sql.sql):
    cli.add_command(command)


def main() -> None:
    """Runs the command line; the console script's entry point.

    Exits 0 when answered or abstained, 1 on failure, 2 on wrong usage.
    """
    _collect_garbage_seldom()
    # An answer speaks for itself; `datalfred local` is where log lines are read.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        # Beside what a command returns (nothing), click returns the code of its own Exit.
        sys.exit(cli(standalone_mode=False) or 0)
    except click.ClickException as wrong:
        click.echo(f"datalfred: {wrong.format_message()}", err=True)
        sys.exit(wrong.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(EXIT_FAILED)
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more at exit.
        sys.stderr.close()
        sys.exit(EXIT_FAILED)
    except DatalfredError as error:
        click.echo(f"datalfred: {error.message}", err=True)
        if error.hint:
            click.echo(f"  {error.hint}", err=True)
        sys.exit(EXIT_FAILED)


def _collect_garbage_seldom() -> None:
    """Spares a third of a first answer: what a command imports lives as long as the command.

    Collecting those objects again and again, and once more at the end, frees nothing.
    """
    gc.set_threshold(_COLLECT_AFTER, 50, 50)
    atexit.register(gc.freeze)
