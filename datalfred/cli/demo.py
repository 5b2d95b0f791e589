"""``datalfred demo``: a data-lake team's five classic questions, answered one after the other."""

import click

from datalfred.cli.options import Target

QUESTIONS = (
    "What tables are in the customer database?",
    "Show me 10 rows of sales.orders",
    "What is the status of the latest orders-ingestion run?",
    "Find errors in the orders loader logs in the last 24 hours",
    "Redrive orders-ingestion",
)


@click.command()
def demo() -> None:
    """Ask the demo lake five questions."""
    from datalfred.cli.connection import connect
    from datalfred.cli.render.screen import screen
    from datalfred.cli.turn import new_session_id, take_turn

    with connect(Target(kind="local", project="demo", stage="local", size="large")) as connection:
        runtime = connection.runtime()
        for question in QUESTIONS:
            click.secho(f"\n> {question}\n", bold=True)
            session = new_session_id()
            take_turn(connection, runtime, question, session, screen(traced=False, steps=True))
            runtime.end(session)
    click.echo('\nYour turn: .venv/bin/datalfred ask "..." or .venv/bin/datalfred chat')
