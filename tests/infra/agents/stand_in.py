"""The agents' stack over a stand-in for the packaged code, so that no test needs the package."""

import json
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from infra.app import feature_flags
from infra.stacks.agents import AgentsStack
from infra.stacks.data import DataStack
from infra.stage import Stage


def synthesise(
    configuration, folder, *, source="handler = print\n", knowledge_bases=None, **options
):
    """The template of the stage's agents, written below ``folder``."""
    packaged = Path(folder) / "packaged"
    packaged.mkdir(parents=True)
    (packaged / "handler.py").write_text(source, "utf-8")

    def code(_scope):
        return lambda_.Code.from_asset(str(packaged))

    def layer(scope):
        return lambda_.LayerVersion(scope, "Layer", code=code(scope))

    app = cdk.App(
        context=feature_flags(),
        outdir=str(Path(folder) / "cdk.out"),
        builtin_cloud_formation_validation=False,
    )
    stage = Stage(configuration)
    data = DataStack(app, stage=stage)
    if knowledge_bases:
        options["knowledge_bases"] = knowledge_bases(data)
    made = AgentsStack(app, stage=stage, code=code, layer=layer, key=data.key, **options)
    path = app.synth().get_stack_by_name(made.stack_name).template_full_path
    return json.loads(Path(path).read_text("utf-8"))
