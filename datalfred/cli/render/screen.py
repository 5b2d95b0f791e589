"""Where an answer appears: a live screen for a person, plain text for a pipe."""

import sys
from types import TracebackType
from typing import Protocol, Self

import click
from rich.console import Console, Group
from rich.live import Live
from rich.markdown import Markdown
from rich.panel import Panel
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text as Line

from datalfred.answers.models import Answer
from datalfred.answers.saving import suggestion
from datalfred.bedrock.runtime import Event, Text
from datalfred.bedrock.untrusted import neutral
from datalfred.cli.render.bars import drawn
from datalfred.cli.render.steps import step_line
from datalfred.cli.render.words import printable
from datalfred.definitions.sizes import default_models

_MOST_ROWS = 20


class Screen(Protocol):
    """Shows one turn. Used as a context manager, so that an interrupt leaves the terminal whole."""

    def __enter__(self) -> Self:
        """Begins the turn."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the turn, whatever happened."""
        ...

    def show(self, event: Event) -> None:
        """Shows what just happened."""
        ...

    def finish(self, answer: Answer) -> None:
        """Shows what comes after the words: charts, approvals, evidence, cost."""
        ...


class QuietScreen:
    """For JSON: nothing but traced steps on stderr."""

    def __init__(self, *, traced: bool) -> None:
        self._traced = traced

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stderr.flush()

    def show(self, event: Event) -> None:
        """Writes the step to stderr, if it was asked for."""
        if self._traced and (line := step_line(event, traced=True)):
            click.echo(line, err=True)

    def finish(self, answer: Answer) -> None:
        """Shows nothing: the command prints the answer as JSON."""


class PlainScreen:
    """For a pipe: complete words on stdout, and steps on stderr when they are asked for."""

    def __init__(self, *, traced: bool, steps: bool) -> None:
        self._traced = traced
        self._steps = steps or traced

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        sys.stdout.flush()

    def show(self, event: Event) -> None:
        """Writes the step to stderr, if steps were asked for."""
        if self._steps and (line := step_line(event, traced=self._traced)):
            click.echo(line, err=True)

    def finish(self, answer: Answer) -> None:
        """Writes the words, the bars and the closing line."""
        click.echo(printable(answer.answer))
        for chart in answer.charts:
            click.echo("\n" + printable(drawn(chart)))
        click.echo(f"\n{closing_line(answer)}")


class LiveScreen:
    """For a person at a terminal: steps while they happen, words while they come."""

    def __init__(self, *, traced: bool, steps: bool) -> None:
        self._traced = traced
        self._steps = steps
        self._words = ""
        self._console = Console(highlight=False)
        self._waiting = Spinner("dots", text=Line("thinking", style="dim"))
        self._live = Live(self._waiting, console=self._console, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        """Moves the spinner on, keeps steps that were asked for, and streams words."""
        if isinstance(event, Text):
            self._words += event.text
            self._live.update(_words(self._words))
            return
        line = step_line(event, traced=self._traced)
        if not line:
            return
        if self._traced or self._steps:
            self._console.print(Line(line, style="dim"))
        self._waiting.update(text=Line(line.strip(), style="dim"))
        if not self._words:
            self._live.update(self._waiting, refresh=True)  # a short step is a step, too

    def finish(self, answer: Answer) -> None:
        """Shows the words as they stay, then what enriches them."""
        self._live.stop()
        parts: list[object] = [_words(answer.answer)]
        if "|" not in answer.answer:
            parts += [_table(each.title, each.columns, each.rows) for each in answer.tables]
        parts += [
            Line(printable(drawn(each, self._console.width)), style="cyan")
            for each in answer.charts
        ]
        for approval in answer.pending_approvals:
            what = approval.sql or f"{approval.action} {approval.target}"
            words = f"{approval.summary}\n{what}\nuntil {approval.expires_at}".lstrip()
            command = f"datalfred approvals approve {approval.id}"
            parts.append(
                Panel(
                    Line(printable(f"{words}\n{command}")), title="waits for a person", expand=False
                )
            )
        parts.append(Line(closing_line(answer), style="dim"))
        self._console.print(Group(*parts))  # type: ignore[arg-type]  # all of them are renderables


def screen(*, traced: bool, steps: bool) -> Screen:
    """The screen that fits stdout."""
    if sys.stdout.isatty():
        return LiveScreen(traced=traced, steps=steps)
    return PlainScreen(traced=traced, steps=steps)


def closing_line(answer: Answer) -> str:
    """Who answered, from what, for how much."""
    cost = "cost unknown" if answer.cost_usd is None else f"${answer.cost_usd:.4f}"
    tokens = answer.usage.input_tokens + answer.usage.output_tokens
    parts = [
        answer.target,
        answer.model,
        f"{tokens:,} tokens",
        cost,
        f"session {answer.session_id}",
    ]
    line = " · ".join(part for part in parts if part)
    # What cost nothing saves nothing: the sizes need not be read for it.
    saving = suggestion(answer, default_models()) if answer.cost_usd else ""
    return printable(f"{line}\n{saving}" if saving else line)


def _words(text: str) -> Markdown:
    """An answer's words: their emphasis shows, but no link in them can be clicked unseen."""
    return Markdown(printable(neutral(text)), hyperlinks=False)


def _table(title: str, columns: tuple[str, ...], rows: tuple[tuple[str | None, ...], ...]) -> Table:
    table = Table(title=Line(printable(title)) if title else None, title_justify="left")
    for column in columns:
        table.add_column(Line(printable(column)))
    for row in rows[:_MOST_ROWS]:
        table.add_row(*(Line("NULL" if cell is None else printable(cell)) for cell in row))
    return table
