"""The operations on catalogs, databases and tables, which are Glue's."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from datalfred.local.aws.athena.failures import RequestError
from datalfred.local.aws.athena.paging import page
from datalfred.local.aws.message import Caller

_CATALOG = "AwsDataCatalog"
_Parameters = Mapping[str, Any]


class MetadataApi:
    """List and describe what Glue's catalog holds, as its caller may see it."""

    def __init__(self, client: Callable[[str, Caller], Any]) -> None:
        self._client = client
        self.operations: Mapping[str, Callable[[_Parameters, Caller], dict[str, Any]]] = {
            "ListDataCatalogs": self._catalogs,
            "ListDatabases": self._databases,
            "GetDatabase": self._database,
            "ListTableMetadata": self._tables,
            "GetTableMetadata": self._table,
        }

    def _catalogs(self, _parameters: _Parameters, _caller: Caller) -> dict[str, Any]:
        return {"DataCatalogsSummary": [{"CatalogName": _CATALOG, "Type": "GLUE"}]}

    def _databases(self, parameters: _Parameters, caller: Caller) -> dict[str, Any]:
        pages = self._glue(parameters, caller).get_paginator("get_databases").paginate()
        found = (_described(each) for part in pages for each in part["DatabaseList"])
        listed = sorted(found, key=lambda each: each["Name"])
        return page("DatabaseList", listed, parameters)

    def _database(self, parameters: _Parameters, caller: Caller) -> dict[str, Any]:
        glue = self._glue(parameters, caller)
        try:
            return {
                "Database": _described(
                    glue.get_database(Name=parameters["DatabaseName"])["Database"]
                )
            }
        except glue.exceptions.EntityNotFoundException as error:
            raise RequestError(str(error), code="MetadataException") from error

    def _tables(self, parameters: _Parameters, caller: Caller) -> dict[str, Any]:
        glue = self._glue(parameters, caller)
        wanted = parameters.get("Expression") or ""
        try:
            pages = glue.get_paginator("get_tables").paginate(
                DatabaseName=parameters["DatabaseName"]
            )
            found = (each for part in pages for each in part["TableList"])
            listed = [_table(each) for each in found if re.search(wanted, each["Name"])]
        except (glue.exceptions.EntityNotFoundException, re.error) as error:
            raise RequestError(str(error), code="MetadataException") from error
        return page("TableMetadataList", sorted(listed, key=lambda each: each["Name"]), parameters)

    def _table(self, parameters: _Parameters, caller: Caller) -> dict[str, Any]:
        glue = self._glue(parameters, caller)
        names = {"DatabaseName": parameters["DatabaseName"], "Name": parameters["TableName"]}
        try:
            return {"TableMetadata": _table(glue.get_table(**names)["Table"])}
        except glue.exceptions.EntityNotFoundException as error:
            raise RequestError(str(error), code="MetadataException") from error

    def _glue(self, parameters: _Parameters, caller: Caller) -> Any:
        if parameters["CatalogName"].lower() != _CATALOG.lower():
            raise RequestError(
                f"Catalog {parameters['CatalogName']} does not exist", code="MetadataException"
            )
        return self._client("glue", caller)


def _described(database: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "Name": database["Name"],
        "Description": database.get("Description", ""),
        "Parameters": dict(database.get("Parameters") or {}),
    }


def _table(table: Mapping[str, Any]) -> dict[str, Any]:
    stored = table.get("StorageDescriptor") or {}
    described = {
        "Name": table["Name"],
        "TableType": table.get("TableType", ""),
        "Columns": [_column(each) for each in stored.get("Columns") or ()],
        "PartitionKeys": [_column(each) for each in table.get("PartitionKeys") or ()],
        "Parameters": {
            **(table.get("Parameters") or {}),
            "location": stored.get("Location", ""),
            "inputformat": stored.get("InputFormat", ""),
            "outputformat": stored.get("OutputFormat", ""),
        },
    }
    if table.get("CreateTime"):
        described["CreateTime"] = table["CreateTime"].timestamp()
    return described


def _column(column: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("Name", "Type", "Comment")
    return {key: column[key] for key in kept if column.get(key)}
