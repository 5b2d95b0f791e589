"""``datalfred stage assume``: a command with the credentials of a role."""

import re
import subprocess
from typing import Any

import click

from datalfred import clients, settings
from datalfred.bedrock.failures import DENIED, error_code, error_message
from datalfred.errors import OperatorError

_ANOTHER = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
"""What would win over the credentials in the environment of the AWS CLI and of CDK."""


_ROLE_ARN = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/\S+")


def _check_arn(_context: click.Context, _argument: click.Parameter, value: str) -> str:
    if not _ROLE_ARN.fullmatch(value):
        raise click.BadParameter(f"{value!r} is no ARN of a role: arn:aws:iam::ACCOUNT:role/NAME.")
    return value


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("role_arn", callback=_check_arn)
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def assume(role_arn: str, command: tuple[str, ...]) -> None:
    """Run COMMAND as the role ROLE_ARN, for an hour at most.

    The credentials are given to the command alone and are written nowhere.
    """
    credentials = _credentials(role_arn)
    own = {name: value for name, value in settings.environment().items() if name not in _ANOTHER}
    environment = {
        **own,
        "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
        "AWS_SESSION_TOKEN": credentials["SessionToken"],
    }
    try:
        finished = subprocess.run(command, env=environment, check=False)  # noqa: S603 -- the person's own command
    except OSError as error:
        raise click.ClickException(f"{command[0]} cannot be run: {error.strerror}.") from error
    if finished.returncode:
        raise click.exceptions.Exit(finished.returncode)


def _credentials(role_arn: str) -> dict[str, Any]:
    import botocore.exceptions

    sts = clients.client("sts")
    try:
        given = sts.assume_role(RoleArn=role_arn, RoleSessionName="datalfred-stage")
    except botocore.exceptions.ClientError as error:
        if error_code(error) not in DENIED:
            raise
        raise OperatorError(
            f"AWS denied sts:AssumeRole on {role_arn}: {error_message(error)}",
            hint="The role must exist, its trust policy must name you, and you must be allowed to.",
        ) from error
    return dict(given["Credentials"])
