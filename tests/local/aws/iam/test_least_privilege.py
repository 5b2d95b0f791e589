"""Every operation under its real role: what the policies allow is enough, and no more than that."""

import pytest

from datalfred.definitions.action_groups import action_group_names
from datalfred.definitions.naming import resource_name, role_name
from datalfred.definitions.permissions import APPROVER, Place, functions
from datalfred.local.aws.iam.evaluation import Ask, Scope, Verdict
from datalfred.local.aws.iam.permissions import Permissions
from datalfred.local.aws.message import ACCOUNT, Request
from datalfred.local.demo_lake.pipelines.roles import PIPELINES_ROLE
from datalfred.settings import DEFAULT_REGION
from tests.support.privileges.operations import PLACE, PROJECT, STAGE, demo_stack
from tests.support.privileges.proof import Proof
from tests.support.privileges.writes import writing_operations

UNUSED_BY_PIPELINES = {
    "glue:GetDatabase": "Athena on AWS looks the database up; here only where a table is missing",
    "elasticmapreduce:CancelSteps": "stopping an execution while a step runs",
    "emr-serverless:CancelJobRun": "stopping an execution while a run works",
    "ecs:StopTask": "stopping an execution while a task runs",
    "glue:BatchStopJobRun": "stopping an execution while a job runs",
    "glue:GetJobRuns": "named by Step Functions' own policy for startJobRun.sync",
    "events:PutTargets": "Step Functions on AWS is told by an event that a task ended",
    "events:PutRule": "Step Functions on AWS is told by an event that a task ended",
    "events:DescribeRule": "Step Functions on AWS is told by an event that a task ended",
    "athena:StopQueryExecution": "stopping an execution while a query runs",
    "s3:GetBucketLocation": "Athena on AWS looks where a bucket is before it reads or writes",
}


JUDGE = Permissions.judge


@pytest.fixture(scope="module")
def operations(tmp_path_factory):
    """The demo stack, in which every operation has been called."""
    by_pipelines = set()

    def recorded(permissions, request, ask, keys=None):
        if request.caller.role == PIPELINES_ROLE:
            by_pipelines.add(ask.action)
        return JUDGE(permissions, request, ask, keys)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Permissions, "judge", recorded)
        with demo_stack(patch, tmp_path_factory.mktemp("state")) as operations:
            operations.use_everything()
            operations.used_by_pipelines = by_pipelines
            yield operations


def roles():
    return {each: role_name(PROJECT, STAGE, each) for each in functions()}


def test_every_action_group_and_the_approver_have_a_policy():
    assert set(functions()) == {*action_group_names(), APPROVER}


def test_every_operation_and_an_approved_redrive_succeed_under_their_roles(operations):
    assert list(Proof().missing(operations.calls)) == []
    assert "states:RedriveExecution" in operations.used_by(APPROVER)


def test_no_policy_allows_what_no_operation_uses(operations):
    assert list(Proof().unneeded(operations.calls)) == []


def test_the_pipelines_role_allows_nothing_unused(operations):
    (policy,) = operations.aws.permissions.grants.of(PIPELINES_ROLE).policies
    allowed = {action for statement in policy for action in statement.actions}

    assert allowed - operations.used_by_pipelines - set(UNUSED_BY_PIPELINES) == set()


@pytest.fixture(scope="module")
def judge(operations):
    """The verdict on an ask of a role, as the door comes to it."""
    callers = operations.aws.callers

    def judge(role, action, resource, *, via="", scope=Scope.EXACT):
        request = Request("GET", "/", "", {}, b"", callers.caller(role), via)
        return JUDGE(operations.aws.permissions, request, Ask(action, resource, scope))[0]

    return judge


RESOURCES = (
    "*", "arn:aws:s3:::demo-lake", "arn:aws:s3:::demo-lake/sales/orders/a.parquet",
    "arn:aws:s3:::datalfred-demo-local-results", "arn:aws:s3:::datalfred-demo-local-results/a.csv",
    PLACE.workgroup, PLACE.requests, PLACE.approvals, PLACE.audit,
    f"{PLACE.requests}/index/by_created", f"{PLACE.approvals}/index/by_state",
    *(
        PLACE.arn(service, resource)
        for service, resource in (
            ("states", "stateMachine:orders-ingestion"), ("states", "execution:orders-ingestion:x"),
            ("athena", "workgroup/primary"), ("glue", "catalog"), ("glue", "database/sales"),
            ("glue", "table/sales/orders"), ("glue", "job/customer-sync"),
            ("logs", "log-group:/ecs/orders-loader:log-stream:x"), ("ecs", "cluster/data-platform"),
            ("ecs", "task/data-platform/x"), ("ecs", "task-definition/orders-loader:1"),
            ("elasticmapreduce", "cluster/j-X"), ("emr-serverless", "/applications/a"),
            ("emr-serverless", "/applications/a/jobruns/r"), ("lambda", "function:crm-push"),
            ("cloudwatch", "alarm:customer-sync-failed"), ("secretsmanager", "secret:crm-AbCdEf"),
            ("kms", "key/1234"), ("bedrock", "agent/A"),
        )
    ),
    f"arn:aws:iam::{ACCOUNT}:role/datalfred_demo_local_approver_role",
)  # fmt: skip
"""One resource of each kind that a policy could name."""

WRITES = {
    ("athena", "athena:StartQueryExecution"): {PLACE.workgroup},
    ("athena", "athena:StopQueryExecution"): {PLACE.workgroup},
    ("athena", "dynamodb:PutItem"): {PLACE.requests},
    ("cloudwatch", "logs:StartQuery"): {
        PLACE.arn("logs", "log-group:/ecs/orders-loader:log-stream:x")
    },
    ("cloudwatch", "logs:StopQuery"): set(RESOURCES),
    ("step_functions", "dynamodb:PutItem"): {PLACE.requests},
    (APPROVER, "dynamodb:PutItem"): {PLACE.requests, PLACE.approvals, PLACE.audit},
    (APPROVER, "dynamodb:DeleteItem"): {PLACE.requests},
    (APPROVER, "dynamodb:UpdateItem"): {PLACE.approvals},
    (APPROVER, "states:RedriveExecution"): {PLACE.arn("states", "execution:orders-ingestion:x")},
}
"""All that changes anything at all, and on what. ``logs:StopQuery`` has no resource in IAM."""


def writing_actions():
    yield from (action for _, _, action in writing_operations())
    yield from (
        "iam:PassRole",
        "lambda:InvokeFunction",
        "lambda:InvokeFunctionUrl",
        "s3:PutBucketPolicy",
    )


WRITES_BY_ATHENA = {
    ("athena", action): {f"{PLACE.results}/a.csv"}
    for action in ("s3:PutObject", "s3:AbortMultipartUpload")
}
"""What Athena may write besides, on behalf of the function that asks it."""


@pytest.mark.parametrize("via", ["", "athena"])
@pytest.mark.parametrize("function", functions())
def test_no_role_writes_anything_but_what_is_listed(judge, function, via):
    role = role_name(PROJECT, STAGE, function)
    allowed = {}
    for action in writing_actions():
        if judge(role, action, "*", via=via, scope=Scope.MISSING) is Verdict.ALLOWED:
            allowed[function, action] = {
                each for each in RESOURCES if judge(role, action, each, via=via) is Verdict.ALLOWED
            }

    listed = {**WRITES, **(WRITES_BY_ATHENA if via else {})}
    own_log = {(function, "logs:CreateLogStream"): set(), (function, "logs:PutLogEvents"): set()}
    assert allowed == {
        **{place: what for place, what in listed.items() if place[0] == function},
        **own_log,
    }


def test_only_the_approver_may_redrive(judge):
    execution = PLACE.arn("states", "execution:orders-ingestion:x")
    may = [
        role
        for role in (*roles().values(), PIPELINES_ROLE)
        if judge(role, "states:RedriveExecution", execution) is Verdict.ALLOWED
    ]

    assert may == [role_name(PROJECT, STAGE, APPROVER)]


def test_lake_files_are_read_by_athena_and_the_function_that_prices_queries_alone(judge):
    role, key = role_name(PROJECT, STAGE, "athena"), "arn:aws:s3:::demo-lake/sales/orders/a.parquet"

    for via in ("", "athena"):  # its own reads are the footers of Parquet files
        assert judge(role, "s3:GetObject", key, via=via) is Verdict.ALLOWED
    assert judge(role, "s3:PutObject", key, via="athena") is Verdict.NOT_ALLOWED
    assert judge(role, "s3:GetObject", "arn:aws:s3:::other/a", via="athena") is Verdict.NOT_ALLOWED
    for other in ("glue", "cloudwatch", "compute", "step_functions", APPROVER):
        other_role = role_name(PROJECT, STAGE, other)
        for via in ("", "athena"):
            assert judge(other_role, "s3:GetObject", key, via=via) is Verdict.NOT_ALLOWED


OWN = {
    "athena": {"athena:GetQueryResults": PLACE.workgroup, "s3:GetObject": f"{PLACE.results}/a.csv"},
    "glue": {"s3:GetObject": "arn:aws:s3:::demo-lake/_semantics/sales.yaml"},
    "cloudwatch": {"logs:DescribeLogGroups": PLACE.arn("logs", "log-group::log-stream:")},
    "compute": {"ecs:ListTasks": "*"},
    "step_functions": {"dynamodb:GetItem": PLACE.approvals},
    APPROVER: {"dynamodb:Query": f"{PLACE.approvals}/index/by_state"},
}
SHARED = {
    ("athena", "s3:GetObject", "arn:aws:s3:::demo-lake/_semantics/sales.yaml"),
    (APPROVER, "dynamodb:GetItem", PLACE.approvals),
    ("athena", "dynamodb:GetItem", PLACE.approvals),
}


@pytest.mark.parametrize("function", functions())
def test_a_function_cannot_read_what_belongs_to_another(judge, function):
    role = role_name(PROJECT, STAGE, function)
    for owner, things in OWN.items():
        for action, resource in things.items():
            mine = owner == function or (function, action, resource) in SHARED
            expected = Verdict.ALLOWED if mine else Verdict.NOT_ALLOWED
            assert judge(role, action, resource) is expected, (owner, action)


@pytest.mark.parametrize("function", functions())
def test_a_function_writes_its_own_log_only(judge, function):
    role = role_name(PROJECT, STAGE, function)
    for other in functions():
        group = f"log-group:/aws/lambda/{resource_name(PROJECT, STAGE, other)}:log-stream:x"
        expected = Verdict.ALLOWED if other == function else Verdict.NOT_ALLOWED
        assert judge(role, "logs:PutLogEvents", PLACE.arn("logs", group)) is expected


def test_another_stage_is_another_world(judge):
    theirs = Place(PROJECT, "prod", ACCOUNT, DEFAULT_REGION)
    for function, action, resource in (
        ("athena", "athena:StartQueryExecution", theirs.workgroup),
        ("athena", "s3:GetObject", f"{theirs.results}/a.csv"),
        (APPROVER, "dynamodb:UpdateItem", theirs.approvals),
        ("step_functions", "dynamodb:PutItem", theirs.audit),
    ):
        assert judge(role_name(PROJECT, STAGE, function), action, resource) is Verdict.NOT_ALLOWED
