"""``datalfred ask``: one question, one answer."""

import click

from datalfred.cli.options import Target, question, session_option, target_options


@click.command()
@click.argument("words", metavar="QUESTION", nargs=-1, required=True)
@session_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")
@click.option("--trace", is_flag=True, help="Show every step with its details.")
@target_options
def ask(
    target: Target, words: tuple[str, ...], session_id: str | None, *, as_json: bool, trace: bool
) -> None:
    """Ask one question and print the answer, its evidence and its cost."""
    text = question(" ".join(words))
    answer_once(target, text, session_id, as_json=as_json, trace=trace, steps=False)


def answer_once(
    target: Target, text: str, session_id: str | None, *, as_json: bool, trace: bool, steps: bool
) -> None:
    """One turn in a session of its own, or in a named one that is kept."""
    from datalfred.cli.connection import connect
    from datalfred.cli.render.screen import QuietScreen, screen
    from datalfred.cli.turn import session_of, take_turn

    with connect(target) as connection:
        runtime = connection.runtime()
        where = QuietScreen(traced=trace) if as_json else screen(traced=trace, steps=steps)
        with session_of(runtime, session_id) as session:
            answer = take_turn(connection, runtime, text, session, where)
    if as_json:
        click.echo(answer.model_dump_json())
