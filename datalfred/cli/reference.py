"""The pages of ``docs/reference/``, derived from the code so that they cannot be wrong."""

import click

from datalfred.bedrock.rules import RULES
from datalfred.cli.costs_page import costs_page
from datalfred.cli.settings_reference import cell, settings_table
from datalfred.definitions.action_groups import ActionGroup, Operation
from datalfred.definitions.agents import Team

_GENERATED = "<!-- Written by `make generate`; do not edit. -->\n"


def pages(team: Team, groups: dict[str, ActionGroup], command: click.Group) -> dict[str, str]:
    """Each page of the reference by its file name.

    Args:
        team: the agents.
        groups: their action groups, by name.
        command: the root of the command line.
    """
    return {
        "operations.md": _operations(team, groups),
        "settings.md": _page("Settings", settings_table()),
        "command_line.md": _command_line(command),
        "platform_rules.md": _platform_rules(),
        "embedded_aws.md": _embedded_aws(),
        "costs.md": _page("Costs", costs_page()),
    }


def _page(title: str, *parts: str) -> str:
    return "\n".join([f"# {title}\n", _GENERATED, *parts]).rstrip() + "\n"


def _operations(team: Team, groups: dict[str, ActionGroup]) -> str:
    parts = [
        "Each is `POST /<operation>` with a flat JSON body; every result carries `evidence`.\n"
    ]
    for agent in team.agents:
        for name in agent.action_groups:
            parts.append(f"## {name} ({agent.name})\n\n{groups[name].description}\n")
            parts += [_operation(each) for each in groups[name].operations]
    return _page("Operations", *parts)


def _operation(operation: Operation) -> str:
    lines = [f"### {operation.operation_id}\n", f"{operation.description}\n"]
    if operation.parameters:
        lines += ["| parameter | type | required | what it holds |", "|---|---|---|---|"]
        for each in operation.parameters:
            required = "yes" if each.required else "no"
            lines.append(f"| `{each.name}` | {each.type} | {required} | {cell(each.description)} |")
        lines.append("")
    return "\n".join(lines)


def _command_line(command: click.Group) -> str:
    # Not the context of the command that runs: the page must not depend on how it is written.
    root = click.Context(command, terminal_width=100, **command.context_settings)
    return _page("Command line", *_help(command, "datalfred", root))


def _help(command: click.Command, name: str, parent: click.Context) -> list[str]:
    context = click.Context(command, parent, info_name=name)
    parts = [f"## {name}\n\n```text\n{command.get_help(context)}\n```\n"]
    for below in getattr(command, "commands", {}).values():
        parts += _help(below, f"{name} {below.name}", parent)
    return parts


def _platform_rules() -> str:
    lines = ["| id | rule | source |", "|---|---|---|"]
    lines += [f"| `{each.id}` | {cell(each.sentence)} | {cell(each.source)} |" for each in RULES]
    return _page("Rules of the platform", *lines)


def _embedded_aws() -> str:
    from datalfred.local.aws.coverage.report import page

    return _page("Coverage of the embedded AWS", page())
