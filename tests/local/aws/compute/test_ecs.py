"""ECS tasks end as their workload says, and say so as ECS does."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from datalfred.local.aws.compute.origin import Origin, PastClock, acting_for
from datalfred.local.aws.compute.workload import Outcome


@pytest.fixture(scope="module")
def ecs(aws, client):
    made = client("ecs")
    made.create_cluster(clusterName="work")
    for family in ("good", "bad", "endless", "unpullable"):
        made.register_task_definition(
            family=family,
            cpu="256",
            memory="512",
            tags=[{"key": "owner", "value": "data"}],
            containerDefinitions=[
                {
                    "name": "main",
                    "image": "image:1",
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {
                            "awslogs-group": f"/ecs/{family}",
                            "awslogs-region": "eu-west-1",
                            "awslogs-stream-prefix": family,
                        },
                    },
                }
            ],
        )
    aws.workloads["ecs", "unpullable"] = lambda _run: Outcome(
        succeeded=False, reason="CannotPullContainerError: manifest unknown", exit_code=None
    )
    return made


def run(ecs, family, **more):
    answer = ecs.run_task(cluster="work", taskDefinition=family, **more)
    return answer["tasks"][0]


def described(ecs, task):
    return ecs.describe_tasks(cluster="work", tasks=[task["taskArn"]])["tasks"][0]


def in_the_past(aws, hours=3):
    clock = PastClock(datetime.now(UTC) - timedelta(hours=hours))
    return acting_for(Origin(clock=clock)), aws.client("ecs")


def test_a_task_that_was_just_asked_for_is_provisioning(ecs):
    task = run(ecs, "good", launchType="FARGATE")

    assert task["lastStatus"] == "PROVISIONING"
    assert "exitCode" not in task["containers"][0]


def test_a_container_that_fails_gives_its_exit_code_and_reason(ecs):
    task = described(ecs, run(ecs, "bad"))

    assert (task["lastStatus"], task["desiredStatus"]) == ("STOPPED", "STOPPED")
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    container = task["containers"][0]
    assert (container["exitCode"], container["reason"]) == (3, "It broke.")
    assert task["createdAt"] <= task["startedAt"] <= task["stoppedAt"]


def test_a_container_that_ends_well_exits_with_zero(ecs):
    container = described(ecs, run(ecs, "good"))["containers"][0]

    assert container["exitCode"] == 0
    assert "reason" not in container


def test_a_container_that_never_started_has_no_exit_code(ecs):
    task = described(ecs, run(ecs, "unpullable"))

    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError")
    assert "exitCode" not in task["containers"][0]
    assert "startedAt" not in task


def test_a_task_logs_where_its_definition_says(ecs, lines):
    task = run(ecs, "bad")

    stream = f"bad/main/{task['taskArn'].rpartition('/')[2]}"
    assert lines("/ecs/bad", stream) == ["INFO begins", "WARN wobbles", "ERROR it broke"]


def test_tasks_are_listed_by_status_family_and_who_started_them(ecs):
    stopped = run(ecs, "good", startedBy="test", count=2)["taskArn"]

    def listed(**how):
        return ecs.list_tasks(cluster="work", **how)["taskArns"]

    assert stopped not in listed()
    assert stopped in listed(desiredStatus="STOPPED")
    assert len(listed(desiredStatus="STOPPED", startedBy="test")) == 2
    assert listed(desiredStatus="STOPPED", family="nobody") == []
    assert stopped in listed(desiredStatus="STOPPED", launchType="FARGATE")
    page = ecs.list_tasks(cluster="work", desiredStatus="STOPPED", maxResults=1)
    assert len(page["taskArns"]) == 1
    assert page["nextToken"]


def test_a_task_of_today_that_began_in_the_past_runs_until_it_is_stopped(aws, ecs):
    past, inside = in_the_past(aws)
    with past:
        task = run(inside, "endless")
    assert described(ecs, task)["lastStatus"] == "RUNNING"
    assert task["taskArn"] in ecs.list_tasks(cluster="work")["taskArns"]

    ecs.stop_task(cluster="work", task=task["taskArn"], reason="Enough")

    stopped = described(ecs, task)
    assert (stopped["stopCode"], stopped["stoppedReason"]) == ("UserInitiated", "Enough")
    assert stopped["containers"][0]["exitCode"] == 143
    ecs.stop_task(cluster="work", task=task["taskArn"], reason="Again")
    assert described(ecs, task)["stoppedReason"] == "Enough"


def test_the_environment_of_a_task_reaches_its_workload(aws, ecs):
    seen = []
    aws.workloads["ecs", "good"] = lambda run: (seen.append(run), Outcome())[1]
    environment = [{"name": "DAY", "value": "2026-03-01"}]
    overrides = {"containerOverrides": [{"name": "main", "environment": environment}]}

    run(ecs, "good", overrides=overrides)

    assert seen[0].arguments == {"DAY": "2026-03-01"}
    del aws.workloads["ecs", "good"]


def test_tasks_that_are_not_there_are_missing(ecs):
    answer = ecs.describe_tasks(cluster="work", tasks=["nobody"])

    assert answer["tasks"] == []
    assert answer["failures"][0]["reason"] == "MISSING"
    with pytest.raises(ecs.exceptions.InvalidParameterException):
        ecs.stop_task(cluster="work", task="nobody")


def test_definitions_have_revisions(ecs):
    containers = [{"name": "main", "image": "image:2"}]
    ecs.register_task_definition(family="revised", containerDefinitions=containers)
    newer = ecs.register_task_definition(family="revised", containerDefinitions=containers)

    def found(wanted):
        answer = ecs.describe_task_definition(taskDefinition=wanted)
        return answer["taskDefinition"]["taskDefinitionArn"]

    arn = newer["taskDefinition"]["taskDefinitionArn"]
    assert found("revised") == found(arn) == arn
    assert found("revised:1").endswith("revised:1")
    arns = ecs.list_task_definitions(familyPrefix="revised")["taskDefinitionArns"]
    assert [one.rpartition(":")[2] for one in arns] == ["1", "2"]
    assert ecs.describe_task_definition(taskDefinition="good")["tags"]
    for call in (
        lambda: found("revised:3"),
        lambda: ecs.register_task_definition(family="empty", containerDefinitions=[]),
    ):
        with pytest.raises(ecs.exceptions.ClientException):
            call()


def test_clusters_are_made_found_and_deleted(ecs):
    arn = ecs.create_cluster(clusterName="other")["cluster"]["clusterArn"]

    assert arn in ecs.list_clusters()["clusterArns"]
    answer = ecs.describe_clusters(clusters=[arn, "nobody"])
    assert [one["clusterName"] for one in answer["clusters"]] == ["other"]
    assert [one["reason"] for one in answer["failures"]] == ["MISSING"]
    ecs.delete_cluster(cluster="other")
    with pytest.raises(ecs.exceptions.ClusterNotFoundException):
        ecs.list_tasks(cluster="other")


def test_what_nobody_implements_is_refused(ecs):
    with pytest.raises(ClientError) as caught:
        ecs.list_attributes(targetType="container-instance")

    assert caught.value.response["Error"]["Code"] == "NotImplementedException"
