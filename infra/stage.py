"""A stage that is being built: what its configuration means for names, ARNs, data and functions."""

import re
from dataclasses import dataclass
from functools import cached_property

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from constructs import Construct

from datalfred.definitions.functions import function_environment
from datalfred.definitions.naming import documents_bucket, resource_name, stack_name
from datalfred.definitions.permissions import Place, Reach
from infra.configuration import Configuration

_ROLE = re.compile(r"iam:arn:aws:iam::(\d{12}):role/(?:[^/]+/)*([^/]+)")


@dataclass(frozen=True)
class Stage:
    """One project and stage, for the constructs.

    Attributes:
        configuration: what the team decided.
    """

    configuration: Configuration

    @property
    def names(self) -> tuple[str, str]:
        """Project and stage, as the functions of ``definitions`` take them."""
        return self.configuration.project, self.configuration.stage

    def name(self, what: str) -> str:
        """The name of one of the stage's resources."""
        return resource_name(*self.names, what)

    def stack(self, part: str) -> str:
        """The name of one of the stage's stacks."""
        return stack_name(*self.names, part)

    @property
    def region(self) -> str:
        """Where the data is."""
        return self.configuration.region

    @property
    def bedrock_region(self) -> str:
        """Where the agents are, and the functions that they call."""
        return self.configuration.bedrock_region or self.region

    @property
    def account(self) -> str:
        """The account; a token where the credentials of the deployment decide."""
        return self.configuration.account or cdk.Aws.ACCOUNT_ID

    @property
    def removal(self) -> cdk.RemovalPolicy:
        """What becomes of data when its stack goes.

        What a first deployment made before it failed goes with it: kept under its fixed name, it
        would stand in the way of every further one.
        """
        keeps = self.configuration.retain_data
        kept = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
        return kept if keeps else cdk.RemovalPolicy.DESTROY

    @cached_property
    def semantics_uri(self) -> str:
        """Where the semantic layer lies."""
        own = documents_bucket(*self.names)
        return self.configuration.lake.semantics_uri or f"s3://{own}/semantics"

    @cached_property
    def place(self) -> Place:
        """What the policies of the roles are made for."""
        lake, pipelines = self.configuration.lake, self.configuration.pipelines
        return Place(
            project=self.configuration.project,
            stage=self.configuration.stage,
            account=self.account,
            region=self.region,
            lake_buckets=lake.buckets,
            semantics_uri=self.semantics_uri,
            job_log_uris=lake.job_log_uris,
            lake_keys=lake.keys,
            functions_region=self.bedrock_region,
            lake_formation=lake.lake_formation,
            reach=Reach(
                pipelines=pipelines.names,
                functions=pipelines.functions,
                workgroups=pipelines.workgroups,
                log_groups=pipelines.log_groups,
            ),
        )

    def imported_key(self, scope: Construct, key: kms.IKey | None) -> kms.IKey | None:
        """The key of the data, for a stack that must not write into its policy.

        None as well where functions run in another region: a key serves its own alone.
        """
        if key is None or self.bedrock_region != self.region:
            return None
        return kms.Key.from_key_arn(scope, "DataKey", key.key_arn)

    def environment(self, region: str = "") -> cdk.Environment:
        """Where a stack is deployed: ``region``, by default that of the data."""
        return cdk.Environment(
            account=self.configuration.account or None, region=region or self.region
        )

    def variables(self) -> dict[str, str]:
        """The environment of every function: the stage's own resources, then what was decided."""
        decided = self.configuration
        return {
            **function_environment(*self.names, semantics_uri=self.semantics_uri),
            "DATALFRED_REGION": self.region,
            "DATALFRED_BEDROCK_REGION": self.bedrock_region,
            "DATALFRED_DOMAIN_NAME": decided.domain,
            "DATALFRED_DATABASES": ",".join(decided.lake.databases),
            "DATALFRED_TABLES": ",".join(decided.lake.tables),
            "DATALFRED_PIPELINES": ",".join(decided.pipelines.names),
            "DATALFRED_QUERY_ASK_USD": _number(decided.queries.ask_usd),
            "DATALFRED_QUERY_BUDGET_USD": _number(decided.queries.budget_usd),
            "DATALFRED_QUERY_REUSE_MINUTES": _number(decided.queries.reuse_minutes),
            "DATALFRED_QUERY_TIMEOUT_SECONDS": _number(decided.queries.timeout_seconds),
            "DATALFRED_LOGS_BUDGET_USD": _number(decided.queries.logs_budget_usd),
            "DATALFRED_CALLS_PER_TURN": _number(decided.calls_per_turn),
            "DATALFRED_APPROVAL_MINUTES": _number(decided.approvals.minutes),
            "DATALFRED_APPROVERS": ",".join(map(_as_signed, decided.approvals.approvers)),
            "DATALFRED_APPROVAL_CHANNELS": "",
            "DATALFRED_REQUESTER_MAY_APPROVE": _truth(decided.approvals.requester_may_approve),
            "DATALFRED_REQUESTER_MAY_APPROVE_QUERIES": _truth(
                decided.approvals.requester_may_approve_queries
            ),
        }


def _as_signed(identity: str) -> str:
    """An approver as a signed request names them: whoever holds a role signs as its session.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html; the path of
    a role is no part of its sessions' ARNs.
    """
    role = _ROLE.fullmatch(identity)
    return f"iam:arn:aws:sts::{role[1]}:assumed-role/{role[2]}/*" if role else identity


def _number(value: float) -> str:
    return f"{value:g}"


def _truth(value: bool) -> str:  # noqa: FBT001 -- one value in, its text out
    return str(value).lower()
