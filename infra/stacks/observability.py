"""What tells a team how its stage does, and wakes it."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.alarms import Alarms, Receivers
from infra.constructs.dashboard import Dashboard
from infra.stage import Stage

_EMPTY = cdk.Acknowledgment(
    id="CloudFormation-Validate::F0001",
    reason="Without alarms and dashboard the stack is empty, and cdk takes down what was deployed.",
)


class ObservabilityStack(cdk.Stack):
    """Alarms with their receivers, and a dashboard; each is a feature of the stage."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        functions: Mapping[str, lambda_.IFunction],
        key: kms.IKey | None,
    ) -> None:
        """Makes the stack of a stage.

        Args:
            scope: the app.
            stage: the stage.
            functions: what is watched, by name; in the same region as this stack.
            key: what encrypts the topic; None for nothing of the stage's own.
        """
        name = stage.stack("observability")
        super().__init__(scope, name, stack_name=name, env=stage.environment(stage.bedrock_region))
        features = stage.configuration.features
        if features.alarms:
            receivers = Receivers(self, "Receivers", stage=stage, key=stage.imported_key(self, key))
            Alarms(self, "Alarms", stage=stage, receivers=receivers, functions=functions)
        if features.dashboard:
            Dashboard(self, "Dashboard", stage=stage, functions=list(functions.values()))
        if not features.alarms and not features.dashboard:
            cdk.Validations.of(self).acknowledge(_EMPTY)
