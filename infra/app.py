"""The app that ``cdk`` runs: the stacks of one stage.

``cdk ... -c stage=NAME`` chooses the stage; ``python -m infra.app NAME`` synthesises it without
the CDK's own command line.
"""

import json
import sys
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from datalfred.errors import DatalfredError
from infra.configuration import Configuration, load
from infra.stacks.data import DataStack
from infra.stage import Stage

CDK_JSON = Path(__file__).parent / "cdk.json"


def feature_flags() -> dict[str, Any]:
    """The CDK's behaviours that ``cdk.json`` turns on: its command line alone would read them."""
    return dict(json.loads(CDK_JSON.read_text("utf-8"))["context"])


def build(configuration: Configuration, **app: Any) -> cdk.App:
    """The app with the stacks of a stage, not yet synthesised.

    Args:
        configuration: what the team decided.
        **app: what ``cdk.App`` takes besides its context, such as ``outdir``.
    """
    built = cdk.App(context=feature_flags(), **app)
    stage = Stage(configuration)
    DataStack(built, stage=stage)
    return built


def main(arguments: list[str]) -> None:
    """Synthesises the stage that the arguments or the context of ``cdk`` name."""
    chosen, *where = [*arguments, ""]
    try:
        configuration = load(chosen or cdk.App().node.try_get_context("stage") or "")
    except DatalfredError as error:
        sys.exit(f"{error.message}\n{error.hint}".strip())
    build(configuration, outdir=where[0] or None).synth()


if __name__ == "__main__":
    main(sys.argv[1:])
