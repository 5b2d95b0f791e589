"""The stage's own KMS key."""

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from datalfred.definitions.naming import role_name
from datalfred.definitions.permissions import APPROVER
from infra.stage import Stage


class Key(kms.Key):
    """Encrypts what the stage stores; its roles use it through the services that store.

    The roles are named here, so that neither their policies nor their stacks need to know the key.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            construct_id,
            alias=f"alias/{stage.name('data')}",
            description=f"Encrypts the data of {stage.name('stage')}.",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(30 if stage.configuration.retain_data else 7),
            removal_policy=stage.removal,
        )
        for use in _USES:
            self.add_to_resource_policy(_used_through_a_service(stage, use))
        self.add_to_resource_policy(_used_by_logs(stage))
        self.add_to_resource_policy(_used_by_alarms(stage))
        self.add_to_resource_policy(_used_by_bedrock(stage))


@dataclass(frozen=True)
class _Use:
    """What roles may do with the key through one service.

    Attributes:
        sid: what for.
        service: that holds the data.
        roles: the functions whose roles they are.
        actions: of KMS.
    """

    sid: str
    service: str
    roles: tuple[str, ...]
    actions: tuple[str, ...]


_USES = (
    _Use(
        "ReadAndWriteTables",
        "dynamodb",
        ("athena", "step_functions", APPROVER),
        ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"),
    ),
    _Use("ReadAndWriteResults", "s3", ("athena",), ("kms:Decrypt", "kms:GenerateDataKey")),
    _Use("ReadDocuments", "s3", ("glue",), ("kms:Decrypt",)),
)


def _used_through_a_service(stage: Stage, use: _Use) -> iam.PolicyStatement:
    """As AWS managed keys are used: for the caller, by the service that holds the data.

    Every principal, as in the policies of those keys, and then the conditions: a statement for the
    account itself would only let IAM policies decide. Sources:
    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html and
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    roles = [
        f"arn:aws:iam::{stage.account}:role/{role_name(*stage.names, each)}" for each in use.roles
    ]
    return iam.PolicyStatement(
        sid=use.sid,
        principals=[iam.AnyPrincipal()],
        actions=list(use.actions),
        resources=["*"],
        conditions={
            "StringEquals": {
                "kms:CallerAccount": stage.account,
                "kms:ViaService": f"{use.service}.{stage.region}.amazonaws.com",
            },
            "ArnEquals": {"aws:PrincipalArn": roles},
        },
    )


def _used_by_logs(stage: Stage) -> iam.PolicyStatement:
    """Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html."""
    groups = f"arn:aws:logs:{stage.region}:{stage.account}:log-group:/aws/lambda/{stage.name('*')}"
    return iam.PolicyStatement(
        sid="EncryptLogsOfTheStage",
        principals=[iam.ServicePrincipal(f"logs.{stage.region}.amazonaws.com")],
        actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )


def _used_by_alarms(stage: Stage) -> iam.PolicyStatement:
    """Alarms publish to a topic that is encrypted with the key.

    Source: https://repost.aws/knowledge-center/cloudwatch-configure-alarm-sns
    """
    alarms = f"arn:aws:cloudwatch:{stage.region}:{stage.account}:alarm:{stage.name('*')}"
    return iam.PolicyStatement(
        sid="TellReceiversOfTheStage",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["kms:Decrypt", "kms:GenerateDataKey*"],
        resources=["*"],
        conditions={
            "StringEquals": {"aws:SourceAccount": stage.account},
            "ArnLike": {"aws:SourceArn": alarms},
        },
    )


def _used_by_bedrock(stage: Stage) -> iam.PolicyStatement:
    """Agents, their memory and the guardrail, when Bedrock makes and keeps them itself.

    Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/ltm-permissions.html and
    https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions-kms.html
    """
    return iam.PolicyStatement(
        sid="EncryptAgentsOfTheStage",
        principals=[iam.ServicePrincipal("bedrock.amazonaws.com")],
        actions=["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": stage.account}},
    )
