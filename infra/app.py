"""The app that ``cdk`` runs: the stacks of one stage.

``cdk ... -c stage=NAME`` chooses the stage; ``python -m infra.app NAME`` synthesises it without
the CDK's own command line.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from datalfred.definitions.permissions import APPROVER
from datalfred.errors import DatalfredError
from infra.configuration import Configuration, load
from infra.constructs.team import Team
from infra.gates.validation import synthesise
from infra.packaging import assets
from infra.stacks.agents import AgentsStack
from infra.stacks.channels import ChannelsStack
from infra.stacks.data import DataStack
from infra.stacks.observability import ObservabilityStack
from infra.stage import Stage

CDK_JSON = Path(__file__).parent / "cdk.json"
AS_WITHOUT_CDK = {
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:enable-path-metadata": False,
}
"""What the CDK's command line would add to templates: what it deploys is what was reviewed."""


def feature_flags() -> dict[str, Any]:
    """The CDK's behaviours that ``cdk.json`` turns on: its command line alone would read them."""
    return dict(json.loads(CDK_JSON.read_text("utf-8"))["context"])


def build(
    configuration: Configuration,
    *,
    code: Callable[[Construct], lambda_.Code] = assets.code,
    layer: Callable[[Construct], lambda_.ILayerVersion] = assets.layer,
    **app: Any,
) -> cdk.App:
    """The app with the stacks of a stage, not yet synthesised.

    Args:
        configuration: what the team decided.
        code: gives a stack the code of all functions.
        layer: gives a stack their dependencies.
        **app: what ``cdk.App`` takes besides its context, such as ``outdir``.

    Raises:
        ConfigurationError: the layer has not been built, or a definition breaks a rule.
    """
    decided = {**AS_WITHOUT_CDK, **app.pop("post_cli_context", {})}
    built = cdk.App(
        context=feature_flags(), post_cli_context=decided, analytics_reporting=False, **app
    )
    stage = Stage(configuration)
    data = DataStack(built, stage=stage)
    agents = AgentsStack(built, stage=stage, code=code, layer=layer, key=data.key)
    channels = ChannelsStack(
        built,
        stage=stage,
        code=code,
        layer=layer,
        aliases=[team.supervisor.alias.alias_arn for team in agents.teams.values()],
        key=data.key,
    )
    functions = {name: group.function for name, group in agents.action_groups.items()}
    functions[APPROVER] = channels.approver.function
    ObservabilityStack(built, stage=stage, functions=functions, key=data.key)
    _tag(built, configuration, agents.teams.items())
    return built


def _tag(built: cdk.App, configuration: Configuration, teams: Iterable[tuple[str, Team]]) -> None:
    """Says on every resource whose it is, and on a team's for which size of model."""
    owned = {"project": configuration.project, "stage": configuration.stage}
    if configuration.git_repository:
        owned["git_repository"] = configuration.git_repository
    for key, value in owned.items():
        cdk.Tags.of(built).add(key, value)
    for size, team in teams:
        cdk.Tags.of(team).add("model_size", size)


def main(arguments: list[str]) -> None:
    """Synthesises the stage that the arguments or the context of ``cdk`` name."""
    chosen, folder, *_ = [*arguments, "", ""]
    try:
        configuration = load(chosen or cdk.App().node.try_get_context("stage") or "")
        synthesise(build(configuration, outdir=folder or None), configuration)
    except DatalfredError as error:
        sys.exit(f"{error.message}\n{error.hint}".strip())


if __name__ == "__main__":
    main(sys.argv[1:])
