"""Questions that all tables are asked: which are late, partitioned, large, hold personal data.

Only a description tells, so as many tables are described as a turn can afford; how many were left
out is said.
"""

# ruff: noqa: E501 -- a pattern is read in one line

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datalfred.models.offline.catalog_reading import read_hits, read_table
from datalfred.models.offline.catalog_view import Hit, Table
from datalfred.models.offline.conversation import Conversation, Decision, ToolCall
from datalfred.models.offline.table_answers import all_named, evidence_of
from datalfred.models.offline.unknowns import unknown_of
from datalfred.models.offline.wording import CANNOT, fitted

MOST_SURVEYED = 16
"""Tables described for one question: each is a call."""

_TABLES = r"(?:data ?sets?|tables?|views?)"
_ASKS = r"\b(?:which|what|any|list|show|find|give|are there|all|every)\b"
_ALL = re.compile(rf"{_ASKS}.*\b(?:{_TABLES}|columns?|fields?)\b", re.IGNORECASE)
_NOT = r"(?:not|never|\w+n'?t)"
_KINDS = "timestamp|date|decimal|double|float|boolean|bigint|int|string|array|map|struct"
_SIZES = re.compile(
    rf"\b(?:largest|biggest|smallest|heaviest)\b(?: \w+)? {_TABLES}\b|\b(?:which|what) {_TABLES} (?:is|are|has|have|takes?)\b.*\b(?:largest|biggest|smallest|most (?:rows|bytes|data|space|storage))\b|\b{_TABLES} (?:with|by|and) (?:their |the )?(?:file )?(?:sizes?|row counts?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Property:
    """Something that a table may have.

    Attributes:
        asked: how a question speaks of it.
        head: what a table that has it is or does, and several.
        told: what is to be said of a table that has it, None of one that has not.
        is_age: whether it is unknown of a table whose partitions show no rhythm.
    """

    asked: re.Pattern[str]
    head: tuple[str, str]
    told: Callable[[re.Match[str], Table], str | None]
    is_age: bool = False


def survey(talk: Conversation, text: str) -> Decision | None:
    """The tables that have what a question asks of all; None when it asks for no such thing."""
    asked = _property(text)
    if asked is None and not _SIZES.search(text):
        return None
    searches = talk.results("search_tables")
    if not searches:
        return Decision(calls=(ToolCall("search_tables", {"text": ""}),))
    every = read_hits(searches[-1].result)
    hits, rest_of_text = _of_database(text, every)
    if not hits or all_named(rest_of_text, every):
        return None
    described = talk.results("describe_table")
    if not described:
        return Decision(calls=tuple(map(_describe, hits[:MOST_SURVEYED])))
    tables = [found for step in described if (found := read_table(step.result))]
    if not tables:
        return Decision(f"{CANNOT}: no table could be described. {described[-1].error}".strip())
    lines = _having(*asked, tables) if asked else _by_size(text, tables)
    known = searches[-1].result.get("total")
    total = known if isinstance(known, int) and hits == every else len(hits)
    rest = f"{total - len(tables)} more could not be looked at." if total > len(tables) else ""
    unknown = unknown_of(searches)
    return Decision(fitted([*lines, rest, unknown, evidence_of(searches[-1])]))


def _describe(hit: Hit) -> ToolCall:
    return ToolCall("describe_table", {"database": hit.database, "table": hit.name})


def _of_database(text: str, hits: Sequence[Hit]) -> tuple[Sequence[Hit], str]:
    """The tables of the database that is named, else all; and the text without its name."""
    known = {hit.database.lower() for hit in hits}
    for said in re.finditer(r"\b(?:in|of|from) (?:the )?(\w+)", text.lower()):
        if said[1] in known:
            inside = [hit for hit in hits if hit.database.lower() == said[1]]
            return inside, f"{text[: said.start()]} {text[said.end() :]}"
    return hits, text


def _property(text: str) -> tuple[_Property, re.Match[str]] | None:
    if not _ALL.search(text):
        return None
    found = ((each, each.asked.search(text)) for each in _PROPERTIES)
    return next(((each, match) for each, match in found if match), None)


def _having(asked: _Property, match: re.Match[str], tables: Sequence[Table]) -> list[str]:
    known = [table for table in tables if table.rhythm or not asked.is_age]
    said = [(table, told) for table in known if (told := asked.told(match, table)) is not None]
    lines = [f"- **{table.id}**: {told}" for table, told in said]
    head = f"{len(lines)} of {len(known)} tables {asked.head[len(lines) != 1]}"
    unknown = [_undated(table) for table in tables if table not in known]
    return [
        head + (":" if lines else "."),
        "\n".join(lines),
        f"Not known of those whose partitions show no rhythm: {'; '.join(unknown)}."
        if unknown
        else "",
    ]


def _undated(table: Table) -> str:
    return f"{table.id} ({table.freshness})" if table.freshness else table.id


def _by_size(text: str, tables: Sequence[Table]) -> list[str]:
    """By bytes, or by rows where these are asked for; what is of unknown size is not ranked."""
    by_rows = re.search(r"\brows?\b", text, re.IGNORECASE) is not None
    sizes = {table.id: table.rows if by_rows else table.bytes for table in tables}
    known = [(size, table) for table in tables if (size := sizes[table.id]) is not None]
    ranked = sorted(known, key=lambda each: each[0], reverse="smallest" not in text.lower())
    unknown = [name for name, size in sizes.items() if size is None]
    return [
        f"By {'the number of their rows' if by_rows else 'the size of their files'}:",
        "\n".join(
            f"- **{table.id}**: {size:,} {'rows' if by_rows else 'bytes'}"
            for size, table in ranked[:10]
        ),
        f"Of unknown size: {', '.join(unknown)}." if unknown else "",
    ]


def _partitioned(match: re.Match[str], table: Table) -> str | None:
    key = (match["key"] or "").lower()
    keys = [c.name for c in table.columns if c.partition_key]
    return f"by {', '.join(keys)}" if keys and (not key or key in keys) else None


def _whole(_match: re.Match[str], table: Table) -> str | None:
    return None if any(c.partition_key for c in table.columns) else table.format or "no format"


def _personal(_match: re.Match[str], table: Table) -> str | None:
    return ", ".join(c.name for c in table.columns if c.personal) or None


def _typed(match: re.Match[str], table: Table) -> str | None:
    wanted = (match["kind"] or match["plural"]).lower()
    kinds = {c.name: re.split(r"[(<]", c.type.lower())[0].strip() for c in table.columns}
    return ", ".join(name for name, kind in kinds.items() if kind == wanted) or None


def _of(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PROPERTIES = (
    _Property(
        _of(
            rf"\b(?:of|with) (?:the )?(?:data )?type (?P<kind>{_KINDS})\b|\b(?P<plural>{_KINDS})(?:-typed)? (?:columns|fields)\b"
        ),
        ("has such columns", "have such columns"),
        _typed,
    ),
    _Property(
        _of(
            rf"\b(?:stale|late|outdated|out[- ]of[- ]date|behind|overdue|{_NOT} (?:been )?(?:up[- ]to[- ]date|fresh|current|updated|refreshed|loaded))\b"
        ),
        ("is late by the rhythm of its partitions", "are late by the rhythm of their partitions"),
        lambda _, table: table.freshness if table.late else None,
        is_age=True,
    ),
    _Property(
        _of(r"\b(?:up[- ]to[- ]date|fresh|freshness)\b"),
        ("is as new as its rhythm wants", "are as new as their rhythm wants"),
        lambda _, table: None if table.late else table.freshness,
        is_age=True,
    ),
    _Property(
        _of(rf"\b(?:un-?partitioned|{_NOT} partitioned|without (?:any )?partitions?)\b"),
        ("has no partitions", "have no partitions"),
        _whole,
    ),
    _Property(
        _of(r"\bpartitioned\b(?: (?:by|on) (?:the |a )?(?P<key>\w+))?"),
        ("is partitioned", "are partitioned"),
        _partitioned,
    ),
    _Property(
        _of(r"\b(?:personal|pii|sensitive|gdpr)\b"),
        ("is declared to hold personal data", "are declared to hold personal data"),
        _personal,
    ),
    _Property(
        _of(
            r"\b(?:no|without|lack\w*|missing)\b.{0,12}\b(?:descriptions?|comments?|documentation)\b|\bundocumented\b"
        ),
        ("has no description", "have no description"),
        lambda _, table: None if table.description else f"{len(table.columns)} columns",
    ),
    _Property(
        _of(
            r"\b(?:are there|list|show(?: me)?|which|any|what|all)(?: the| any)? views\b\W*(?:$|in\b|are\b|do\b|exist)"
        ),
        ("is a view", "are views"),
        lambda _, table: table.description or "view" if table.format == "view" else None,
    ),
    _Property(
        _of(r"\b(?P<format>parquet|csv|json|orc|avro|iceberg)\b"),
        ("has that format", "have that format"),
        lambda match, table: table.format if table.format == match["format"].lower() else None,
    ),
)
