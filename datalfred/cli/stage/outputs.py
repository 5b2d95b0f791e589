"""``datalfred stage outputs``: the variables of a deployed stage, for any client."""

import json

import click

from datalfred import settings
from datalfred.cli.options import Target, target_options


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@target_options
def outputs(target: Target, *, as_json: bool) -> None:
    """Print what a deployed stage tells its clients, as lines for an env file.

    Whoever has these in the environment needs no right to look at the stacks.
    """
    from datalfred.cli.deployed import AGENTS, CHANNELS, told

    if target.kind == "local":
        raise click.UsageError(
            "Name a deployed stage with -p and -s; of a laptop: datalfred local --env-file PATH."
        )
    found = {
        "DATALFRED_BEDROCK_REGION": settings.load().bedrock_region,
        **told(target.project, target.stage, AGENTS),
        **told(target.project, target.stage, CHANNELS),
    }
    lines = (f"{name}={value}" for name, value in sorted(found.items()))
    click.echo(json.dumps(found) if as_json else "\n".join(lines))
