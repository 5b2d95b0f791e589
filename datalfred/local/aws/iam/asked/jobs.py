"""What a call of ECS, EMR or EMR Serverless asks for.

Sources, of https://docs.aws.amazon.com/service-authorization/latest/reference/:
list_amazonelasticcontainerservice.html, list_amazonelasticmapreduce.html and
list_amazonemrserverless.html.
"""

from collections.abc import Mapping
from typing import Any

from datalfred.local.aws.iam.asked.called import (
    Asks,
    Called,
    everything,
    named,
    passed,
    unknown,
)
from datalfred.local.aws.iam.evaluation import Ask

_DEFAULT = "default"
_ECS_TARGET = "AmazonEC2ContainerServiceV20141113"
_ECS_WITHOUT_RESOURCE = {
    "CreateCluster", "DeregisterTaskDefinition", "DescribeTaskDefinition", "ListAccountSettings",
    "ListClusters", "ListServices", "ListTaskDefinitionFamilies", "ListTaskDefinitions",
    "RegisterTaskDefinition",
}  # fmt: skip
_ECS_OF_CLUSTER = {
    "DeleteCluster", "ListContainerInstances", "PutClusterCapacityProviders", "UpdateCluster",
    "UpdateClusterSettings",
}  # fmt: skip
_ECS_OF_SERVICE = {
    "CreateService": "serviceName",
    "DeleteService": "service",
    "UpdateService": "service",
}
_TASK_ROLES = ("taskRoleArn", "executionRoleArn")

_EMR_WITHOUT_RESOURCE = {
    "DescribeReleaseLabel", "ListClusters", "ListReleaseLabels", "ListSecurityConfigurations",
    "RunJobFlow",
}  # fmt: skip
_EMR_SEVERAL = {"TerminateJobFlows", "SetTerminationProtection", "SetVisibleToAllUsers"}


def asks_of_ecs(called: Called) -> Asks:
    """The asks of one call of ECS."""
    operation, action = called.operation, f"ecs:{called.operation}"
    cluster = called.text("cluster", "clusterName") or _DEFAULT
    where = named(called, "ecs", "cluster/", cluster)
    called.keys["ecs:cluster"] = (where,)
    if operation == "ListTasks":
        return [everything(action)]  # the cluster is a condition key, no resource
    if operation in _ECS_WITHOUT_RESOURCE:
        return [everything(action), *_pass_to_tasks(called, called.input)]
    if operation in {"RunTask", "StartTask"}:
        return _run(called, action)
    if operation in _ECS_OF_CLUSTER:
        return [Ask(action, where)]
    return [Ask(action, each) for each in _members(called, cluster)] or [unknown(action)]


def _members(called: Called, cluster: str) -> list[str]:
    """The clusters, tasks or services that an operation names."""
    operation, of_cluster = called.operation, cluster.rpartition("/")[2]
    if operation == "DescribeClusters":
        names = called.texts("clusters") or [_DEFAULT]
        return [named(called, "ecs", "cluster/", name) for name in names]
    if operation in {"DescribeTasks", "StopTask"}:
        tasks = called.texts("tasks") or [called.text("task")]
        return [named(called, "ecs", f"task/{of_cluster}/", task) for task in tasks]
    services = called.texts("services")
    if operation in _ECS_OF_SERVICE:
        services = [called.text(_ECS_OF_SERVICE[operation])]
    return [named(called, "ecs", f"service/{of_cluster}/", service) for service in services]


def _run(called: Called, action: str) -> Asks:
    """A task runs under the roles of its definition, unless the call names others."""
    wanted = called.text("taskDefinition")
    found = called.look_up(_ECS_TARGET, "DescribeTaskDefinition", {"taskDefinition": wanted})
    definition = found.get("taskDefinition", {})
    arn = definition.get("taskDefinitionArn") or named(called, "ecs", "task-definition/", wanted)
    overrides = called.input.get("overrides")
    roles = {**definition, **(overrides if isinstance(overrides, dict) else {})}
    return [Ask(action, arn), *_pass_to_tasks(called, roles)]


def _pass_to_tasks(called: Called, roles: Mapping[str, Any]) -> list[Ask]:
    return [ask for name in _TASK_ROLES for ask in passed(called, roles.get(name), "ecs-tasks")]


def asks_of_emr(called: Called) -> Asks:
    """The asks of one call of EMR; its steps have no ARN, so their cluster counts."""
    operation, action = called.operation, f"elasticmapreduce:{called.operation}"
    if operation in _EMR_WITHOUT_RESOURCE:
        service = passed(called, called.input.get("ServiceRole"), "elasticmapreduce")
        return [everything(action), *service]
    ids = called.texts("JobFlowIds") if operation in _EMR_SEVERAL else []
    ids = ids or [called.text("ClusterId", "JobFlowId")]
    arns = [called.arn("elasticmapreduce", f"cluster/{each}") for each in ids if each]
    role = passed(called, called.input.get("ExecutionRoleArn"), "elasticmapreduce")
    return [*(Ask(action, arn) for arn in arns), *role] if arns else [unknown(action)]


def asks_of_emr_serverless(called: Called) -> Asks:
    """The asks of one call of EMR Serverless, whose paths are those of its ARNs."""
    operation, action = called.operation, f"emr-serverless:{called.operation}"
    if operation in {"CreateApplication", "ListApplications"}:
        return [everything(action)]
    if called.path[0] != "applications" or len(called.path) < 2:  # noqa: PLR2004 -- "applications", id
        return [unknown(action)]
    is_run = called.path[2:3] == ["jobruns"] and len(called.path) > 3  # noqa: PLR2004 -- an id behind it
    parts = called.path[:4] if is_run else called.path[:2]
    asked = Ask(action, called.arn("emr-serverless", f"/{'/'.join(parts)}"))
    return [asked, *passed(called, called.input.get("executionRoleArn"), "emr-serverless")]
