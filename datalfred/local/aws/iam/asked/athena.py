"""What a call of Athena asks for: almost always of a workgroup.

A query is named by its id: Athena is asked which workgroup it ran in.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
"""

from datalfred.local.aws.iam.asked.called import Asks, Called, everything, unknown
from datalfred.local.aws.iam.evaluation import Ask, Scope

_PRIMARY = "primary"
_OF_WORKGROUP = {
    "BatchGetPreparedStatement", "CreateNamedQuery", "CreatePreparedStatement", "CreateWorkGroup",
    "DeletePreparedStatement", "DeleteWorkGroup", "GetPreparedStatement", "GetWorkGroup",
    "ListNamedQueries", "ListPreparedStatements", "ListQueryExecutions", "StartQueryExecution",
    "UpdatePreparedStatement", "UpdateWorkGroup",
}  # fmt: skip
_OF_QUERY = {
    "GetQueryExecution", "GetQueryResults", "GetQueryResultsStream", "GetQueryRuntimeStatistics",
    "StopQueryExecution",
}  # fmt: skip
_OF_CATALOG = {
    "CreateDataCatalog": "Name", "DeleteDataCatalog": "Name", "GetDataCatalog": "Name",
    "GetDatabase": "CatalogName", "GetTableMetadata": "CatalogName", "ListDatabases": "CatalogName",
    "ListTableMetadata": "CatalogName", "UpdateDataCatalog": "Name",
}  # fmt: skip
_WITHOUT_RESOURCE = {"ListDataCatalogs", "ListEngineVersions", "ListWorkGroups"}


def asks(called: Called) -> Asks:
    """The asks of one call."""
    operation, action = called.operation, f"athena:{called.operation}"
    if operation in _WITHOUT_RESOURCE:
        return [everything(action)]
    if operation in _OF_QUERY:
        return [_of_query(called, action, called.text("QueryExecutionId"))]
    if operation == "BatchGetQueryExecution":
        return [_of_query(called, action, each) for each in called.texts("QueryExecutionIds")]
    where = _named(called)
    return [Ask(action, where)] if where else [unknown(action)]


def _named(called: Called) -> str:
    """The ARN of what an operation names; empty for operations that nobody here knows."""
    operation = called.operation
    if operation in _OF_WORKGROUP:
        name = called.text("WorkGroup", "Name" if operation == "CreateWorkGroup" else "")
        return called.arn("athena", f"workgroup/{name or _PRIMARY}")
    if operation in _OF_CATALOG:
        return called.arn("athena", f"datacatalog/{called.text(_OF_CATALOG[operation])}")
    return called.text("ResourceARN")


def _of_query(called: Called, action: str, query: str) -> Ask:
    found = called.look_up("AmazonAthena", "GetQueryExecution", {"QueryExecutionId": query})
    workgroup = found.get("QueryExecution", {}).get("WorkGroup", "")
    if not workgroup:
        return Ask(action, called.arn("athena", "workgroup/*"), Scope.MISSING)
    return Ask(action, called.arn("athena", f"workgroup/{workgroup}"))
