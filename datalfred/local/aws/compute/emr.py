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
    steps: list[_Step] = field(default_factory=list)


class Emr:
    """The cluster and step operations of EMR."""

    def __init__(self, client: Callable[[str], Any], workloads: Workloads) -> None:
        """Makes the service.

        Args:
            client: makes a boto3 client; for the logs.
            workloads: decide how steps end.
        """
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
            self._clusters[cluster.id] = cluster
        self._start(cluster, call.get("Steps", []))
        if not call.get("Instances", {}).get("KeepJobFlowAliveWhenNoSteps", False):
            cluster.terminated_at = max(
                (step.run.stopped_at for step in cluster.steps), default=now
            )
        return {"JobFlowId": cluster.id, "ClusterArn": _arn(cluster)}

    def _list_clusters(self, call: Call) -> Mapping[str, Any]:
        after = _moment(call.get("CreatedAfter", 0))
        before = _moment(call.get("CreatedBefore", 32503680000))  # the year 3000
        with self._lock:
            clusters = list(self._clusters.values())
        wanted = [
            cluster
            for cluster in sorted(clusters, key=lambda cluster: cluster.created_at, reverse=True)
            if after <= cluster.created_at <= before
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
                "AutoTerminate": cluster.terminated_at is not None,
                "TerminationProtected": False,
                "VisibleToAllUsers": True,
                "StepConcurrencyLevel": settings.get("StepConcurrencyLevel", 1),
            }
        }

    def _terminate(self, call: Call) -> Mapping[str, Any]:
        now = current().clock.now()
        for cluster_id in call.get("JobFlowIds", []):
            cluster = self._find(Call({"ClusterId": cluster_id}, call.region))
            cluster.terminated_at = now
            for step in cluster.steps:
                step.run.stop("Cluster was terminated.")
        return {}

    def _add_steps(self, call: Call) -> Mapping[str, Any]:
        cluster = self._find(Call({"ClusterId": call.get("JobFlowId")}, call.region))
        if _cluster_state(cluster).startswith("TERMINATED"):
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
        if cluster is None:
            raise _invalid(f"Cluster id '{wanted}' is not valid.")
        return cluster

    def _start(self, cluster: _Cluster, configs: list[Mapping[str, Any]]) -> list[str]:
        ids = []
        for config in configs:
            arguments = config.get("HadoopJarStep", {}).get("Args", [])
            run = self._ledger.begin(
                config["Name"], {str(number): value for number, value in enumerate(arguments)}
            )
            step = _Step(run, f"s-{run.id[:13].upper()}", config)
            group = f"/aws/emr/{cluster.id}/steps"
            self._ledger.write(run, group, step.id, run.outcome.log_lines)
            with self._lock:
                cluster.steps.append(step)
            ids.append(step.id)
        return ids


def _invalid(message: str) -> FaultError:
    return FaultError("InvalidRequestException", message)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _arn(cluster: _Cluster) -> str:
    return f"arn:aws:elasticmapreduce:{cluster.region}:{ACCOUNT}:cluster/{cluster.id}"


def _cluster_state(cluster: _Cluster) -> str:
    if cluster.terminated_at is not None and current().clock.now() >= cluster.terminated_at:
        return "TERMINATED"
    busy = any(_step_state(step) == "RUNNING" for step in list(cluster.steps))
    return "RUNNING" if busy else "WAITING"


def _summary(cluster: _Cluster) -> dict[str, Any]:
    state = _cluster_state(cluster)
    timeline = {"CreationDateTime": cluster.created_at, "ReadyDateTime": cluster.created_at}
    reason: dict[str, str] = {}
    if state == "TERMINATED" and cluster.terminated_at is not None:
        timeline["EndDateTime"] = cluster.terminated_at
        reason = {"Code": "ALL_STEPS_COMPLETED", "Message": "Steps completed"}
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
    return "COMPLETED" if step.run.outcome.succeeded else "FAILED"


def _described(cluster: _Cluster, step: _Step) -> dict[str, Any]:
    run, state = step.run, _step_state(step)
    jar = step.config.get("HadoopJarStep", {})
    timeline = {"CreationDateTime": run.created_at, "StartDateTime": run.started_at}
    if run.ended():
        timeline["EndDateTime"] = run.stopped_at
    status: dict[str, Any] = {"State": state, "StateChangeReason": {}, "Timeline": timeline}
    if state == "CANCELLED":
        status["StateChangeReason"] = {"Message": run.stopped_because}
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
