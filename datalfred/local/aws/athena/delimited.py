"""Delimited files as DuckDB's text: LazySimpleSerDe's and OpenCSVSerde's."""

from collections.abc import Mapping, Sequence
from functools import partial

from datalfred.local.aws.athena.catalog import Table
from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.mirror import StoredFile
from datalfred.local.aws.athena.sources import ROWS, Source, paths
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import cast
from datalfred.local.aws.athena.translate.typed import Typed, guard, name, text
from datalfred.local.aws.athena.translate.types import VARCHAR, Type, duckdb_type

_NEVER = "\x01NULL\x01"  # OpenCSVSerde knows no text for NULL
_CONTROL = {"\\t": "\t", "\\001": "\x01", "\\u0001": "\x01", "1": "\x01", "\\n": "\n"}
_LEVELS = "\x01\x02\x03\x04\x05\x06\x07\x08"  # Hive's separators, one for each depth of nesting


def separators(options: Mapping[str, str]) -> str:
    """The separators of Hive's delimited text: of fields, of items, of a map's keys, and deeper."""
    own = (
        options.get("field.delim") or options.get("serialization.format"),
        options.get("collection.delim") or options.get("colelction.delim"),
        options.get("mapkey.delim"),
    )
    known = zip(own, _LEVELS[: len(own)], strict=True)
    first = (_CONTROL.get(said, said) if said else usual for said, usual in known)
    return "".join(each[0] for each in first) + _LEVELS[len(own) :]


def text_reader(
    table: Table, files: Sequence[StoredFile], columns: Sequence[str], *, quoted: bool
) -> Source:
    """The source and the columns of delimited files.

    Args:
        table: what is read.
        files: its files.
        columns: those that are wanted.
        quoted: whether OpenCSVSerde reads them; else LazySimpleSerDe.

    Raises:
        StatementError: a column of a type that such files do not hold here.
    """
    _, parameters = table.serde
    if quoted:
        delimiter = parameters.get("separatorChar", ",")
        quote, escape = parameters.get("quoteChar", '"'), parameters.get("escapeChar", '"')
        null = _NEVER
    else:
        delimiter = parameters.get("field.delim") or parameters.get("serialization.format", "\x01")
        quote, escape = "", parameters.get("escape.delim", "")
        null = parameters.get("serialization.null.format", "\\N")
    if _CONTROL.get(delimiter, delimiter) in null:
        raise not_supported(f"The delimiter {delimiter!r} beside {null!r} for NULL")
    header = "skip.header.line.count"
    skipped = int(table.properties.get(header) or parameters.get(header) or 0)
    listed = ", ".join(f"{text(column)}: 'VARCHAR'" for column, _ in table.columns)
    source = (
        f"read_csv({paths(files)}, auto_detect = false, header = false, skip = {skipped}, "
        f"delim = {text(_CONTROL.get(delimiter, delimiter))}, quote = {text(quote)}, "
        f"escape = {text(_CONTROL.get(escape, escape))}, nullstr = {text(null)}, "
        f"columns = {{{listed}}}, null_padding = true, strict_mode = false) AS {ROWS}"
    )
    kinds = dict(table.columns)
    delimited = partial(_from_delimited, separators(parameters), null)
    read = partial(_from_quoted, table) if quoted else delimited
    return Source(source, {column: read(column, kinds[column]) for column in columns})


def _from_delimited(levels: str, null: str, column: str, wanted: Type) -> str:
    value = f"{ROWS}.{name(column)}"
    if not wanted.items:
        return _plain_text(value, wanted)
    return f"CASE WHEN {value} IS NOT NULL THEN {_nested_text(value, wanted, 1, levels, null)} END"


def _plain_text(value: str, wanted: Type) -> str:
    if wanted.name == "varbinary":
        return f"from_base64({value})"
    return cast(Typed(value, VARCHAR), wanted, (1, 1), lenient=True).sql


def _nested_text(value: str, wanted: Type, level: int, levels: str, null: str) -> str:
    """A value inside a delimited cell: each depth has a separator of its own, a map two."""
    if not wanted.items:
        return f"CASE WHEN {value} <> {text(null)} THEN {_plain_text(value, wanted)} END"
    deeper = level + (2 if wanted.name == "map" else 1)
    if deeper > len(levels):
        raise not_supported(f"A column of type {wanted} in a delimited file")
    part = f"_e{level}"
    listed = f"string_split({value}, {text(levels[level])})"

    def item(index: int, sql: str) -> str:
        return _nested_text(sql, wanted.items[index], deeper, levels, null)

    if wanted.name == "row":
        fields = ", ".join(
            f"{name(types.field_name(wanted, index))} := {item(index, f'{listed}[{index + 1}]')}"
            for index in range(len(wanted.items))
        )
        made = f"struct_pack({fields})"
    elif wanted.name == "array":
        made = f"list_transform({listed}, LAMBDA {part} : {item(0, part)})"
        made = f"CASE WHEN {value} = '' THEN [] ELSE {made} END"
    else:
        between = text(levels[level + 1])
        key = item(0, f"split_part({part}, {between}, 1)")
        rest = item(1, f"substr({part}, nullif(strpos({part}, {between}), 0) + 1)")
        entries = f"list_transform({listed}, LAMBDA {part} : {{'key': {key}, 'value': {rest}}})"
        made = f"CASE WHEN {value} = '' THEN MAP {{}} ELSE map_from_entries({entries}) END"
    made = f"CAST({made} AS {duckdb_type(wanted)})"
    return f"CASE WHEN {value} <> {text(null)} THEN {made} END"


def _from_quoted(table: Table, column: str, wanted: Type) -> str:
    """OpenCSVSerDe: every value is text; numbers and booleans are read from it."""
    value = Typed(f"{ROWS}.{name(column)}", VARCHAR)
    if wanted.name == "varchar":
        return cast(value, wanted, (1, 1)).sql
    if wanted.is_a("date", "timestamp", "decimal", "array", "map", "row"):
        where = ".".join(table.name[1:])
        raise not_supported(f"The column {column} of type {wanted} in {where} (OpenCSVSerde)")
    sql = cast(value, wanted, (1, 1), lenient=True).sql
    ending = text(f"' for field {column}")
    message = f"'Error parsing field value ''' || {value.sql} || {ending}"
    return guard(f"{value.sql} IS NULL OR ({sql}) IS NOT NULL", sql, "HIVE_BAD_DATA", message)
