"""Reads what the catalog's operations said, as far as it goes: no key is taken for granted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from datalfred.models.offline.catalog_view import Catalog, Column, Hit, Join, Measure, Table, Value
from datalfred.models.offline.unknowns import gaps_of


def _text(source: Mapping[str, Any], key: str) -> str:
    value = source.get(key)
    return value if isinstance(value, str) else "" if value is None else str(value)


def _list(source: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = source.get(key)
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _texts(source: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(x) for x in _list(source, key) if x is not None)


def _dicts(source: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    return [x for x in _list(source, key) if isinstance(x, Mapping)]


def _number(source: Mapping[str, Any], key: str) -> int | None:
    value = source.get(key)
    return int(value) if isinstance(value, int | float) else None


def read_table(result: Mapping[str, Any]) -> Table | None:
    """The table of a ``describe_table`` result; None when there is none in it."""
    raw = result.get("table")
    if not isinstance(raw, Mapping) or not raw.get("name"):
        return None
    fresh = raw.get("freshness")
    age = fresh if isinstance(fresh, Mapping) else {}
    likely = tuple(j for entry in _dicts(raw, "likely_joins") if (j := _join(entry, guessed=True)))
    suggested = {(j.target, j.columns) for j in likely}
    joins = [j for entry in _dicts(raw, "joins") if (j := _join(entry))]
    return Table(
        database=_text(raw, "database"),
        name=_text(raw, "name"),
        description=_text(raw, "description"),
        synonyms=_texts(raw, "synonyms"),
        columns=tuple(_column(c) for c in _dicts(raw, "columns") if c.get("name")),
        time_column=_text(raw, "time_column"),
        time_partition=_time_partition(raw.get("time_partition")),
        label_columns=_texts(raw, "label_columns"),
        measures=tuple(_measure(m) for m in _dicts(raw, "measures") if m.get("expression")),
        joins=tuple(replace(j, guessed=(j.target, j.columns) in suggested) for j in joins),
        format=_text(raw, "format"),
        location=_text(raw, "location"),
        rows=_number(raw, "rows"),
        bytes=_number(raw, "bytes"),
        partitions=_number(raw, "partitions") or 0,
        first_partition=_text(raw, "first_partition"),
        last_partition=_text(raw, "last_partition"),
        updated_at=_text(raw, "updated_at"),
        as_of=_text(raw, "as_of"),
        evidence=_text(result, "evidence"),
        owner=_text(raw, "owner"),
        freshness=_text(age, "summary"),
        rhythm=_text(age, "rhythm"),
        late=age.get("late") is True,
        likely_joins=likely,
        unknown=gaps_of(raw),
    )


def _column(raw: Mapping[str, Any]) -> Column:
    return Column(
        name=_text(raw, "name"),
        type=_text(raw, "type") or "string",
        comment=_text(raw, "comment"),
        partition_key=bool(raw.get("partition_key")),
        synonyms=_texts(raw, "synonyms"),
        values=tuple(
            Value(_text(v, "value"), _texts(v, "synonyms"))
            for v in _dicts(raw, "values")
            if v.get("value") is not None
        ),
        unit=_text(raw, "unit"),
        personal=bool(raw.get("personal")),
    )


def _measure(raw: Mapping[str, Any]) -> Measure:
    return Measure(
        name=_text(raw, "name"),
        expression=_text(raw, "expression"),
        description=_text(raw, "description"),
        synonyms=_texts(raw, "synonyms"),
        unit=_text(raw, "unit"),
    )


def _join(raw: Mapping[str, Any], *, guessed: bool = False) -> Join | None:
    columns = raw.get("columns")
    if not raw.get("table") or not isinstance(columns, Mapping) or not columns:
        return None
    pairs = tuple((str(here), str(there)) for here, there in columns.items())
    reason = _text(raw, "reason").removeprefix("likely: ")
    return Join(_text(raw, "database"), _text(raw, "table"), pairs, guessed, reason)


def _time_partition(raw: Any) -> tuple[str, str] | None:
    if not isinstance(raw, Mapping) or not raw.get("column") or not raw.get("pattern"):
        return None
    return _text(raw, "column"), _text(raw, "pattern")


def read_hits(result: Mapping[str, Any]) -> list[Hit]:
    """The tables of a ``search_tables`` result, best first."""
    return [
        Hit(
            database=_text(raw, "database"),
            name=_text(raw, "name"),
            description=_text(raw, "description"),
            columns=_texts(raw, "columns"),
            matches=tuple(
                (_text(m, "word"), _text(m, "kind"), _text(m, "name"))
                for m in _dicts(raw, "matches")
            ),
            score=float(raw["score"]) if isinstance(raw.get("score"), int | float) else 0.0,
        )
        for raw in _dicts(result, "tables")
        if raw.get("name")
    ]


def build(results: Iterable[Mapping[str, Any]], hits: Iterable[Hit] = ()) -> Catalog:
    """All tables of this turn's ``describe_table`` results, and the moment they were read."""
    tables = {t.id: t for result in results if (t := read_table(result))}
    stamps = [moment for t in tables.values() if (moment := read_moment(t.as_of))]
    now = max(stamps, default=datetime(1970, 1, 1, tzinfo=UTC)).replace(tzinfo=None)
    return Catalog(tables, now, {hit.id: hit.score for hit in hits})


def read_moment(text: str) -> datetime | None:
    """An ISO 8601 moment in UTC; None when it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
