"""The role of the data team's pipelines, and what it may do.

What the ``.sync`` integrations need besides the calls themselves is Step Functions' own list:
https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html
"""

from datalfred.definitions.permissions.document import Allow, Policy
from datalfred.local.aws.message import ACCOUNT
from datalfred.settings import DEFAULT_REGION

PIPELINES_ROLE = "data-pipelines"
_BUCKET = "arn:aws:s3:::demo-lake"
_BY_ATHENA = {"ForAnyValue:StringEquals": {"aws:CalledVia": ("athena.amazonaws.com",)}}


def pipelines_policy(functions: tuple[str, ...], jobs: tuple[str, ...], cluster: str) -> Policy:
    """What the state machines call.

    Args:
        functions: names of the Lambda functions that they invoke.
        jobs: names of the Glue jobs that they start.
        cluster: the ECS cluster of their tasks.
    """
    return Policy(
        (
            Allow(
                "InvokeFunctions",
                ("lambda:InvokeFunction",),
                tuple(_arn("lambda", f"function:{name}") for name in functions),
            ),
            Allow(
                "RunGlueJobs",
                ("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"),
                tuple(_arn("glue", f"job/{name}") for name in jobs),
            ),
            *_tasks(cluster),
            *_emr(),
            *_queries(),
        )
    )


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{DEFAULT_REGION}:{ACCOUNT}:{resource}"


def _pass(sid: str, role: str, service: str) -> Allow:
    to_service = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    return Allow(sid, ("iam:PassRole",), (f"arn:aws:iam::{ACCOUNT}:role/{role}",), to_service)


def _tasks(cluster: str) -> tuple[Allow, ...]:
    rule = _arn("events", "rule/StepFunctionsGetEventsForECSTaskRule")
    return (
        Allow("RunTasks", ("ecs:RunTask",), (_arn("ecs", "task-definition/*"),)),
        Allow(
            "WatchTasks", ("ecs:DescribeTasks", "ecs:StopTask"), (_arn("ecs", f"task/{cluster}/*"),)
        ),
        Allow(
            "WatchEvents", ("events:PutTargets", "events:PutRule", "events:DescribeRule"), (rule,)
        ),
        _pass("PassTaskRoles", "ecs-execution", "ecs-tasks"),
    )


def _emr() -> tuple[Allow, ...]:
    steps = (
        "elasticmapreduce:AddJobFlowSteps",
        "elasticmapreduce:DescribeStep",
        "elasticmapreduce:CancelSteps",
    )
    runs = ("emr-serverless:GetJobRun", "emr-serverless:CancelJobRun")
    return (
        Allow("RunSteps", steps, (_arn("elasticmapreduce", "cluster/*"),)),
        Allow(
            "StartServerlessRuns",
            ("emr-serverless:StartJobRun",),
            (_arn("emr-serverless", "/applications/*"),),
        ),
        Allow("WatchServerlessRuns", runs, (_arn("emr-serverless", "/applications/*/jobruns/*"),)),
        _pass("PassServerlessRole", "returns-load-job", "emr-serverless"),
    )


def _queries() -> tuple[Allow, ...]:
    query = (
        "athena:StartQueryExecution",
        "athena:GetQueryExecution",
        "athena:StopQueryExecution",
    )
    catalog = tuple(_arn("glue", part) for part in ("catalog", "database/sales", "table/sales/*"))
    read = ("glue:GetDatabase", "glue:GetTable", "glue:GetPartitions")
    return (
        Allow("Query", query, (_arn("athena", "workgroup/primary"),)),
        Allow("ReadCatalogByAthena", read, catalog, _BY_ATHENA),
        Allow("ReadLakeByAthena", ("s3:GetObject",), (f"{_BUCKET}/sales/*",), _BY_ATHENA),
        Allow(
            "FindLakeByAthena", ("s3:GetBucketLocation", "s3:ListBucket"), (_BUCKET,), _BY_ATHENA
        ),
        Allow("WriteReportsByAthena", ("s3:PutObject",), (f"{_BUCKET}/reports/*",), _BY_ATHENA),
    )
