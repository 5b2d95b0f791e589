"""Who answers: the teams of agents, the functions of their operations, and their guardrail."""

from collections.abc import Callable, Mapping
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from cdklabs.generative_ai_cdk_constructs import bedrock
from constructs import Construct

from datalfred.definitions.action_groups import action_group_names
from datalfred.definitions.agents import Team as TeamDefinition
from datalfred.definitions.agents import load_team
from datalfred.definitions.guardrail import GuardrailPolicy, load_guardrail
from datalfred.definitions.naming import agent_variables
from datalfred.definitions.outputs import (
    GUARDRAIL_ID,
    GUARDRAIL_VERSION,
    model_variables,
    output_key,
)
from infra.constructs.action_group import ActionGroup
from infra.constructs.agent import Shared
from infra.constructs.guardrail import Guardrail
from infra.constructs.network import attachment
from infra.constructs.team import Team
from infra.stage import Stage


class AgentsStack(cdk.Stack):
    """The agents of every size that is deployed, in the region of Bedrock.

    Attributes:
        action_groups: by name.
        guardrail: what bounds the agents; None where the stage does without.
        teams: by size.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        code: Callable[[Construct], lambda_.Code],
        layer: Callable[[Construct], lambda_.ILayerVersion],
        key: kms.IKey | None = None,
        knowledge_bases: Mapping[str, bedrock.IKnowledgeBase] | None = None,
        team: TeamDefinition | None = None,
        policy: GuardrailPolicy | None = None,
        schemas: Path | None = None,
    ) -> None:
        """Makes the stack of a stage.

        Args:
            scope: the app.
            stage: the stage.
            code: gives the code of all functions.
            layer: gives their dependencies.
            key: of the stage's data; unused where Bedrock is in another region than the data.
            knowledge_bases: by the name that definitions give them.
            team: the agents; by default those of ``agents/``.
            policy: of the guardrail; by default that of ``agents/guardrail.yaml``.
            schemas: the folder of the schemas; by default ``openapi/``.
        """
        name = stage.stack("agents")
        super().__init__(scope, name, stack_name=name, env=stage.environment(stage.bedrock_region))
        key = stage.imported_key(self, key)
        packaged, dependencies, network = code(self), layer(self), attachment(self, stage)
        self.action_groups = {
            group: ActionGroup(
                self,
                f"{group.title().replace('_', '')}Operations",
                stage=stage,
                name=group,
                code=packaged,
                layer=dependencies,
                key=key,
                network=network,
                schemas=schemas,
            )
            for group in action_group_names(schemas)
        }
        self.guardrail = (
            Guardrail(self, "Guardrail", stage=stage, policy=policy or load_guardrail(), key=key)
            if stage.configuration.features.guardrail
            else None
        )
        shared = Shared(stage, self.action_groups, self.guardrail, key, knowledge_bases or {})
        definition = team or load_team()
        self.teams = {
            size: Team(self, size.capitalize(), definition=definition, size=size, shared=shared)
            for size in stage.configuration.sizes
        }
        self._tell_clients()

    def _tell_clients(self) -> None:
        for size, team in self.teams.items():
            supervisor = team.supervisor
            agent, alias = agent_variables(size)
            model, profile = model_variables(size)
            self._tell(agent, supervisor.agent.agent_id)
            self._tell(alias, supervisor.alias.alias_id)
            self._tell(model, team.profile.model_id)
            self._tell(profile, team.profile.arn)
        if self.guardrail:
            self._tell(GUARDRAIL_ID, self.guardrail.guardrail_id)
            self._tell(GUARDRAIL_VERSION, self.guardrail.version)

    def _tell(self, variable: str, value: str) -> None:
        cdk.CfnOutput(self, output_key(variable), value=value)
