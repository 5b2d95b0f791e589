"""``datalfred sql check``: whether the guard would let statements run."""

import json
import sys
from collections.abc import Iterator

import click

from datalfred import settings


@click.group()
def sql() -> None:
    """Look at SQL without running it."""


@sql.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each statement.")
@click.option("--database", default="", help="The database of tables named without one.")
def check(*, as_json: bool, database: str) -> None:
    """Read a statement, or JSON lines {"sql": ...}, from stdin and say what the guard thinks."""
    from datalfred.errors import DatalfredError
    from datalfred.lake.sql.guard import check as guard

    refused, current = False, settings.load()
    for statement in _statements(sys.stdin.read()):
        try:
            guard(statement, database=database, databases=current.databases, tables=current.tables)
            verdict = {"allowed": True, "reason": ""}
        except DatalfredError as error:
            verdict = {"allowed": False, "reason": f"{error.message} {error.hint}".rstrip()}
            refused = True
        if as_json:
            click.echo(json.dumps(verdict))
        else:
            click.echo("allowed" if verdict["allowed"] else f"refused: {verdict['reason']}")
    if refused and not as_json:
        raise click.exceptions.Exit(1)


def _statements(text: str) -> Iterator[str]:
    """Each statement of JSON lines, else the whole text as one."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        parsed = [json.loads(line)["sql"] for line in lines]
    except (ValueError, KeyError, TypeError):
        parsed = []
    yield from parsed or [text]
