"""ECS tasks: how they ended, and where they wrote their logs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from datalfred import clients
from datalfred.errors import NotFoundError
from datalfred.lake import moments
from datalfred.lake.calls import Gaps
from datalfred.lake.jobs.models import JobDescription, JobSummary
from datalfred.lake.jobs.parents import listed, of_each
from datalfred.lake.logs.lines import shown
from datalfred.lake.logs.telling import end_of

_CLUSTER_PAGES, _TASK_PAGES = 2, 3
_BATCH = 100
_REMEMBERED = timedelta(hours=1, minutes=1)
"""Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html"""
_KILLED = {137, 143}
"""Exit codes after SIGKILL and SIGTERM: 128 and the number of the signal."""
_START_FAILURES = {"TaskFailedToStart", "SpotInterruption", "TerminationNotice"}

Record = Mapping[str, Any]


def summaries(since: datetime, gaps: Gaps) -> list[JobSummary] | None:
    """The tasks that run or were created since then; None when ECS does not tell."""
    ecs = clients.client("ecs")
    clusters = listed(
        "ecs:ListClusters", ecs.list_clusters, "clusterArns", gaps, most=_CLUSTER_PAGES
    )
    if clusters is None:
        return None
    tasks = of_each(clusters, "cluster", _name, _tasks, gaps)
    if tasks is None:
        return None
    if since < moments.now() - _REMEMBERED:
        gaps.add("ECS forgets a stopped task after about an hour: earlier ones are unknown.")
    return [summary(task) for task in tasks if _began(task, since)]


def describe(cluster: str, task: str, *, record: Record | None = None, tail: int) -> JobDescription:
    """One task.

    Args:
        cluster: name or ARN.
        task: id or ARN.
        record: the task as ``DescribeTasks`` would return it, where it is known already.
        tail: how many lines of its log to read.

    Raises:
        NotFoundError: ECS does not know the task any more.
    """
    found = record or _find(cluster, task)
    container = _telling_container(found)
    gaps = Gaps()
    group, stream = _log_place(found, container, gaps)
    lines = end_of(group, stream, gaps, limit=tail) if group and tail else ()
    reasons = (found.get("stoppedReason"), container.get("reason"))
    return JobDescription(
        job=summary(found),
        reason=shown(". ".join(dict.fromkeys(filter(None, reasons)))),
        exit_code=container.get("exitCode"),
        stop_code=found.get("stopCode", ""),
        settings=_settings(found, container),
        log_group=group,
        log_stream=stream,
        log_tail=lines,
        gaps=gaps.sentences(),
    )


def summary(task: Record) -> JobSummary:
    """A task of ``DescribeTasks`` in one line."""
    running = task.get("lastStatus") != "STOPPED"
    return JobSummary(
        id=f"ecs:{_name(task['clusterArn'])}/{_name(task['taskArn'])}",
        kind="ecs",
        name=_name(task.get("taskDefinitionArn", "")).partition(":")[0],
        status=task.get("lastStatus", ""),
        failed=not running and _failed(task),
        running=running,
        started_at=_iso(task.get("startedAt") or task.get("createdAt")),
        stopped_at=_iso(task.get("stoppedAt")),
    )


def _tasks(cluster: str, gaps: Gaps) -> Iterable[Record] | None:
    ecs = clients.client("ecs")
    arns: list[str] = []
    for status in ("RUNNING", "STOPPED"):
        request = {"cluster": cluster, "desiredStatus": status}
        found = listed(
            "ecs:ListTasks", ecs.list_tasks, "taskArns", gaps, most=_TASK_PAGES, **request
        )
        if found is None:
            return None
        arns.extend(found)
    return gaps.attempt("ecs:DescribeTasks", lambda: _described(cluster, arns))


def _described(cluster: str, arns: Sequence[str]) -> list[Record]:
    ecs = clients.client("ecs")
    tasks: list[Record] = []
    for start in range(0, len(arns), _BATCH):
        answer = ecs.describe_tasks(cluster=cluster, tasks=arns[start : start + _BATCH])
        tasks.extend(answer["tasks"])
    return tasks


def _began(task: Record, since: datetime) -> bool:
    created = task.get("createdAt")
    return task.get("lastStatus") != "STOPPED" or created is None or created >= since


def _find(cluster: str, task: str) -> Record:
    ecs = clients.client("ecs")
    tasks = ecs.describe_tasks(cluster=cluster, tasks=[task])["tasks"]
    if not tasks:
        raise NotFoundError("ECS task (ECS forgets stopped tasks after an hour)", _name(task))
    found: Record = tasks[0]
    return found


def _failed(task: Record) -> bool:
    codes = [container.get("exitCode") for container in task.get("containers", [])]
    return any(codes) or task.get("stopCode") in _START_FAILURES or None in codes


def _telling_container(task: Record) -> Record:
    """The container that failed by itself, else one that was stopped, else the first.

    When an essential container ends, ECS stops its neighbours: SIGTERM, and SIGKILL for those that
    do not listen. The exit codes of these say nothing of their memory or their code.
    """
    containers: list[Record] = task.get("containers") or [{}]
    ended = [each for each in containers if each.get("exitCode") or each.get("reason")]
    own = [each for each in ended if each.get("reason") or each["exitCode"] not in _KILLED]
    return next(iter(own or ended), containers[0])


def _log_place(task: Record, container: Record, gaps: Gaps) -> tuple[str, str]:
    definition = gaps.attempt(
        "ecs:DescribeTaskDefinition",
        lambda: clients.client("ecs").describe_task_definition(
            taskDefinition=task["taskDefinitionArn"]
        )["taskDefinition"],
    )
    name = container.get("name", "")
    for defined in (definition or {}).get("containerDefinitions", []):
        logging = defined.get("logConfiguration", {})
        options = logging.get("options", {})
        if defined["name"] == name and logging.get("logDriver") == "awslogs":
            prefix = options.get("awslogs-stream-prefix", "")
            return options.get("awslogs-group", ""), f"{prefix}/{name}/{_name(task['taskArn'])}"
    if definition is not None:
        gaps.add(f"No log stream: the container {name!r} does not write to CloudWatch Logs.")
    return "", ""


def _settings(task: Record, container: Record) -> dict[str, str]:
    known = {
        "task_definition": _name(task.get("taskDefinitionArn", "")),
        "container": container.get("name", ""),
        "image": container.get("image", ""),
        "cpu_units": task.get("cpu", ""),
        "memory_mib": task.get("memory", "") or container.get("memory", ""),
        "launch_type": task.get("launchType", ""),
    }
    return {name: shown(str(value), 200) for name, value in known.items() if value}


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _iso(moment: object) -> str:
    """Step Functions reports a task's moments as milliseconds, ECS as moments."""
    if isinstance(moment, int | float):
        return moments.iso(moments.from_milliseconds(moment))
    return moments.iso(moment) if isinstance(moment, datetime) else ""
