"""``datalfred doctor``: what is in the way of an answer, and the way out."""

import importlib.util
import json
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass

import click

from datalfred import settings
from datalfred.cli.options import Target, target_options
from datalfred.definitions.naming import SIZES
from datalfred.errors import DatalfredError

_LOCAL_MODULES = ("duckdb", "flask", "h11", "h2", "jsonata", "moto")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; ``way_out`` is empty when it is well."""

    what: str
    well: bool
    detail: str
    way_out: str = ""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@target_options
def doctor(target: Target, *, as_json: bool) -> None:
    """Check the installation, the settings, the state directory and the model."""
    checks = {"settings": _settings, "agents": lambda: _agents(target)}
    if target.kind == "local":
        checks = _LOCAL_CHECKS
    findings = [_look(what, check) for what, check in checks.items()]
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    else:
        click.echo("\n".join(_line(finding) for finding in findings))
    if not all(finding.well for finding in findings):
        raise click.exceptions.Exit(1)


def _look(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, well=True, detail=check())
    except DatalfredError as error:
        return Finding(what, well=False, detail=error.message, way_out=error.hint)


def _line(finding: Finding) -> str:
    mark = "ok  " if finding.well else "FAIL"
    way_out = f"\n      {finding.way_out}" if finding.way_out else ""
    return f"{mark}  {finding.what}: {finding.detail}{way_out}"


def _installation() -> str:
    from datalfred.errors import LocalStackError

    missing = [name for name in _LOCAL_MODULES if importlib.util.find_spec(name) is None]
    if missing:
        raise LocalStackError(
            f"The embedded AWS lacks {', '.join(missing)}.",
            hint="Install it: pip install 'datalfred[local]'. A deployed stack needs none of it.",
        )
    return f"Python {platform.python_version()}, with the embedded AWS"


def _settings() -> str:
    loaded = settings.load()
    return f"model {loaded.model}, region {loaded.region}, databases {loaded.databases or 'all'}"


def _state() -> str:
    from datalfred.errors import LocalStackError

    folder = settings.state_directory()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_text("", "utf-8")
        probe.unlink()
    except OSError as error:
        hint = "Set DATALFRED_STATE to a folder that you may write."
        raise LocalStackError(f"{folder} cannot be written: {error}.", hint=hint) from error
    return str(folder)


def _model() -> str:
    """Each size that is configured says a word; a model that is not enabled names itself here."""
    from datalfred.models.choice import from_settings

    loaded = settings.load()
    sizes = SIZES if loaded.model == "bedrock" and not loaded.model_name else SIZES[:1]
    names = []
    for size in sizes:
        model = from_settings(loaded, size)
        for _ in model.converse_stream(messages=[{"role": "user", "content": [{"text": "hello"}]}]):
            pass
        names.append(model.model_id)
    return f"{', '.join(names)} answers"


def _agents(target: Target) -> str:
    """Whether the environment names the deployed agents of the size; they are not called."""
    from datalfred.cli.connection import connect

    with connect(target) as connection:
        connection.runtime()
        return f"{connection.target}, size {target.size}, is named by the environment"


_LOCAL_CHECKS: dict[str, Callable[[], str]] = {
    "installation": _installation,
    "settings": _settings,
    "state directory": _state,
    "model": _model,
}
