"""``datalfred stage costs``: what a month of a stage costs, for a usage of one's own."""

import json
from dataclasses import replace

import click

from datalfred.definitions import costs as bill
from datalfred.definitions.costs import Usage
from datalfred.definitions.prices import dated

_MEGABYTE = 1024**2


@click.command()
@click.option(
    "--questions",
    type=click.IntRange(min=0),
    default=50,
    show_default=True,
    help="A day, of the whole team.",
)
@click.option(
    "--query-megabytes",
    type=click.IntRange(min=0),
    default=Usage(0).query_bytes // _MEGABYTE,
    show_default=True,
    help="That an average query reads.",
)
@click.option("--knowledge-base", is_flag=True, help="With a knowledge base on S3 Vectors.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def costs(questions: int, query_megabytes: int, *, knowledge_base: bool, as_json: bool) -> None:
    """Print what a month costs by size and service, from dated prices; it asks nobody.

    What else is assumed of a question stands in docs/reference/costs.md.
    """
    usage = replace(Usage(questions), query_bytes=query_megabytes * _MEGABYTE)
    bills = {size: _bill(usage, model, knowledge=knowledge_base) for size, model in _models()}
    if as_json:
        click.echo(json.dumps({"prices": dated(), "usd_a_month": bills}))
        return
    click.echo(_row("USD a month", list(bills)))
    for what in next(iter(bills.values())):
        click.echo(_row(what, [f"{each[what]:,.2f}" for each in bills.values()]))
    click.echo(f"Prices of {dated()}.")


def _models() -> list[tuple[str, str]]:
    return list(bill.european_models().items())


def _bill(usage: Usage, model: str, *, knowledge: bool) -> dict[str, float]:
    lines = bill.variable_costs(usage, model) | bill.fixed_costs()
    if knowledge:
        lines["knowledge base"] = sum(bill.knowledge_costs(usage, model).values())
    return {**lines, "together": sum(lines.values())}


def _row(what: str, cells: list[str]) -> str:
    return f"{what:<24}" + "".join(f"{cell:>12}" for cell in cells)
