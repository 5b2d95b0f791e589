"""``datalfred openapi``: writes what is generated from the code, or checks that it is current."""

from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is not current.")
def openapi(*, check: bool) -> None:
    """Write openapi/*.json, the schemas for editors and docs/reference from the code."""
    files = _generated()
    outdated = [path for path, text in files.items() if _read(path) != text]
    if check and outdated:
        names = ", ".join(path.name for path in outdated)
        raise click.ClickException(f"Not current: {names}. Run `make generate`.")
    for path in outdated:
        path.parent.mkdir(exist_ok=True)
        path.write_text(files[path], "utf-8")
        click.echo(f"wrote {path}")


def _generated() -> dict[Path, str]:
    """Every generated file and what it should hold; the reference only where there are docs."""
    from datalfred.definitions.action_groups import parse_action_group
    from datalfred.definitions.agents import agent_schema, load_team
    from datalfred.definitions.content import content_folder
    from datalfred.definitions.openapi import render
    from datalfred.evals.cases import case_schema

    team = load_team()
    documents = {group: _derived(group) for agent in team.agents for group in agent.action_groups}
    files = {
        content_folder("agents") / "agent.schema.json": render(agent_schema()),
        content_folder("evals") / "case.schema.json": render(case_schema()),
    }
    for group, document in documents.items():
        files[content_folder("openapi") / f"{group}.json"] = render(document)
    reference = content_folder("docs") / "reference"
    if reference.parent.is_dir():
        from datalfred.cli import cli
        from datalfred.cli.reference import pages

        groups = {name: parse_action_group(name, each) for name, each in documents.items()}
        files |= {reference / name: text for name, text in pages(team, groups, cli).items()}
    return files


def _derived(group: str) -> dict[str, Any]:
    from datalfred.definitions.checks import check_document
    from datalfred.definitions.openapi import derive
    from datalfred.errors import ConfigurationError

    document = derive(group)
    if broken := check_document(document):
        raise ConfigurationError(f"action_groups/{group}", "; ".join(map(str, broken)))
    return document


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
