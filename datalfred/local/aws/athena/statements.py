"""SHOW, DESCRIBE and EXPLAIN: a small grammar, because SQLGlot reads none of them."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from datalfred.local.aws.athena.catalog import GlueCatalog, Table
from datalfred.local.aws.athena.failures import RequestError, StatementError
from datalfred.local.aws.athena.rendering import Row

_NAME = r"(?:[`\"]?(?P<db>\w+)[`\"]?\.)?[`\"]?(?P<table>\w+)[`\"]?"
_END = r"\s*;?\s*"


@dataclass(frozen=True)
class Listing:
    """Lines under one heading."""

    heading: str
    rows: list[Row]


@dataclass(frozen=True)
class _Ask:
    """A statement that was read: its parts, the catalog and the schema it is asked in."""

    match: re.Match[str]
    catalog: GlueCatalog
    database: str

    def part(self, name: str) -> str:
        return str(self.match.groupdict().get(name) or "")

    @property
    def schema(self) -> str:
        return (self.part("db") or self.database).lower()

    def table(self) -> Table:
        """The table that the statement names.

        Raises:
            StatementError: there is none.
        """
        name = self.part("table").lower()
        found = self.catalog.table(self.schema, name)
        if found is None:
            raise StatementError(
                "", f"FAILED: SemanticException [Error 10001]: Table not found {self.schema}.{name}"
            )
        return found

    def tables(self) -> list[Table]:
        """The tables of the schema that the statement names.

        Raises:
            StatementError: there is no such schema.
        """
        if not self.catalog.has_schema(self.schema):
            raise StatementError(
                "",
                f"FAILED: SemanticException [Error 10072]: Database does not exist: {self.schema}",
            )
        return self.catalog.tables(self.schema)

    def wanted(self, name: str) -> bool:
        """Whether a name fits the statement's pattern: Hive's ``*`` and ``|``, or LIKE's ``%``."""
        pattern = self.part("pattern")
        if not pattern:
            return True
        expression = re.escape(pattern).replace(r"\*", ".*").replace("%", ".*").replace(r"\|", "|")
        return re.fullmatch(f"(?:{expression})", name, re.IGNORECASE) is not None


def _listing(heading: str, values: list[str]) -> Listing:
    return Listing(heading, [(value,) for value in values])


def _databases(ask: _Ask) -> Listing:
    return _listing("database_name", [n for n in ask.catalog.schemas() if ask.wanted(n)])


def _tables(ask: _Ask) -> Listing:
    return _listing("tab_name", [t.name[2] for t in ask.tables() if ask.wanted(t.name[2])])


def _views(ask: _Ask) -> Listing:
    views = [table.name[2] for table in ask.tables() if table.is_view]
    return _listing("views", [name for name in views if ask.wanted(name)])


def _columns(ask: _Ask) -> Listing:
    table = ask.table()
    return _listing("field", [f"{name:<20}" for name, _ in (*table.columns, *table.keys)])


def _partitions(ask: _Ask) -> Listing:
    table = ask.table()
    if not table.keys:
        raise StatementError(
            "",
            "FAILED: Execution Error, return code 1 from "
            "org.apache.hadoop.hive.ql.exec.DDLTask. Table "
            f"{'.'.join(table.name[1:])} is not a partitioned table",
        )
    keys = [key for key, _ in table.keys]
    found = (
        "/".join(f"{key}={value}" for key, value in zip(keys, each.values, strict=True))
        for each in ask.catalog.partitions(table)
    )
    return _listing("partition", sorted(found))


def _describe(ask: _Ask) -> Listing:
    raw = ask.table().raw
    own = raw.get("StorageDescriptor", {}).get("Columns", [])
    keys = raw.get("PartitionKeys") or []
    rows = [_described(column) for column in [*own, *keys]]
    if keys:
        head = "# col_name            \tdata_type           \tcomment             "
        rows += ["", "# Partition Information", head, "", *map(_described, keys)]
    return _listing("col_name", rows)


def _described(column: dict[str, str]) -> str:
    parts = (column["Name"], column.get("Type", ""), column.get("Comment", ""))
    return "\t".join(f"{part:<20}" for part in parts)


def _properties(ask: _Ask) -> Listing:
    found = [f"{key}\t{value}" for key, value in sorted(ask.table().properties.items())]
    return _listing("prpt_name", found)


def _create_table(ask: _Ask) -> Listing:
    table = ask.table()
    if table.is_view:
        raise StatementError(
            "",
            f"FAILED: SemanticException {'.'.join(table.name[1:])} is a view; use SHOW CREATE VIEW",
        )
    return _listing("createtab_stmt", _ddl(table))


def _ddl(table: Table) -> list[str]:
    raw = table.raw
    stored = raw.get("StorageDescriptor", {})
    library, parameters = table.serde
    written = [f"CREATE EXTERNAL TABLE `{'.'.join(table.name[1:])}`("]
    written += _declared(stored.get("Columns", []))
    if raw.get("PartitionKeys"):
        written += ["PARTITIONED BY ( ", *_declared(raw["PartitionKeys"])]
    written += ["ROW FORMAT SERDE ", f"  '{library}' "]
    if parameters:
        written += ["WITH SERDEPROPERTIES ( ", *_pairs(parameters)]
    written += ["STORED AS INPUTFORMAT ", f"  '{stored.get('InputFormat', '')}' "]
    written += ["OUTPUTFORMAT ", f"  '{stored.get('OutputFormat', '')}'"]
    written += ["LOCATION", f"  '{stored.get('Location', '')}'"]
    if table.properties:
        written += ["TBLPROPERTIES (", *_pairs(table.properties)]
    return written


def _declared(columns: list[dict[str, str]]) -> list[str]:
    found = []
    for column in columns:
        comment = f" COMMENT '{column['Comment']}'" if column.get("Comment") else ""
        found.append(f"  `{column['Name']}` {column.get('Type', 'string')}{comment}, ")
    return [*found[:-1], f"{found[-1].removesuffix(', ')})"] if found else [")"]


def _pairs(values: dict[str, str]) -> list[str]:
    found = [f"  '{key}'='{value}', " for key, value in sorted(values.items())]
    return [*found[:-1], f"{found[-1].removesuffix(', ')}) "]


def _create_view(ask: _Ask) -> Listing:
    table = ask.table()
    if not table.is_view:
        raise StatementError("", f"FAILED: SemanticException {'.'.join(table.name[1:])} is no view")
    name = '"."'.join(table.name[1:])
    lines = f'CREATE VIEW "{name}" AS \n{table.view().sql}'.split("\n")
    return _listing("Create View", lines)


_SCHEMA = r"(?:\s+(?:IN|FROM)\s+[`\"]?(?P<db>\w+)[`\"]?)"
_PATTERN = r"(?:\s+(?:LIKE\s+)?'(?P<pattern>[^']*)')?"
_FORMS: tuple[tuple[str, Callable[[_Ask], Listing]], ...] = (
    (rf"SHOW\s+(?:DATABASES|SCHEMAS){_PATTERN}", _databases),
    (rf"SHOW\s+TABLES{_SCHEMA}?{_PATTERN}", _tables),
    (rf"SHOW\s+VIEWS{_SCHEMA}?{_PATTERN}", _views),
    (rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_NAME}", _columns),
    (rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+[`\"]?(?P<table>\w+)[`\"]?{_SCHEMA}", _columns),
    (rf"SHOW\s+PARTITIONS\s+{_NAME}", _partitions),
    (rf"SHOW\s+CREATE\s+TABLE\s+{_NAME}", _create_table),
    (rf"SHOW\s+CREATE\s+VIEW\s+{_NAME}", _create_view),
    (rf"SHOW\s+TBLPROPERTIES\s+{_NAME}", _properties),
    (rf"DESC(?:RIBE)?\s+(?:(?:FORMATTED|EXTENDED)\s+)?{_NAME}", _describe),
)
_EXPLAIN = re.compile(
    r"\s*EXPLAIN\s+(?P<options>\([^)]*\)\s*)?(?P<query>.*)", re.IGNORECASE | re.DOTALL
)


def _read(sql: str) -> tuple[re.Match[str], Callable[[_Ask], Listing]] | None:
    for form, answer in _FORMS:
        match = re.fullmatch(rf"\s*{form}{_END}", sql, re.IGNORECASE)
        if match:
            return match, answer
    return None


def check(sql: str) -> None:
    """Fails on a SHOW or DESCRIBE that has none of the forms.

    Raises:
        RequestError: a syntax error, which Athena says at once.
    """
    if _read(sql) is None:
        words = sql.split()
        found = words[1] if len(words) > 1 else "<EOF>"
        raise RequestError(
            f"line 1:{sql.find(found) + 1 if len(words) > 1 else len(sql) + 1}: "
            f"mismatched input '{found}'",
            "MALFORMED_QUERY",
        )


def answer(sql: str, catalog: GlueCatalog, database: str) -> Listing:
    """What a SHOW or DESCRIBE lists.

    Raises:
        StatementError: what it names does not exist.
    """
    read = _read(sql)
    if read is None:
        raise StatementError("SYNTAX_ERROR", "no statement of Athena")
    return read[1](_Ask(read[0], catalog, database))


def explained(sql: str) -> str:
    """The query behind EXPLAIN.

    Raises:
        RequestError: a form of EXPLAIN that is not answered here.
    """
    match = _EXPLAIN.fullmatch(sql)
    options = re.sub(r"[\s()]+", " ", (match and match["options"]) or "").strip().upper()
    if (
        match is None
        or match["query"].split()[:1] == ["ANALYZE"]
        or options not in {"", "FORMAT TEXT"}
    ):
        raise RequestError("This form of EXPLAIN is not supported by the embedded Athena.")
    return match["query"]
