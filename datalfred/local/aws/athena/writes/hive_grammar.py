"""Hive's statements on the catalog: databases, external tables and their partitions."""

from collections.abc import Callable
from dataclasses import replace

from datalfred.local.aws.athena.write_statements import (
    AddPartitions,
    CreateDatabase,
    CreateExternalTable,
    Declared,
    DropDatabase,
    DropPartitions,
    Name,
    NamedPartition,
    Refused,
    Repair,
    Write,
)
from datalfred.local.aws.athena.writes.tokens import Words

_DELIMITERS = {
    ("FIELDS", "TERMINATED", "BY"): ("field.delim", "serialization.format"),
    ("ESCAPED", "BY"): ("escape.delim",),
    ("COLLECTION", "ITEMS", "TERMINATED", "BY"): ("collection.delim",),
    ("MAP", "KEYS", "TERMINATED", "BY"): ("mapkey.delim",),
    ("LINES", "TERMINATED", "BY"): ("line.delim",),
    ("NULL", "DEFINED", "AS"): ("serialization.null.format",),
}
_LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


def create(sql: str) -> Write:
    """``CREATE DATABASE`` or ``CREATE [EXTERNAL] TABLE``.

    Raises:
        RequestError: a syntax error.
    """
    words = Words(sql, hive=True)
    words.need("CREATE")
    if words.takes("DATABASE") or words.takes("SCHEMA"):
        return _database(words)
    external = words.takes("EXTERNAL")
    words.need("TABLE")
    return _table(words, external=external)


def _database(words: Words) -> CreateDatabase:
    lenient = words.takes("IF", "NOT", "EXISTS")
    name = words.name()
    comment = words.hive_string() if words.takes("COMMENT") else ""
    location = words.hive_string() if words.takes("LOCATION") else ""
    properties = _pairs(words) if words.takes("WITH", "DBPROPERTIES") else {}
    words.end()
    return CreateDatabase(name, lenient, comment, location, properties)


def drop(sql: str) -> Write:
    """``DROP DATABASE``.

    Raises:
        RequestError: a syntax error.
    """
    words = Words(sql, hive=True)
    words.need("DROP")
    if not (words.takes("DATABASE") or words.takes("SCHEMA")):
        raise words.mismatched("'TABLE', 'VIEW', 'DATABASE', 'SCHEMA'")
    lenient = words.takes("IF", "EXISTS")
    name = words.name()
    cascade = words.takes("CASCADE")
    if not cascade:
        words.takes("RESTRICT")
    words.end()
    return DropDatabase(name, lenient, cascade)


def _table(words: Words, *, external: bool) -> CreateExternalTable:
    lenient = words.takes("IF", "NOT", "EXISTS")
    table = CreateExternalTable(_name(words), _columns(words), external=external, lenient=lenient)
    while words.next.kind != "end":
        table = _clause(words, table)
    return table


def _clause(words: Words, table: CreateExternalTable) -> CreateExternalTable:
    for start, read in _CLAUSES.items():
        if words.takes(*start):
            return read(words, table)
    raise words.mismatched("<EOF>")


def _formats(words: Words, table: CreateExternalTable) -> CreateExternalTable:
    read = words.hive_string()
    words.need("OUTPUTFORMAT")
    return replace(table, formats=(read, words.hive_string()))


def _delimited(words: Words, table: CreateExternalTable) -> CreateExternalTable:
    return replace(table, serde=_LAZY_SIMPLE, serde_properties=_delimiters(words))


def _serde(words: Words, table: CreateExternalTable) -> CreateExternalTable:
    table = replace(table, serde=words.hive_string())
    if words.takes("WITH", "SERDEPROPERTIES"):
        table = replace(table, serde_properties=_pairs(words))
    return table


_CLAUSES: dict[tuple[str, ...], Callable[[Words, CreateExternalTable], CreateExternalTable]] = {
    ("COMMENT",): lambda words, table: replace(table, comment=words.hive_string()),
    ("PARTITIONED", "BY"): lambda words, table: replace(table, keys=_columns(words)),
    ("ROW", "FORMAT", "SERDE"): _serde,
    ("ROW", "FORMAT", "DELIMITED"): _delimited,
    ("STORED", "AS", "INPUTFORMAT"): _formats,
    ("STORED", "AS"): lambda words, table: replace(table, stored=words.name().upper()),
    ("LOCATION",): lambda words, table: replace(table, location=words.hive_string()),
    ("TBLPROPERTIES",): lambda words, table: replace(table, properties=_pairs(words)),
}


def _delimiters(words: Words) -> dict[str, str]:
    found: dict[str, str] = {}
    while True:
        known = next((form for form in _DELIMITERS if words.takes(*form)), None)
        if known is None:
            return found
        value = words.hive_string()
        found.update(dict.fromkeys(_DELIMITERS[known], value))


def _columns(words: Words) -> tuple[Declared, ...]:
    words.need("(")
    found = []
    while True:
        name = words.name()
        kind = _type(words)
        comment = words.hive_string() if words.takes("COMMENT") else ""
        found.append(Declared(name, kind, comment))
        if not words.takes(","):
            break
    words.need(")")
    return tuple(found)


def _type(words: Words) -> str:
    """Hive's type as Glue keeps it: in lower case, without blanks."""
    pieces, depth = [], 0
    while words.next.kind != "end":
        token = words.next
        if not depth and (token.raw in {",", ")"} or token.raw.upper() == "COMMENT"):
            break
        depth += (token.raw in {"<", "("}) - (token.raw in {">", ")"})
        pieces.append(token.inside if token.kind == "tick" else token.raw)
        words.place += 1
    if not pieces:
        raise words.mismatched("<type>")
    return "".join(pieces).lower()


def _pairs(words: Words) -> dict[str, str]:
    words.need("(")
    found = {}
    while True:
        name = words.hive_string()
        words.need("=")
        found[name] = words.hive_string()
        if not words.takes(","):
            break
    words.need(")")
    return found


def _name(words: Words) -> Name:
    first = words.name()
    if not words.takes("."):
        return Name("", first)
    return Name(first, words.name())


def alter(sql: str) -> Write:
    """``ALTER TABLE ... ADD PARTITION`` and ``DROP PARTITION``; others are refused when they run.

    Raises:
        RequestError: a syntax error.
    """
    words = Words(sql, hive=True)
    words.need("ALTER")
    if words.sees("TABLE"):
        words.need("TABLE")
        name = _name(words)
        if words.takes("ADD"):
            lenient = words.takes("IF", "NOT", "EXISTS")
            if words.sees("PARTITION"):
                return AddPartitions(name, _partitions(words, lists=False), lenient)
        elif words.takes("DROP"):
            lenient = words.takes("IF", "EXISTS")
            if words.sees("PARTITION"):
                return DropPartitions(name, _partitions(words, lists=True), lenient)
    return Refused(
        "Of ALTER, the embedded Athena runs only ALTER TABLE ADD PARTITION and DROP PARTITION; "
        "real Athena may run this statement",
        "ALTER_TABLE",
    )


def _partitions(words: Words, *, lists: bool) -> tuple[NamedPartition, ...]:
    found = []
    while words.takes("PARTITION"):
        words.need("(")
        values = {}
        while True:
            key = words.name()
            words.need("=")
            values[key] = _partition_value(words)
            if not words.takes(","):
                break
        words.need(")")
        location = words.hive_string() if words.takes("LOCATION") else ""
        found.append(NamedPartition(values, location))
        if lists and not words.takes(","):
            break
    words.end()
    return tuple(found)


def _partition_value(words: Words) -> str:
    if words.next.kind == "number" or words.sees("-"):
        sign = "-" if words.takes("-") else ""
        words.place += 1
        return sign + words.tokens[words.place - 1].raw
    if words.takes("DATE"):
        return words.hive_string()
    return words.hive_string()


def repair(sql: str) -> Write:
    """``MSCK REPAIR TABLE``.

    Raises:
        RequestError: a syntax error.
    """
    words = Words(sql, hive=True)
    words.need("MSCK", "REPAIR", "TABLE")
    name = _name(words)
    words.end()
    return Repair(name)
