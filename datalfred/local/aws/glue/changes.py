"""What changes the catalog, and what reads one thing of it, on the store that moto keeps.

Three things are Glue's and not moto's: names of databases and tables are folded to lower case, a
partition has as many values as its table has keys, and a batch has its limit. See the Catalog API,
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog.html.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from datalfred.local.aws.faults import FaultError
from datalfred.local.aws.message import ACCOUNT

if TYPE_CHECKING:
    from moto.glue.models import FakePartition, FakeTable, GlueBackend

Parameters = Mapping[str, Any]
Result = dict[str, Any]
Values = Sequence[str]

_MOST_CREATED, _MOST_DELETED, _MOST_READ = 100, 25, 1000
_changing = threading.Lock()


def changed(
    operation: "Callable[[GlueBackend, Parameters], Result]",
    backend: "GlueBackend",
    parameters: Parameters,
) -> Result:
    """What ``operation`` answers, one at a time, with the names of ``parameters`` folded.

    Raises:
        FaultError: the operation is refused, by us or by moto.
    """
    from moto.core.exceptions import JsonRESTError

    try:
        with _changing:
            return operation(backend, _folded(parameters))
    except JsonRESTError as error:
        raise FaultError(error.relative_error_type, str(error.message)) from None


def _folded(parameters: Parameters) -> Parameters:
    names = {
        name: value.lower() if isinstance(value, str) else [each.lower() for each in value]
        for name, value in parameters.items()
        if name in {"DatabaseName", "TableName", "Name", "TablesToDelete"}
    }
    inputs = {
        name: {**parameters[name], "Name": parameters[name]["Name"].lower()}
        for name in ("DatabaseInput", "TableInput")
        if name in parameters
    }
    return {**parameters, **names, **inputs}


def _create_database(glue: "GlueBackend", given: Parameters) -> Result:
    database = given["DatabaseInput"]
    glue.create_database(database["Name"], database, given.get("Tags"))
    return {}


def _get_database(glue: "GlueBackend", given: Parameters) -> Result:
    return {"Database": _described(glue.get_database(given["Name"]).as_dict())}


def _update_database(glue: "GlueBackend", given: Parameters) -> Result:
    glue.update_database(given["Name"], given["DatabaseInput"])
    return {}


def _delete_database(glue: "GlueBackend", given: Parameters) -> Result:
    glue.delete_database(given["Name"])
    return {}


def _create_table(glue: "GlueBackend", given: Parameters) -> Result:
    table = given["TableInput"]
    glue.create_table(given["DatabaseName"], table["Name"], table)
    return {}


def _get_table(glue: "GlueBackend", given: Parameters) -> Result:
    return {"Table": _described(glue.get_table(given["DatabaseName"], given["Name"]).as_dict())}


def _update_table(glue: "GlueBackend", given: Parameters) -> Result:
    table = glue.get_table(given["DatabaseName"], given["TableInput"]["Name"])
    before = table.as_dict()["VersionId"]
    if given.get("VersionId", before) != before:
        raise FaultError(
            "ConcurrentModificationException",
            "Update table failed due to concurrent modifications.",
        )
    table.update(given["TableInput"])
    if given.get("SkipArchive"):
        del table.versions[before]
    return {}


def _delete_table(glue: "GlueBackend", given: Parameters) -> Result:
    glue.delete_table(given["DatabaseName"], given["Name"])
    return {}


def _delete_tables(glue: "GlueBackend", given: Parameters) -> Result:
    glue.get_database(given["DatabaseName"])
    _at_most(100, given["TablesToDelete"], "tablesToDelete")
    return _with_errors(glue.batch_delete_table(given["DatabaseName"], given["TablesToDelete"]))


def _get_table_version(glue: "GlueBackend", given: Parameters) -> Result:
    table = _table(glue, given)
    version = given.get("VersionId") or table.as_dict()["VersionId"]
    return {"TableVersion": _version(table, version)}


def _delete_table_version(glue: "GlueBackend", given: Parameters) -> Result:
    table, version = _table(glue, given), given["VersionId"]
    table.get_version(version)
    table.delete_version(version)
    return {}


def table_versions(glue: "GlueBackend", given: Parameters) -> list[Result]:
    """The versions of a table, newest first."""
    table = _table(glue, given)
    return [_version(table, each) for each in sorted(table.versions, key=int, reverse=True)]


def _create_partition(glue: "GlueBackend", given: Parameters) -> Result:
    table = _table(glue, given)
    _check_values(table, given["PartitionInput"].get("Values", []))
    table.create_partition(given["PartitionInput"])
    return {}


def _create_partitions(glue: "GlueBackend", given: Parameters) -> Result:
    table, inputs = _table(glue, given), given["PartitionInputList"]
    _at_most(_MOST_CREATED, inputs, "partitionInputList")
    for each in inputs:
        _check_values(table, each.get("Values", []))
    return _with_errors(
        glue.batch_create_partition(given["DatabaseName"], given["TableName"], inputs)
    )


def _get_partition(glue: "GlueBackend", given: Parameters) -> Result:
    partition = _table(glue, given).get_partition(given["PartitionValues"])
    return {"Partition": _partition(partition)}


def _get_partitions(glue: "GlueBackend", given: Parameters) -> Result:
    table, wanted = _table(glue, given), [each["Values"] for each in given["PartitionsToGet"]]
    _at_most(_MOST_READ, wanted, "partitionsToGet")
    found = [table.partitions.get(str(values)) for values in wanted]
    return {"Partitions": [_partition(each) for each in found if each], "UnprocessedKeys": []}


def _update_partition(glue: "GlueBackend", given: Parameters) -> Result:
    _update(_table(glue, given), given["PartitionValueList"], given["PartitionInput"])
    return {}


def _update_partitions(glue: "GlueBackend", given: Parameters) -> Result:
    table, errors = _table(glue, given), []
    _at_most(_MOST_CREATED, given["Entries"], "entries")
    for entry in given["Entries"]:
        values = entry["PartitionValueList"]
        try:
            _update(table, values, entry["PartitionInput"])
        except FaultError as fault:
            detail = {"ErrorCode": fault.code, "ErrorMessage": fault.message}
            errors.append({"PartitionValueList": values, "ErrorDetail": detail})
    return _with_errors(errors)


def _update(table: "FakeTable", values: Values, partition: Mapping[str, Any]) -> None:
    """Puts ``partition`` where the one of ``values`` was; moto would lose it when that fails."""
    new = partition.get("Values", values)
    _check_values(table, new)
    if str(values) not in table.partitions:
        raise FaultError("EntityNotFoundException", "Cannot find partition.")
    if new != values and str(new) in table.partitions:
        raise FaultError("AlreadyExistsException", "Partition already exists.")
    created = table.partitions[str(values)].creation_time
    table.update_partition(values, {**partition, "Values": new})  # type: ignore[arg-type]  # moto calls a list a str
    table.partitions[str(new)].creation_time = created


def _delete_partition(glue: "GlueBackend", given: Parameters) -> Result:
    glue.delete_partition(given["DatabaseName"], given["TableName"], given["PartitionValues"])
    return {}


def _delete_partitions(glue: "GlueBackend", given: Parameters) -> Result:
    _at_most(_MOST_DELETED, given["PartitionsToDelete"], "partitionsToDelete")
    return _with_errors(
        glue.batch_delete_partition(
            given["DatabaseName"], given["TableName"], given["PartitionsToDelete"]
        )
    )


def _table(glue: "GlueBackend", given: Parameters) -> "FakeTable":
    return glue.get_table(given["DatabaseName"], given["TableName"])


def _version(table: "FakeTable", version: str) -> Result:
    return {"Table": _described(table.as_dict(version)), "VersionId": version}


def _partition(partition: "FakePartition") -> Result:
    return {**_described(partition.as_dict()), "CatalogId": ACCOUNT}


def _described(properties: Mapping[str, Any]) -> Result:
    return {name: value for name, value in properties.items() if value is not None}


def _with_errors(errors: Sequence[Mapping[str, Any]]) -> Result:
    return {"Errors": list(errors)} if errors else {}


def _check_values(table: "FakeTable", values: Values) -> None:
    if len(values) != len(table.as_dict().get("PartitionKeys", [])):
        raise FaultError(
            "InvalidInputException",
            "The number of partition keys do not match the number of partition values",
        )


def _at_most(most: int, items: Sequence[object], name: str) -> None:
    if len(items) > most:
        raise FaultError(
            "ValidationException",
            f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
            f"Member must have length less than or equal to {most}",
        )


CHANGES: "Mapping[str, Callable[[GlueBackend, Parameters], Result]]" = {
    "CreateDatabase": _create_database,
    "GetDatabase": _get_database,
    "UpdateDatabase": _update_database,
    "DeleteDatabase": _delete_database,
    "CreateTable": _create_table,
    "GetTable": _get_table,
    "UpdateTable": _update_table,
    "DeleteTable": _delete_table,
    "BatchDeleteTable": _delete_tables,
    "GetTableVersion": _get_table_version,
    "DeleteTableVersion": _delete_table_version,
    "CreatePartition": _create_partition,
    "BatchCreatePartition": _create_partitions,
    "GetPartition": _get_partition,
    "BatchGetPartition": _get_partitions,
    "UpdatePartition": _update_partition,
    "BatchUpdatePartition": _update_partitions,
    "DeletePartition": _delete_partition,
    "BatchDeletePartition": _delete_partitions,
}
"""The operations of this module, by name."""
