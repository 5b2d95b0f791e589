"""CAST to JSON and from it.

Source: https://trino.io/docs/current/functions/json.html#cast-to-json, #cast-from-json
"""

from collections.abc import Callable

from datalfred.local.aws.athena.failures import not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.texts import to_text
from datalfred.local.aws.athena.translate.typed import guard, mismatch, name, text
from datalfred.local.aws.athena.translate.types import Type, duckdb_type

At = tuple[int, int]
Cast = Callable[[Type, Type, str], str]
"""Writes the cast from one type to another of DuckDB's text."""

_PLAIN = (*types.INTEGERS, "decimal", "boolean")
_QUOTED = ("varchar", "date", "timestamp", "timestamp with time zone")


def to_json(kind: Type, sql: str, at: At) -> str:
    """The JSON of a value.

    Raises:
        StatementError: Trino has no such cast, or its text would differ here.
    """
    written = _text(kind, sql, at)
    return f"CAST(CASE WHEN {sql} IS NOT NULL THEN {written} END AS JSON)"


def _text(kind: Type, sql: str, at: At) -> str:
    """The text inside a document; ``null`` for NULL."""
    if kind.name == "unknown":
        return "'null'"
    if kind.name == "array":
        items = f"list_transform({sql}, LAMBDA _e : {_text(kind.item, '_e', at)})"
        written = f"'[' || array_to_string({items}, ',') || ']'"
    elif kind.name == "map" and kind.items[0].is_a("varchar", *_PLAIN):
        written = _object(kind, sql, at)
    elif kind.name == "row" and all(kind.fields):
        written = _fields(kind, sql, at)
    else:
        written = _simple(kind, sql, at)
    return f"coalesce({written}, 'null')"


def _simple(kind: Type, sql: str, at: At) -> str:
    if kind.name == "json":
        return f"CAST({sql} AS VARCHAR)"
    if kind.name in _PLAIN:
        return to_text(kind, sql)
    if kind.name == "double":
        quoted = f"'\"' || trino_double_text({sql}) || '\"'"
        odd = f"isnan({sql}) OR isinf({sql})"
        return f"CASE WHEN {odd} THEN {quoted} ELSE trino_java_double({sql}) END"
    if kind.name in _QUOTED:
        return f"CAST(to_json({to_text(kind, sql)}) AS VARCHAR)"
    raise not_supported(f"CAST of {kind} to json", at=at)


def _object(kind: Type, sql: str, at: At) -> str:
    """A map's keys are texts, in their order."""
    key = f"CAST(to_json({to_text(kind.items[0], '_e.key')}) AS VARCHAR)"
    entry = f"{key} || ':' || {_text(kind.items[1], '_e.value', at)}"
    entries = f"list_transform(list_sort(map_entries({sql})), LAMBDA _e : {entry})"
    return f"'{{' || array_to_string({entries}, ',') || '}}'"


def _fields(kind: Type, sql: str, at: At) -> str:
    written = [
        f"{text(chr(34) + str(field) + chr(34) + ':')} || "
        + _text(item, f"({sql}).{name(types.field_name(kind, index))}", at)
        for index, (field, item) in enumerate(zip(kind.fields, kind.items, strict=True))
    ]
    between = " || ',' || "
    return f"CASE WHEN {sql} IS NOT NULL THEN '{{' || {between.join(written)} || '}}' END"


def from_json(target: Type, sql: str, at: At, cast: Cast) -> str:
    """The value that a document holds.

    Raises:
        StatementError: Trino has no such cast.
    """
    if target.name == "array":
        items = f"CAST({sql} AS JSON[])"
        each = f"list_transform({items}, LAMBDA _e : {from_json(target.item, '_e', at, cast)})"
        return _of_kind(target, sql, "ARRAY", each)
    if target.name == "map" and target.items[0].name == "varchar":
        entry = f"{{'key': _e.key, 'value': {from_json(target.items[1], '_e.value', at, cast)}}}"
        entries = f"map_entries(CAST({sql} AS MAP(VARCHAR, JSON)))"
        made = f"map_from_entries(list_transform({entries}, LAMBDA _e : {entry}))"
        return _of_kind(target, sql, "OBJECT", made)
    if target.name == "row":
        return _row(target, sql, at, cast)
    if target.name == "json":
        return sql
    if not target.is_a("varchar", "boolean", *types.NUMBERS):
        if target.items:
            raise not_supported(f"CAST of json to {target}", at=at)
        raise mismatch(f"Cannot cast json to {target}", at)
    return _scalar(target, sql, cast)


def _of_kind(target: Type, sql: str, kind: str, value: str) -> str:
    """``value`` of a document of one kind; NULL of JSON's null."""
    fits = f"coalesce(json_type({sql}), 'NULL') IN ('{kind}', 'NULL')"
    message = text(f"Cannot cast to {target}. Expected a json {kind.lower()}")
    found = guard(fits, value, "INVALID_CAST_ARGUMENT", message)
    return f"CASE WHEN coalesce(json_type({sql}), 'NULL') <> 'NULL' THEN {found} END"


def _row(target: Type, sql: str, at: At, cast: Cast) -> str:
    """Fields by name, whatever its case, or by place."""
    named, placed = [], []
    for index, item in enumerate(target.items):
        field = name(types.field_name(target, index))
        path = text(f"$[{index}]")
        placed.append(f"{field} := {from_json(item, f'json_extract({sql}, {path})', at, cast)}")
        wanted = text((target.fields[index] or "").lower())
        key = f"list_filter(json_keys({sql}), LAMBDA _k : lower(_k) = {wanted})[1]"
        part = f"json_extract({sql}, '$.\"' || {key} || '\"')"
        named.append(f"{field} := {from_json(item, part, at, cast)}")
    by_place = f"struct_pack({', '.join(placed)})"
    by_name = f"struct_pack({', '.join(named)})" if all(target.fields) else by_place
    kind = f"json_type({sql})"
    message = text(f"Cannot cast to {target}. Expected a json array or object")
    fits = f"coalesce({kind}, 'NULL') IN ('ARRAY', 'OBJECT', 'NULL')"
    chosen = f"CASE {kind} WHEN 'ARRAY' THEN {by_place} WHEN 'OBJECT' THEN {by_name} END"
    typed = f"CAST({chosen} AS {duckdb_type(target)})"
    return guard(fits, typed, "INVALID_CAST_ARGUMENT", message)


def _scalar(target: Type, sql: str, cast: Cast) -> str:
    """Numbers, texts and booleans, each as Trino turns it into ``target``."""
    kind, plain = f"json_type({sql})", f"json_extract_string({sql}, '$')"
    if target.name == "varchar":
        number = f"trino_double_text(TRY_CAST({plain} AS DOUBLE))"
        value = f"CASE {kind} WHEN 'DOUBLE' THEN {number} ELSE {plain} END"
        value = cast(types.VARCHAR, target, f"({value})")
    else:
        written = cast(types.VARCHAR, target, plain)
        double = cast(types.DOUBLE, target, f"TRY_CAST({plain} AS DOUBLE)")
        if target.is_a("decimal", "real"):
            double = written
        whole = written
        if target.name == "boolean":
            number = f"TRY_CAST({plain} AS BIGINT)"
            message = f"'Cannot cast ''' || {plain} || ''' to BOOLEAN'"
            known = f"{number} IS NOT NULL OR {plain} IS NULL"
            whole = guard(known, f"({number} <> 0)", "INVALID_CAST_ARGUMENT", message)
        truth = cast(types.BOOLEAN, target, f"({plain} = 'true')")
        value = (
            f"CASE {kind} WHEN 'DOUBLE' THEN {double} WHEN 'BOOLEAN' THEN {truth} "
            f"WHEN 'VARCHAR' THEN {written} ELSE {whole} END"
        )
    said = {"integer": "INTEGER"}.get(target.name, str(target).upper())
    ending = text(f"' to {said}")
    message = f"'Cannot cast ''' || CAST({sql} AS VARCHAR) || {ending}"
    fits = f"coalesce({kind}, 'NULL') NOT IN ('ARRAY', 'OBJECT')"
    value = guard(fits, value, "INVALID_CAST_ARGUMENT", message)
    return f"CASE WHEN {kind} <> 'NULL' THEN {value} END"
