"""``datalfred stage override``: what an operator has changed of a stage without a deployment."""

import shlex
from pathlib import Path

import click

from datalfred import clients
from datalfred.bedrock.failures import error_code, error_message
from datalfred.cli.options import Target, target_options
from datalfred.cli.render.words import printable
from datalfred.definitions.naming import settings_parameter

_NOTHING = "{}"
_ABSENT = "ParameterNotFound"
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--keep", type=_FILE, help="Write what it is to a file, before a deployment.")
@click.option("--kept", type=_FILE, help="Say whether what is in the file has been set back.")
@target_options
def override(target: Target, *, keep: Path | None, kept: Path | None) -> None:
    """Print what its operator has changed of a stage without a deployment.

    A deployment that changes the parameter itself, such as by a new tag, sets it back. What cannot
    be read is said to be unknown, and is no failure.
    """
    from datalfred.cli.connection import connect

    name = settings_parameter(target.project, target.stage)
    with connect(target):
        value, said = _read(name)
    before = kept.read_text("utf-8") if kept and kept.exists() else ""
    if value == _NOTHING and before not in {"", _NOTHING}:
        said = _set_back(name, before)
    click.echo(printable(said))
    if keep:
        keep.parent.mkdir(parents=True, exist_ok=True)
        keep.write_text(value, "utf-8")


def _read(name: str) -> tuple[str, str]:
    """The parameter's text, empty where it is not known, and what that means."""
    import botocore.exceptions

    try:
        found = clients.client("ssm").get_parameter(Name=name)["Parameter"]["Value"]
    except botocore.exceptions.ClientError as error:
        if error_code(error) == _ABSENT:
            return "", f"Overrides: none; there is no parameter {name} yet."
        return "", f"Overrides: unknown, {name} cannot be read: {error_message(error)}"
    value = str(found).strip()
    if value == _NOTHING:
        return value, "Overrides: none; what is deployed counts."
    return value, f"Overrides in {name}: {value}"


def _set_back(name: str, before: str) -> str:
    return (
        f"Overrides: SET BACK by this deployment; what is deployed counts. They were: {before}\n"
        f"If they are still meant: aws ssm put-parameter --overwrite --name {name}"
        f" --value {shlex.quote(before)}"
    )
