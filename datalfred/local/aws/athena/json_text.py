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


def json_column(keys: Sequence[str], wanted: Type) -> str:
    """The value of the member that is called by one of ``keys``."""
    if not keys:
        return f"CAST(NULL AS {duckdb_type(wanted)})"
    members = [_member(key) for key in keys]
    value = f"coalesce({', '.join(members)})" if len(members) > 1 else members[0]
    if wanted.items:
        return _nested(value, wanted)
    written = _written(value, keys, wanted)
    return _of_text(f"CASE WHEN json_type({value}) <> 'NULL' THEN {written} END", wanted)


def _member(key: str) -> str:
    """A member of a row's object, by JSON pointer."""
    escaped = key.replace("~", "~0").replace("/", "~1")
    return f"json_extract({ROWS}.json, {text(f'/{escaped}')})"


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


def _nested(value: str, wanted: Type) -> str:
    plain = _inside(value, wanted, 0)
    if not _holds_wide_decimal(wanted):
        return plain
    # A number of so many characters, anywhere in the value, may have lost digits.
    short = f"NOT regexp_matches({ROWS}.json, '[0-9][0-9.]{{{_EXACT_DIGITS + 1}}}')"
    return guard(f"{short} OR {value} IS NULL", plain, "NOT_SUPPORTED", _lost("a nested member"))


def _inside(value: str, wanted: Type, depth: int) -> str:
    """A value within a document, evaluated once: what is read of it names a parameter."""
    each = f"_j{depth}"
    read = _READERS.get(wanted.name, _scalar)(each, wanted, depth)
    known = f"CASE WHEN coalesce(json_type({each}), 'NULL') <> 'NULL' THEN {read} END"
    return f"list_transform([{value}], LAMBDA {each} : {known})[1]"


def _of_kind(value: str, wanted: Type, kind: str, read: str) -> str:
    failure = _unread(f"CAST({value} AS VARCHAR)", wanted)
    return guard(f"json_type({value}) = '{kind}'", read, "HIVE_BAD_DATA", failure)


def _row(value: str, wanted: Type, depth: int) -> str:
    """A member that is missing is NULL; its name counts whatever its case."""
    fields = []
    for place, item in enumerate(wanted.items):
        called = field_name(wanted, place)
        same = f"LAMBDA _k{depth} : lower(_k{depth}) = {text(called.lower())}"
        key = f"list_filter(json_keys({value}), {same})[1]"
        path = f"'/' || replace(replace({key}, '~', '~0'), '/', '~1')"
        member = _inside(f"json_extract({value}, {path})", item, depth + 1)
        fields.append(f"{name(called)} := {member}")
    return _of_kind(value, wanted, "OBJECT", f"struct_pack({', '.join(fields)})")


def _array(value: str, wanted: Type, depth: int) -> str:
    each = f"_e{depth}"
    items = f"LAMBDA {each} : {_inside(each, wanted.item, depth + 1)}"
    return _of_kind(value, wanted, "ARRAY", f"list_transform(CAST({value} AS JSON[]), {items})")


def _map(value: str, wanted: Type, depth: int) -> str:
    each, (key, item) = f"_e{depth}", wanted.items
    known = cast(Typed(f"{each}.key", VARCHAR), key, (1, 1)).sql
    pair = f"{{'key': {known}, 'value': {_inside(f'{each}.value', item, depth + 1)}}}"
    entries = f"map_entries(CAST({value} AS MAP(VARCHAR, JSON)))"
    read = f"map_from_entries(list_transform({entries}, LAMBDA {each} : {pair}))"
    return _of_kind(value, wanted, "OBJECT", read)


def _scalar(value: str, wanted: Type, _depth: int) -> str:
    return _of_text(f"json_extract_string({value}, '$')", wanted)


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
