"""What must outlive every other stack: tables, buckets, the workgroup, the key, the settings."""

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from datalfred.definitions.approval_tables import EXPIRING, tables
from datalfred.definitions.naming import access_logs_bucket, documents_bucket, results_bucket
from infra.constructs.bucket import Bucket
from infra.constructs.key import Key
from infra.constructs.parameters import OperatorSettings
from infra.constructs.table import Table
from infra.constructs.workgroup import Workgroup
from infra.stage import Stage

RESULTS_DAYS = 7
ACCESS_LOGS_DAYS = 90


class DataStack(cdk.Stack):
    """The stage's own data, and where queries leave their results.

    Attributes:
        key: what encrypts it; None where the services' own keys do.
        tables: the tables of approvals, by what they hold (``requests``, ``approvals``, ``audit``).
        results: the bucket of Athena's results; each is deleted after a week.
        documents: the bucket of the semantic layer and of runbooks.
        workgroup: the workgroup of every query.
        settings: the parameter of the operator's settings.
    """

    def __init__(self, scope: Construct, *, stage: Stage) -> None:
        """Makes the stack of a stage."""
        name = stage.stack("data")
        super().__init__(
            scope,
            name,
            stack_name=name,
            env=stage.environment(),
            termination_protection=stage.configuration.retain_data,
        )
        self._stage = stage
        managed = stage.configuration.features.customer_managed_key
        self.key = Key(self, "Key", stage=stage) if managed else None
        self.tables = {each["TableName"]: self._table(each) for each in tables(*stage.names)}
        self.access_logs = Bucket(
            self,
            "AccessLogs",
            stage=stage,
            name=access_logs_bucket(*stage.names),
            key=None,  # S3 writes its access logs into buckets with its own encryption alone
            lifecycle=[_expiry("expire", ACCESS_LOGS_DAYS)],
        )
        self.results = self._bucket(
            "Results", results_bucket(*stage.names), lifecycle=[_expiry("expire", RESULTS_DAYS)]
        )
        self.documents = self._bucket(
            "Documents",
            documents_bucket(*stage.names),
            versioned=True,
            lifecycle=[
                s3.LifecycleRule(
                    id="tier",
                    transitions=[
                        s3.Transition(
                            storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                            transition_after=cdk.Duration.days(0),
                        )
                    ],
                    noncurrent_version_expiration=cdk.Duration.days(90),
                )
            ],
        )
        self.workgroup = Workgroup(
            self, "Workgroup", stage=stage, results=self.results, key=self.key
        )
        self.settings = OperatorSettings(self, "Settings", stage=stage)

    def _table(self, definition: dict[str, object]) -> Table:
        what = str(definition["TableName"]).rpartition("_")[2]
        return Table(
            self,
            what.capitalize(),
            stage=self._stage,
            definition=definition,
            expires=what in EXPIRING,
            key=self.key,
        )

    def _bucket(
        self,
        construct_id: str,
        name: str,
        *,
        lifecycle: list[s3.LifecycleRule],
        versioned: bool = False,
    ) -> Bucket:
        return Bucket(
            self,
            construct_id,
            stage=self._stage,
            name=name,
            key=self.key,
            access_logs=self.access_logs,
            versioned=versioned,
            lifecycle=lifecycle,
        )


def _expiry(name: str, days: int) -> s3.LifecycleRule:
    """Everything in a bucket, whatever its prefix."""
    return s3.LifecycleRule(id=name, expiration=cdk.Duration.days(days))
