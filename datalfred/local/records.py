"""What the owner of a stage reads of it on AWS, said of the stack on this laptop.

Its CloudFormation stacks with their outputs, its agents, their models and guardrail: whatever looks
at a deployed stage can look at this one.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from datalfred import settings
from datalfred.definitions.naming import stack_name
from datalfred.definitions.outputs import (
    GUARDRAIL_ID,
    GUARDRAIL_VERSION,
    model_variables,
    output_key,
)
from datalfred.definitions.prices import split_profile
from datalfred.local.aws.cloudformation import DeployedStack
from datalfred.local.deployment import Deployment

if TYPE_CHECKING:
    from datalfred.bedrock.wire import Operation
    from datalfred.local.aws.agents_models import ModelRecords
    from datalfred.orchestrator.directory import Directory

_APPROVER_URL = "DATALFRED_APPROVER_URL"
_GEOGRAPHY = "eu."


class StageRecords:
    """The records of one stage."""

    def __init__(
        self,
        deployment: Deployment,
        teams: "Callable[[], Mapping[str, Directory]]",
        variables: Callable[[], Mapping[str, str]],
    ) -> None:
        """Reads nothing yet.

        Args:
            deployment: the stage's resources.
            teams: gives the agents of each size.
            variables: gives what clients must know of the stage.
        """
        self._deployment = deployment
        self._teams = teams
        self._variables = variables

    def operations(self) -> "Mapping[str, Operation]":
        """What answers for agents, models and guardrail, by the operation's name."""
        from datalfred.local.aws.agents_records import AgentRecords

        profiles = self._models.profiles
        teams = [(team, profiles[size]) for size, team in self._teams().items()]
        agents = AgentRecords(teams, settings.DEFAULT_REGION)
        return {**agents.operations, **self._models.operations}

    def stacks(self) -> tuple[DeployedStack, ...]:
        """The stacks of the stage; what watches a deployed one is not on a laptop."""
        told = dict(self._variables())
        approver = told.pop(_APPROVER_URL)
        for size, model in self._model_ids.items():
            of_model, of_profile = model_variables(size)
            told |= {of_model: model, of_profile: self._models.profiles[size]}
        return (
            self._stack("data", {}),
            self._stack("agents", told),
            self._stack("channels", {_APPROVER_URL: approver}),
        )

    def model_names(self) -> tuple[str, ...]:
        """What the models of the sizes are called."""
        from datalfred.local.aws.agents_models import model_name

        return tuple({model_name(split_profile(each)[1]) for each in self._model_ids.values()})

    def _stack(self, part: str, told: Mapping[str, str]) -> DeployedStack:
        name = stack_name(self._deployment.project, self._deployment.stage, part)
        return DeployedStack(name, {output_key(key): value for key, value in told.items()})

    @property
    def _model_ids(self) -> dict[str, str]:
        from datalfred.definitions.sizes import default_models

        return {size: f"{_GEOGRAPHY}{model}" for size, model in default_models().items()}

    @cached_property
    def _models(self) -> "ModelRecords":
        from datalfred.definitions.guardrail import load_guardrail
        from datalfred.local.aws.agents_models import Guardrail, ModelRecords

        deployment, told, policy = self._deployment, self._variables(), load_guardrail()
        guardrail = Guardrail(
            told[GUARDRAIL_ID],
            deployment.name("guard"),
            told[GUARDRAIL_VERSION],
            policy.blocked_input,
            policy.blocked_output,
        )
        domain = settings.load().domain_name
        own = (deployment.project, domain, deployment.stage)
        models = self._model_ids
        names = {size: "_".join((*own, size)) for size in models}
        return ModelRecords(models, names, settings.DEFAULT_REGION, guardrail)
