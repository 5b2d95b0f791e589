"""``datalfred stage override``: what an operator has changed of a stage without a deployment."""

import click

from datalfred import clients
from datalfred.bedrock.failures import error_code, error_message
from datalfred.cli.options import Target, target_options
from datalfred.cli.render.words import printable
from datalfred.definitions.naming import settings_parameter

_NOTHING = "{}"
_ABSENT = "ParameterNotFound"


@click.command()
@target_options
def override(target: Target) -> None:
    """Print what its operator has changed of a stage without a deployment.

    A deployment that changes the parameter itself, such as by a new tag, sets it back; so this is
    asked before a deployment and after it.
    """
    from datalfred.cli.connection import connect

    with connect(target):
        said = _told(settings_parameter(target.project, target.stage))
    click.echo(printable(said))


def _told(name: str) -> str:
    import botocore.exceptions

    try:
        value = str(clients.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])
    except botocore.exceptions.ClientError as error:
        if error_code(error) == _ABSENT:
            return f"Overrides: none; there is no parameter {name} yet."
        return f"Overrides: unknown, {name} cannot be read: {error_message(error)}"
    if value.strip() == _NOTHING:
        return "Overrides: none; what is deployed counts."
    return (
        f"Overrides in {name}: {value}\n"
        "A deployment that changes the parameter itself, such as by a new tag, sets them back."
    )
