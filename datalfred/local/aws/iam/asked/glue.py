"""What a call of Glue asks for: of the catalog, the database and the table; or of a job.

Permission is needed on a resource and all its ancestors; a deletion needs it below as well.
Sources: https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html and
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsglue.html
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from datalfred.local.aws.iam.asked.called import Asks, Called, everything, passed, unknown
from datalfred.local.aws.iam.evaluation import Ask

_DATABASE = MappingProxyType(
    {
        "CreateDatabase": ("DatabaseInput", "Name"),
        "DeleteDatabase": ("Name",),
        "GetDatabase": ("Name",),
        "UpdateDatabase": ("Name",),
    }
)
"""The operations of a database, and where its name stands."""

_ALL_TABLES = {"DeleteDatabase"}
_TABLE = MappingProxyType(
    {
        "CreateTable": ("TableInput", "Name"),
        "UpdateTable": ("TableInput", "Name"),
        "DeleteTable": ("Name",),
        "GetTable": ("Name",),
        **dict.fromkeys(
            (
                "BatchCreatePartition", "BatchDeletePartition", "BatchDeleteTableVersion",
                "BatchGetPartition", "BatchUpdatePartition", "CreatePartition",
                "CreatePartitionIndex", "DeleteColumnStatisticsForPartition",
                "DeleteColumnStatisticsForTable", "DeletePartition", "DeletePartitionIndex",
                "DeleteTableVersion", "GetColumnStatisticsForPartition",
                "GetColumnStatisticsForTable", "GetPartition", "GetPartitionIndexes",
                "GetPartitions", "GetTableVersion", "GetTableVersions",
                "UpdateColumnStatisticsForPartition", "UpdateColumnStatisticsForTable",
                "UpdatePartition",
            ),
            ("TableName",),
        ),
    }
)  # fmt: skip
"""The operations of a table, and where its name stands."""

_JOB = {
    "BatchStopJobRun": "JobName", "CreateJob": "Name", "DeleteJob": "JobName", "GetJob": "JobName",
    "GetJobBookmark": "JobName", "GetJobRun": "JobName", "GetJobRuns": "JobName",
    "ResetJobBookmark": "JobName", "StartJobRun": "JobName", "UpdateJob": "JobName",
}  # fmt: skip
_WITHOUT_RESOURCE = {
    "GetClassifiers", "GetCrawlers", "GetJobs", "GetTriggers", "ListCrawlers", "ListJobs",
    "ListTriggers", "ListWorkflows",
}  # fmt: skip


def asks(called: Called) -> Asks:
    """The asks of one call."""
    operation, action = called.operation, f"glue:{called.operation}"
    if operation in _WITHOUT_RESOURCE:
        return [everything(action)]
    if operation in _JOB:
        role = called.input.get("Role") or _inside(called.input, ("JobUpdate", "Role"))
        job = Ask(action, called.arn("glue", f"job/{called.text(_JOB[operation])}"))
        return [job, *passed(called, role, "glue")]
    return [Ask(action, called.arn("glue", where)) for where in _of_catalog(called)] or [
        unknown(action)
    ]


def _of_catalog(called: Called) -> list[str]:
    """The catalog's part that an operation is about, with its ancestors; empty for all others.

    Glue takes names in any case and keeps them in lower case.
    """
    operation = called.operation
    if operation == "GetDatabases":
        return ["catalog", "database/*"]
    if operation == "SearchTables":
        return ["catalog", "database/*", "table/*/*"]
    if operation in _DATABASE:
        name = _inside(called.input, _DATABASE[operation]).lower()
        below = [f"table/{name}/*"] if operation in _ALL_TABLES else []
        return ["catalog", f"database/{name}", *below]
    database = called.text("DatabaseName").lower()
    if operation in {"BatchDeleteTable", "GetTables"}:
        tables = [each.lower() for each in called.texts("TablesToDelete")] or ["*"]
        return ["catalog", f"database/{database}", *(f"table/{database}/{t}" for t in tables)]
    if operation in _TABLE:
        name = _inside(called.input, _TABLE[operation]).lower()
        return ["catalog", f"database/{database}", f"table/{database}/{name}"]
    return []


def _inside(content: Any, path: tuple[str, ...]) -> str:
    for name in path:
        content = content.get(name) if isinstance(content, Mapping) else None
    return content if isinstance(content, str) else ""
