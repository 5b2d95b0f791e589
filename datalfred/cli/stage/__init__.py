"""``datalfred stage``: what an operator does with a stage that is deployed."""

import click

from datalfred.cli.stage import assume, costs, empty, outputs, override, smoke


@click.group()
def stage() -> None:
    """Read the outputs of a deployed stage, try it out, price it, empty it."""


for command in (
    outputs.outputs,
    smoke.smoke,
    override.override,
    costs.costs,
    empty.empty,
    assume.assume,
):
    stage.add_command(command)
