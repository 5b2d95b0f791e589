"""Which tables SearchTables finds."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Table = Mapping[str, Any]

_COMPARATORS: dict[str, Callable[[str, str], bool]] = {
    "EQUALS": lambda a, b: a == b,
    "GREATER_THAN": lambda a, b: a > b,
    "LESS_THAN": lambda a, b: a < b,
    "GREATER_THAN_EQUALS": lambda a, b: a >= b,
    "LESS_THAN_EQUALS": lambda a, b: a <= b,
}
_SORTABLE = {"Name", "DatabaseName", "Owner", "CreateTime", "UpdateTime", "Description"}


class SearchError(ValueError):
    """A search that Glue would refuse; the message says why."""


def search_tables(
    tables: Sequence[Table],
    text: str,
    filters: Sequence[Mapping[str, str]],
    criteria: Sequence[Mapping[str, str]],
) -> list[Table]:
    """The tables that match a text and all filters, in the order of the criteria, else by name.

    Args:
        tables: all tables, as Glue describes them.
        text: words, each of which must occur in the names, descriptions, comments or parameters of
            a table; a phrase in double quotes must be one of them exactly, letter case included.
        filters: ``Key``, ``Value`` and ``Comparator``; a key is a property of the table or of its
            parameters.
        criteria: ``FieldName`` and ``Sort``; Glue takes one.

    Raises:
        SearchError: a filter compares, or a criterion sorts, in a way that Glue does not know.
    """
    found = [
        table
        for table in tables
        if _matches(table, text) and all(_passes(table, wanted) for wanted in filters)
    ]
    found.sort(key=lambda table: (table["DatabaseName"], table["Name"]))
    for criterion in criteria:
        name = criterion.get("FieldName", "")
        if name not in _SORTABLE:
            raise SearchError(f"tables cannot be sorted by {name}")
        found.sort(
            key=lambda table: str(table.get(name, "")), reverse=criterion.get("Sort") == "DESC"
        )
    return found


def _matches(table: Table, text: str) -> bool:
    phrases = re.findall(r'"([^"]+)"', text)
    words = re.sub(r'"[^"]*"', " ", text).lower().split()
    texts = list(_texts(table))
    folded = " ".join(texts).lower()
    return all(word in folded for word in words) and all(phrase in texts for phrase in phrases)


def _texts(table: Table) -> Iterator[str]:
    yield table["Name"]
    yield table["DatabaseName"]
    yield table.get("Description", "")
    for name, value in table.get("Parameters", {}).items():
        yield name
        yield value
    storage = table.get("StorageDescriptor", {})
    for column in [*storage.get("Columns", []), *table.get("PartitionKeys", [])]:
        yield column["Name"]
        yield column.get("Comment", "")


def _passes(table: Table, wanted: Mapping[str, str]) -> bool:
    key, value = wanted.get("Key", ""), wanted.get("Value", "")
    held = table.get(key, table.get("Parameters", {}).get(key))
    comparator = wanted.get("Comparator")
    if comparator is None:
        # Glue: without a comparator a text field is matched by its words.
        return held is not None and value.lower() in re.split(r"\W+", str(held).lower())
    if comparator not in _COMPARATORS:
        raise SearchError(f"{comparator} is no comparator")
    return held is not None and _COMPARATORS[comparator](str(held), value)
