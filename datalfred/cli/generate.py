"""``datalfred openapi``: writes what is generated from the code, or checks that it is current."""

from pathlib import Path

import click


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a file is not current.")
def openapi(*, check: bool) -> None:
    """Write openapi/*.json and the schema of agent.yaml from the code."""
    outdated = [path for path, text in _generated().items() if _read(path) != text]
    if check and outdated:
        names = ", ".join(path.name for path in outdated)
        raise click.ClickException(f"Not current: {names}. Run `make generate`.")
    for path in outdated:
        path.parent.mkdir(exist_ok=True)
        path.write_text(_generated()[path], "utf-8")
        click.echo(f"wrote {path}")


def _generated() -> dict[Path, str]:
    from datalfred.definitions.agents import agent_schema, load_team
    from datalfred.definitions.checks import check_document
    from datalfred.definitions.content import content_folder
    from datalfred.definitions.openapi import derive, render
    from datalfred.errors import ConfigurationError

    files = {content_folder("agents") / "agent.schema.json": render(agent_schema())}
    for agent in load_team().agents:
        for group in agent.action_groups:
            document = derive(group)
            if broken := check_document(document):
                problem = "; ".join(str(each) for each in broken)
                raise ConfigurationError(f"action_groups/{group}", problem)
            files[content_folder("openapi") / f"{group}.json"] = render(document)
    return files


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None
