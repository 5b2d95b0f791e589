"""A column of JSON lines as DuckDB's text: a member of each row's object, in Trino's type.

DuckDB reads a number with a fraction as a double. Where that may lose digits, the number is taken
from the line itself, if that is beyond doubt; else the query fails.
"""

import re
from collections.abc import Sequence

from datalfred.local.aws.athena.sources import ROWS
from datalfred.local.aws.athena.translate.casts import cast
from datalfred.local.aws.athena.translate.typed import Typed, guard, name, text
from datalfred.local.aws.athena.translate.types import VARCHAR, Type, duckdb_type, field_name

_EXACT_DIGITS = 15  # of a decimal number, which a double always carries


def json_column(keys: Sequence[str], wanted: Type, names: frozenset[str]) -> str:
    """The value of the member that is called by one of ``keys``.

    Args:
        keys: what the member is called, which may differ in case from line to line.
        wanted: the column's type.
        names: of members at any depth of the files' objects.
    """
    if not keys:
        return f"CAST(NULL AS {duckdb_type(wanted)})"
    members = [_member(key) for key in keys]
    value = f"coalesce({', '.join(members)})" if len(members) > 1 else members[0]
    if wanted.items:
        return _nested(value, wanted, names)
    written = _written(value, keys, wanted)
    return _of_text(f"CASE WHEN json_type({value}) <> 'NULL' THEN {written} END", wanted)


def _member(key: str) -> str:
    """A member of a row's object, by JSON pointer."""
    return f"json_extract({ROWS}.json, {_pointer(key)})"


def _pointer(key: str) -> str:
    return text("/" + key.replace("~", "~0").replace("/", "~1"))


def _written(value: str, keys: Sequence[str], wanted: Type) -> str:
    """The text of a scalar: of a number with a fraction, the very characters of the line."""
    plain = f"json_extract_string({value}, '$')"
    wide = wanted.name == "decimal" and wanted.numbers[0] > _EXACT_DIGITS
    if not (wide or wanted.name == "varchar"):
        return plain
    pattern = rf'"{re.escape(keys[0])}"\s*:\s*(-?[0-9][0-9.eE+-]*)'
    found = f"regexp_extract_all({ROWS}.json, {text(pattern)}, 1)"
    same = f"TRY_CAST({found}[1] AS DOUBLE) = TRY_CAST({plain} AS DOUBLE)"
    sure = f"{str(len(keys) == 1).lower()} AND len({found}) = 1 AND {same}"
    few = f"length(regexp_replace({plain}, '[^0-9]', '', 'g')) <= {_EXACT_DIGITS}"
    kept = plain if wanted.name == "decimal" else f"{found}[1]"
    usable = few if wanted.name == "decimal" else "false"
    exact = f"CASE WHEN {sure} THEN {found}[1] ELSE {kept} END"
    number = guard(f"({sure}) OR ({usable})", exact, "NOT_SUPPORTED", _lost(keys[0]))
    return f"CASE WHEN json_type({value}) = 'DOUBLE' THEN {number} ELSE {plain} END"


def _nested(value: str, wanted: Type, names: frozenset[str]) -> str:
    plain = _inside(value, wanted, names)
    if not _holds_wide_decimal(wanted):
        return plain
    # A number of so many characters, anywhere in the value, may have lost digits.
    short = f"NOT regexp_matches({ROWS}.json, '[0-9][0-9.]{{{_EXACT_DIGITS + 1}}}')"
    return guard(f"{short} OR {value} IS NULL", plain, "NOT_SUPPORTED", _lost("a nested member"))


def _inside(value: str, wanted: Type, names: frozenset[str], depth: int = 0) -> str:
    """A value within a document; ``names`` are all that members have anywhere in the files."""
    if wanted.name in _READERS:
        read = _READERS[wanted.name](value, wanted, names, depth)
    else:
        read = _of_text(f"json_extract_string({value}, '$')", wanted)
    return f"CASE WHEN coalesce(json_type({value}), 'NULL') <> 'NULL' THEN {read} END"


def _of_kind(value: str, wanted: Type, kind: str, read: str) -> str:
    failure = _unread(f"CAST({value} AS VARCHAR)", wanted)
    return guard(f"json_type({value}) = '{kind}'", read, "HIVE_BAD_DATA", failure)


def _row(value: str, wanted: Type, names: frozenset[str], depth: int) -> str:
    """A member that is missing is NULL; its name counts whatever its case."""
    fields = []
    for place, item in enumerate(wanted.items):
        called = field_name(wanted, place)
        keys = sorted(key for key in names if key.lower() == called.lower())
        members = [f"json_extract({value}, {_pointer(key)})" for key in keys] or ["NULL"]
        member = f"coalesce({', '.join(members)})" if members[1:] else members[0]
        read = _inside(member, item, names, depth) if keys else f"CAST(NULL AS {duckdb_type(item)})"
        fields.append(f"{name(called)} := {read}")
    return _of_kind(value, wanted, "OBJECT", f"struct_pack({', '.join(fields)})")


def _array(value: str, wanted: Type, names: frozenset[str], depth: int) -> str:
    each = f"_e{depth}"
    items = f"LAMBDA {each} : {_inside(each, wanted.item, names, depth + 1)}"
    return _of_kind(value, wanted, "ARRAY", f"list_transform(CAST({value} AS JSON[]), {items})")


def _map(value: str, wanted: Type, names: frozenset[str], depth: int) -> str:
    each, (key, item) = f"_e{depth}", wanted.items
    known = cast(Typed(f"{each}.key", VARCHAR), key, (1, 1)).sql
    pair = f"{{'key': {known}, 'value': {_inside(f'{each}.value', item, names, depth + 1)}}}"
    entries = f"map_entries(CAST({value} AS MAP(VARCHAR, JSON)))"
    read = f"map_from_entries(list_transform({entries}, LAMBDA {each} : {pair}))"
    return _of_kind(value, wanted, "OBJECT", read)


_READERS = {"row": _row, "array": _array, "map": _map}


def _unread(written: str, wanted: Type) -> str:
    ending = text(f"' as {wanted}")
    return f"'Error parsing field value ''' || {written} || {ending}"


def _of_text(written: str, wanted: Type) -> str:
    """The value that a scalar's text is; a text that is none fails the query."""
    if wanted.name == "varchar":
        return cast(Typed(written, VARCHAR), wanted, (1, 1)).sql
    sql = cast(Typed(written, VARCHAR), wanted, (1, 1), lenient=True).sql
    fits = f"({written}) IS NULL OR ({sql}) IS NOT NULL"
    return guard(fits, sql, "HIVE_BAD_DATA", _unread(written, wanted))


def _holds_wide_decimal(kind: Type) -> bool:
    if kind.name == "decimal":
        return kind.numbers[0] > _EXACT_DIGITS
    return any(_holds_wide_decimal(item) for item in kind.items)


def _lost(what: str) -> str:
    return text(f"A number of so many digits in JSON ({what}) is not read by the embedded Athena")
