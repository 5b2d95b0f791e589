import gzip
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from datalfred.errors import InvalidInputError, NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import Gaps
from datalfred.lake.jobs import ecs, emr, emr_archive, emr_serverless, glue, listing, parents
from datalfred.local.aws.compute.workload import Outcome
from tests.pipelines_stack import failed


@pytest.fixture(scope="module")
def jobs(stack):
    """One failed and one succeeded run of every kind."""
    stack.cluster()
    reason = "Path does not exist: s3://demo-lake/x"
    bad = failed(reason, "INFO started", f"ERROR {reason}")
    good = Outcome(log_lines=("INFO done",))
    for number, outcome in enumerate((bad, good)):
        name = f"orders-{number}"
        stack.task(name, log_group="/ecs/orders")
        stack.workload("ecs", name, outcome)
        stack.client("ecs").run_task(cluster="lake", taskDefinition=name)
        stack.client("glue").create_job(
            Name=name, Role="r", Command={"Name": "glueetl"}, WorkerType="G.1X", NumberOfWorkers=3
        )
        for kind in ("glue", "emr", "emr_serverless"):
            stack.workload(kind, name, outcome)
        stack.client("glue").start_job_run(JobName=name, Arguments={"--day": "2026-11-19"})
    stack.emr = _steps(stack)
    stack.application = _runs(stack)
    return stack


def _steps(stack):
    emr = stack.client("emr")
    cluster = emr.run_job_flow(
        Name="etl", Instances={"KeepJobFlowAliveWhenNoSteps": True}, LogUri="s3://emr-logs/etl/"
    )["JobFlowId"]
    step = {"ActionOnFailure": "CONTINUE", "HadoopJarStep": {"Jar": "a.jar", "Args": ["--x", "1"]}}
    emr.add_job_flow_steps(
        JobFlowId=cluster, Steps=[{"Name": f"orders-{number}", **step} for number in (0, 1)]
    )
    return cluster


def _runs(stack):
    serverless = stack.client("emr-serverless")
    application = serverless.create_application(
        name="spark", releaseLabel="emr-7.5.0", type="SPARK"
    )["applicationId"]
    for number in (0, 1):
        serverless.start_job_run(
            applicationId=application,
            name=f"orders-{number}",
            executionRoleArn="arn:aws:iam::123456789012:role/r",
            jobDriver={"sparkSubmit": {"entryPoint": "s3://code/x.py"}},
        )
    return application


def listed(kind="", status="", name="", hours=1):
    found = listing.list_jobs(kind, status, name, moments.now() - timedelta(hours=hours))
    assert found.gaps == found.unknown == ()
    return found.jobs


def one(kind, status="failed"):
    (found,) = listed(kind, status)
    return found


def test_jobs_of_every_kind_are_in_one_list(jobs):
    assert sorted(job.kind for job in listed()) == sorted([*listing.KINDS, *listing.KINDS])


def test_jobs_are_listed_newest_first(jobs):
    begun = [job.started_at for job in listed()]

    assert begun == sorted(begun, reverse=True)


@pytest.mark.parametrize("kind", listing.KINDS)
def test_a_kind_lists_its_failed_and_its_succeeded_run(jobs, kind):
    assert [job.name for job in listed(kind, "failed")] == ["orders-0"]
    assert [job.name for job in listed(kind, "succeeded")] == ["orders-1"]
    assert listed(kind, "running") == ()


def test_jobs_are_found_by_a_fragment_of_their_name(jobs):
    assert {job.name for job in listed(name="ORDERS 0")} == {"orders-0"}


def test_jobs_before_the_window_are_left_out(jobs):
    assert listed(hours=-1) == ()


@pytest.mark.parametrize(("field", "given"), [("kind", "batch"), ("status", "lost")])
def test_an_unknown_kind_or_status_is_refused(jobs, field, given):
    with pytest.raises(InvalidInputError, match=field):
        listed(**{field: given})


FIRST = {
    "ecs": ("ecs", "list_clusters", "ecs:ListClusters"),
    "emr": ("emr", "list_clusters", "elasticmapreduce:ListClusters"),
    "emr_serverless": ("emr-serverless", "list_applications", "emr-serverless:ListApplications"),
    "glue": ("glue", "list_jobs", "glue:ListJobs"),
}
"""Of each kind the call on which the others depend: client, method, action."""
SECOND = {
    "ecs": ("ecs", "list_tasks", "ecs:ListTasks", "cluster"),
    "emr": ("emr", "list_steps", "elasticmapreduce:ListSteps", "cluster"),
    "emr_serverless": (
        "emr-serverless",
        "list_job_runs",
        "emr-serverless:ListJobRuns",
        "application",
    ),
    "glue": ("glue", "get_job_runs", "glue:GetJobRuns", "job"),
}


def failing(code, only=lambda _given: True, otherwise=None):
    def call(**given):
        if only(given):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")
        return otherwise(**given)

    return call


def every(hours=1):
    return listing.list_jobs("", "", "", moments.now() - timedelta(hours=hours))


@pytest.mark.parametrize("kind", listing.KINDS)
def test_a_kind_that_may_not_be_listed_is_unknown_and_says_why(jobs, monkeypatch, kind):
    service, method, action = FIRST[kind]
    monkeypatch.setattr(jobs.client(service), method, failing("AccessDeniedException"))

    found = every()

    assert found.gaps == (f"No permission for {action}.",)
    assert (found.unknown, found.partial) == ((kind,), ())
    assert {job.kind for job in found.jobs} == set(listing.KINDS) - {kind}


@pytest.mark.parametrize("kind", listing.KINDS)
def test_a_kind_of_which_no_runs_can_be_read_is_unknown(jobs, monkeypatch, kind):
    service, method, action, noun = SECOND[kind]
    monkeypatch.setattr(jobs.client(service), method, failing("ThrottlingException"))

    found = every()

    assert found.unknown == (kind,)
    assert len(found.gaps) == 1
    assert found.gaps[0].startswith(f"{action} did not answer: ThrottlingException: no (")
    assert noun in found.gaps[0]


def test_tasks_that_cannot_be_described_are_unknown(jobs, monkeypatch):
    monkeypatch.setattr(jobs.client("ecs"), "describe_tasks", failing("AccessDeniedException"))

    assert every().gaps == ("No permission for ecs:DescribeTasks. (cluster: lake)",)


def test_one_job_that_does_not_answer_costs_no_other(jobs, monkeypatch):
    client = jobs.client("glue")

    def only(given):
        return given["JobName"] == "orders-0"

    refusing = failing("ThrottlingException", only, client.get_job_runs)
    monkeypatch.setattr(client, "get_job_runs", refusing)

    found = every()

    assert {job.name for job in found.jobs if job.kind == "glue"} == {"orders-1"}
    assert (found.unknown, found.partial) == ((), ("glue",))
    assert "(1 of 2 jobs: orders-0)" in found.gaps[0]


def test_what_is_not_read_to_its_end_is_a_gap(jobs, monkeypatch):
    monkeypatch.setattr(glue, "_RUNS_PER_JOB", 1)
    monkeypatch.setattr(emr, "_STEP_PAGES", 1)
    steps = jobs.client("emr").list_steps
    more = lambda **given: {**steps(**given), "Marker": "more"}  # noqa: E731 -- as short as its use
    monkeypatch.setattr(jobs.client("emr"), "list_steps", more)
    jobs.client("glue").start_job_run(JobName="orders-1")

    found = every()

    assert found.partial == ("emr", "glue")
    assert "elasticmapreduce:ListSteps has more than the 2 that were read." in found.gaps[0]
    assert "Only the newest 1 runs of a job were read. (1 of 2 jobs: orders-1)" in found.gaps


def test_tasks_of_more_than_an_hour_ago_are_said_to_be_unknown(jobs):
    found = every(hours=24)

    assert found.partial == ("ecs",)
    assert "ECS forgets a stopped task" in found.gaps[0]


def test_many_that_do_not_answer_are_named_in_part():
    gaps = Gaps()

    def read(number, own):
        own.add("Silent.")

    assert parents.of_each(range(7), "cluster", str, read, gaps) is None
    assert gaps.sentences() == ("Silent. (7 of 7 clusters: 0, 1, 2, 3, 4 and 2 more)",)


@pytest.mark.parametrize("kind", listing.KINDS)
def test_a_job_is_described_with_its_reason_and_the_end_of_its_log(jobs, kind):
    found = listing.describe(one(kind).id)

    assert found.job.id == one(kind).id
    assert "Path does not exist" in found.reason
    assert [line.message for line in found.log_tail] == [
        "INFO started",
        "ERROR Path does not exist: s3://demo-lake/x",
    ]
    assert found.log_group
    assert found.gaps == ()


def test_an_ecs_task_says_its_exit_code_and_memory(jobs):
    found = listing.describe(one("ecs").id)

    assert (found.exit_code, found.stop_code) == (1, "EssentialContainerExited")
    assert found.settings["memory_mib"] == "2048"
    assert found.settings["task_definition"] == "orders-0:1"


def test_a_glue_run_says_its_size_and_arguments(jobs):
    found = listing.describe(one("glue").id)

    assert found.settings["worker_type"] == "G.1X"
    assert found.settings["arguments"] == "--day=2026-11-19"


def test_a_task_without_cloudwatch_logs_is_a_gap(jobs):
    jobs.task("mute")
    task = jobs.client("ecs").run_task(cluster="lake", taskDefinition="mute")["tasks"][0]

    found = ecs.describe("lake", task["taskArn"], tail=5)

    assert found.log_tail == ()
    assert any("does not write to CloudWatch Logs" in gap for gap in found.gaps)


def test_a_glue_run_that_logged_nothing_is_a_gap(jobs):
    jobs.client("glue").create_job(Name="mute", Role="r", Command={"Name": "glueetl"})
    jobs.workload("glue", "mute", Outcome())
    run = jobs.client("glue").start_job_run(JobName="mute")["JobRunId"]

    found = listing.describe(f"glue:mute/{run}")

    assert any("No log stream" in gap for gap in found.gaps)


def test_a_step_without_a_stream_is_read_from_its_archive(jobs):
    step = _mute_step(jobs)
    s3 = jobs.client("s3")
    s3.create_bucket(
        Bucket="emr-logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    lines = "\n".join(f"line {number}" for number in range(100)) + "\nERROR ana@example.org\n"
    key = f"etl/{jobs.emr}/steps/{step}/stderr.gz"
    s3.put_object(Bucket="emr-logs", Key=key, Body=gzip.compress(lines.encode()))

    found = emr.describe(jobs.emr, step, tail=2)

    assert [line.message for line in found.log_tail] == ["line 99", "ERROR {EMAIL}"]
    assert found.log_group == f"s3://emr-logs/etl/{jobs.emr}/steps/{step}"


def test_a_step_whose_archive_is_not_there_is_a_gap(jobs):
    found = emr.describe(jobs.emr, _mute_step(jobs), tail=2)

    assert any("s3:GetObject" in gap for gap in found.gaps)


def test_a_step_of_a_cluster_that_keeps_no_logs_is_a_gap(jobs):
    emr_client = jobs.client("emr")
    cluster = emr_client.run_job_flow(
        Name="silent", Instances={"KeepJobFlowAliveWhenNoSteps": True}
    )["JobFlowId"]
    step = _mute_step(jobs, cluster)

    found = emr.describe(cluster, step, tail=2)

    assert any("keeps none" in gap for gap in found.gaps)


def _mute_step(jobs, cluster=""):
    jobs.workload("emr", "mute", Outcome())
    step = {"Name": "mute", "ActionOnFailure": "CONTINUE", "HadoopJarStep": {"Jar": "a.jar"}}
    added = jobs.client("emr").add_job_flow_steps(JobFlowId=cluster or jobs.emr, Steps=[step])
    return added["StepIds"][0]


def test_an_archive_that_unpacks_to_too_much_is_read_in_part(jobs, monkeypatch):
    monkeypatch.setattr(emr_archive, "_MOST_BYTES", 1_000)
    s3 = jobs.client("s3")
    body = gzip.compress(b"".join(b"%06d\n" % number for number in range(100_000)))
    s3.put_object(Bucket="emr-logs", Key="big.gz", Body=body)

    found = emr_archive.tail("s3://emr-logs/big.gz", limit=5)

    assert len(found) == 5
    assert int(found[-2].message) < 200


@pytest.mark.parametrize(
    "job_id",
    [
        "ecs:lake/0123456789abcdef0123456789abcdef",
        "glue:nowhere/jr_1",
        "emr:j-NOWHERE/s-1",
        "emr_serverless:00nowhere/00x",
    ],
)
def test_a_job_that_does_not_exist_is_not_found(jobs, job_id):
    with pytest.raises(NotFoundError):
        listing.describe(job_id)


@pytest.mark.parametrize("job_id", ["orders", "batch:a/b", "ecs:lake", "glue:a/b/c", ""])
def test_an_id_of_no_known_form_is_refused_with_the_forms(jobs, job_id):
    with pytest.raises(InvalidInputError) as caught:
        listing.describe(job_id)

    assert "glue:<job>/<run>" in caught.value.hint


def test_another_error_of_a_service_is_its_own(jobs, monkeypatch):
    said = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}

    def denied(**_):
        raise ClientError(said, "Any")

    for service, operation, job_id in (
        ("glue", "get_job_run", "glue:a/b"),
        ("emr", "describe_step", "emr:a/b"),
        ("emr-serverless", "get_job_run", "emr_serverless:a/b"),
    ):
        monkeypatch.setattr(jobs.client(service), operation, denied)
        with pytest.raises(ClientError):
            listing.describe(job_id)


def test_a_running_task_is_listed_as_running(jobs):
    record = {
        "clusterArn": "arn:aws:ecs:eu-west-1:123456789012:cluster/lake",
        "taskArn": "arn:aws:ecs:eu-west-1:123456789012:task/lake/1",
        "lastStatus": "RUNNING",
    }

    found = ecs.summary(record)

    assert (found.running, found.failed, found.started_at) == (True, False, "")


@pytest.mark.parametrize(
    ("state", "running", "is_failed"),
    [("SUCCESS", False, False), ("QUEUED", True, False), ("FAILED", False, True)],
)
def test_a_serverless_run_is_summarised_by_its_state(state, running, is_failed):
    found = emr_serverless.summary(
        {"applicationId": "a", "id": "r", "state": state, "createdAt": moments.now()}
    )

    assert (found.id, found.running, found.failed) == ("emr_serverless:a/r", running, is_failed)


def test_a_driver_may_log_under_a_prefix_of_its_own():
    watched = {"logGroupName": "/spark", "logStreamNamePrefix": "nightly"}
    overrides = {"monitoringConfiguration": {"cloudWatchLoggingConfiguration": watched}}
    run = {"applicationId": "a", "jobRunId": "r", "configurationOverrides": overrides}

    assert emr_serverless._log_place(run) == (
        "/spark",
        "nightly/applications/a/jobs/r/SPARK_DRIVER/stderr",
    )


def test_the_times_of_a_task_are_read_from_a_history_too():
    assert ecs._iso(1_795_163_768_313) == "2026-11-20T08:36:08Z"
