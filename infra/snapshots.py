"""Templates under review: what a change deploys, as a difference that a person reads.

``python -m infra.snapshots write [STAGE]`` writes them, by default for the stages that have
them; ``... diff STAGE`` shows what has changed since, by CDK's command line, offline. A snapshot is
the template itself, but for two things: the hashes of packages, so that a change of code is no
change of infrastructure and no package is needed to tell, and the text of an action group's
schema, whose own change is read in ``openapi/``.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from aws_cdk import aws_lambda as lambda_

from datalfred.errors import ConfigurationError, DatalfredError
from infra.app import build
from infra.configuration import load
from infra.packaging.assets import layer_of

ROOT = Path(__file__).parent.parent
SNAPSHOTS = ROOT / "tests" / "infra" / "snapshots"
CDK = ROOT / "infra" / "node_modules" / ".bin" / "cdk"

_ASSET = re.compile(r"\b[0-9a-f]{64}\b|(?<=\()[0-9a-f]{16}(?=\))")


def reviewed(value: Any) -> Any:
    """A template, or a part of it, as its snapshot holds it."""
    if isinstance(value, str):
        return _ASSET.sub("HASH-OF-THE-PACKAGE", value)
    if isinstance(value, list):
        return [reviewed(each) for each in value]
    if not isinstance(value, dict):
        return value
    if {"ApiSchema", "ActionGroupName"} <= set(value):
        schema = str(value["ApiSchema"])
        digest = hashlib.sha256(schema.encode()).hexdigest()[:16]
        payload = f"openapi/{value['ActionGroupName']}.json, {digest}"
        return {**value, "ApiSchema": {"Payload": payload}}
    return {key: reviewed(each) for key, each in value.items()}


def written(template: Mapping[str, Any]) -> str:
    """The text of a snapshot."""
    return json.dumps(reviewed(template), indent=1, ensure_ascii=False) + "\n"


def snapshot(stage: str, part: str) -> Path:
    """Where the snapshot of a stack lies."""
    return SNAPSHOTS / f"{stage}-{part}.json"


def stages() -> list[str]:
    """The stages that have snapshots."""
    return sorted({each.stem.rpartition("-")[0] for each in SNAPSHOTS.glob("*.json")})


def write(stage: str, folder: Path) -> None:
    """Writes the snapshots of a stage, or of all that have some."""
    for each in [stage] if stage else stages():
        for _, part, template in _synthesised(each, folder / each):
            text = written(json.loads(template.read_text("utf-8")))
            snapshot(each, part).write_text(text, "utf-8")


def diff(stage: str, folder: Path) -> None:
    """Prints what has changed since the snapshots of a stage were written.

    Raises:
        ConfigurationError: it has none.
    """
    for stack, part, template in _synthesised(stage, folder):
        known = snapshot(stage, part)
        if not known.exists():
            hint = f"Write them: make snapshots STAGE={stage}"
            raise ConfigurationError(f"the stage {stage}", "has no snapshots.", hint=hint)
        compare(stack, template, known)


def compare(stack: str, template: Path, known: Path) -> None:
    """Prints, in CDK's words, what has changed in a synthesised template since its snapshot.

    Args:
        stack: the name of the stack.
        template: where it was synthesised; it becomes what a snapshot would hold.
        known: the snapshot.
    """
    template.write_text(written(json.loads(template.read_text("utf-8"))), "utf-8")
    looked_at = ("--app", str(template.parent), "--template", str(known))
    command = (str(CDK), "diff", stack, "--exclusively", "--no-notices", *looked_at)
    subprocess.run(command, check=True)  # noqa: S603 -- pinned, with paths of ours


def _synthesised(stage: str, folder: Path) -> Iterator[tuple[str, str, Path]]:
    """Each stack of a stage: its name, its part and its template; no package is needed for it."""
    package = folder / "package"
    package.mkdir(parents=True)
    app = build(
        load(stage),
        code=lambda _: lambda_.Code.from_asset(str(package)),
        layer=lambda scope: layer_of(scope, package, "0" * 16),
        outdir=str(folder / "cdk.out"),
        builtin_cloud_formation_validation=False,
    )
    for stack in app.synth().stacks:
        yield stack.stack_name, stack.stack_name.rpartition("-")[2], Path(stack.template_full_path)


def main(arguments: list[str]) -> None:
    """Writes or compares."""
    verb, stage, *_ = [*arguments, "", ""]
    try:
        with tempfile.TemporaryDirectory() as folder:
            {"write": write, "diff": diff}[verb](stage, Path(folder))
    except DatalfredError as error:
        sys.exit(f"{error.message}\n{error.hint}".strip())


if __name__ == "__main__":
    main(sys.argv[1:])
