"""What stands for the packaged code and layer, so that templates need no package."""

import json
from pathlib import Path

from aws_cdk import aws_lambda as lambda_

from infra.app import build
from infra.packaging.assets import layer_of

FOLDER = Path(__file__).parent / "stand_in"


def code(_scope):
    """A code asset with nothing of the product in it."""
    return lambda_.Code.from_asset(str(FOLDER))


def layer(scope):
    """A layer with nothing in it that anybody needs."""
    return layer_of(scope, FOLDER, "0123456789abcdef")


def synthesise(configuration, folder, **options):
    """The templates of all stacks of a stage by part, written to ``folder``."""
    app = build(
        configuration,
        code=code,
        layer=layer,
        outdir=str(folder),
        builtin_cloud_formation_validation=False,
        **options,
    )
    return {
        each.stack_name.rpartition("-")[2]: json.loads(
            Path(each.template_full_path).read_text("utf-8")
        )
        for each in app.synth().stacks
    }
