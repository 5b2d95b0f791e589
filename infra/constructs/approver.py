"""The door behind which people approve: a function, its signed URL and its schedule."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from datalfred.definitions.handlers import APPROVER_HANDLER
from datalfred.definitions.permissions import APPROVER
from infra.constructs.function import Function
from infra.constructs.network import Attachment
from infra.stage import Stage

RESUME_MINUTES = 5
"""How long an approval that a crash has left behind waits for the schedule."""


class Approver(Construct):
    """Decides and redrives: the only function with the right to.

    Attributes:
        function: the function.
        url: where people press, with ``AWS_IAM``: Lambda proves who they are.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        code: lambda_.Code,
        layer: lambda_.ILayerVersion,
        key: kms.IKey | None,
        network: Attachment | None,
    ) -> None:
        """Makes function, URL and schedule."""
        super().__init__(scope, construct_id)
        made = Function(
            self,
            "Approver",
            stage=stage,
            what=APPROVER,
            handler=APPROVER_HANDLER,
            code=code,
            layer=layer,
            memory_mb=512,
            timeout_seconds=60,
            key=key,
            network=network,
        )
        self.function = made.function
        self.url = self.function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.AWS_IAM)
        events.Rule(
            self,
            "Resume",
            rule_name=stage.name("approver_resume"),
            description="Finishes approvals that a crash has left behind.",
            schedule=events.Schedule.rate(cdk.Duration.minutes(RESUME_MINUTES)),
            targets=[targets.LambdaFunction(self.function, retry_attempts=0)],
        )

    def may_press(self) -> list[iam.PolicyStatement]:
        """What a person needs to reach the URL, and to invoke the function in no other way.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
        """
        return [
            iam.PolicyStatement(
                sid="PressThroughTheUrl",
                actions=["lambda:InvokeFunctionUrl"],
                resources=[self.function.function_arn],
                conditions={"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
            ),
            iam.PolicyStatement(
                sid="OnlyThroughTheUrl",
                actions=["lambda:InvokeFunction"],
                resources=[self.function.function_arn],
                conditions={"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
            ),
        ]
