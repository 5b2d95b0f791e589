"""Tasks, steps, clusters and runs that end with their service's own code, as botocore knows it."""

from datetime import UTC, datetime, timedelta

import botocore.session
import pytest

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for
from datalfred.local.aws.compute.workload import Outcome

JAR = {"Jar": "command-runner.jar", "Args": ["spark-submit", "s3://bucket/job.py"]}


@pytest.fixture(scope="module")
def task(aws, client):
    """A task as ECS describes it that ended with an outcome."""
    ecs = client("ecs")
    ecs.create_cluster(clusterName="endings")
    ecs.register_task_definition(
        family="pair",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": name, "image": f"{name}:1"} for name in ("main", "proxy")],
    )

    def ended(**outcome):
        aws.workloads["ecs", "pair"] = lambda _run: Outcome(succeeded=False, **outcome)
        arn = ecs.run_task(cluster="endings", taskDefinition="pair")["tasks"][0]["taskArn"]
        return ecs.describe_tasks(cluster="endings", tasks=[arn])["tasks"][0]

    return ended


@pytest.fixture(scope="module")
def emr(client):
    return client("emr")


def codes(service, shape):
    return botocore.session.get_session().get_service_model(service).shape_for(shape).enum


@pytest.mark.parametrize(
    "code",
    sorted({*codes("ecs", "TaskStopCode")} - {"EssentialContainerExited", "TaskFailedToStart"}),
)
def test_a_task_that_is_stopped_as_a_whole_says_why_and_its_containers_do_not(task, code):
    stopped = task(stop_code=code, reason="Because.", exit_code=137)

    assert (stopped["stopCode"], stopped["stoppedReason"]) == (code, "Because.")
    assert [each["exitCode"] for each in stopped["containers"]] == [137, 137]
    assert not any("reason" in each for each in stopped["containers"])


def test_a_task_that_is_stopped_before_it_started_has_no_exit_code(task):
    stopped = task(stop_code="SpotInterruption", reason="Interrupted.", exit_code=None)

    assert stopped["stopCode"] == "SpotInterruption"
    assert "startedAt" not in stopped
    assert not any({"exitCode", "reason"} & each.keys() for each in stopped["containers"])


def test_containers_of_a_task_may_end_differently(task):
    main, proxy = task(reason="It broke.", exit_code=3, exit_codes={"proxy": 0})["containers"]

    assert (main["exitCode"], main["reason"]) == (3, "It broke.")
    assert (proxy["exitCode"], "reason" in proxy) == (0, False)


def began(emr, name, **more):
    return emr.run_job_flow(
        Name=name,
        ReleaseLabel="emr-7.5.0",
        Instances={"KeepJobFlowAliveWhenNoSteps": True},
        **more,
    )["JobFlowId"]


def status_of(emr, cluster):
    return emr.describe_cluster(ClusterId=cluster)["Cluster"]["Status"]


@pytest.mark.parametrize("code", codes("emr", "ClusterStateChangeReasonCode"))
def test_a_cluster_that_never_begins_says_why_and_takes_no_step(aws, emr, code):
    aws.workloads["emr_cluster", "stillborn"] = lambda _run: Outcome(
        succeeded=False, stop_code=code, reason="It is so."
    )

    cluster = began(emr, "stillborn", Steps=[{"Name": "good", "HadoopJarStep": JAR}])

    status = status_of(emr, cluster)
    assert status["StateChangeReason"] == {"Code": code, "Message": "It is so."}
    by_a_person = code == "USER_REQUEST"
    assert status["State"] == ("TERMINATED" if by_a_person else "TERMINATED_WITH_ERRORS")
    steps = emr.list_steps(ClusterId=cluster)["Steps"]
    assert [step["Status"]["State"] for step in steps] == ["CANCELLED"]
    with pytest.raises(emr.exceptions.InvalidRequestException):
        emr.add_job_flow_steps(JobFlowId=cluster, Steps=[{"Name": "good", "HadoopJarStep": JAR}])


@pytest.mark.parametrize(
    ("code", "state"), [("BOOTSTRAP_FAILURE", "BOOTSTRAPPING"), ("VALIDATION_ERROR", "STARTING")]
)
def test_a_cluster_that_will_not_begin_starts_until_then(aws, emr, code, state):
    aws.workloads["emr_cluster", "slow"] = lambda _run: Outcome(
        succeeded=False, stop_code=code, seconds=10**7
    )
    with acting_for(Origin(clock=PastClock(datetime.now(UTC) - timedelta(hours=1)))):
        cluster = began(aws.client("emr"), "slow")

    assert status_of(emr, cluster)["State"] == state


def test_a_cluster_whose_workload_succeeds_begins_as_usual(aws, emr):
    aws.workloads["emr_cluster", "fine"] = lambda _run: Outcome()

    assert status_of(emr, began(emr, "fine"))["State"] == "WAITING"


def test_a_step_may_end_together_with_its_cluster_and_says_nothing_itself(aws, emr):
    aws.workloads["emr", "lost"] = lambda _run: Outcome(
        succeeded=False, state="CANCELLED", reason="Spot", ends_cluster="INSTANCE_FAILURE"
    )
    cluster = began(emr, "lasting")
    steps = [{"Name": name, "HadoopJarStep": JAR} for name in ("lost", "good")]
    step_id = emr.add_job_flow_steps(JobFlowId=cluster, Steps=steps)["StepIds"][0]

    step = emr.describe_step(ClusterId=cluster, StepId=step_id)["Step"]["Status"]

    assert (step["State"], step["StateChangeReason"]) == ("CANCELLED", {})
    status = status_of(emr, cluster)
    assert status["State"] == "TERMINATED_WITH_ERRORS"
    assert status["StateChangeReason"] == {"Code": "INSTANCE_FAILURE", "Message": "Spot"}
    after = emr.list_steps(ClusterId=cluster)["Steps"]
    assert [each["Status"]["State"] for each in after] == ["CANCELLED", "CANCELLED"]


def test_a_step_that_was_cancelled_on_its_own_says_why(aws, emr):
    aws.workloads["emr", "halted"] = lambda _run: Outcome(
        succeeded=False, state="CANCELLED", reason="Step was cancelled by a user."
    )
    cluster = began(emr, "lasting")
    step_id = emr.add_job_flow_steps(
        JobFlowId=cluster, Steps=[{"Name": "halted", "HadoopJarStep": JAR}]
    )["StepIds"][0]

    step = emr.describe_step(ClusterId=cluster, StepId=step_id)["Step"]["Status"]

    assert step["StateChangeReason"] == {"Message": "Step was cancelled by a user."}
    assert status_of(emr, cluster)["State"] == "WAITING"


def test_a_job_run_may_end_in_a_state_of_its_own(aws, client):
    glue, serverless = client("glue"), client("emr-serverless")
    glue.create_job(Name="slow", Role="r", Command={"Name": "glueetl"})
    aws.workloads["glue", "slow"] = lambda _run: Outcome(succeeded=False, state="TIMEOUT")
    aws.workloads["emr_serverless", "halted"] = lambda _run: Outcome(
        succeeded=False, state="CANCELLED", reason="Cancelled."
    )
    application = serverless.create_application(name="a", releaseLabel="emr-7.5.0", type="SPARK")
    application = application["applicationId"]
    run = serverless.start_job_run(
        applicationId=application,
        name="halted",
        executionRoleArn="arn:aws:iam::123456789012:role/jobs",
        jobDriver={"sparkSubmit": {"entryPoint": "s3://bucket/job.py"}},
    )["jobRunId"]

    timed_out = glue.get_job_run(
        JobName="slow", RunId=glue.start_job_run(JobName="slow")["JobRunId"]
    )
    cancelled = serverless.get_job_run(applicationId=application, jobRunId=run)["jobRun"]

    assert timed_out["JobRun"]["JobRunState"] == "TIMEOUT"
    assert "ErrorMessage" not in timed_out["JobRun"]
    assert (cancelled["state"], cancelled["stateDetails"]) == ("CANCELLED", "Cancelled.")
