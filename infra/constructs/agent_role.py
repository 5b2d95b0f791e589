"""What an agent may do itself: think, be bounded, look up and ask its collaborators.

Its operations are done by functions with roles of their own. Source:
https://docs.aws.amazon.com/bedrock/latest/userguide/agents-permissions.html
"""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.stage import Stage


class AgentRole(iam.Role):
    """The role of one agent: nothing but the statements that it is given.

    CloudFormation names it, since the longest names of stage, agent and size together would exceed
    IAM's 64 characters. It trusts the agents of this account and region: an agent is made with its
    role, so the role cannot know the agent's id.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        statements: Sequence[iam.PolicyStatement],
    ) -> None:
        """Makes the role."""
        agents = f"arn:aws:bedrock:{stage.bedrock_region}:{stage.account}:agent/*"
        super().__init__(
            scope,
            construct_id,
            assumed_by=iam.ServicePrincipal("bedrock.amazonaws.com").with_conditions(
                {
                    "StringEquals": {"aws:SourceAccount": stage.account},
                    "ArnLike": {"aws:SourceArn": agents},
                }
            ),
            inline_policies={"agent": iam.PolicyDocument(statements=list(statements))},
        )


def may_ask(aliases: Sequence[str]) -> iam.PolicyStatement:
    """For a supervisor: its collaborators, by the aliases that it was made with."""
    return iam.PolicyStatement(
        sid="AskCollaborators",
        actions=["bedrock:GetAgentAlias", "bedrock:InvokeAgent"],
        resources=list(aliases),
    )


def may_look_up(knowledge_bases: Sequence[str]) -> iam.PolicyStatement:
    """For an agent with knowledge bases."""
    return iam.PolicyStatement(
        sid="LookUp", actions=["bedrock:Retrieve"], resources=list(knowledge_bases)
    )


def may_decrypt(stage: Stage, key: kms.IKey) -> iam.PolicyStatement:
    """The key with which agents, sessions and guardrail are encrypted, through Bedrock alone.

    Neither library grants it. Source:
    https://docs.aws.amazon.com/bedrock/latest/userguide/cmk-agent-resources.html
    """
    return iam.PolicyStatement(
        sid="UseKeyThroughBedrock",
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resources=[key.key_arn],
        conditions={
            "StringEquals": {"kms:ViaService": f"bedrock.{stage.bedrock_region}.amazonaws.com"}
        },
    )
