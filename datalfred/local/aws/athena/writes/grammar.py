"""Reads the statements that write: Trino's here, Hive's in :mod:`...writes.hive_grammar`."""

from collections.abc import Callable

from datalfred.local.aws.athena.translate.dialect import Source, parse_query
from datalfred.local.aws.athena.write_statements import (
    CreateTableAs,
    CreateView,
    Drop,
    Insert,
    Name,
    Refused,
    Unload,
    Write,
)
from datalfred.local.aws.athena.writes import hive_grammar
from datalfred.local.aws.athena.writes.tokens import Words

_ROWS = "Modifying Hive table rows is only supported for transactional tables"
_QUERY_STARTS = ("SELECT", "WITH", "VALUES", "TABLE", "(")


def read(sql: str, kind: str) -> Write | None:
    """The statement, or None for one that writes nothing.

    Args:
        sql: the statement, parameters in place.
        kind: its first word, in capitals.

    Raises:
        RequestError: a syntax error, which Athena says at once.
    """
    read_it = _STATEMENTS.get(kind)
    return None if read_it is None else read_it(sql)


def _create(sql: str) -> Write:
    words = Words(sql)
    words.need("CREATE")
    replace = words.takes("OR", "REPLACE")
    if words.takes("VIEW"):
        return _view(words, replace=replace)
    if replace:
        raise words.mismatched("'VIEW'")
    if words.sees("TABLE"):
        return _table(words)
    return hive_grammar.create(sql)


def _table(words: Words) -> Write:
    words.need("TABLE")
    lenient = words.takes("IF", "NOT", "EXISTS")
    name = table_name(words)
    comment = words.string() if words.takes("COMMENT") else ""
    properties = _properties(words) if words.takes("WITH") else {}
    if not words.sees("AS"):
        return hive_grammar.create(words.sql)
    words.need("AS")
    start, end, with_data = words.next.start, len(words.tokens), True
    for ending in (("WITH", "DATA"), ("WITH", "NO", "DATA")):
        last = [token.raw.upper() for token in words.tokens[-len(ending) :]]
        if tuple(last) == ending:
            end, with_data = end - len(ending), len(ending) == len(("WITH", "DATA"))
    query = _query(words, start, words.tokens[end - 1].end)
    return CreateTableAs(name, query, properties, comment, lenient, with_data)


def _view(words: Words, *, replace: bool) -> CreateView:
    name = table_name(words)
    if words.takes("COMMENT"):
        words.string()
    words.need("AS")
    start, end = words.next.start, _end(words)
    query = _query(words, start, end)
    return CreateView(name, query, words.sql[start:end], replace)


def _insert(sql: str) -> Insert:
    words = Words(sql)
    words.need("INSERT", "INTO")
    name = table_name(words)
    columns = None
    if words.sees("(") and not _opens_query(words):
        columns = _names_in_brackets(words)
    query = _query(words, words.next.start, _end(words))
    return Insert(name, query, columns)


def _opens_query(words: Words) -> bool:
    after = words.tokens[words.place + 1 : words.place + 2]
    return bool(after) and after[0].raw.upper() in _QUERY_STARTS


def _names_in_brackets(words: Words) -> tuple[str, ...]:
    words.need("(")
    names = [words.name()]
    while words.takes(","):
        names.append(words.name())
    words.need(")")
    return tuple(names)


def _unload(sql: str) -> Unload:
    words = Words(sql)
    words.need("UNLOAD")
    if not words.sees("("):
        raise words.mismatched("'('")
    start, depth = words.tokens[words.place].end, 0
    while words.next.kind != "end":
        depth += (words.next.raw == "(") - (words.next.raw == ")")
        if not depth:
            break
        words.place += 1
    end = words.next.start
    words.need(")", "TO")
    location = words.string()
    properties = _properties(words) if words.takes("WITH") else {}
    words.end()
    return Unload(_query(words, start, end), location, properties)


def _drop(sql: str) -> Write:
    words = Words(sql)
    words.need("DROP")
    if not words.sees("TABLE") and not words.sees("VIEW"):
        return hive_grammar.drop(sql)
    view = words.takes("VIEW") or not words.takes("TABLE")
    lenient = words.takes("IF", "EXISTS")
    name = table_name(words)
    words.end()
    return Drop(name, view, lenient)


def _query(words: Words, start: int, end: int) -> str:
    """The query in that part of the statement, at its place.

    Raises:
        RequestError: it is none.
    """
    source = Source(words.between(start, end))
    if not source.tokens:
        raise words.mismatched("<query>")
    parse_query(source)
    return source.sql


def _end(words: Words) -> int:
    return words.tokens[-1].end if words.place < len(words.tokens) else words.next.end


def table_name(words: Words) -> Name:
    """Passes ``table``, ``schema.table`` or ``catalog.schema.table``.

    Raises:
        RequestError: no name, or one of another catalog.
    """
    parts = [words.name()]
    while words.takes("."):
        parts.append(words.name())
    if len(parts) > 3 or (len(parts) == 3 and parts[0] != "awsdatacatalog"):  # noqa: PLR2004 -- catalog, schema and table
        raise words.mismatched("<table of AwsDataCatalog>")
    return Name(parts[-2] if len(parts) > 1 else "", parts[-1])


def _properties(words: Words) -> dict[str, object]:
    """``(name = value, ...)`` with strings, numbers, booleans and arrays of strings."""
    words.need("(")
    found: dict[str, object] = {}
    while True:
        name = words.name()
        words.need("=")
        found[name] = _value(words)
        if not words.takes(","):
            break
    words.need(")")
    return found


def _value(words: Words) -> object:
    if words.takes("TRUE"):
        return True
    if words.takes("FALSE"):
        return False
    if words.takes("ARRAY"):
        words.need("[")
        listed = []
        while not words.takes("]"):
            listed.append(words.string())
            if not words.sees("]"):
                words.need(",")
        return listed
    if words.next.kind == "number":
        words.place += 1
        return int(float(words.tokens[words.place - 1].raw))
    return words.string()


def _refused(message: str) -> Callable[[str], Refused]:
    def refuse(sql: str) -> Refused:
        return Refused(message, sql.split(None, 1)[0].upper())

    return refuse


_STATEMENTS: dict[str, Callable[[str], Write]] = {
    "CREATE": _create,
    "INSERT": _insert,
    "UNLOAD": _unload,
    "DROP": _drop,
    "ALTER": hive_grammar.alter,
    "MSCK": hive_grammar.repair,
    "DELETE": _refused(_ROWS),
    "UPDATE": _refused(_ROWS),
    "MERGE": _refused(_ROWS),
    "OPTIMIZE": _refused("OPTIMIZE is only supported for Iceberg tables"),
    "VACUUM": _refused("VACUUM is only supported for Iceberg tables"),
    "TRUNCATE": _refused("Cannot truncate non-managed Hive table"),
}
