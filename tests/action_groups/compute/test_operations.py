import pytest
from botocore.exceptions import ClientError

from action_groups.compute.handler import handler
from action_groups.compute.models import DescribedJob, Jobs
from tests.bedrock_events import call
from tests.pipelines_stack import failed


def failing(code):
    def fail(**_):
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")

    return fail


@pytest.fixture(scope="module")
def tasks(stack):
    """Thirty failed tasks with long logs."""
    stack.cluster()
    stack.task("orders", log_group="/ecs/orders")
    lines = [f"ERROR {number} {'x' * 900}" for number in range(40)]
    stack.workload("ecs", "orders", failed("OutOfMemoryError: killed", *lines, exit_code=137))
    ecs = stack.client("ecs")
    started = ecs.run_task(cluster="lake", taskDefinition="orders", count=10)
    for _ in range(2):
        ecs.run_task(cluster="lake", taskDefinition="orders", count=10)
    return started["tasks"]


def test_jobs_are_listed_in_pages(tasks):
    _, first = call(handler, "list_jobs", kind="ecs", status="failed")
    _, second = call(handler, "list_jobs", kind="ecs", page=2)

    found = Jobs.model_validate(first)
    assert (found.total, found.pages, len(found.jobs)) == (30, 2, 25)
    assert len(second["jobs"]) == 5
    assert "30 ecs jobs since" in found.evidence
    assert ", 30 failed. ECS forgets" in found.evidence
    assert (found.unknown, len(found.gaps)) == ((), 1)


def test_none_are_known_where_some_may_be_forgotten(tasks):
    body = call(handler, "list_jobs", kind="ecs", name="nowhere")[1]

    assert body["evidence"].startswith("0 known ecs jobs since")


def test_of_the_last_hour_ecs_forgets_nothing(tasks):
    found = Jobs.model_validate(call(handler, "list_jobs", kind="ecs", hours=1)[1])

    assert (found.total, found.gaps) == (30, ())
    assert found.evidence.endswith(", 30 failed.")


def test_a_kind_that_does_not_answer_is_unknown_not_empty(tasks, stack, monkeypatch):
    monkeypatch.setattr(stack.client("glue"), "list_jobs", failing("ThrottlingException"))

    one = Jobs.model_validate(call(handler, "list_jobs", kind="glue", hours=1)[1])
    every = Jobs.model_validate(call(handler, "list_jobs", hours=1)[1])

    assert (one.jobs, one.total, one.unknown) == ((), None, ("glue",))
    assert one.evidence.startswith("Unknown: glue jobs since")
    assert "glue:ListJobs did not answer: ThrottlingException" in one.evidence
    assert (every.total, every.unknown) == (30, ("glue",))
    assert "30 ecs and emr and emr_serverless jobs since" in every.evidence
    assert "Unknown: glue jobs. glue:ListJobs did not answer" in every.evidence


def test_a_job_is_described_with_the_end_of_its_log(tasks):
    job_id = "ecs:lake/" + tasks[0]["taskArn"].rpartition("/")[2]

    status, said = call(handler, "describe_job", job_id=job_id)

    found = DescribedJob.model_validate(said)
    assert status == 200
    assert found.job.exit_code == 137
    assert len(found.job.log_tail) == 20
    assert found.evidence == (
        f"{job_id} (orders) is STOPPED with exit code 137; 20 lines of its log read."
    )


@pytest.mark.parametrize(
    ("operation", "values", "status"),
    [
        ("list_jobs", {"kind": "batch"}, 400),
        ("list_jobs", {"page": "99"}, 400),
        ("describe_job", {"job_id": "orders"}, 400),
        ("describe_job", {"job_id": "glue:no/jr_1"}, 404),
    ],
)
def test_a_wrong_call_is_told_the_way_out(tasks, operation, values, status):
    answered, said = call(handler, operation, **values)

    assert answered == status
    assert said["error"]["message"]


def test_a_job_without_an_exit_code_says_none(stack):
    stack.client("glue").create_job(Name="copy", Role="r", Command={"Name": "glueetl"})
    run = stack.client("glue").start_job_run(JobName="copy")["JobRunId"]

    _, said = call(handler, "describe_job", job_id=f"glue:copy/{run}")

    assert "exit code" not in said["evidence"]
    assert "is SUCCEEDED" in said["evidence"]
