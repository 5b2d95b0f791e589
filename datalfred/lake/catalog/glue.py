"""Reads the AWS Glue Data Catalog: every page, and only the databases that may be read."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from datalfred import clients, settings
from datalfred.bedrock.failures import error_code
from datalfred.errors import NotFoundError
from datalfred.lake.access import Access

Entry = Mapping[str, Any]
"""A database, table or partition as Glue returns it."""

_MISSING = "EntityNotFoundException"
_NEAR = 5
_OWNERS = ("owner", "data_owner", "data-owner", "owner_team", "team", "steward", "contact")
_NOBODY = frozenset({"hadoop", "owner", "root", "spark", "unknown", "none"})
_OK = 200


def databases() -> list[Entry]:
    """The databases that may be read, by name."""
    access = _access()
    pages = clients.client("glue").get_paginator("get_databases").paginate()
    found = [entry for page in pages for entry in page["DatabaseList"]]
    return sorted(
        (entry for entry in found if access.may_enter(str(entry["Name"]))),
        key=lambda entry: str(entry["Name"]),
    )


def each_table(database: str) -> Iterator[Entry]:
    """The tables of a database that may be read, a page at a time, in the catalog's order.

    Their times are left as the numbers that Glue sends.

    Raises:
        NotFoundError: there is no such database, or it may not be read.
    """
    check_database(database)
    access = _access()
    client = clients.client("glue")
    client.meta.events.register("before-parse.glue.GetTables", _take_over, unique_id="tables")
    pages = client.get_paginator("get_tables").paginate(DatabaseName=database)
    try:
        for page in pages:
            for entry in page["TableList"]:
                if access.may_read(database, str(entry["Name"])):
                    yield entry
    except Exception as error:
        if error_code(error) == _MISSING:
            raise _no_database(database) from error
        raise


def tables(database: str) -> list[Entry]:
    """The tables of a database that may be read, by name.

    Raises:
        NotFoundError: there is no such database, or it may not be read.
    """
    return sorted(each_table(database), key=lambda entry: str(entry["Name"]))


def table(database: str, name: str) -> Entry:
    """One table.

    Raises:
        NotFoundError: there is no such table or database, or it may not be read.
    """
    check_database(database)
    if not _access().may_read(database, name):
        raise _no_table(database, name)
    try:
        found = clients.client("glue").get_table(DatabaseName=database, Name=name)
    except Exception as error:
        if error_code(error) != _MISSING:
            raise
        raise _no_table(database, name) from error
    entry: Entry = found["Table"]
    return entry


def partitions(database: str, name: str) -> Iterator[Entry]:
    """The partitions of a table, a page at a time, without their columns."""
    pages = (
        clients.client("glue")
        .get_paginator("get_partitions")
        .paginate(DatabaseName=database, TableName=name, ExcludeColumnSchema=True)
    )
    for page in pages:
        yield from page["Partitions"]


def keys_of(entry: Entry) -> tuple[str, ...]:
    """The names of a table's partition keys, in order."""
    return tuple(str(column["Name"]) for column in entry.get("PartitionKeys") or ())


def columns_of(entry: Entry) -> tuple[Entry, ...]:
    """A table's columns as Glue has them, partition keys last."""
    storage = entry.get("StorageDescriptor") or {}
    return (*(storage.get("Columns") or ()), *(entry.get("PartitionKeys") or ()))


def description_of(entry: Entry) -> str:
    """What is said of a table; a view's or a crawler's ``comment`` parameter in its place."""
    return str(entry.get("Description") or (entry.get("Parameters") or {}).get("comment") or "")


def owner_of(entry: Entry) -> str:
    """Who answers for a table: by its properties, else by Glue's own field; empty for nobody.

    What engines write there by themselves (``hadoop``, ``owner``) names nobody.
    """
    parameters = {str(key).lower(): value for key, value in (entry.get("Parameters") or {}).items()}
    named = [parameters.get(key) for key in _OWNERS] + [entry.get("Owner")]
    said = next((str(name).strip() for name in named if name), "")
    return "" if said.lower() in _NOBODY else said


def location_of(entry: Entry) -> str:
    """The ``s3://`` URI of a table or partition; empty when it has none."""
    return str((entry.get("StorageDescriptor") or {}).get("Location") or "")


def format_of(entry: Entry) -> str:
    """``parquet``, ``orc``, ``avro``, ``csv``, ``json``, or what the catalog says.

    What has no files of its own is a ``view``, a ``link`` to a table elsewhere, or ``federated``.
    """
    if entry.get("FederatedTable"):
        return "federated"
    if entry.get("TargetTable"):
        return "link"
    if entry.get("TableType") == "VIRTUAL_VIEW":
        return "view"
    parameters = entry.get("Parameters") or {}
    if str(parameters.get("table_type", "")).lower() == "iceberg":
        return "iceberg"
    if classification := parameters.get("classification"):
        return str(classification).lower()
    storage = entry.get("StorageDescriptor") or {}
    serde = (storage.get("SerdeInfo") or {}).get("SerializationLibrary") or ""
    said = f"{serde} {storage.get('InputFormat') or ''}".lower()
    known = re.search(r"parquet|orc|avro|json|csv|text", said)
    return {"text": "csv"}.get(known[0], known[0]) if known else ""


def check_database(database: str) -> None:
    """Refuses a database that may not be read, as if it were not there."""
    if not _access().may_enter(database):
        raise _no_database(database)


def nearest(name: str, known: list[str]) -> list[str]:
    """The known names that ``name`` may have meant, nearest first."""
    close = difflib.get_close_matches(name.lower(), known, n=_NEAR, cutoff=0.6)
    inside = [each for each in known if name.lower() in each or each in name.lower()]
    return list(dict.fromkeys([*close, *inside]))[:_NEAR]


def _take_over(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Reads a page of tables in place of botocore, which takes five times as long by its model.

    Source: https://github.com/boto/botocore/blob/develop/botocore/endpoint.py (``before-parse``).
    """
    if response_dict["status_code"] == _OK and b"TableList" in response_dict["body"]:
        page = json.loads(response_dict["body"])
        customized_response_dict["TableList"] = page.pop("TableList")
        response_dict["body"] = json.dumps(page).encode()


def _access() -> Access:
    known = settings.load()
    return Access(known.databases, known.tables)


def _no_table(database: str, name: str) -> NotFoundError:
    known = [str(entry["Name"]) for entry in tables(database)]
    near = [f"{database}.{each}" for each in nearest(name, known)]
    return NotFoundError("table", f"{database}.{name}", near=near)


def _no_database(database: str) -> NotFoundError:
    known = [str(entry["Name"]) for entry in databases()]
    return NotFoundError("database", database, near=nearest(database, known) or known[:_NEAR])
