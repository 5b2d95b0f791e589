"""A Lambda function with its own role and its own log."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from datalfred.definitions.naming import role_name
from datalfred.definitions.permissions import policy_of
from infra.stage import Stage

RUNTIME = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE = lambda_.Architecture.ARM_64
RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    3: logs.RetentionDays.THREE_DAYS,
    7: logs.RetentionDays.ONE_WEEK,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
}
"""How long a log is kept, by days: those that a stage may choose."""


class Role(iam.Role):
    """A function's role: exactly the policy that the definitions hold for it."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, what: str) -> None:
        decided = stage.configuration
        super().__init__(
            scope,
            construct_id,
            role_name=role_name(decided.project, decided.stage, what),
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={
                "operations": iam.PolicyDocument.from_json(policy_of(what, stage.place).document())
            },
        )


class Function(Construct):
    """One function of the stage, named as on the laptop.

    Attributes:
        function: the function itself.
        role: its role.
        log_group: its log.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        what: str,
        handler: str,
        code: lambda_.Code,
        layer: lambda_.ILayerVersion,
        memory_mb: int = 512,
        timeout_seconds: int = 60,
    ) -> None:
        super().__init__(scope, construct_id)
        name = stage.name(what)
        self.log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{name}",
            retention=RETENTION[stage.configuration.log_retention_days],
            removal_policy=stage.removal,
        )
        self.role = Role(self, "Role", stage=stage, what=what)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler=handler,
            code=code,
            layers=[layer],
            role=self.role.without_policy_updates(),
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            memory_size=memory_mb,
            timeout=cdk.Duration.seconds(timeout_seconds),
            environment=stage.variables(),
        )
