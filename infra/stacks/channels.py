"""The doors through which people come: who may ask, and who may approve."""

from collections.abc import Callable, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from datalfred.definitions.outputs import output_key
from infra.constructs.agent_role import may_decrypt
from infra.constructs.approver import Approver
from infra.constructs.network import attachment
from infra.stage import Stage


class ChannelsStack(cdk.Stack):
    """The approver, and the policies that a team attaches to its people.

    Attributes:
        approver: the door of approvals.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        code: Callable[[Construct], lambda_.Code],
        layer: Callable[[Construct], lambda_.ILayerVersion],
        aliases: Sequence[str],
        key: kms.IKey | None,
    ) -> None:
        """Makes the stack of a stage.

        Args:
            scope: the app.
            stage: the stage.
            code: gives the code of all functions.
            layer: gives their dependencies.
            aliases: the ARNs of the supervisors' aliases, which people ask.
            key: what encrypts the approver's log; None for CloudWatch's own.
        """
        name = stage.stack("channels")
        super().__init__(scope, name, stack_name=name, env=stage.environment(stage.bedrock_region))
        here = stage.imported_key(self, key)
        self.approver = Approver(
            self,
            "Approvals",
            stage=stage,
            code=code(self),
            layer=layer(self),
            key=here,
            network=attachment(self, stage),
        )
        iam.ManagedPolicy(
            self,
            "Ask",
            managed_policy_name=stage.name("ask"),
            description="May ask Datalfred's agents and find them by project and stage.",
            statements=[*_may_ask(stage, aliases, here), _may_find(stage)],
        )
        iam.ManagedPolicy(
            self,
            "Approve",
            managed_policy_name=stage.name("approve"),
            description="May press approve or deny; the list of approvers decides who is heard.",
            statements=[*self.approver.may_press(), _may_find(stage)],
        )
        cdk.CfnOutput(
            self,
            output_key("DATALFRED_APPROVER_URL"),
            value=self.approver.url.url,
            description="Where approvals are decided, with signed requests.",
        )


def _may_ask(
    stage: Stage, aliases: Sequence[str], key: kms.IKey | None
) -> list[iam.PolicyStatement]:
    """The agents, and the key of their sessions, which Bedrock uses in the name of who asks."""
    ask = iam.PolicyStatement(sid="Ask", actions=["bedrock:InvokeAgent"], resources=list(aliases))
    return [ask, may_decrypt(stage, key)] if key else [ask]


def _may_find(stage: Stage) -> iam.PolicyStatement:
    stacks = f"arn:aws:cloudformation:*:{stage.account}:stack/{stage.stack('*')}/*"
    return iam.PolicyStatement(
        sid="FindByProjectAndStage", actions=["cloudformation:DescribeStacks"], resources=[stacks]
    )
