"""Progress of anything over a second, on stderr: a spinner for a person, lines for a log."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

Report = Callable[[str, float], None]

_PATIENCE_SECONDS = 1.0


@contextmanager
def progress() -> Iterator[Report]:
    """Gives a function that reports a step and the fraction (0 to 1) that is done.

    Once the block has ended it reports nothing: work that goes on in the background must not write
    into the answer.
    """
    over = threading.Event()
    shown = _spinner() if sys.stderr.isatty() else _lines()

    def report(step: str, fraction: float) -> None:
        if not over.is_set():
            tell(step, fraction)

    with shown as tell:
        try:
            yield report
        finally:
            over.set()


@contextmanager
def _spinner() -> Iterator[Report]:
    from rich.console import Console

    with Console(stderr=True).status("Starting") as status:
        yield lambda step, fraction: status.update(
            f"{step} [dim]{fraction:.0%}[/dim]" if fraction else step
        )


@contextmanager
def _lines() -> Iterator[Report]:
    began, said = time.monotonic(), set[str]()

    def tell(step: str, fraction: float) -> None:
        slow = time.monotonic() - began > _PATIENCE_SECONDS
        if slow and fraction < 1 and step not in said:
            said.add(step)
            click.echo(f"{step} ...", err=True)

    yield tell
