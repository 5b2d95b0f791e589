"""ECS: tasks that are run, listed, described and stopped.

All of it is here: moto's tasks take a step of their life at every look at them and know neither
exit codes nor stop codes, and its ECS loads EC2 first, which takes a second. Operations that are
not here are refused. Unlike AWS, which forgets a stopped task after an hour, tasks are kept.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datalfred.local.aws.compute.ecs_definitions import EcsDefinitions, TaskDefinition
from datalfred.local.aws.compute.ledger import Ledger, Run
from datalfred.local.aws.compute.wire import Call, JsonApi, page
from datalfred.local.aws.compute.workload import Workloads
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import Request, Response

_TARGET = "AmazonEC2ContainerServiceV20141113"
_FARGATE_STARTUP = 21.0
_ENDED = "Essential container in task exited"
_MOST_AT_ONCE = 10
_BY_CONTAINER = ("EssentialContainerExited", "TaskFailedToStart")
"""The stop codes that follow from how the containers ended."""


@dataclass
class _Task:
    run: Run
    cluster_arn: str
    definition: TaskDefinition
    launch_type: str
    started_by: str = ""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""
    tags: Sequence[Mapping[str, str]] = ()

    @property
    def arn(self) -> str:
        """ARN in the long format, which names the cluster."""
        prefix, _, cluster = self.cluster_arn.partition(":cluster/")
        return f"{prefix}:task/{cluster}/{self.run.id}"


class Ecs:
    """The service."""

    def __init__(self, client: Callable[[str], Any], workloads: Workloads) -> None:
        """Makes the service.

        Args:
            client: makes a boto3 client; for the logs.
            workloads: decide how tasks end.
        """
        self._definitions = EcsDefinitions(self._running)
        self._ledger = Ledger("ecs", workloads, client, startup=_FARGATE_STARTUP)
        self._lock = threading.Lock()
        self._tasks: dict[str, _Task] = {}
        self._asked: dict[tuple[str, str], list[_Task]] = {}
        self._api = JsonApi(
            _TARGET,
            {
                **self._definitions.operations(),
                "RunTask": self._run_task,
                "DescribeTasks": self._describe_tasks,
                "ListTasks": self._list_tasks,
                "StopTask": self._stop_task,
            },
            exclusive=True,
        )

    def handle(self, request: Request) -> Response | None:
        """The response to an operation of ECS."""
        return self._api.handle(request)

    def _run_task(self, call: Call) -> Mapping[str, Any]:
        cluster = self._cluster_arn(call)
        definition = self._definitions.definition(call, call.get("taskDefinition", ""))
        _check_run(call, definition)
        asked = (cluster, call.get("clientToken", ""))
        with self._lock:
            tasks = self._asked.get(asked, [])
        if not tasks:
            tasks = [self._begin(call, cluster, definition) for _ in range(call.get("count", 1))]
        with self._lock:
            self._tasks.update({task.run.id: task for task in tasks})
            if asked[1]:
                self._asked[asked] = tasks
        return {"tasks": [_described(task, just_asked_for=True) for task in tasks], "failures": []}

    def _begin(self, call: Call, cluster: str, definition: TaskDefinition) -> _Task:
        overrides = call.get("overrides", {})
        task = _Task(
            self._ledger.begin(definition.family, _environment(overrides)),
            cluster,
            definition,
            call.get("launchType", "FARGATE"),
            call.get("startedBy", ""),
            overrides,
            call.get("group", f"family:{definition.family}"),
            [*call.get("tags", []), *_propagated(call, definition)],
        )
        self._write_log(task)
        return task

    def _running(self, cluster_arn: str) -> int:
        with self._lock:
            tasks = list(self._tasks.values())
        return sum(task.cluster_arn == cluster_arn and not task.run.ended() for task in tasks)

    def _describe_tasks(self, call: Call) -> Mapping[str, Any]:
        cluster = self._cluster_arn(call)
        found, missing = [], []
        for wanted in call.get("tasks", []):
            task = self._find(cluster, wanted)
            if task is None:
                arn = f"{cluster.replace(':cluster/', ':task/')}/{_task_id(wanted)}"
                missing.append({"arn": arn, "reason": "MISSING"})
            else:
                tags = {"tags": list(task.tags)} if "TAGS" in call.get("include", []) else {}
                found.append({**_described(task), **tags})
        return {"tasks": found, "failures": missing}

    def _list_tasks(self, call: Call) -> Mapping[str, Any]:
        cluster = self._cluster_arn(call)
        desired = call.get("desiredStatus", "RUNNING")
        with self._lock:
            tasks = list(self._tasks.values())
        arns = [
            task.arn
            for task in sorted(tasks, key=lambda task: task.run.created_at, reverse=True)
            if task.cluster_arn == cluster
            and _desired(task) == desired
            and call.get("family", task.definition.family) == task.definition.family
            and call.get("startedBy", task.started_by) == task.started_by
            and call.get("launchType", task.launch_type) == task.launch_type
        ]
        some, more = page(arns, call, 100, "maxResults", "nextToken")
        return {"taskArns": some, **more}

    def _stop_task(self, call: Call) -> Mapping[str, Any]:
        task = self._find(self._cluster_arn(call), call.get("task", ""))
        if task is None:
            raise FaultError("InvalidParameterException", "The referenced task was not found.")
        task.run.stop(call.get("reason", "Task stopped by user"))
        return {"task": _described(task)}

    def _cluster_arn(self, call: Call) -> str:
        return self._definitions.cluster(call, call.get("cluster", "default")).arn

    def _find(self, cluster_arn: str, wanted: str) -> _Task | None:
        with self._lock:
            task = self._tasks.get(_task_id(wanted))
        return task if task and task.cluster_arn == cluster_arn else None

    def _write_log(self, task: _Task) -> None:
        container = task.definition.containers[0]
        log = container.get("logConfiguration", {})
        options = log.get("options", {})
        if log.get("logDriver") == "awslogs" and "awslogs-group" in options:
            prefix = options.get("awslogs-stream-prefix", "ecs")
            stream = f"{prefix}/{container['name']}/{task.run.id}"
            lines = task.run.outcome.log_lines
            self._ledger.write(task.run, options["awslogs-group"], stream, lines)


def _check_run(call: Call, definition: TaskDefinition) -> None:
    if definition.status != "ACTIVE":
        raise FaultError("ClientException", "TaskDefinition is inactive")
    if not 1 <= call.get("count", 1) <= _MOST_AT_ONCE:
        raise FaultError("InvalidParameterException", "count must be from 1 to 10.")
    if definition.settings.get("networkMode") == "awsvpc" and not call.get("networkConfiguration"):
        raise FaultError(
            "InvalidParameterException",
            "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
        )


def _propagated(call: Call, definition: TaskDefinition) -> list[Mapping[str, str]]:
    inherits = call.get("propagateTags") == "TASK_DEFINITION"
    return list(definition.settings.get("tags", [])) if inherits else []


def _task_id(arn_or_id: str) -> str:
    return arn_or_id.rpartition("/")[2]


def _environment(overrides: Mapping[str, Any]) -> dict[str, str]:
    return {
        variable["name"]: variable.get("value", "")
        for container in overrides.get("containerOverrides", [])
        for variable in container.get("environment", [])
    }


def _desired(task: _Task) -> str:
    return "STOPPED" if task.run.ended() else "RUNNING"


def _never_started(task: _Task) -> bool:
    return not task.run.outcome.succeeded and task.run.outcome.exit_code is None


def _stopped_whole(task: _Task) -> bool:
    """Whether ECS or a person stopped the task, rather than one of its containers."""
    return task.run.outcome.stop_code not in {"", *_BY_CONTAINER}


def _described(task: _Task, *, just_asked_for: bool = False) -> dict[str, Any]:
    """The task as ``DescribeTasks`` says it; as ``RunTask`` does when it was just asked for."""
    ended = task.run.ended() and not just_asked_for
    status = "STOPPED" if ended else "PROVISIONING" if just_asked_for else "RUNNING"
    settings = task.definition.settings
    described = {
        "taskArn": task.arn,
        "clusterArn": task.cluster_arn,
        "taskDefinitionArn": task.definition.arn,
        "group": task.group,
        "launchType": task.launch_type,
        "cpu": settings.get("cpu", "256"),
        "memory": settings.get("memory", "512"),
        "lastStatus": status,
        "desiredStatus": "STOPPED" if ended else "RUNNING",
        "createdAt": task.run.created_at,
        "startedBy": task.started_by,
        "overrides": task.overrides,
        "attachments": [],
        "tags": [],
        "version": 5 if ended else 1,
        "containers": [
            _container(task, container, status) for container in task.definition.containers
        ],
    }
    if not just_asked_for and not _never_started(task):
        described["startedAt"] = task.run.started_at
    return {**described, **(_end(task) if ended else {})}


def _end(task: _Task) -> dict[str, str | datetime]:
    run, outcome = task.run, task.run.outcome
    if run.stopped_because is not None:
        code, reason = "UserInitiated", run.stopped_because
    elif _stopped_whole(task):
        code, reason = outcome.stop_code, outcome.reason
    elif _never_started(task):
        code, reason = "TaskFailedToStart", outcome.reason
    else:
        code, reason = "EssentialContainerExited", _ENDED
    return {
        "stopCode": code,
        "stoppedReason": reason,
        "stoppingAt": run.stopped_at,
        "stoppedAt": run.stopped_at,
        "executionStoppedAt": run.stopped_at,
    }


def _container(task: _Task, container: Mapping[str, Any], status: str) -> dict[str, Any]:
    described = {
        "containerArn": f"{task.arn.replace(':task/', ':container/')}/{container['name']}",
        "taskArn": task.arn,
        "name": container["name"],
        "image": container["image"],
        "lastStatus": "PENDING" if status == "PROVISIONING" else status,
        "runtimeId": f"{task.run.id}-0",
        "cpu": str(container.get("cpu", 0)),
        "networkInterfaces": [],
    }
    if status == "STOPPED":
        described |= _container_end(task, container["name"])
    return described


def _container_end(task: _Task, name: str) -> dict[str, str | int]:
    outcome = task.run.outcome
    if task.run.stopped_because is not None:
        return {"exitCode": 143}  # 128 + SIGTERM, which StopTask sends
    if _never_started(task):
        return {} if _stopped_whole(task) else {"reason": outcome.reason}
    code = outcome.exit_codes.get(name, outcome.exit_code or 0)
    # The reason is that of the container which ended as the outcome says, not of its neighbours.
    its_own = outcome.reason and not _stopped_whole(task) and code == (outcome.exit_code or 0)
    return {"exitCode": code, **({"reason": outcome.reason} if its_own else {})}
