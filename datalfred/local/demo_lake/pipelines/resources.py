"""What the demo pipelines run on: containers, jobs, a cluster, an application."""

from typing import Any

from datalfred.local.aws.message import ACCOUNT
from datalfred.local.demo_lake.pipelines.host import Host
from datalfred.settings import DEFAULT_REGION

ECS_CLUSTER = "data-platform"
STREAM = "clickstream-to-lake"
"""A Glue job that streams; it was started days ago and runs."""

GLUE_JOBS = (
    "orders-staging",
    "customer-sync",
    "campaign-import",
    "product-catalog",
    "support-tickets",
)
"""The Glue jobs that pipelines start."""

_REPOSITORY = f"{ACCOUNT}.dkr.ecr.{DEFAULT_REGION}.amazonaws.com"
_CONTAINERS = {"orders-loader": ("loader", "2048"), "tickets-fetch": ("fetcher", "512")}
_GLUE_JOBS = {**dict.fromkeys(GLUE_JOBS, "glueetl"), STREAM: "gluestreaming"}


def role_arn(name: str) -> str:
    """The ARN of a role of the data team."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def create_containers(aws: Host) -> None:
    """The ECS cluster and its task definitions, which log to ``/ecs/<family>``."""
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName=ECS_CLUSTER)
    for family, (container, memory) in _CONTAINERS.items():
        ecs.register_task_definition(
            family=family,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="1024",
            memory=memory,
            executionRoleArn=role_arn("ecs-execution"),
            containerDefinitions=[
                {
                    "name": container,
                    "image": f"{_REPOSITORY}/{family}:2.14",
                    "essential": True,
                    "logConfiguration": {
                        "logDriver": "awslogs",
                        "options": {
                            "awslogs-group": f"/ecs/{family}",
                            "awslogs-region": DEFAULT_REGION,
                            "awslogs-stream-prefix": family,
                        },
                    },
                }
            ],
        )


def create_jobs(aws: Host) -> None:
    """The Glue jobs."""
    glue = aws.client("glue")
    for name, command in _GLUE_JOBS.items():
        glue.create_job(
            Name=name,
            Role=role_arn("glue-jobs"),
            Command={"Name": command, "ScriptLocation": f"s3://demo-lake/jobs/{name}.py"},
            GlueVersion="5.0",
            WorkerType="G.1X",
            NumberOfWorkers=4,
            Timeout=120,
        )


def create_cluster(aws: Host) -> str:
    """The EMR cluster; its id."""
    answer: dict[str, Any] = aws.client("emr").run_job_flow(
        Name="analytics",
        ReleaseLabel="emr-7.5.0",
        Applications=[{"Name": "Spark"}],
        LogUri="s3://demo-lake/emr-logs/",
        ServiceRole="emr-service",
        JobFlowRole="emr-nodes",
        Instances={"KeepJobFlowAliveWhenNoSteps": True, "InstanceCount": 4},
        Tags=[{"Key": "owner", "Value": "data-platform"}],
    )
    return str(answer["JobFlowId"])


def create_application(aws: Host) -> str:
    """The EMR Serverless application; its id."""
    answer: dict[str, Any] = aws.client("emr-serverless").create_application(
        name="warehouse-files", releaseLabel="emr-7.5.0", type="SPARK"
    )
    return str(answer["applicationId"])
