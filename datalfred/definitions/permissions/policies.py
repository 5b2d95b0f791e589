"""The policy of each function: the least with which its operations work.

One source for both: the deployment gives its roles these documents, and the laptop enforces the
same ones. A test holds every action here against the calls that the operations really make.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from datalfred.definitions.approval_tables import BY_CREATED, BY_STATE
from datalfred.definitions.permissions.document import Allow, Policy
from datalfred.definitions.permissions.place import Place, objects
from datalfred.definitions.permissions.statements import (
    by_athena,
    catalog,
    decrypt_lake,
    list_lake,
    own_account,
    own_log,
    read_catalog,
    read_footers,
    read_governed_lake,
    read_job_logs,
    read_lake_by_athena,
    read_semantics,
    read_settings,
)
from datalfred.errors import NotFoundError

APPROVER = "approver"
"""The function behind which people approve."""


def policy_of(function: str, place: Place) -> Policy:
    """The policy of a function's role.

    Args:
        function: an action group, or ``approver``.
        place: where it is deployed.

    Raises:
        NotFoundError: there is no policy for such a function.
    """
    statements = _STATEMENTS.get(function)
    if statements is None:
        raise NotFoundError("policy", function, near=sorted(_STATEMENTS))
    return Policy((*statements(place), read_settings(place), own_log(place, function)))


def functions() -> tuple[str, ...]:
    """The functions that have a policy."""
    return tuple(_STATEMENTS)


def _glue(place: Place) -> tuple[Allow, ...]:
    return (
        read_catalog(place),
        *list_lake(place),
        *read_semantics(place),
        *decrypt_lake(place),
    )


def _athena(place: Place) -> tuple[Allow, ...]:
    return (
        read_catalog(place),
        *list_lake(place),
        *read_semantics(place),
        Allow(
            "Query",
            (
                "athena:StartQueryExecution",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:StopQueryExecution",
            ),
            (place.workgroup,),
        ),
        Allow(
            "ReadCatalogByAthena",
            ("glue:GetDatabase", "glue:GetPartition", "glue:BatchGetPartition"),
            catalog(place),
            by_athena(place),
        ),
        *read_lake_by_athena(place),
        *read_governed_lake(place),
        *read_footers(place),
        *decrypt_lake(place),
        Allow("ReadResults", ("s3:GetObject",), objects((place.results,)), own_account(place)),
        *_ask_for_approval(place),
        Allow(
            "WriteResultsByAthena",
            ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"),
            objects((place.results,)),
            by_athena(place),
        ),
        Allow(
            "FindResultsByAthena",
            ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"),
            (place.results,),
            by_athena(place),
        ),
    )


def _step_functions(place: Place) -> tuple[Allow, ...]:
    return (
        # A list names everything there is: IAM judges it on all state machines.
        Allow(
            "ListPipelines",
            ("states:ListStateMachines",),
            (place.arn("states", "stateMachine:*"),),
        ),
        Allow(
            "ReadPipelines",
            ("states:DescribeStateMachine", "states:ListExecutions"),
            place.pipelines,
        ),
        Allow(
            "ReadMapRuns",
            ("states:DescribeMapRun", "states:ListExecutions"),
            place.map_runs,
        ),
        Allow(
            "ReadExecutions",
            (
                "states:DescribeExecution",
                "states:DescribeStateMachineForExecution",
                "states:GetExecutionHistory",
            ),
            (*place.executions, *place.children),
        ),
        *_read_jobs(place),
        Allow(
            "ReadFunctions",
            ("lambda:GetFunctionConfiguration",),
            place.pipeline_functions,
        ),
        Allow("ReadQueries", ("athena:GetQueryExecution",), place.pipeline_workgroups),
        Allow("ReadLogs", ("logs:FilterLogEvents", "logs:GetLogEvents"), place.log_groups),
        Allow("ReadAlarms", ("cloudwatch:DescribeAlarms",), (place.arn("cloudwatch", "alarm:*"),)),
        *_ask_for_approval(place),
    )


def _read_jobs(place: Place) -> tuple[Allow, ...]:
    """One task, step or job run that is known by name."""
    runs = place.arn("emr-serverless", "/applications/*/jobruns/*")
    return (
        Allow("ReadTasks", ("ecs:DescribeTasks",), (place.arn("ecs", "task/*"),)),
        Allow("ReadTaskDefinitions", ("ecs:DescribeTaskDefinition",), ("*",)),
        Allow(
            "ReadSteps",
            ("elasticmapreduce:DescribeCluster", "elasticmapreduce:DescribeStep"),
            (place.arn("elasticmapreduce", "cluster/*"),),
        ),
        Allow("ReadServerlessRuns", ("emr-serverless:GetJobRun",), (runs,)),
        Allow("ReadGlueRuns", ("glue:GetJobRun",), (place.arn("glue", "job/*"),)),
        *read_job_logs(place),
        *decrypt_lake(place),
    )


def _cloudwatch(place: Place) -> tuple[Allow, ...]:
    return (
        Allow("ListLogs", ("logs:DescribeLogGroups",), (place.arn("logs", "log-group:*"),)),
        Allow("ReadLogs", ("logs:FilterLogEvents", "logs:StartQuery"), place.log_groups),
        Allow("ReadLogQueries", ("logs:GetQueryResults", "logs:StopQuery"), ("*",)),
        Allow("ReadAlarms", ("cloudwatch:DescribeAlarms",), (place.arn("cloudwatch", "alarm:*"),)),
    )


def _compute(place: Place) -> tuple[Allow, ...]:
    applications = place.arn("emr-serverless", "/applications/*")
    lists = (
        "ecs:ListClusters",
        "ecs:ListTasks",
        "elasticmapreduce:ListClusters",
        "emr-serverless:ListApplications",
        "glue:ListJobs",
    )
    return (
        Allow("ListJobs", lists, ("*",)),
        *_read_jobs(place),
        Allow(
            "ListSteps",
            ("elasticmapreduce:ListSteps",),
            (place.arn("elasticmapreduce", "cluster/*"),),
        ),
        Allow("ListServerlessRuns", ("emr-serverless:ListJobRuns",), (applications,)),
        Allow("ListGlueRuns", ("glue:GetJobRuns",), (place.arn("glue", "job/*"),)),
        Allow("ReadLogs", ("logs:GetLogEvents",), place.log_groups),
    )


def _approver(place: Place) -> tuple[Allow, ...]:
    """The only role that may redrive."""
    return (
        Allow(
            "Redrive",
            ("states:RedriveExecution", "states:DescribeExecution"),
            place.executions,
        ),
        Allow(
            "TakeRequestsIn",
            ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"),
            (place.requests,),
        ),
        Allow(
            "Decide",
            ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
            (place.approvals,),
        ),
        Allow(
            "ListApprovals",
            ("dynamodb:Query",),
            (f"{place.requests}/index/{BY_CREATED}", f"{place.approvals}/index/{BY_STATE}"),
        ),
        Allow("ReadAudit", ("dynamodb:Query",), (place.audit,)),
        # The audit trail only grows.
        Allow("WriteAudit", ("dynamodb:PutItem",), (place.audit,)),
    )


def _ask_for_approval(place: Place) -> tuple[Allow, ...]:
    """For a function that asks: what it writes has no force, and decisions it may only read."""
    return (
        Allow("AskForApproval", ("dynamodb:GetItem", "dynamodb:PutItem"), (place.requests,)),
        Allow("ReadDecisions", ("dynamodb:GetItem",), (place.approvals,)),
    )


_STATEMENTS: Mapping[str, Callable[[Place], tuple[Allow, ...]]] = MappingProxyType(
    {
        "athena": _athena,
        "cloudwatch": _cloudwatch,
        "compute": _compute,
        "glue": _glue,
        "step_functions": _step_functions,
        APPROVER: _approver,
    }
)
