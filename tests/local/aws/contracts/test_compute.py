"""ECS, EMR, EMR Serverless and Lambda: the records that clients of AWS read."""

from datetime import UTC, datetime, timedelta

import pytest

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for
from datalfred.local.aws.compute.workload import Outcome

contract = pytest.mark.contract

CONTAINER = {"name": "main", "image": "load:1", "memory": 512}
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"]}}
JAR = {"Jar": "command-runner.jar", "Args": ["spark-submit", "s3://lake/job.py"]}
BAD = Outcome(succeeded=False, reason="It broke.", exit_code=3)


@pytest.fixture(scope="module")
def ecs(client, aws):
    for kind in ("ecs", "emr", "emr_serverless"):
        aws.workloads[kind, "bad"] = lambda _run: BAD
        aws.workloads[kind, "endless"] = lambda _run: Outcome(seconds=10**7)
    made = client("ecs")
    made.create_cluster(clusterName="work", tags=[{"key": "owner", "value": "ana"}])
    for family in ("good", "bad", "endless"):
        made.register_task_definition(family=family, containerDefinitions=[CONTAINER])
    return made


@pytest.fixture(scope="module")
def emr(client, ecs):
    return client("emr")


@pytest.fixture(scope="module")
def serverless(client, ecs):
    return client("emr-serverless")


@pytest.fixture
def an_hour_ago():
    return acting_for(Origin(clock=PastClock(datetime.now(UTC) - timedelta(hours=1))))


@contract("ecs:RunTask", "ecs:DescribeTasks")
def test_a_failed_task_says_its_stop_code_exit_code_and_reasons(ecs):
    ran = ecs.run_task(
        cluster="work", taskDefinition="bad", group="nightly", startedBy="cron",
        tags=[{"key": "a", "value": "1"}],
    )["tasks"][0]  # fmt: skip

    task = ecs.describe_tasks(cluster="work", tasks=[ran["taskArn"]], include=["TAGS"])["tasks"][0]

    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "EssentialContainerExited")
    assert task["containers"][0]["exitCode"] == 3
    assert task["containers"][0]["reason"] == "It broke."
    assert (task["group"], task["startedBy"]) == ("nightly", "cron")
    assert task["tags"] == [{"key": "a", "value": "1"}]
    plain = ecs.describe_tasks(cluster="work", tasks=[ran["taskArn"]])["tasks"][0]
    assert plain["tags"] == []


@contract("ecs:RunTask", "ecs:ListTasks", "ecs:StopTask", "ecs:DescribeClusters",
          "ecs:DeleteCluster")  # fmt: skip
def test_a_running_task_is_counted_and_keeps_its_cluster_until_it_is_stopped(
    ecs, aws, an_hour_ago, refusal
):
    ecs.create_cluster(clusterName="busy")
    with an_hour_ago:
        inside = aws.client("ecs")
        task = inside.run_task(cluster="busy", taskDefinition="endless")["tasks"][0]["taskArn"]

    assert ecs.list_tasks(cluster="busy")["taskArns"] == [task]
    assert ecs.list_tasks(cluster="busy", desiredStatus="STOPPED")["taskArns"] == []
    assert ecs.describe_clusters(clusters=["busy"])["clusters"][0]["runningTasksCount"] == 1
    assert refusal(ecs.delete_cluster, cluster="busy") == "ClusterContainsTasksException"
    stopped = ecs.stop_task(cluster="busy", task=task, reason="enough")["task"]
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "enough")
    assert ecs.delete_cluster(cluster="busy")["cluster"]["status"] == "INACTIVE"


@contract("ecs:RunTask")
def test_a_repeated_token_runs_nothing_again(ecs):
    asked = {"cluster": "work", "taskDefinition": "good", "clientToken": "once", "count": 2}

    first = ecs.run_task(**asked)["tasks"]
    second = ecs.run_task(**asked)["tasks"]

    assert [each["taskArn"] for each in first] == [each["taskArn"] for each in second]


@contract("ecs:RunTask", "ecs:RegisterTaskDefinition")
def test_a_task_that_could_not_be_placed_is_refused(ecs, refusal):
    ecs.register_task_definition(
        family="vpc", networkMode="awsvpc", containerDefinitions=[CONTAINER]
    )
    for parameters, code in (
        ({"taskDefinition": "vpc"}, "InvalidParameterException"),
        ({"taskDefinition": "good", "count": 11}, "InvalidParameterException"),
        ({"taskDefinition": "nobody"}, "ClientException"),
    ):
        assert refusal(ecs.run_task, cluster="work", **parameters) == code
    assert ecs.run_task(cluster="work", taskDefinition="vpc", networkConfiguration=NETWORK)["tasks"]


@contract("ecs:RegisterTaskDefinition", "ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitions",
          "ecs:ListTaskDefinitionFamilies", "ecs:DeregisterTaskDefinition")  # fmt: skip
def test_a_deregistered_revision_is_described_and_not_run(ecs, refusal):
    for _ in range(2):
        ecs.register_task_definition(family="twice", containerDefinitions=[CONTAINER])
    families = {"familyPrefix": "twice"}
    newest = ecs.list_task_definitions(familyPrefix="twice", sort="DESC")["taskDefinitionArns"]
    assert [arn.rpartition(":")[2] for arn in newest] == ["2", "1"]

    gone = ecs.deregister_task_definition(taskDefinition="twice:2")["taskDefinition"]

    assert (gone["status"], "deregisteredAt" in gone) == ("INACTIVE", True)
    read = ecs.describe_task_definition(taskDefinition="twice")["taskDefinition"]
    assert read["revision"] == 1
    said = "inactive"
    late = {"cluster": "work", "taskDefinition": "twice:2"}
    assert refusal(ecs.run_task, said=said, **late) == "ClientException"
    assert len(ecs.list_task_definitions(**families, status="INACTIVE")["taskDefinitionArns"]) == 1
    assert ecs.list_task_definition_families(**families)["families"] == ["twice"]
    ecs.deregister_task_definition(taskDefinition="twice:1")
    assert ecs.list_task_definition_families(**families, status="ACTIVE")["families"] == []
    assert refusal(ecs.deregister_task_definition, taskDefinition="twice") == "ClientException"


@contract("ecs:CreateCluster", "ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices")
def test_a_cluster_has_no_services_as_none_can_be_made(ecs, refusal):
    ecs.create_cluster(clusterName="idle")
    names = [arn.rpartition("/")[2] for arn in ecs.list_clusters()["clusterArns"]]
    assert {"work", "idle"} <= set(names)
    assert ecs.list_services(cluster="work")["serviceArns"] == []
    missing = ecs.describe_services(cluster="work", services=["web"])["failures"]
    assert [each["reason"] for each in missing] == ["MISSING"]
    code = refusal(ecs.create_service, serviceName="web", taskDefinition="good")
    assert code == "NotImplementedException"


@contract("emr:RunJobFlow", "emr:TerminateJobFlows", "emr:SetTerminationProtection",
          "emr:DescribeCluster", "emr:ListClusters")  # fmt: skip
def test_a_protected_cluster_is_terminated_by_its_user_alone(emr, refusal):
    cluster = flow(emr, TerminationProtected=True)
    assert refusal(emr.terminate_job_flows, JobFlowIds=[cluster]) == "ValidationException"

    emr.set_termination_protection(JobFlowIds=[cluster], TerminationProtected=False)
    emr.terminate_job_flows(JobFlowIds=[cluster])

    status = emr.describe_cluster(ClusterId=cluster)["Cluster"]["Status"]
    assert (status["State"], status["StateChangeReason"]["Code"]) == ("TERMINATED", "USER_REQUEST")
    listed = emr.list_clusters(ClusterStates=["TERMINATED"])["Clusters"]
    assert cluster in [each["Id"] for each in listed]


def flow(emr, *steps, alive=True, **instances):
    return emr.run_job_flow(
        Name="nightly", ReleaseLabel="emr-7.5.0", Steps=list(steps), LogUri="s3://logs/",
        Instances={"KeepJobFlowAliveWhenNoSteps": alive, **instances},
    )["JobFlowId"]  # fmt: skip


def step(name, action="CONTINUE"):
    return {"Name": name, "ActionOnFailure": action, "HadoopJarStep": JAR}


def states(emr, cluster):
    listed = emr.list_steps(ClusterId=cluster)["Steps"]
    return {each["Name"]: each["Status"]["State"] for each in listed}


@contract("emr:AddJobFlowSteps", "emr:ListSteps", "emr:DescribeStep")
def test_a_failed_step_does_to_the_next_ones_what_its_action_says(emr):
    for action, after, state in (
        ("CONTINUE", "COMPLETED", "WAITING"),
        ("CANCEL_AND_WAIT", "CANCELLED", "WAITING"),
        ("TERMINATE_CLUSTER", "CANCELLED", "TERMINATED_WITH_ERRORS"),
    ):
        cluster = flow(emr)
        steps = [step("first"), step("bad", action), step("last")]
        ids = emr.add_job_flow_steps(JobFlowId=cluster, Steps=steps)["StepIds"]
        assert states(emr, cluster) == {"first": "COMPLETED", "bad": "FAILED", "last": after}
        status = emr.describe_cluster(ClusterId=cluster)["Cluster"]["Status"]
        assert status["State"] == state
        failed = emr.describe_step(ClusterId=cluster, StepId=ids[1])["Step"]["Status"]
        assert failed["FailureDetails"]["Message"] == "It broke."


@contract("emr:RunJobFlow")
def test_a_cluster_that_a_step_ended_says_so(emr):
    cluster = flow(emr, step("bad", "TERMINATE_CLUSTER"), alive=False)

    described = emr.describe_cluster(ClusterId=cluster)["Cluster"]

    assert described["Status"]["StateChangeReason"]["Code"] == "STEP_FAILURE"
    assert described["AutoTerminate"] is True


@contract("emr:RunJobFlow", "emr:ListClusters")
def test_a_cluster_is_in_its_region_alone(emr, aws, refusal):
    cluster = flow(emr)
    elsewhere = aws.client("emr", region="us-east-1")

    assert cluster not in [each["Id"] for each in elsewhere.list_clusters()["Clusters"]]
    said = "is not valid"
    code = refusal(elsewhere.describe_cluster, said=said, ClusterId=cluster)
    assert code == "InvalidRequestException"


@contract("emr:CancelSteps", "emr:ModifyCluster")
def test_a_running_step_is_cancelled_and_an_ended_one_is_not(emr, aws, an_hour_ago, refusal):
    with an_hour_ago:
        inside = aws.client("emr")
        cluster = flow(inside)
        inside.add_job_flow_steps(JobFlowId=cluster, Steps=[step("endless"), step("done")])
    ids = {each["Name"]: each["Id"] for each in emr.list_steps(ClusterId=cluster)["Steps"]}

    answers = emr.cancel_steps(ClusterId=cluster, StepIds=[ids["endless"], ids["done"]])

    said = [(each["Status"], "Reason" in each) for each in answers["CancelStepsInfoList"]]
    assert said == [("SUBMITTED", False), ("FAILED", True)]
    assert states(emr, cluster) == {"endless": "CANCELLED", "done": "COMPLETED"}
    unknown = {"ClusterId": cluster, "StepIds": ["s-1"]}
    assert refusal(emr.cancel_steps, **unknown) == "InvalidRequestException"
    changed = emr.modify_cluster(ClusterId=cluster, StepConcurrencyLevel=5)
    assert changed["StepConcurrencyLevel"] == 5
    assert emr.describe_cluster(ClusterId=cluster)["Cluster"]["StepConcurrencyLevel"] == 5


@contract("emr-serverless:CreateApplication", "emr-serverless:ListApplications",
          "emr-serverless:StartApplication", "emr-serverless:StopApplication",
          "emr-serverless:GetApplication", "emr-serverless:DeleteApplication")  # fmt: skip
def test_an_application_is_started_stopped_and_deleted(serverless, refusal):
    named = {"name": "files", "releaseLabel": "emr-7.5.0", "type": "SPARK"}
    made = serverless.create_application(**named, tags={"a": "1"})["applicationId"]
    serverless.start_application(applicationId=made)
    refused = refusal(serverless.delete_application, said="STARTED", applicationId=made)
    assert refused == "ValidationException"
    listed = serverless.list_applications(states=["STARTED"])["applications"]
    assert [each["id"] for each in listed] == [made]
    assert serverless.list_applications(states=["STOPPED"])["applications"] == []

    serverless.stop_application(applicationId=made)
    serverless.delete_application(applicationId=made)

    read = serverless.get_application(applicationId=made)["application"]
    assert (read["state"], read["tags"]) == ("TERMINATED", {"a": "1"})
    assert read["createdAt"] < read["updatedAt"] <= datetime.now(UTC)
    late = {"applicationId": made, "executionRoleArn": "arn:aws:iam::123456789012:role/r"}
    assert refusal(serverless.start_job_run, **late) == "ValidationException"


@contract("emr-serverless:StartJobRun", "emr-serverless:ListJobRuns",
          "emr-serverless:GetJobRun", "emr-serverless:CancelJobRun")  # fmt: skip
def test_job_runs_are_listed_by_age_and_cancelled(serverless, aws, an_hour_ago, refusal):
    made = serverless.create_application(name="jobs", releaseLabel="emr-7.5.0", type="SPARK")
    of = {"applicationId": made["applicationId"]}
    how = {**of, "executionRoleArn": "arn:aws:iam::123456789012:role/r"}
    with an_hour_ago:
        old = aws.client("emr-serverless").start_job_run(**how, name="endless")["jobRunId"]
    new = serverless.start_job_run(**how, name="bad")["jobRunId"]
    half = datetime.now(UTC) - timedelta(minutes=30)

    def listed(**which):
        return [each["id"] for each in serverless.list_job_runs(**of, **which)["jobRuns"]]

    assert (listed(), listed(createdAtAfter=half)) == ([new, old], [new])
    assert listed(createdAtBefore=half) == [old]
    assert refusal(serverless.stop_application, **of) == "ValidationException"
    serverless.cancel_job_run(**of, jobRunId=old)
    assert serverless.get_job_run(**of, jobRunId=old)["jobRun"]["state"] == "CANCELLED"
    failed = serverless.get_job_run(**of, jobRunId=new)["jobRun"]
    assert (failed["state"], failed["stateDetails"]) == ("FAILED", "It broke.")
    again = {**how, "retryPolicy": {"maxAttempts": 3}}
    said = "does not evaluate parameter retryPolicy of emr-serverless:StartJobRun"
    assert refusal(serverless.start_job_run, said=said, **again) == "NotImplementedException"


def test_an_application_that_never_starts_by_itself_is_refused(serverless, refusal):
    named = {"name": "manual", "releaseLabel": "emr-7.5.0", "type": "SPARK"}
    said = "does not evaluate parameter autoStartConfiguration.enabled"
    manual = {**named, "autoStartConfiguration": {"enabled": False}}
    code = refusal(serverless.create_application, said=said, **manual)
    assert code == "NotImplementedException"
    serverless.create_application(**named, autoStartConfiguration={"enabled": True})


def double(event, context):
    return {"twice": event["number"] * 2}


@pytest.fixture(scope="module")
def functions(client, aws):
    for number in range(3):
        aws.functions.register(f"double_{number}", double, role="double_role")
    return client("lambda")


@contract("lambda:Invoke")
def test_an_invocation_answers_starts_or_only_looks(functions, refusal):
    named = {"FunctionName": "double_0", "Payload": b'{"number": 4}'}

    answer = functions.invoke(**named)

    assert (answer["StatusCode"], answer["Payload"].read()) == (200, b'{"twice": 8}')
    assert functions.invoke(**named, InvocationType="Event")["StatusCode"] == 202
    assert functions.invoke(**named, InvocationType="DryRun")["StatusCode"] == 204
    failed = functions.invoke(FunctionName="double_0", Payload=b"{}")
    assert failed["FunctionError"] == "Unhandled"
    assert b"KeyError" in failed["Payload"].read()
    assert refusal(functions.invoke, FunctionName="no") == "ResourceNotFoundException"


@contract("lambda:ListFunctions", "lambda:GetFunction", "lambda:GetFunctionConfiguration")
def test_functions_come_in_pages(functions, refusal):
    pages = functions.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2})

    names = [[each["FunctionName"] for each in page["Functions"]] for page in pages]

    assert names == [["double_0", "double_1"], ["double_2"]]
    code = refusal(functions.list_functions, Marker="none")
    assert code == "InvalidParameterValueException"
    configuration = functions.get_function_configuration(FunctionName="double_1")
    described = functions.get_function(FunctionName="double_1")["Configuration"]
    assert configuration["FunctionArn"] == described["FunctionArn"]


@pytest.mark.parametrize(
    ("parameters", "parameter"),
    [({"Qualifier": "live"}, "Qualifier"), ({"LogType": "Tail"}, "LogType"),
     ({"ClientContext": "e30="}, "ClientContext")],
)  # fmt: skip
def test_a_parameter_of_lambda_that_nobody_evaluates_is_refused(
    *, functions, refusal, parameters, parameter
):
    said = f"does not evaluate parameter {parameter} of lambda:Invoke"
    code = refusal(functions.invoke, said=said, FunctionName="double_0", **parameters)
    assert code == "NotImplementedException"


def test_a_function_is_not_deployed_by_the_api(functions, refusal):
    said = "does not implement lambda:DeleteFunction"
    code = refusal(functions.delete_function, said=said, FunctionName="double_0")
    assert code == "NotImplementedException"
