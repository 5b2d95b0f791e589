"""ECS clusters and task definitions."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from datalfred.local.aws.compute.origin import current
from datalfred.local.aws.compute.wire import Call, Operation, page
from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT

_PAGE = 100


@dataclass(frozen=True)
class Cluster:
    """A cluster: its name, region and tags."""

    name: str
    region: str
    tags: tuple[Mapping[str, str], ...] = ()

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:ecs:{self.region}:{ACCOUNT}:cluster/{self.name}"


@dataclass(frozen=True)
class TaskDefinition:
    """One revision of a task definition.

    Attributes:
        family: its name.
        revision: 1 for the first one.
        region: where it is.
        settings: as it was registered.
        registered_at: when.
        deregistered_at: when it became inactive; None while it may run.
    """

    family: str
    revision: int
    region: str
    settings: Mapping[str, Any]
    registered_at: datetime
    deregistered_at: datetime | None = None

    @property
    def status(self) -> str:
        """``ACTIVE`` or ``INACTIVE``."""
        return "INACTIVE" if self.deregistered_at else "ACTIVE"

    @property
    def arn(self) -> str:
        """Its ARN, with the revision."""
        name = f"{self.family}:{self.revision}"
        return f"arn:aws:ecs:{self.region}:{ACCOUNT}:task-definition/{name}"

    @property
    def containers(self) -> list[Mapping[str, Any]]:
        """Its containers, as they were registered."""
        return list(self.settings["containerDefinitions"])

    def described(self) -> dict[str, Any]:
        """As ``DescribeTaskDefinition`` says it."""
        settings = {name: value for name, value in self.settings.items() if name != "tags"}
        ended = {"deregisteredAt": self.deregistered_at} if self.deregistered_at else {}
        return {
            **settings,
            "taskDefinitionArn": self.arn,
            "revision": self.revision,
            "status": self.status,
            "registeredAt": self.registered_at,
            "compatibilities": ["EC2", "FARGATE"],
            "volumes": settings.get("volumes", []),
            **ended,
        }


@dataclass
class EcsDefinitions:
    """The clusters and task definitions of all regions. Safe for threads.

    Attributes:
        running: how many tasks run in the cluster of an ARN.
    """

    running: Callable[[str], int]
    _clusters: dict[tuple[str, str], Cluster] = field(default_factory=dict)
    _families: dict[tuple[str, str], list[TaskDefinition]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def operations(self) -> Mapping[str, Operation]:
        """What can be asked of clusters and task definitions."""
        return {
            "CreateCluster": self._create_cluster,
            "DescribeClusters": self._describe_clusters,
            "ListClusters": self._list_clusters,
            "DeleteCluster": self._delete_cluster,
            "RegisterTaskDefinition": self._register,
            "DescribeTaskDefinition": self._describe,
            "ListTaskDefinitions": self._list,
            "ListTaskDefinitionFamilies": self._list_families,
            "DeregisterTaskDefinition": self._deregister,
            "ListServices": self._list_services,
            "DescribeServices": self._describe_services,
        }

    def cluster(self, call: Call, name_or_arn: str) -> Cluster:
        """The cluster of that name or ARN.

        Raises:
            FaultError: ``ClusterNotFoundException``.
        """
        with self._lock:
            found = self._clusters.get((call.region, _name(name_or_arn)))
        if found is None:
            raise FaultError("ClusterNotFoundException", "Cluster not found.")
        return found

    def definition(self, call: Call, wanted: str) -> TaskDefinition:
        """The task definition of a family (its newest that is active), ``family:revision`` or ARN.

        Raises:
            FaultError: ``ClientException``: there is none.
        """
        family, _, revision = _name(wanted).partition(":")
        with self._lock:
            revisions = list(self._families.get((call.region, family), ()))
        for definition in reversed(revisions):
            newest = not revision and definition.status == "ACTIVE"
            if newest or revision == str(definition.revision):
                return definition
        raise FaultError("ClientException", "Unable to describe task definition.")

    def _create_cluster(self, call: Call) -> Mapping[str, Any]:
        name = call.get("clusterName", "default")
        cluster = Cluster(name, call.region, tuple(call.get("tags", [])))
        with self._lock:
            cluster = self._clusters.setdefault((call.region, name), cluster)
        return {"cluster": self._described(cluster)}

    def _describe_clusters(self, call: Call) -> Mapping[str, Any]:
        found, missing = [], []
        for wanted in call.get("clusters", ["default"]):
            try:
                found.append(self._described(self.cluster(call, wanted)))
            except FaultError:
                arn = Cluster(_name(wanted), call.region).arn
                missing.append({"arn": arn, "reason": "MISSING"})
        return {"clusters": found, "failures": missing}

    def _list_clusters(self, call: Call) -> Mapping[str, Any]:
        with self._lock:
            arns = [each.arn for each in self._clusters.values() if each.region == call.region]
        some, more = page(arns, call, _PAGE, "maxResults", "nextToken")
        return {"clusterArns": some, **more}

    def _delete_cluster(self, call: Call) -> Mapping[str, Any]:
        cluster = self.cluster(call, call.get("cluster", ""))
        if self.running(cluster.arn):
            raise FaultError(
                "ClusterContainsTasksException",
                "The Cluster cannot be deleted while Tasks are active.",
            )
        with self._lock:
            del self._clusters[cluster.region, cluster.name]
        return {"cluster": {**self._described(cluster), "status": "INACTIVE"}}

    def _register(self, call: Call) -> Mapping[str, Any]:
        family = call.get("family", "")
        if not family or not call.get("containerDefinitions"):
            raise FaultError("ClientException", "Family and container definitions are required.")
        with self._lock:
            revisions = self._families.setdefault((call.region, family), [])
            definition = TaskDefinition(
                family, len(revisions) + 1, call.region, call.parameters, current().clock.now()
            )
            revisions.append(definition)
        return {"taskDefinition": definition.described(), "tags": call.get("tags", [])}

    def _describe(self, call: Call) -> Mapping[str, Any]:
        definition = self.definition(call, call.get("taskDefinition", ""))
        return {
            "taskDefinition": definition.described(),
            "tags": definition.settings.get("tags", []),
        }

    def _deregister(self, call: Call) -> Mapping[str, Any]:
        wanted = call.get("taskDefinition", "")
        if ":" not in _name(wanted):
            raise FaultError(
                "ClientException", "The specified task definition has to name its revision."
            )
        definition = replace(self.definition(call, wanted), deregistered_at=current().clock.now())
        with self._lock:
            revisions = self._families[call.region, definition.family]
            revisions[definition.revision - 1] = definition
        return {"taskDefinition": definition.described()}

    def _list(self, call: Call) -> Mapping[str, Any]:
        prefix, status = call.get("familyPrefix"), call.get("status", "ACTIVE")
        arns = [
            definition.arn
            for family, revisions in self._of(call.region)
            for definition in revisions
            if prefix in (None, family) and definition.status == status
        ]
        if call.get("sort") == "DESC":
            arns.reverse()
        some, more = page(arns, call, _PAGE, "maxResults", "nextToken")
        return {"taskDefinitionArns": some, **more}

    def _list_families(self, call: Call) -> Mapping[str, Any]:
        prefix, status = call.get("familyPrefix", ""), call.get("status", "ALL")
        families = []
        for family, revisions in self._of(call.region):
            active = any(definition.status == "ACTIVE" for definition in revisions)
            if family.startswith(prefix) and status in ("ALL", "ACTIVE" if active else "INACTIVE"):
                families.append(family)
        some, more = page(families, call, _PAGE, "maxResults", "nextToken")
        return {"families": some, **more}

    def _of(self, region: str) -> list[tuple[str, list[TaskDefinition]]]:
        """The families of a region by name, and the revisions of each, oldest first."""
        with self._lock:
            return [
                (family, list(revisions))
                for (where, family), revisions in sorted(self._families.items())
                if where == region
            ]

    def _list_services(self, call: Call) -> Mapping[str, Any]:
        """None: nobody can create one here."""
        self.cluster(call, call.get("cluster", "default"))
        return {"serviceArns": []}

    def _describe_services(self, call: Call) -> Mapping[str, Any]:
        cluster = self.cluster(call, call.get("cluster", "default"))
        prefix = cluster.arn.replace(":cluster/", ":service/")
        missing = [
            {"arn": f"{prefix}/{_name(wanted)}", "reason": "MISSING"}
            for wanted in call.get("services", [])
        ]
        return {"services": [], "failures": missing}

    def _described(self, cluster: Cluster) -> dict[str, Any]:
        return {
            "clusterArn": cluster.arn,
            "clusterName": cluster.name,
            "status": "ACTIVE",
            "tags": list(cluster.tags),
            "settings": [],
            "capacityProviders": [],
            "registeredContainerInstancesCount": 0,
            "runningTasksCount": self.running(cluster.arn),
            "pendingTasksCount": 0,
            "activeServicesCount": 0,
        }


def _name(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]
