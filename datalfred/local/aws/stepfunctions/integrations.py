"""The service integrations that wait for a job (``.sync``): how it is asked for, and watched.

Names are those of Amazon States Language (PascalCase); a client's own cases are made of them. What
a state gets as its result is what AWS gives it, see
https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Watch:
    """How a job is watched until it ends.

    Attributes:
        operation: of the client, such as ``get_job_run``.
        request: its parameters, of the state's parameters and of what asking for the job answered.
        result: the state's result, of the operation's answer.
        ended: of the result: None while the job works, else whether it did well.
        cancel: asks the client to stop the job when nobody waits for it any more, of the state's
            parameters and of what asking for the job answered.
    """

    operation: str
    request: Callable[[Values, Values], dict[str, Any]]
    result: Callable[[dict[str, Any]], dict[str, Any]]
    ended: Callable[[Values], bool | None]
    cancel: Callable[[Any, Values, Values], object]


@dataclass(frozen=True)
class Integration:
    """One service as a state machine sees it.

    Attributes:
        service: boto3's name of it.
        error_prefix: of the names of its errors, such as ``Glue``.
        general_error: the name of an error that its model does not have.
        watches: of the actions that can be waited for.
        actions: those that are not an operation of the service under its own name: the client and
            the state's parameters give the answer.
    """

    service: str
    error_prefix: str
    general_error: str
    watches: Mapping[str, Watch]
    actions: Mapping[str, Callable[[Any, Values], dict[str, Any]]] = field(default_factory=dict)


def _among(state: str, good: set[str], bad: set[str]) -> bool | None:
    return True if state in good else False if state in bad else None


def _ecs_ended(task: Values) -> bool | None:
    if task["LastStatus"] != "STOPPED":
        return None
    return all(container.get("ExitCode") == 0 for container in task["Containers"])


def _start_task(client: Any, parameters: Values) -> dict[str, Any]:
    answer: dict[str, Any] = client.run_task(**parameters, startedBy="AWS Step Functions")
    return answer


def _add_step(client: Any, parameters: Values) -> dict[str, Any]:
    answer = client.add_job_flow_steps(
        JobFlowId=parameters.get("ClusterId"), Steps=[parameters.get("Step")]
    )
    return {"StepId": answer["StepIds"][0]}


def _create_cluster(client: Any, parameters: Values) -> dict[str, Any]:
    answer = client.run_job_flow(**parameters)
    return {"ClusterId": answer["JobFlowId"], "ClusterArn": answer.get("ClusterArn", "")}


def _terminate_cluster(client: Any, parameters: Values) -> dict[str, Any]:
    client.terminate_job_flows(JobFlowIds=[parameters.get("ClusterId")])
    return {"ClusterId": parameters.get("ClusterId")}


def _cluster(good: set[str]) -> Watch:
    """Watches a cluster until its state is one of ``good``, or it ended with errors."""
    bad = {"TERMINATED", "TERMINATED_WITH_ERRORS"} - good
    return Watch(
        "describe_cluster",
        lambda _, job: {"ClusterId": job["ClusterId"]},
        lambda answer: {"ClusterId": answer["Cluster"]["Id"], "Cluster": answer["Cluster"]},
        lambda result: _among(result["Cluster"]["Status"]["State"], good, bad),
        lambda client, _, job: client.terminate_job_flows(JobFlowIds=[job["ClusterId"]]),
    )


def _start_job_run(client: Any, parameters: Values) -> dict[str, Any]:
    answer = client.start_job_run(**parameters)
    return {"JobName": parameters.get("JobName"), "JobRunId": answer["JobRunId"]}


def _execution_ended(execution: Values) -> bool | None:
    return _among(execution["Status"], {"SUCCEEDED"}, {"FAILED", "TIMED_OUT", "ABORTED"})


def with_parsed_data(execution: dict[str, Any]) -> dict[str, Any]:
    """The result of ``.sync:2``: input and output of the child execution are no longer text."""
    parsed: dict[str, Any] = {
        name: json.loads(execution[name]) for name in ("Input", "Output") if name in execution
    }
    return {**execution, **parsed}


INTEGRATIONS: Mapping[str, Integration] = {
    "glue": Integration(
        "glue",
        "Glue",
        "AWSGlueException",
        {
            "startJobRun": Watch(
                "get_job_run",
                lambda _, job: {"JobName": job["JobName"], "RunId": job["JobRunId"]},
                lambda answer: answer["JobRun"],
                lambda run: _among(
                    run["JobRunState"], {"SUCCEEDED", "STOPPED"}, {"FAILED", "TIMEOUT", "ERROR"}
                ),
                lambda client, _, job: client.batch_stop_job_run(
                    JobName=job["JobName"], JobRunIds=[job["JobRunId"]]
                ),
            )
        },
        {"startJobRun": _start_job_run},
    ),
    "ecs": Integration(
        "ecs",
        "ECS",
        "AmazonECSException",
        {
            "runTask": Watch(
                "describe_tasks",
                lambda _, job: {
                    "cluster": job["Tasks"][0]["ClusterArn"],
                    "tasks": [job["Tasks"][0]["TaskArn"]],
                },
                lambda answer: answer["Tasks"][0],
                _ecs_ended,
                lambda client, _, job: client.stop_task(
                    cluster=job["Tasks"][0]["ClusterArn"],
                    task=job["Tasks"][0]["TaskArn"],
                    reason="Stopped by AWS Step Functions",
                ),
            )
        },
        {"runTask": _start_task},
    ),
    "elasticmapreduce": Integration(
        "emr",
        "ElasticMapReduce",
        "AmazonElasticMapReduceException",
        {
            "addStep": Watch(
                "describe_step",
                lambda given, job: {"ClusterId": given["ClusterId"], "StepId": job["StepId"]},
                lambda answer: {"Step": answer["Step"]},
                lambda result: _among(
                    result["Step"]["Status"]["State"],
                    {"COMPLETED"},
                    {"FAILED", "CANCELLED", "INTERRUPTED"},
                ),
                lambda client, given, job: client.cancel_steps(
                    ClusterId=given["ClusterId"], StepIds=[job["StepId"]]
                ),
            ),
            "createCluster": _cluster({"WAITING"}),
            "terminateCluster": _cluster({"TERMINATED", "TERMINATED_WITH_ERRORS"}),
        },
        {
            "addStep": _add_step,
            "createCluster": _create_cluster,
            "terminateCluster": _terminate_cluster,
        },
    ),
    "emr-serverless": Integration(
        "emr-serverless",
        "EMRServerless",
        "AWSEMRServerlessException",
        {
            "startJobRun": Watch(
                "get_job_run",
                lambda _, job: {
                    "applicationId": job["ApplicationId"],
                    "jobRunId": job["JobRunId"],
                },
                lambda answer: answer["JobRun"],
                lambda run: _among(run["State"], {"SUCCESS"}, {"FAILED", "CANCELLED"}),
                lambda client, _, job: client.cancel_job_run(
                    applicationId=job["ApplicationId"], jobRunId=job["JobRunId"]
                ),
            )
        },
    ),
    "athena": Integration(
        "athena",
        "Athena",
        "AmazonAthenaException",
        {
            "startQueryExecution": Watch(
                "get_query_execution",
                lambda _, job: {"QueryExecutionId": job["QueryExecutionId"]},
                lambda answer: {"QueryExecution": answer["QueryExecution"]},
                lambda result: _among(
                    result["QueryExecution"]["Status"]["State"],
                    {"SUCCEEDED"},
                    {"FAILED", "CANCELLED"},
                ),
                lambda client, _, job: client.stop_query_execution(
                    QueryExecutionId=job["QueryExecutionId"]
                ),
            )
        },
    ),
    "states": Integration(
        "stepfunctions",
        "StepFunctions",
        "AWSStepFunctionsException",
        {
            "startExecution": Watch(
                "describe_execution",
                lambda _, job: {"executionArn": job["ExecutionArn"]},
                lambda answer: answer,
                _execution_ended,
                lambda client, _, job: client.stop_execution(executionArn=job["ExecutionArn"]),
            )
        },
    ),
}
