"""A Bedrock agent with its role, and the alias under which others know it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_bedrock as cfn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from cdklabs.generative_ai_cdk_constructs import bedrock
from constructs import Construct

from datalfred.definitions.agents import AgentDefinition
from datalfred.errors import ConfigurationError
from infra.constructs.action_group import ActionGroup
from infra.constructs.agent_role import AgentRole, may_ask, may_decrypt, may_look_up
from infra.constructs.guardrail import Guardrail
from infra.constructs.inference_profile import InferenceProfile
from infra.constructs.revision import digest, fingerprint
from infra.stage import Stage

ALIAS = "live"
DESCRIPTION_LONGEST = 200
MEMORY_DAYS = 30
MEMORY_SESSIONS = 20


@dataclass(frozen=True)
class Shared:
    """What the agents of a stage share.

    Attributes:
        stage: the stage.
        action_groups: by name.
        guardrail: what bounds them; None for nothing.
        key: what encrypts them; None for the service's own.
        knowledge_bases: by the name that definitions give them.
    """

    stage: Stage
    action_groups: Mapping[str, ActionGroup]
    guardrail: Guardrail | None = None
    key: kms.IKey | None = None
    knowledge_bases: Mapping[str, bedrock.IKnowledgeBase] = field(default_factory=dict)


class Agent(Construct):
    """One agent of a size, from its definition.

    The alias names no version: any change of its description makes Bedrock cut one and move the
    alias to it, while the alias keeps its id.

    Attributes:
        name: its name in the team.
        agent: the agent.
        alias: its alias.
        revision: changes when the agent does.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        definition: AgentDefinition,
        size: str,
        shared: Shared,
        profile: InferenceProfile,
        collaborators: "Mapping[str, Agent] | None" = None,
    ) -> None:
        """Makes role, agent and alias.

        Args:
            scope: the team.
            construct_id: of the construct.
            definition: the agent.
            size: of the team.
            shared: what all agents of the stage share.
            profile: how it reaches its model.
            collaborators: the agents that its definition names, by name.
        """
        super().__init__(scope, construct_id)
        self.name = definition.name
        self._definition = definition
        self._shared = shared
        self._asked = [(collaborators or {})[each.name] for each in definition.collaborators]
        self.agent = self._agent(size, profile)
        # Only now, or the permission to call the function would not name this agent as its source.
        for group in definition.action_groups:
            self.agent.add_action_group(shared.action_groups[group].for_agent())
        made = self._resource()
        if shared.stage.configuration.features.memory and self._asked:
            made.memory_configuration = _memory()
        bounds = []
        if shared.guardrail:
            made.guardrail_configuration = _bound_by(shared.guardrail)
            bounds.append(shared.guardrail.revision)
        self.revision = fingerprint(made, profile.model_id, *bounds)
        self.alias = bedrock.AgentAlias(
            self,
            "Alias",
            agent=self.agent,
            alias_name=ALIAS,
            # What only the deployment knows, such as the profile's new ARN, shows in the time.
            description=f"{ALIAS} {self.revision} {made.attr_updated_at}",
        )

    def _agent(self, size: str, profile: InferenceProfile) -> bedrock.Agent:
        definition, shared = self._definition, self._shared
        role = AgentRole(
            self, "Role", stage=shared.stage, statements=self._statements(profile)
        ).without_policy_updates()
        return bedrock.Agent(
            self,
            "Agent",
            name=shared.stage.name(f"{definition.name}_{size}"),
            description=self._description(),
            foundation_model=profile.profile,
            instruction=definition.instructions,
            existing_role=role,
            kms_key=shared.key,
            should_prepare_agent=True,
            idle_session_ttl=cdk.Duration.seconds(definition.session_ttl_seconds),
            user_input_enabled=definition.asks_user,
            agent_collaboration=bedrock.AgentCollaboratorType.SUPERVISOR if self._asked else None,
            agent_collaborators=self._collaborators(),
            knowledge_bases=[
                self._knowledge_base(name) for name in self._definition.knowledge_bases
            ],
        )

    def _statements(self, profile: InferenceProfile) -> list[iam.PolicyStatement]:
        shared, statements = self._shared, profile.may_invoke()
        if shared.guardrail:
            statements.append(shared.guardrail.may_apply())
        if self._asked:
            statements.append(may_ask([each.alias.alias_arn for each in self._asked]))
        if self._definition.knowledge_bases:
            bases = [self._knowledge_base(name) for name in self._definition.knowledge_bases]
            statements.append(may_look_up([each.knowledge_base_arn for each in bases]))
        if shared.key:
            statements.append(may_decrypt(shared.stage, shared.key))
        return statements

    def _description(self) -> str:
        """The definition's, and for a supervisor what its collaborators are.

        A supervisor knows its collaborators by aliases, which stay. With their revisions in its
        description it is prepared again, and gets a version of its own, when one of them changes.
        """
        words = self._definition.description
        if not self._asked:
            return words
        ending = f" [team {digest(self, [each.revision for each in self._asked])}]"
        if len(words) + len(" [team ]") + 16 > DESCRIPTION_LONGEST:
            hint = "Shorten it: a supervisor's ends in the revision of its team."
            raise ConfigurationError(f"description of {self.name}", "is too long.", hint=hint)
        return words + ending

    def _collaborators(self) -> list[bedrock.AgentCollaborator]:
        return [
            bedrock.AgentCollaborator(
                agent_alias=agent.alias,
                collaborator_name=each.name,
                collaboration_instruction=each.instruction,
                relay_conversation_history=each.relay_history,
            )
            for agent, each in zip(self._asked, self._definition.collaborators, strict=True)
        ]

    def _knowledge_base(self, name: str) -> bedrock.IKnowledgeBase:
        found = self._shared.knowledge_bases.get(name)
        if found is None:
            problem = f"names the knowledge base {name}, which is not deployed."
            raise ConfigurationError(f"agent {self.name}", problem)
        return found

    def _resource(self) -> cfn.CfnAgent:
        made = self.agent.node.find_child("AgentResource")  # the library sets no default child
        assert isinstance(made, cfn.CfnAgent)  # noqa: S101 -- tells the type checker what jsii gives
        return made


def _memory() -> cfn.CfnAgent.MemoryConfigurationProperty:
    """Summaries of past sessions. The library's own ``Memory`` cannot be made from Python."""
    return cfn.CfnAgent.MemoryConfigurationProperty(
        enabled_memory_types=["SESSION_SUMMARY"],
        storage_days=MEMORY_DAYS,
        session_summary_configuration=cfn.CfnAgent.SessionSummaryConfigurationProperty(
            max_recent_sessions=MEMORY_SESSIONS
        ),
    )


def _bound_by(guardrail: Guardrail) -> cfn.CfnAgent.GuardrailConfigurationProperty:
    """A version of a guardrail that the library's own construct did not make."""
    return cfn.CfnAgent.GuardrailConfigurationProperty(
        guardrail_identifier=guardrail.guardrail_id, guardrail_version=guardrail.version
    )
