"""The resources of a deployed stage, created in the embedded AWS.

Names, handlers and roles are those of the deployment; only the environment points here.
"""

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from datalfred import settings
from datalfred.definitions.functions import function_environment
from datalfred.definitions.handlers import APPROVER_HANDLER, handler_of
from datalfred.definitions.naming import (
    resource_name,
    results_bucket,
    role_name,
    settings_parameter,
)
from datalfred.definitions.permissions import APPROVER, Place, policy_of
from datalfred.definitions.prices import cutoff_bytes
from datalfred.local.aws.embedded import EmbeddedAws
from datalfred.local.aws.message import ACCOUNT

LAKE_BUCKETS = "DATALFRED_LAKE_BUCKETS"
"""Variable that names buckets of a person's own tables, separated by commas."""

_FUNCTION_SECONDS = 60.0
_RESULTS_DAYS = 7


@dataclass(frozen=True)
class Deployment:
    """The resources of one project and stage.

    Attributes:
        aws: where they are.
        project: first part of every name.
        stage: second part of every name.
        semantics_uri: S3 prefix of the lake's semantic layer; empty when it has none.
        lake_bucket: the bucket of the lake's tables; empty when it has none.
    """

    aws: EmbeddedAws
    project: str
    stage: str
    semantics_uri: str = ""
    lake_bucket: str = ""

    def name(self, what: str) -> str:
        """The name of a resource."""
        return resource_name(self.project, self.stage, what)

    @property
    def place(self) -> Place:
        """What the policies of its roles are made for.

        A person who puts tables into further buckets names these in ``DATALFRED_LAKE_BUCKETS``,
        as the deployment's configuration does on AWS.
        """
        more = settings.environment().get(LAKE_BUCKETS, "")
        buckets = dict.fromkeys(
            each for each in (self.lake_bucket, *map(str.strip, more.split(","))) if each
        )
        return Place(
            project=self.project,
            stage=self.stage,
            account=ACCOUNT,
            region=settings.DEFAULT_REGION,
            lake_buckets=tuple(buckets),
            semantics_uri=self.semantics_uri,
            job_log_uris=tuple(f"s3://{bucket}/emr-logs" for bucket in buckets),
        )

    def environment(self) -> dict[str, str]:
        """What the functions are deployed with: the person's own settings, then the stack's."""
        own = {
            name: value
            for name, value in settings.environment().items()
            if name.startswith("DATALFRED_")
        }
        return {
            **own,
            **function_environment(self.project, self.stage, semantics_uri=self.semantics_uri),
        }

    def deploy_functions(self) -> None:
        """The function of each action group that has a schema, and the approver; their roles."""
        from datalfred.definitions.action_groups import action_group_names

        parameter = settings_parameter(self.project, self.stage)
        self.aws.parameters.create(settings.DEFAULT_REGION, parameter, "{}")
        place = self.place
        for group in action_group_names():
            self._deploy(group, handler_of(group), place)
        self._deploy(APPROVER, APPROVER_HANDLER, place)

    def create_tables(self) -> None:
        """The tables of approvals, with what the journal kept of them."""
        from datalfred.definitions.approval_tables import tables

        definitions = tables(self.project, self.stage)
        self.aws.keep_tables([each["TableName"] for each in definitions])
        dynamodb = self.aws.client("dynamodb")
        for definition in definitions:
            with contextlib.suppress(dynamodb.exceptions.ResourceInUseException):
                dynamodb.create_table(**definition)

    def create_workgroup(self) -> None:
        """The workgroup of every query, its budget enforced, and the bucket of its results."""
        bucket = results_bucket(self.project, self.stage)
        s3 = self.aws.client("s3")
        s3.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name}
        )
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_tls_only(bucket)))
        expiry = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}}
        s3.put_bucket_lifecycle_configuration(
            Bucket=bucket,
            LifecycleConfiguration={"Rules": [{**expiry, "Expiration": {"Days": _RESULTS_DAYS}}]},
        )
        self.aws.client("athena").create_work_group(
            Name=self.name("queries"),
            Configuration={
                "EnforceWorkGroupConfiguration": True,
                "ResultConfiguration": {"OutputLocation": f"s3://{bucket}/"},
                "BytesScannedCutoffPerQuery": cutoff_bytes(settings.load().query_budget_usd),
            },
        )

    def _deploy(self, what: str, handler: str, place: Place) -> None:
        role = role_name(self.project, self.stage, what)
        self.aws.permissions.grant(role, policy_of(what, place).document())
        self.aws.functions.register(
            self.name(what),
            handler,
            environment=self.environment(),
            role=role,
            timeout_seconds=_FUNCTION_SECONDS,
        )


def _tls_only(bucket: str) -> dict[str, Any]:
    """The policy that every bucket of a stage has; here it is kept, and decides nothing."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
