"""The command: whom to look at, how it is shown, and with which code it ends."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from datalfred.cli.doctor.findings import FAIL, UNKNOWN, Check, Finding, judged, line, of_error
from datalfred.cli.options import Target, target_options
from datalfred.cli.render.words import printable
from datalfred.errors import DatalfredError

if TYPE_CHECKING:
    from datalfred.cli.doctor.reading import Account

_QUESTION = (
    "--probe makes one agent in account {account}, {region}, without model or role, and deletes"
    " it. Go on?"
)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.option("--account", "account_alone", is_flag=True, help="Look at no deployment.")
@click.option("--probe", is_flag=True, help="Make one agent and delete it, to see if one may.")
@click.option("--yes", is_flag=True, help="Do not ask before --probe.")
@target_options
def doctor(target: Target, *, as_json: bool, account_alone: bool, probe: bool, yes: bool) -> None:
    """Look for what is in the way of an answer, and name the way out.

    Before a deployment it looks at what one needs: credentials, clock, models, agents. It changes
    nothing but by --probe. It exits 1 when something is wrong; what nobody could look at is
    unknown, and no failure.
    """
    if probe and target.kind == "local":
        raise click.UsageError("--probe asks AWS: add --target aws.")
    found, account = _looked(target, deployed=not account_alone)
    if not as_json:
        _tell(found)
    if probe:
        more = _probed(account, yes=yes)
        if not as_json:
            _tell(more)
        found += more
    if as_json:
        click.echo(json.dumps([each.as_dict() for each in found]))
    else:
        click.echo(_summed_up(found))
    if any(each.status == FAIL for each in found):
        raise click.exceptions.Exit(1)


def _looked(target: Target, *, deployed: bool) -> "tuple[list[Finding], Account | None]":
    """What was found, and in whose account; the laptop's own checks first."""
    found = _before(target)
    if any(each.status == FAIL for each in found) or not _is_there(target):
        return found, None
    from datalfred.cli.connection import connect
    from datalfred.cli.doctor.deployment import Visit
    from datalfred.cli.progress import progress

    try:
        with connect(target) as connection, progress() as report:
            visit = Visit(
                target.project,
                target.stage,
                _sizes(target),
                deployed=deployed,
                sign=connection.sign,
                user=connection.user,
                report=report,
            )
            return [*found, *visit.findings()], visit.account
    except DatalfredError as error:  # a stack that is announced, and cannot be had
        return [*found, of_error("stack", error)], None


def _before(target: Target) -> list[Finding]:
    """What is looked at before anybody is asked."""
    from datalfred.cli.doctor import laptop
    from datalfred.cli.doctor.rounds import look_at
    from datalfred.cli.progress import progress

    checks = [Check("settings", laptop.chosen)]
    if target.kind == "local":
        checks = [
            Check("installation", laptop.installation),
            *checks,
            Check("state directory", laptop.state),
            Check("model", laptop.model),
        ]
    with progress() as report:
        return look_at(checks, report)


def _is_there(target: Target) -> bool:
    """Whether there is a stage to look at: on a laptop only one that runs."""
    if target.kind == "aws":
        return True
    from datalfred.local.state import StateDirectory

    return StateDirectory(target.project, target.stage).announced() is not None


def _sizes(target: Target) -> tuple[str, ...]:
    """The size that a person named; nothing where it is the default."""
    source = click.get_current_context().get_parameter_source("model_size")
    return () if source is click.core.ParameterSource.DEFAULT else (target.size,)


def _probed(account: "Account | None", *, yes: bool) -> list[Finding]:
    from datalfred.cli.doctor.probe import make_and_delete

    if account is None:
        return [Finding("probe", UNKNOWN, "not looked at: nobody knows in which account.")]
    if not yes:
        said = _QUESTION.format(account=account.number, region=account.bedrock_region)
        click.confirm(said, abort=True, err=True)
    # No deadline: it has to clean up.
    return [judged(Check("probe", lambda: make_and_delete(account)))]


def _tell(findings: Sequence[Finding]) -> None:
    click.echo(printable("\n".join(line(each) for each in findings)))


def _summed_up(findings: Sequence[Finding]) -> str:
    failed, unknown = (sum(f.status == each for f in findings) for each in (FAIL, UNKNOWN))
    if failed:
        return f"{failed} of {len(findings)} FAIL." + (f" {unknown} unknown." if unknown else "")
    return f"Nothing is wrong of {len(findings)}." + (
        f" {unknown} could not be looked at." if unknown else ""
    )
