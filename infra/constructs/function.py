"""A Lambda function with its own role and its own log."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from datalfred.definitions.naming import role_name
from datalfred.definitions.permissions import policy_of
from infra.constructs.network import Attachment, may_attach
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
        """Makes the role of the function ``what``.

        Raises:
            NotFoundError: the definitions hold no policy for it.
        """
        policy = policy_of(what, stage.place).document()
        network = may_attach(stage, what)
        inline = {"operations": iam.PolicyDocument.from_json(policy)}
        if network:
            inline["network"] = iam.PolicyDocument(statements=network)
        super().__init__(
            scope,
            construct_id,
            role_name=role_name(*stage.names, what),
            description=f"What the function {stage.name(what)} may do.",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies=inline,
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
        key: kms.IKey | None = None,
        network: Attachment | None = None,
    ) -> None:
        """Makes function, role and log.

        Args:
            scope: where it belongs.
            construct_id: its id there.
            stage: the stage.
            what: its name within the stage, as ``policy_of`` knows it.
            handler: the handler string that names it everywhere.
            code: the code asset.
            layer: its dependencies.
            memory_mb: megabytes of memory, which buy CPU as well.
            timeout_seconds: after which Lambda ends it.
            key: what encrypts its log; None for CloudWatch's own.
            network: the VPC that it runs in; None for none.
        """
        super().__init__(scope, construct_id)
        name = stage.name(what)
        self.log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{name}",
            retention=RETENTION[stage.configuration.log_retention_days],
            encryption_key=key,
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
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=network.security_groups if network else None,
        )
