"""What the tables of the demo lake look like: ``catalog/<database>.yaml``, typed."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from datalfred.local.lake_tables import LakeColumn

_CATALOG = Path(__file__).parent / "catalog"
SEMANTICS = Path(__file__).parent / "semantics"
DATABASES = ("sales", "customer", "analytics")


@dataclass(frozen=True)
class TableDefinition:
    """One table, before it has files."""

    database: str
    name: str
    description: str
    format: str
    columns: tuple[LakeColumn, ...]
    partition_keys: tuple[LakeColumn, ...]


@cache
def database_descriptions() -> dict[str, str]:
    """Each database and its comment."""
    return {name: _read(name)["description"] for name in DATABASES}


@cache
def table_definitions() -> tuple[TableDefinition, ...]:
    """All tables, by database."""
    return tuple(
        TableDefinition(
            database=database,
            name=name,
            description=table["description"],
            format=table["format"],
            columns=_columns(table["columns"]),
            partition_keys=_columns(table.get("partition_keys", {})),
        )
        for database in DATABASES
        for name, table in _read(database)["tables"].items()
    )


def _columns(described: dict[str, list[str]]) -> tuple[LakeColumn, ...]:
    return tuple(LakeColumn(name, kind, comment) for name, (kind, comment) in described.items())


@cache
def _read(database: str) -> dict[str, Any]:
    import yaml

    text = (_CATALOG / f"{database}.yaml").read_text(encoding="utf-8")
    # The C parser is ten times as quick and comes with every wheel of PyYAML.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 -- both are safe loaders
    return content
