"""EMR steps and EMR Serverless job runs end as their workload says, in the caller's region."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for

JAR = {"Jar": "command-runner.jar", "Args": ["spark-submit", "s3://bucket/job.py"]}
DRIVER = {"sparkSubmit": {"entryPoint": "s3://bucket/job.py", "entryPointArguments": ["--day"]}}
ROLE = "arn:aws:iam::123456789012:role/jobs"


def past(hours):
    return acting_for(Origin(clock=PastClock(datetime.now(UTC) - timedelta(hours=hours))))


@pytest.fixture(scope="module")
def emr(client):
    return client("emr")


def make_cluster(emr, *, alive=True, **more):
    return emr.run_job_flow(
        Name="analytics",
        LogUri="s3://logs/emr/",
        ReleaseLabel="emr-7.5.0",
        Instances={"KeepJobFlowAliveWhenNoSteps": alive},
        **more,
    )["JobFlowId"]


def add(emr, cluster, name):
    step = {"Name": name, "ActionOnFailure": "CONTINUE", "HadoopJarStep": JAR}
    return emr.add_job_flow_steps(JobFlowId=cluster, Steps=[step])["StepIds"][0]


def state_of(emr, cluster):
    return emr.describe_cluster(ClusterId=cluster)["Cluster"]["Status"]["State"]


def test_a_step_that_fails_says_why_and_where_its_log_is(emr, lines):
    cluster = make_cluster(emr)
    step_id = add(emr, cluster, "bad")

    step = emr.describe_step(ClusterId=cluster, StepId=step_id)["Step"]

    assert step["Status"]["State"] == "FAILED"
    details = step["Status"]["FailureDetails"]
    assert details["Message"] == "It broke."
    assert details["LogFile"] == f"s3://logs/emr/{cluster}/steps/{step_id}/stderr.gz"
    assert step["Config"]["Args"] == JAR["Args"]
    assert lines(f"/aws/emr/{cluster}/steps", step_id)[-1] == "ERROR it broke"


def test_steps_are_listed_newest_first_and_by_state(emr):
    cluster = make_cluster(emr)
    good, bad = add(emr, cluster, "good"), add(emr, cluster, "bad")

    def listed(**how):
        return [step["Id"] for step in emr.list_steps(ClusterId=cluster, **how)["Steps"]]

    assert listed() == [bad, good]
    assert listed(StepStates=["COMPLETED"]) == [good]
    assert listed(StepIds=[bad]) == [bad]


def test_a_cluster_belongs_to_its_region_and_waits_for_steps(emr):
    cluster = make_cluster(emr)

    described = emr.describe_cluster(ClusterId=cluster)["Cluster"]

    assert described["ClusterArn"].startswith("arn:aws:elasticmapreduce:eu-west-1:")
    assert described["Status"]["State"] == "WAITING"
    assert described["LogUri"] == "s3://logs/emr/"


def test_clusters_are_listed_by_state_and_age(aws, emr):
    with past(48):
        old = make_cluster(aws.client("emr"))
    new = make_cluster(emr)
    gone = make_cluster(emr, alive=False)

    def listed(**how):
        return [one["Id"] for one in emr.list_clusters(**how)["Clusters"]]

    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert listed(ClusterStates=["TERMINATED"]) == [gone]
    assert old not in listed(CreatedAfter=yesterday)
    assert new not in listed(CreatedBefore=yesterday)
    assert set(listed()) >= {old, new, gone}


def test_a_step_that_works_makes_its_cluster_run_until_it_is_terminated(aws, emr):
    with past(2):
        inside = aws.client("emr")
        cluster = make_cluster(inside)
        step = add(inside, cluster, "endless")
    assert state_of(emr, cluster) == "RUNNING"
    assert emr.list_steps(ClusterId=cluster, StepStates=["RUNNING"])["Steps"][0]["Id"] == step

    emr.terminate_job_flows(JobFlowIds=[cluster])

    assert state_of(emr, cluster) == "TERMINATED"
    status = emr.describe_step(ClusterId=cluster, StepId=step)["Step"]["Status"]
    assert status["State"] == "CANCELLED"
    with pytest.raises(emr.exceptions.InvalidRequestException):
        add(emr, cluster, "late")


def test_steps_given_at_the_start_run(emr):
    steps = [{"Name": "good", "HadoopJarStep": JAR}]

    cluster = make_cluster(emr, alive=False, Steps=steps)

    assert emr.list_steps(ClusterId=cluster)["Steps"][0]["Status"]["State"] == "COMPLETED"
    assert state_of(emr, cluster) == "TERMINATED"


def test_a_cluster_or_step_that_is_not_there_is_an_invalid_request(emr):
    cluster = make_cluster(emr)

    for call in (
        lambda: emr.describe_cluster(ClusterId="j-NOBODY"),
        lambda: emr.describe_step(ClusterId=cluster, StepId="s-NOBODY"),
    ):
        with pytest.raises(emr.exceptions.InvalidRequestException):
            call()


def test_what_nobody_implements_is_refused(emr, client):
    with pytest.raises(ClientError) as caught:
        emr.list_instances(ClusterId="j-1")
    assert caught.value.response["Error"]["Code"] == "NotImplementedException"

    with pytest.raises(ClientError) as caught:
        client("emr-serverless").list_tags_for_resource(
            resourceArn="arn:aws:emr-serverless:eu-west-1:123456789012:/applications/00"
        )
    assert caught.value.response["Error"]["Code"] == "NotImplementedException"


@pytest.fixture(scope="module")
def serverless(client):
    return client("emr-serverless")


@pytest.fixture(scope="module")
def application(serverless):
    return serverless.create_application(name="files", releaseLabel="emr-7.5.0", type="SPARK")[
        "applicationId"
    ]


def start(serverless, application, name):
    return serverless.start_job_run(
        applicationId=application, executionRoleArn=ROLE, name=name, jobDriver=DRIVER
    )["jobRunId"]


def test_an_application_is_listed_started_and_stopped(serverless, application):
    def state():
        return serverless.get_application(applicationId=application)["application"]["state"]

    listed = serverless.list_applications()["applications"]
    assert application in [one["id"] for one in listed]
    serverless.start_application(applicationId=application)
    assert state() == "STARTED"
    serverless.stop_application(applicationId=application)
    assert state() == "STOPPED"


def test_a_job_run_that_fails_says_why(serverless, application, lines):
    run_id = start(serverless, application, "bad")

    run = serverless.get_job_run(applicationId=application, jobRunId=run_id)["jobRun"]

    assert (run["state"], run["stateDetails"]) == ("FAILED", "It broke.")
    assert run["createdAt"] <= run["endedAt"]
    assert run["jobDriver"] == DRIVER
    stream = f"applications/{application}/jobs/{run_id}/SPARK_DRIVER/stderr"
    assert lines("/aws/emr-serverless", stream)[-1] == "ERROR it broke"


def test_job_runs_are_listed_newest_first_and_by_state(serverless, application):
    good, bad = start(serverless, application, "good"), start(serverless, application, "bad")

    def listed(**how):
        answer = serverless.list_job_runs(applicationId=application, **how)
        return [run["id"] for run in answer["jobRuns"]]

    assert listed()[:2] == [bad, good]
    assert bad not in listed(states=["SUCCESS"])
    assert {good, bad} <= set(listed(states=["FAILED", "SUCCESS"]))


def test_a_job_run_that_works_can_be_cancelled(aws, serverless, application):
    with past(2):
        run_id = start(aws.client("emr-serverless"), application, "endless")

    def state():
        answer = serverless.get_job_run(applicationId=application, jobRunId=run_id)
        return answer["jobRun"]["state"]

    assert state() == "RUNNING"
    serverless.cancel_job_run(applicationId=application, jobRunId=run_id)
    assert state() == "CANCELLED"


def test_an_application_or_run_that_is_not_there_is_not_found(serverless, application):
    for call in (
        lambda: serverless.get_application(applicationId="00nobody"),
        lambda: serverless.get_job_run(applicationId=application, jobRunId="00nobody"),
    ):
        with pytest.raises(serverless.exceptions.ResourceNotFoundException):
            call()
