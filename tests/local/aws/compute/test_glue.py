"""Glue job runs end as their workload says, with the reason that moto leaves out."""

from datetime import UTC, datetime, timedelta

import pytest

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for


@pytest.fixture(scope="module")
def glue(client):
    made = client("glue")
    for name in ("good", "bad", "endless"):
        made.create_job(
            Name=name,
            Role="arn:aws:iam::123456789012:role/glue",
            Command={"Name": "glueetl", "ScriptLocation": "s3://bucket/job.py"},
            DefaultArguments={"--level": "info"},
            GlueVersion="5.0",
            WorkerType="G.1X",
            NumberOfWorkers=4,
            ExecutionProperty={"MaxConcurrentRuns": 3},
        )
    return made


def run(glue, name, **more):
    run_id = glue.start_job_run(JobName=name, **more)["JobRunId"]
    return glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]


def test_a_run_that_fails_says_why(glue, lines):
    failed = run(glue, "bad", Arguments={"--day": "2026-03-01"})

    assert (failed["JobRunState"], failed["ErrorMessage"]) == ("FAILED", "It broke.")
    assert failed["Arguments"] == {"--level": "info", "--day": "2026-03-01"}
    assert failed["StartedOn"] <= failed["CompletedOn"]
    assert failed["ExecutionTime"] == 90
    assert (failed["WorkerType"], failed["NumberOfWorkers"]) == ("G.1X", 4)
    assert lines("/aws-glue/jobs/output", failed["Id"]) == ["INFO begins"]
    assert lines("/aws-glue/jobs/error", failed["Id"]) == ["WARN wobbles", "ERROR it broke"]


def test_a_run_without_a_workload_succeeds_and_logs_one_line(glue, lines):
    done = run(glue, "good")

    assert done["JobRunState"] == "SUCCEEDED"
    assert "ErrorMessage" not in done
    assert lines("/aws-glue/jobs/output", done["Id"]) == ["INFO good finished"]


def test_runs_are_listed_newest_first(glue):
    ids = [run(glue, "good")["Id"] for _ in range(3)]

    listed = glue.get_job_runs(JobName="good", MaxResults=2)

    assert [one["Id"] for one in listed["JobRuns"]] == ids[:0:-1]
    assert listed["NextToken"]


def test_a_run_that_began_in_the_past_can_be_stopped(aws, glue):
    began = datetime.now(UTC) - timedelta(days=2)
    with acting_for(Origin(clock=PastClock(began))):
        run_id = aws.client("glue").start_job_run(JobName="endless")["JobRunId"]

    def state():
        return glue.get_job_run(JobName="endless", RunId=run_id)["JobRun"]

    assert state()["JobRunState"] == "RUNNING"
    assert state()["StartedOn"] - began < timedelta(seconds=1)
    assert "CompletedOn" not in state()
    answer = glue.batch_stop_job_run(JobName="endless", JobRunIds=[run_id, "jr_nobody"])
    assert [one["JobRunId"] for one in answer["SuccessfulSubmissions"]] == [run_id]
    assert answer["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert state()["JobRunState"] == "STOPPED"


def test_runs_of_an_execution_of_the_past_have_ids_of_their_own(aws, glue):
    def begin(execution):
        clock = PastClock(datetime(2026, 3, 1, tzinfo=UTC))
        with acting_for(Origin(execution, 1, clock)):
            return aws.client("glue").start_job_run(JobName="good")["JobRunId"]

    assert len({begin("arn:one"), begin("arn:one"), begin("arn:two")}) == 3


@pytest.mark.parametrize(
    "call",
    [
        lambda glue: glue.start_job_run(JobName="nobody"),
        lambda glue: glue.get_job_runs(JobName="nobody"),
        lambda glue: glue.get_job_run(JobName="good", RunId="jr_nobody"),
    ],
    ids=["start", "list", "describe"],
)
def test_what_is_not_there_is_not_found(glue, call):
    with pytest.raises(glue.exceptions.EntityNotFoundException):
        call(glue)
