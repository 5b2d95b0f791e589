"""``datalfred approvals``: what waits for a person, and the person's decision."""

import json
from typing import Any

import click

from datalfred.bedrock.untrusted import neutral
from datalfred.cli.options import Target, target_options
from datalfred.cli.render.words import printable

_WHITE = "\n\t"
_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def approvals() -> None:
    """List, approve or deny actions that wait for a person."""


@approvals.command("list")
@_json_option
@target_options
def list_pending(target: Target, *, as_json: bool) -> None:
    """Show what waits."""
    waiting = _at_the_door(target, {"action": "list"})["approvals"]
    if as_json:
        click.echo(json.dumps(waiting))
    elif waiting:
        for each in waiting:
            click.echo(_describe(each))
    else:
        click.echo("Nothing waits for approval.")


@approvals.command()
@click.argument("approval_id", metavar="[ID]", default="")
@_json_option
@target_options
def history(target: Target, approval_id: str, *, as_json: bool) -> None:
    """Show who asked, who decided and what came of it; without an ID, what is over."""
    asked = {"action": "history", **({"id": approval_id} if approval_id else {})}
    found = _at_the_door(target, asked)["history"]
    if as_json:
        click.echo(json.dumps(found))
    elif found:
        for each in found:
            click.echo(_describe(each))
            for row in each["trail"]:
                words = (row["at"], row["event"], row["who"], row["note"])
                click.echo(printable("    " + "  ".join(filter(None, words))))
    else:
        click.echo("Nothing was decided yet.")


@approvals.command()
@click.argument("approval_id", metavar="ID")
@_json_option
@target_options
def approve(target: Target, approval_id: str, *, as_json: bool) -> None:
    """Release an action; it happens exactly once."""
    _decide(target, "approve", approval_id, as_json=as_json)


@approvals.command()
@click.argument("approval_id", metavar="ID")
@_json_option
@target_options
def deny(target: Target, approval_id: str, *, as_json: bool) -> None:
    """Refuse an action for good."""
    _decide(target, "deny", approval_id, as_json=as_json)


def _decide(target: Target, action: str, approval_id: str, *, as_json: bool) -> None:
    decided = _at_the_door(target, {"action": action, "id": approval_id})["approval"]
    click.echo(json.dumps(decided) if as_json else _describe(decided))


def _at_the_door(target: Target, body: dict[str, str]) -> dict[str, Any]:
    from datalfred.cli.connection import connect

    with connect(target) as connection:
        answer: dict[str, Any] = connection.approvals().send(body)
    return answer


def _describe(approval: dict[str, Any]) -> str:
    lines = [
        f"{approval['id']}  {approval['state']}",
        f"  {approval['summary']}",
        *_statement(approval),
        f"  asked by {approval['requester']}, may be approved until {approval['expires_at']}",
    ]
    if approval.get("outcome"):
        lines.append(f"  {approval['outcome']}")
    if approval["action"] == "query" and approval["state"] == "APPROVED":
        lines.append(
            '  Say "run it" in the conversation that asked: it runs once, as it stands here.'
        )
    return printable("\n".join(lines))


def _statement(approval: dict[str, Any]) -> list[str]:
    r"""All that a query would run: what is shown is what runs.

    What would not show, or would turn the direction of writing, is spelled (``\u202e``).
    """
    sql = approval.get("details", {}).get("sql", "")
    if not sql:
        return []
    spelled = "".join(map(_spelled, sql))
    note = ["    (What does not show is spelled, such as \\u200b.)"] if spelled != sql else []
    return [*(f"    {line}" for line in spelled.split("\n")), *note]


def _spelled(character: str) -> str:
    shows = character.isprintable() and neutral(character) == character
    return character if shows or character in _WHITE else ascii(character)[1:-1]
