"""ECS clusters and task definitions."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """

    family: str
    revision: int
    region: str
    settings: Mapping[str, Any]
    registered_at: datetime

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
        return {
            **settings,
            "taskDefinitionArn": self.arn,
            "revision": self.revision,
            "status": "ACTIVE",
            "registeredAt": self.registered_at,
            "compatibilities": ["EC2", "FARGATE"],
            "volumes": settings.get("volumes", []),
        }


@dataclass
class EcsDefinitions:
    """The clusters and task definitions of all regions. Safe for threads."""

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
        """The task definition of a family (its newest revision), of ``family:revision`` or an ARN.

        Raises:
            FaultError: ``ClientException``: there is none.
        """
        family, _, revision = _name(wanted).partition(":")
        with self._lock:
            revisions = list(self._families.get((call.region, family), ()))
        for definition in reversed(revisions):
            if revision in ("", str(definition.revision)):
                return definition
        raise FaultError("ClientException", "Unable to describe task definition.")

    def _create_cluster(self, call: Call) -> Mapping[str, Any]:
        name = call.get("clusterName", "default")
        cluster = Cluster(name, call.region, tuple(call.get("tags", [])))
        with self._lock:
            cluster = self._clusters.setdefault((call.region, name), cluster)
        return {"cluster": _described(cluster)}

    def _describe_clusters(self, call: Call) -> Mapping[str, Any]:
        found, missing = [], []
        for wanted in call.get("clusters", ["default"]):
            try:
                found.append(_described(self.cluster(call, wanted)))
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
        with self._lock:
            del self._clusters[cluster.region, cluster.name]
        return {"cluster": {**_described(cluster), "status": "INACTIVE"}}

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

    def _list(self, call: Call) -> Mapping[str, Any]:
        prefix = call.get("familyPrefix")
        with self._lock:
            arns = [
                definition.arn
                for (region, family), revisions in sorted(self._families.items())
                for definition in revisions
                if region == call.region and prefix in (None, family)
            ]
        some, more = page(arns, call, _PAGE, "maxResults", "nextToken")
        return {"taskDefinitionArns": some, **more}


def _name(name_or_arn: str) -> str:
    return name_or_arn.rpartition("/")[2]


def _described(cluster: Cluster) -> dict[str, Any]:
    return {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "tags": list(cluster.tags),
        "settings": [],
        "capacityProviders": [],
        "registeredContainerInstancesCount": 0,
    }
