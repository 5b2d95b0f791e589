"""Tasks, steps and job runs that a state waited for (``.sync``)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from datalfred.lake.jobs import ecs, emr, emr_serverless, glue
from datalfred.lake.jobs.models import JobDescription
from datalfred.lake.pipelines.dossier import Dossier
from datalfred.lake.pipelines.history import Failure

_TAIL = 100
_ENDED_FROM_OUTSIDE = {"CANCELLED", "INTERRUPTED"}
"""States of an EMR step that ended for no reason of its own."""
_BY_CONTAINER = {"", "EssentialContainerExited"}


def ecs_task(failure: Failure, dossier: Dossier) -> None:
    """The task of ``ecs:runTask``; where ECS has forgotten it, its record stands in the cause."""
    dossier.kind = "ecs"
    data, asked = failure.cause_data, failure.parameters
    started: Mapping[str, str] = next(iter(failure.answer.get("Tasks", [])), {})
    task = data.get("TaskArn") or started.get("TaskArn", "")
    cluster = data.get("ClusterArn") or started.get("ClusterArn") or asked.get("Cluster", "")
    if not task:
        dossier.gaps.add("No task: ECS did not start one for this state.")
        return
    action = "ecs:DescribeTasks"
    found = dossier.gaps.attempt(action, partial(ecs.describe, cluster, task, tail=_TAIL))
    if found is None and "Containers" in data:
        action = "states:GetExecutionHistory"
        record = _decapitalised(data)
        found = dossier.gaps.attempt(
            action, partial(ecs.describe, cluster, task, record=record, tail=_TAIL)
        )
    _add(found, action, dossier)


def emr_step(failure: Failure, dossier: Dossier) -> None:
    """The step of ``elasticmapreduce:addStep``."""
    dossier.kind = "emr"
    data, answer = failure.cause_data, failure.answer
    cluster = (
        failure.parameters.get("ClusterId")
        or answer.get("ClusterId")
        or data.get("Cluster", {}).get("Id", "")
    )
    step = answer.get("StepId") or data.get("Step", {}).get("Id", "")
    if cluster and not step:
        dossier.resource = cluster
        _cluster(cluster, dossier, begun=failure.call.startswith("addStep"))
        if failure.call.startswith("addStep"):
            dossier.gaps.add("No step: EMR did not take one for this state.")
        return
    _read_run("elasticmapreduce:DescribeStep", emr.describe, cluster, step, dossier)
    if data.get("Step", {}).get("Status", {}).get("State") in _ENDED_FROM_OUTSIDE:
        _cluster(cluster, dossier)


def _cluster(cluster: str, dossier: Dossier, *, begun: bool = True) -> None:
    """Adds the state of the cluster, whose end may be that of the step.

    That it is gone speaks for itself, unless it is the cluster that was to begin.
    """
    action = "elasticmapreduce:DescribeCluster"
    found = dossier.gaps.attempt(action, partial(emr.cluster_state, cluster))
    if found:
        words = f"cluster {cluster} is {found}" if begun else found
        dossier.fact(f"The cluster {cluster} is {found}", action, words=words)


def emr_serverless_run(failure: Failure, dossier: Dossier) -> None:
    """The run of ``emr-serverless:startJobRun``."""
    dossier.kind = "emr_serverless"
    data = failure.cause_data.get("JobRun", failure.cause_data)
    application = failure.parameters.get("ApplicationId") or data.get("ApplicationId", "")
    run = failure.answer.get("JobRunId") or data.get("JobRunId", "")
    _read_run("emr-serverless:GetJobRun", emr_serverless.describe, application, run, dossier)


def glue_run(failure: Failure, dossier: Dossier) -> None:
    """The run of ``glue:startJobRun``."""
    dossier.kind = "glue"
    data = failure.cause_data
    job = failure.parameters.get("JobName") or data.get("JobName", "")
    run = failure.answer.get("JobRunId") or data.get("Id") or data.get("JobRunId", "")
    _read_run("glue:GetJobRun", glue.describe, job, run, dossier)


def _read_run(
    action: str,
    describe: Callable[..., JobDescription],
    parent: str,
    run: str,
    dossier: Dossier,
) -> None:
    if not (parent and run):
        dossier.gaps.add(f"No run: the history names none that {action} could be asked about.")
        return
    _add(dossier.gaps.attempt(action, partial(describe, parent, run, tail=_TAIL)), action, dossier)


def _add(found: JobDescription | None, action: str, dossier: Dossier) -> None:
    if found is None:
        return
    dossier.resource = found.job.id
    dossier.settings = found.settings
    for gap in found.gaps:
        dossier.gaps.add(gap)
    ended = [f"The run {found.job.id} of {found.job.name} ended as {found.job.status}"]
    if found.stop_code:
        ended.append(f"with stop code {found.stop_code}")
    if found.exit_code is not None:
        ended.append(f"with exit code {found.exit_code}")
    # Of a task that was stopped as a whole, the exit code tells of the stop and not of the cause.
    telling = ended[1:] if found.stop_code in _BY_CONTAINER else ended[1:2]
    words = " ".join([found.job.status, *telling])
    dossier.fact(f"{' '.join(ended)}.", action, at=found.job.stopped_at, words=words)
    if found.reason:
        at, reason = found.job.stopped_at, found.reason
        dossier.fact(f"Its reason: {reason}", action, at=at, words=reason)
    if settings := ", ".join(f"{name} {value}" for name, value in found.settings.items()):
        dossier.fact(f"It ran with: {settings}.", action, at=found.job.started_at)
    dossier.log(found.log_tail, "logs:GetLogEvents")


def _decapitalised(value: Any) -> Any:
    """A record of the history, whose keys begin with capitals, as the service's API spells it."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _decapitalised(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_decapitalised(each) for each in value]
    return value
