"""The catalog operations of Glue; moto keeps the catalog, and answers for jobs and tags."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.glue.changes import CHANGES, changed, table_versions
from datalfred.local.aws.glue.expressions import ExpressionError, compile_expression
from datalfred.local.aws.glue.search import SearchError, search_tables
from datalfred.local.aws.message import ACCOUNT, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.glue.models import FakeDatabase, FakeTable, GlueBackend

_TARGET = "AWSGlue"
_MOST_TABLES = 100
_MOST_PARTITIONS = 1000

Parameters = Mapping[str, Any]


class GlueCatalog:
    """Lists and searches what moto keeps; a token is the number of things before its page."""

    def __init__(self, warm: "Callable[[], None]") -> None:
        """Makes the service; loads nothing.

        Args:
            warm: loads moto, which empties its store, before the store is used.
        """
        self._warm = warm
        self._operations: dict[str, Callable[[str, Parameters], dict[str, Any]]] = {
            "GetDatabases": _get_databases,
            "GetTables": _get_tables,
            "GetPartitions": _get_partitions,
            "SearchTables": _search_tables,
            "GetTableVersions": _get_table_versions,
            **{name: partial(_change, name) for name in CHANGES},
        }

    def handle(self, request: Request) -> Response | None:
        """The answer to an operation of ours.

        Raises:
            FaultError: the request is wrong.
        """
        service, name = request.target
        operation = self._operations.get(name) if service == _TARGET else None
        if operation is None:
            return None
        self._warm()
        answer = operation(request.caller.region, json.loads(request.body or b"{}"))
        headers = {"content-type": "application/x-amz-json-1.1"}
        return Response(200, headers, json.dumps(answer, default=_encoded).encode())


def _encoded(value: object) -> object:
    """Times travel as seconds since the epoch; moto keeps them in UTC without saying so."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _invalid(message: str) -> FaultError:
    return FaultError("InvalidInputException", message)


def _backend(region: str) -> "GlueBackend":
    from moto.glue.models import glue_backends

    return glue_backends[ACCOUNT][region]


def _databases(region: str) -> "dict[str, FakeDatabase]":
    return dict(_backend(region).databases)


def _change(name: str, region: str, parameters: Parameters) -> dict[str, Any]:
    return changed(CHANGES[name], _backend(region), parameters)


def _get_table_versions(region: str, parameters: Parameters) -> dict[str, Any]:
    found: list[dict[str, Any]] = []

    def read(backend: "GlueBackend", given: Parameters) -> dict[str, Any]:
        found.extend(table_versions(backend, given))
        return {}

    changed(read, _backend(region), parameters)
    return _page("TableVersions", found, parameters, _MOST_TABLES)


def _tables(region: str, database: str) -> "dict[str, FakeTable]":
    found = _databases(region).get(database.lower())
    if found is None:
        raise FaultError("EntityNotFoundException", f"Database {database} not found.")
    return dict(found.tables)


def _get_databases(region: str, parameters: Parameters) -> dict[str, Any]:
    found = _databases(region)
    described = [_described(found[name].as_dict()) for name in sorted(found)]
    return _page("DatabaseList", described, parameters, _MOST_TABLES)


def _get_tables(region: str, parameters: Parameters) -> dict[str, Any]:
    tables = _tables(region, parameters["DatabaseName"])
    # Glue: a pattern of the whole name in which * stands for any text.
    pattern = parameters.get("Expression", "") or "*"
    try:
        wanted = re.compile(re.sub(r"(?<!\.)\*", ".*", pattern), re.IGNORECASE)
    except re.error as error:
        raise _invalid(f"Expression {pattern!r} is no pattern: {error}") from None
    described = [
        _described(tables[name].as_dict()) for name in sorted(tables) if wanted.fullmatch(name)
    ]
    return _page("TableList", described, parameters, _MOST_TABLES)


def _get_partitions(region: str, parameters: Parameters) -> dict[str, Any]:
    database, name = parameters["DatabaseName"], parameters["TableName"].lower()
    table = _tables(region, database).get(name)
    if table is None:
        raise FaultError("EntityNotFoundException", f"Table {database}.{name} not found.")
    keys = {key["Name"]: key["Type"] for key in table.as_dict().get("PartitionKeys", [])}
    try:
        holds = compile_expression(parameters.get("Expression", ""), keys)
        found = [
            partition
            for partition in list(table.partitions.values())
            if holds(dict(zip(keys, partition.values, strict=True)))
        ]
    except ExpressionError as error:
        raise _invalid(f"Unsupported expression: {error}.") from None
    segment = parameters.get("Segment")
    if segment:
        found = found[segment["SegmentNumber"] :: segment["TotalSegments"]]
    described = [_described(partition.as_dict()) for partition in found]
    if parameters.get("ExcludeColumnSchema"):
        described = [_without_columns(partition) for partition in described]
    for partition in described:
        partition.setdefault("CatalogId", ACCOUNT)
    return _page("Partitions", described, parameters, _MOST_PARTITIONS)


def _search_tables(region: str, parameters: Parameters) -> dict[str, Any]:
    tables = [
        _described(table.as_dict())
        for database in _databases(region).values()
        for table in list(database.tables.values())
    ]
    try:
        found = search_tables(
            tables,
            parameters.get("SearchText", ""),
            parameters.get("Filters", []),
            parameters.get("SortCriteria", []),
        )
    except SearchError as error:
        raise _invalid(f"{error}.") from None
    return _page("TableList", found, parameters, _MOST_TABLES)


def _described(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if value is not None}


def _without_columns(partition: Mapping[str, Any]) -> dict[str, Any]:
    storage = dict(partition.get("StorageDescriptor", {}))
    storage.pop("Columns", None)
    return {**partition, "StorageDescriptor": storage}


def _page(
    field: str, items: Sequence[Mapping[str, Any]], parameters: Parameters, most: int
) -> dict[str, Any]:
    size = int(parameters.get("MaxResults", most))
    if not 1 <= size <= most:
        raise _invalid(f"MaxResults must be from 1 to {most}.")
    token = parameters.get("NextToken") or "0"
    if not token.isdigit():
        raise _invalid("NextToken is not one of this listing.")
    first = int(token)
    answer: dict[str, Any] = {field: items[first : first + size]}
    if first + size < len(items):
        answer["NextToken"] = str(first + size)
    return answer
