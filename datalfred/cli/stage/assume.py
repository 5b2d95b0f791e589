"""``datalfred stage assume``: a command with the credentials of a role."""

import subprocess

import click

from datalfred import clients, settings

_ANOTHER = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")
"""What would win over the credentials in the environment of the AWS CLI and of CDK."""


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("role_arn")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def assume(role_arn: str, command: tuple[str, ...]) -> None:
    """Run COMMAND as the role ROLE_ARN, for an hour at most.

    The credentials are given to the command alone and are written nowhere.
    """
    given = clients.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="datalfred-stage")
    credentials = given["Credentials"]
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
