"""EMR clusters and their steps.

All of it is here: moto keeps every cluster in us-east-1, leaves steps running for ever and knows no
failure details. Operations that are not here are refused.
"""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from datalfred.local.aws.compute.ledger import Ledger, Run
from datalfred.local.aws.compute.origin import current
from datalfred.local.aws.compute.wire import Call, JsonApi, page
from datalfred.local.aws.compute.workload import Workloads
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT, Request, Response

_NAMESPACE = uuid.UUID("0f6f5b60-1d0c-5b58-9b0e-8a2f3f6f7a55")
_STARTUP = 4.0
_PAGE = 50
_ENDS_CLUSTER = {"TERMINATE_CLUSTER", "TERMINATE_JOB_FLOW"}
_BY_USER = ("TERMINATED", "USER_REQUEST", "Terminated by user request")
_WITH_ERRORS = "TERMINATED_WITH_ERRORS"
_BY_FAILURE = (_WITH_ERRORS, "STEP_FAILURE", "Shut down as step failed")


@dataclass
class _Step:
    run: Run
    id: str
    config: Mapping[str, Any]


@dataclass
class _Cluster:
    id: str
    name: str
    region: str
    settings: Mapping[str, Any]
    created_at: datetime
    terminated_at: datetime | None = None
    end: tuple[str, str, str] = ("TERMINATED", "ALL_STEPS_COMPLETED", "Steps completed")
    """State, code and message of its termination."""
    protected: bool = False
    concurrency: int = 1
    stillborn: bool = False
    """Whether it ends before it ever takes a step."""
    steps: list[_Step] = field(default_factory=list)


class Emr:
    """The cluster and step operations of EMR."""

    def __init__(self, client: Callable[[str], Any], workloads: Workloads) -> None:
        """Makes the service.

        Args:
            client: makes a boto3 client; for the logs.
            workloads: decide how steps end, and which clusters never begin.
        """
        self._workloads = workloads
        self._beginnings = Ledger("emr_cluster", workloads, client, startup=_STARTUP)
        self._ledger = Ledger("emr", workloads, client, startup=_STARTUP)
        self._lock = threading.Lock()
        self._clusters: dict[str, _Cluster] = {}
        self._api = JsonApi(
            "ElasticMapReduce",
            {
                "RunJobFlow": self._run_job_flow,
                "ListClusters": self._list_clusters,
                "DescribeCluster": self._describe_cluster,
                "TerminateJobFlows": self._terminate,
                "AddJobFlowSteps": self._add_steps,
                "ListSteps": self._list_steps,
                "DescribeStep": self._describe_step,
                "CancelSteps": self._cancel_steps,
                "ModifyCluster": self._modify,
                "SetTerminationProtection": self._protect,
            },
            exclusive=True,
        )

    def handle(self, request: Request) -> Response | None:
        """The response to an operation of EMR."""
        return self._api.handle(request)

    def _run_job_flow(self, call: Call) -> Mapping[str, Any]:
        name, now = call.get("Name", ""), current().clock.now()
        with self._lock:
            number = sum(cluster.name == name for cluster in self._clusters.values())
            digits = uuid.uuid5(_NAMESPACE, f"{name} {number}").hex[:13].upper()
            cluster = _Cluster(f"j-{digits}", name, call.region, call.parameters, now)
            cluster.protected = bool(call.get("Instances", {}).get("TerminationProtected"))
            cluster.concurrency = call.get("StepConcurrencyLevel", 1)
            self._clusters[cluster.id] = cluster
        if self._fails_to_begin(cluster):
            self._skip(cluster, call.get("Steps", []))
        else:
            self._start(cluster, call.get("Steps", []))
        if cluster.terminated_at is None and not _stays(cluster):
            cluster.terminated_at = max(
                (step.run.stopped_at for step in cluster.steps), default=now
            )
        return {"JobFlowId": cluster.id, "ClusterArn": _arn(cluster)}

    def _fails_to_begin(self, cluster: _Cluster) -> bool:
        """Lets a cluster end while it starts, where its workload says so."""
        if ("emr_cluster", cluster.name) not in self._workloads:
            return False
        run = self._beginnings.begin(cluster.name, {})
        if run.outcome.succeeded:
            return False
        cluster.stillborn, cluster.terminated_at = True, run.stopped_at
        cluster.end = _ended_by(run.outcome.stop_code or "INTERNAL_ERROR", run.outcome.reason)
        return True

    def _list_clusters(self, call: Call) -> Mapping[str, Any]:
        after = _moment(call.get("CreatedAfter", 0))
        before = _moment(call.get("CreatedBefore", 32503680000))  # the year 3000
        with self._lock:
            clusters = list(self._clusters.values())
        wanted = [
            cluster
            for cluster in sorted(clusters, key=lambda cluster: cluster.created_at, reverse=True)
            if after <= cluster.created_at <= before
            and cluster.region == call.region
            and _cluster_state(cluster)
            in (call.get("ClusterStates", []) or [_cluster_state(cluster)])
        ]
        some, more = page(wanted, call, _PAGE, marker="Marker")
        return {"Clusters": [_summary(cluster) for cluster in some], **more}

    def _describe_cluster(self, call: Call) -> Mapping[str, Any]:
        cluster = self._find(call)
        settings = cluster.settings
        return {
            "Cluster": {
                **_summary(cluster),
                "ReleaseLabel": settings.get("ReleaseLabel", "emr-7.5.0"),
                "Applications": settings.get("Applications", []),
                "LogUri": settings.get("LogUri", ""),
                "ServiceRole": settings.get("ServiceRole", ""),
                "Tags": settings.get("Tags", []),
                "AutoTerminate": not _stays(cluster),
                "TerminationProtected": cluster.protected,
                "VisibleToAllUsers": True,
                "StepConcurrencyLevel": cluster.concurrency,
            }
        }

    def _terminate(self, call: Call) -> Mapping[str, Any]:
        now = current().clock.now()
        clusters = self._named(call)
        if any(cluster.protected for cluster in clusters):
            raise FaultError(
                "ValidationException",
                "Could not shut down one or more job flows since they are termination protected.",
            )
        for cluster in clusters:
            if not _is_over(cluster):
                cluster.terminated_at, cluster.end = now, _BY_USER
            for step in cluster.steps:
                step.run.stop("Cluster was terminated.")
        return {}

    def _protect(self, call: Call) -> Mapping[str, Any]:
        for cluster in self._named(call):
            cluster.protected = bool(call.get("TerminationProtected"))
        return {}

    def _modify(self, call: Call) -> Mapping[str, Any]:
        cluster = self._find(call)
        cluster.concurrency = call.get("StepConcurrencyLevel", cluster.concurrency)
        return {"StepConcurrencyLevel": cluster.concurrency}

    def _named(self, call: Call) -> list[_Cluster]:
        ids = call.get("JobFlowIds", [])
        return [self._find(Call({"ClusterId": each}, call.region)) for each in ids]

    def _add_steps(self, call: Call) -> Mapping[str, Any]:
        cluster = self._find(Call({"ClusterId": call.get("JobFlowId")}, call.region))
        if _is_over(cluster):
            raise _invalid(
                "A job flow that is shutting down, terminating, or finished may not be modified."
            )
        return {"StepIds": self._start(cluster, call.get("Steps", []))}

    def _list_steps(self, call: Call) -> Mapping[str, Any]:
        cluster = self._find(call)
        states, ids = call.get("StepStates", []), call.get("StepIds", [])
        with self._lock:
            steps = list(cluster.steps)
        wanted = [
            step
            for step in sorted(steps, key=lambda step: step.run.created_at, reverse=True)
            if (not states or _step_state(step) in states) and (not ids or step.id in ids)
        ]
        some, more = page(wanted, call, _PAGE, marker="Marker")
        return {"Steps": [_described(cluster, step) for step in some], **more}

    def _cancel_steps(self, call: Call) -> Mapping[str, Any]:
        cluster = self._find(call)
        with self._lock:
            steps = {step.id: step for step in cluster.steps}
        answers = []
        for wanted in call.get("StepIds", []):
            step = steps.get(wanted)
            if step is None:
                raise _invalid(f"Step id '{wanted}' is not valid.")
            answer = {"StepId": wanted, "Status": "SUBMITTED"}
            if step.run.ended():
                reason = f"Step is in {_step_state(step)} state and cannot be cancelled."
                answer |= {"Status": "FAILED", "Reason": reason}
            step.run.stop("Step was cancelled by a user.")
            answers.append(answer)
        return {"CancelStepsInfoList": answers}

    def _describe_step(self, call: Call) -> Mapping[str, Any]:
        cluster, wanted = self._find(call), call.get("StepId", "")
        with self._lock:
            steps = list(cluster.steps)
        for step in steps:
            if step.id == wanted:
                return {"Step": _described(cluster, step)}
        raise _invalid(f"Step id '{wanted}' is not valid.")

    def _find(self, call: Call) -> _Cluster:
        wanted = call.get("ClusterId", "")
        with self._lock:
            cluster = self._clusters.get(wanted)
        if cluster is None or cluster.region != call.region:
            raise _invalid(f"Cluster id '{wanted}' is not valid.")
        return cluster

    def _start(self, cluster: _Cluster, configs: list[Mapping[str, Any]]) -> list[str]:
        """Runs the steps; one that fails does to those after it what its action says."""
        ids: list[str] = []
        for config in configs:
            step = self._run(cluster, config)
            with self._lock:
                cluster.steps.append(step)
            ids.append(step.id)
            action, outcome = config.get("ActionOnFailure", "CONTINUE"), step.run.outcome
            if outcome.ends_cluster:
                cluster.terminated_at = step.run.stopped_at
                cluster.end = _ended_by(outcome.ends_cluster, outcome.reason)
            elif outcome.succeeded or action == "CONTINUE":
                continue
            elif action in _ENDS_CLUSTER and not cluster.protected:
                cluster.terminated_at, cluster.end = step.run.stopped_at, _BY_FAILURE
            ids += self._skip(cluster, configs[len(ids) :])
            break
        return ids

    def _skip(self, cluster: _Cluster, configs: list[Mapping[str, Any]]) -> list[str]:
        steps = [self._run(cluster, config, skipped=True) for config in configs]
        with self._lock:
            cluster.steps.extend(steps)
        return [step.id for step in steps]

    def _run(self, cluster: _Cluster, config: Mapping[str, Any], *, skipped: bool = False) -> _Step:
        arguments = config.get("HadoopJarStep", {}).get("Args", [])
        numbered = {str(number): value for number, value in enumerate(arguments)}
        run = self._ledger.begin(config["Name"], numbered)
        step = _Step(run, f"s-{run.id[:13].upper()}", config)
        if skipped:
            run.started_at = run.stopped_at = run.created_at
            run.stopped_because = "Job terminated"
        else:
            group = f"/aws/emr/{cluster.id}/steps"
            self._ledger.write(run, group, step.id, run.outcome.log_lines)
        return step


def _invalid(message: str) -> FaultError:
    return FaultError("InvalidRequestException", message)


def _ended_by(code: str, message: str) -> tuple[str, str, str]:
    """State, code and message of a cluster that ended before its work was done."""
    return (_BY_USER[0] if code == _BY_USER[1] else _WITH_ERRORS, code, message)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _arn(cluster: _Cluster) -> str:
    return f"arn:aws:elasticmapreduce:{cluster.region}:{ACCOUNT}:cluster/{cluster.id}"


def _is_over(cluster: _Cluster) -> bool:
    return cluster.terminated_at is not None and current().clock.now() >= cluster.terminated_at


def _stays(cluster: _Cluster) -> bool:
    """Whether it waits for further steps when it has none."""
    return bool(cluster.settings.get("Instances", {}).get("KeepJobFlowAliveWhenNoSteps", False))


def _cluster_state(cluster: _Cluster) -> str:
    if _is_over(cluster):
        return cluster.end[0]
    if cluster.stillborn:
        return "BOOTSTRAPPING" if cluster.end[1] == "BOOTSTRAP_FAILURE" else "STARTING"
    busy = any(_step_state(step) == "RUNNING" for step in list(cluster.steps))
    return "RUNNING" if busy else "WAITING"


def _summary(cluster: _Cluster) -> dict[str, Any]:
    state = _cluster_state(cluster)
    timeline = {"CreationDateTime": cluster.created_at, "ReadyDateTime": cluster.created_at}
    reason: dict[str, str] = {}
    if state == cluster.end[0] and cluster.terminated_at is not None:
        timeline["EndDateTime"] = cluster.terminated_at
        reason = {"Code": cluster.end[1], "Message": cluster.end[2]}
    elif state == "WAITING":
        reason = {"Message": "Cluster ready to run steps."}
    return {
        "Id": cluster.id,
        "Name": cluster.name,
        "Status": {"State": state, "StateChangeReason": reason, "Timeline": timeline},
        "NormalizedInstanceHours": 0,
        "ClusterArn": _arn(cluster),
    }


def _step_state(step: _Step) -> str:
    if not step.run.ended():
        return "RUNNING"
    if step.run.stopped_because is not None:
        return "CANCELLED"
    return "COMPLETED" if step.run.outcome.succeeded else step.run.outcome.state or "FAILED"


def _why_cancelled(run: Run) -> str:
    """The step's own words; where its cluster ended, only the cluster has any."""
    if run.stopped_because is not None:
        return run.stopped_because
    return "" if run.outcome.ends_cluster else run.outcome.reason


def _described(cluster: _Cluster, step: _Step) -> dict[str, Any]:
    run, state = step.run, _step_state(step)
    jar = step.config.get("HadoopJarStep", {})
    timeline = {"CreationDateTime": run.created_at, "StartDateTime": run.started_at}
    if run.ended():
        timeline["EndDateTime"] = run.stopped_at
    status: dict[str, Any] = {"State": state, "StateChangeReason": {}, "Timeline": timeline}
    if state == "CANCELLED" and (said := _why_cancelled(run)):
        status["StateChangeReason"] = {"Message": said}
    if state == "FAILED":
        log_uri = cluster.settings.get("LogUri", "").rstrip("/")
        status["FailureDetails"] = {
            "Reason": "Unknown Error.",
            "Message": run.outcome.reason,
            "LogFile": f"{log_uri}/{cluster.id}/steps/{step.id}/stderr.gz",
        }
    return {
        "Id": step.id,
        "Name": run.name,
        "Config": {
            "Jar": jar.get("Jar", ""),
            "Args": jar.get("Args", []),
            "MainClass": jar.get("MainClass", ""),
            "Properties": {item["Key"]: item["Value"] for item in jar.get("Properties", [])},
        },
        "ActionOnFailure": step.config.get("ActionOnFailure", "CONTINUE"),
        "Status": status,
    }
