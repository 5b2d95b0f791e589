"""The terminal: ``datalfred ask``, ``chat``, ``approvals``, ``local`` and what developers need."""

import gc
import io
import logging
import os
import sys

import click

from datalfred import __version__
from datalfred.cli import approvals, ask, chat, demo, doctor, evals, generate, report, serve, sql
from datalfred.cli.failures import tell, tell_line
from datalfred.cli.stage import stage

EXIT_FAILED = 1
_COLLECT_AFTER = 200_000
"""Objects; collecting more often costs a third of a first answer and frees next to nothing."""


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
for command in (demo.demo, doctor.doctor, evals.evals, report.report, sql.sql, stage):
    cli.add_command(command)


def main() -> None:
    """Runs the command line; the console script's entry point. Ends the process.

    Exits 0 when answered or abstained, 1 on failure, 2 on wrong usage.
    """
    _leave(_run())


def _run() -> int:
    """Runs the command and returns the exit code; whatever went wrong is said in a line or two."""
    gc.set_threshold(_COLLECT_AFTER, 50, 50)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a bar that latin-1 lacks is no reason to fail
    # An answer speaks for itself; `datalfred local` is where log lines are read.
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        # Beside what a command returns (nothing), click returns the code of its own Exit.
        return cli(standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as help_wanted:
        click.echo(help_wanted.format_message(), err=True)
        return help_wanted.exit_code
    except click.ClickException as wrong:
        tell_line(wrong.format_message())
        return wrong.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
    except BrokenPipeError:
        pass  # whoever read our output has seen enough
    except Exception as error:  # noqa: BLE001 -- the edge: a person is not shown a stack
        tell(error)
    return EXIT_FAILED


def _leave(code: int) -> None:
    """Ends the process at once: whatever needs closing was closed by its command.

    Python would first take everything apart, which frees nothing and makes DuckDB's bindings
    complain of what is left.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            code = code or EXIT_FAILED
    os._exit(code)
