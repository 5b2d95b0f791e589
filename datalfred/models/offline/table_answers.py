"""Answers about one table: its columns, facts, joins, measures and partitions."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with
# ruff: noqa: PLR0911 -- a list of cases, the first that fits returns
# ruff: noqa: ARG001 -- every intent is handed the same

import re
from collections.abc import Callable, Sequence
from typing import Any

from datalfred.models.offline import catalog_reading, search
from datalfred.models.offline.catalog_reading import read_hits, read_table
from datalfred.models.offline.catalog_view import Column, Hit, Measure, Table
from datalfred.models.offline.conversation import Conversation, Decision, Step, ToolCall
from datalfred.models.offline.follow_up import points_back
from datalfred.models.offline.text import clean, stem, tokenize, words_in, words_of
from datalfred.models.offline.wording import CANNOT, fitted, number


def evidence_of(step: Step | None) -> str:
    """The evidence line of a step."""
    return str(step.result.get("evidence") or "") if step else ""


def _with_table(
    talk: Conversation, text: str, earlier: Sequence[str], say: Callable[[Table, str, Step], str]
) -> Decision | None:
    """Finds the one table that a question names, describes it and lets ``say`` speak."""
    described = list(talk.results("describe_table"))
    for step in described:
        table = read_table(step.result)
        if table:
            return Decision(say(table, text, step))
    if described:
        return Decision(f"{CANNOT}: {described[-1].error or 'the table could not be described'}")
    steps = talk.results("search_tables")
    subject = _subject(talk, text, earlier)
    if not steps:
        words = search.content_words(tokenize(clean(subject)))
        return Decision(calls=(ToolCall("search_tables", {"text": " ".join(words)}),))
    hits = [h for s in steps for h in read_hits(s.result)]
    named = search.named_in(subject, hits)
    if not named and len(steps) == 1:
        return Decision(calls=(ToolCall("search_tables", {"text": ""}),))
    if len(named) > 1:
        same = ", ".join(h.id for h in named[:6])
        return Decision(f"Which table do you mean: {same}?")
    if not named:
        return None
    hit = named[0]
    return Decision(
        calls=(ToolCall("describe_table", {"database": hit.database, "table": hit.name}),)
    )


def _subject(talk: Conversation, text: str, earlier: Sequence[str]) -> str:
    """The text that names the table: for "that table", what was said before."""
    if not points_back(text) or not re.search(
        r"\b(?:that|this|it|its|the same|those|the|these|them)\b", text, re.IGNORECASE
    ):
        return text
    own = [w for w in search.content_words(tokenize(clean(text))) if stem(w) not in _SUBJECTLESS]
    if own:
        return text
    answers = [s.text for s in reversed(talk.earlier) if s.role == "assistant"]
    for said in answers:
        match = re.search(r"\b(?:FROM\s+|\*\*)?([a-z_]\w*\.[a-z_]\w*)\b", said, re.IGNORECASE)
        if match:
            return match[1]
    return " ".join([*reversed(earlier[-2:]), text])


_SUBJECTLESS = {
    stem(w)
    for w in words_in(
        """
column columns field fields schema describe structure contain contains hold holds mean
partition partitions type types look like sort format big large fresh update updated
refreshed size rows explain definition layout metadata have attribute attributes
"""
    )
}


def tell_columns(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    """What a table holds."""
    return _with_table(talk, text, earlier, _described)


def _described(table: Table, text: str, step: Step) -> str:
    only = _asked_column(table, text)
    if only:
        return fitted([f"{table.id}.{_column(only)[2:]}", evidence_of(step)])
    count = re.search(r"\bhow many (?:columns|fields)\b", text, re.IGNORECASE)
    head = f"**{table.id}** has {len(table.columns)} columns" + (
        f", {table.rows:,} rows" if table.rows is not None else ""
    )
    about = "" if count else f" {table.description}".rstrip()
    lines = [_column(c) for c in table.columns]
    if sum(len(x) for x in lines) > 1_300:
        lines = [f"- {c.name} ({c.type})" for c in table.columns]
    extra = []
    if table.measures:
        extra.append(
            "Measures: " + ", ".join(f"{m.name} = {m.expression}" for m in table.measures[:8]) + "."
        )
    if table.joins:
        extra.append(
            "Joins: "
            + ", ".join(f"{j.target} on {', '.join(h for h, _ in j.columns)}" for j in table.joins)
            + "."
        )
    return fitted([f"{head}.{about}", "\n".join(lines), " ".join(extra), evidence_of(step)])


def _asked_column(table: Table, text: str) -> Column | None:
    """The column that "what does column X mean" or "what type is X" asks about."""
    if not re.search(
        (
            r"\b(?:what type|which type|mean|meaning|the type of|data type of|what is (?:the "
            r")?(?:column|field))\b"
        ),
        text,
        re.IGNORECASE,
    ):
        return None
    lowered = text.lower()
    said = [
        c
        for c in table.columns
        if re.search(rf"\b{re.escape(c.name.lower())}\b", lowered)
        or f" {' '.join(words_of(c.name))} " in f" {lowered} "
    ]
    return max(said, key=lambda c: len(c.name), default=None)


def _column(column: Column) -> str:
    notes = [column.type]
    if column.unit:
        notes.append(column.unit)
    if column.partition_key:
        notes.append("partition key")
    if column.personal:
        notes.append("personal")
    values = ", ".join(v.value for v in column.values[:8])
    comment = f": {column.comment}" if column.comment else ""
    return f"- {column.name} ({', '.join(notes)}){comment}" + (f" [{values}]" if values else "")


def tell_facts(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    """How big and how fresh a table is."""
    return _with_table(talk, text, earlier, _fact)


def _fact(table: Table, _text: str, step: Step) -> str:
    said = [f"**{table.id}**: {table.format or 'unknown format'}"]
    if table.rows is not None:
        said.append(f"{table.rows:,} rows")
    if table.bytes is not None:
        said.append(f"{number(str(table.bytes))} bytes")
    if table.partitions:
        span = (
            f" from {table.first_partition} to {table.last_partition}"
            if table.first_partition
            else ""
        )
        said.append(f"{table.partitions} partitions{span}")
    if table.updated_at:
        said.append(f"updated at {table.updated_at}")
    if table.location:
        said.append(f"stored in {table.location}")
    return fitted(["; ".join(said) + ".", evidence_of(step)])


def tell_joins(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    """How two tables join: the first named one is described, and its joins told."""
    steps = talk.results("search_tables")
    if not steps:
        return Decision(calls=(ToolCall("search_tables", {"text": ""}),))
    hits = read_hits(steps[-1].result)
    named = _all_named(text, hits)
    if not named:
        return None
    described = talk.results("describe_table")
    if not described:
        calls = tuple(
            ToolCall("describe_table", {"database": h.database, "table": h.name}) for h in named[:4]
        )
        return Decision(calls=calls)
    catalog = catalog_reading.build([s.result for s in described])
    lines = [
        (
            f"- {t.id} to {j.target}: "
            f"{', '.join(f'{t.name}.{a} = {j.table}.{b}' for a, b in j.columns)}"
        )
        for t in catalog.tables.values()
        for j in catalog.joins_of(t)
    ]
    if not lines:
        return Decision(
            f"{CANNOT}: the catalog declares no join for {', '.join(h.id for h in named)}."
        )
    both = [x for x in lines if sum(h.id in x for h in named) > 1]
    return Decision(
        fitted(["Many-to-one joins:", "\n".join(both or lines), evidence_of(described[0])])
    )


def _all_named(text: str, hits: Sequence[Hit]) -> list[Hit]:
    stems = f" {' '.join(stem(w) for w in words_of(text))} "
    return [h for h in hits if f" {' '.join(stem(w) for w in words_of(h.name))} " in stems]


_DEFINED = re.compile(
    r"^(?!.*\b(?:measures|metrics|kpis)\b).*\b(?:defin\w+|calculate\w*|compute\w*|measured|formula)\b",
    re.IGNORECASE,
)


def _said(description: str) -> str:
    return f" ({description.rstrip('.')})" if description else ""


def _measures_named(
    text: str, known: Sequence[tuple[Table, Measure]]
) -> list[tuple[Table, Measure]]:
    """The measures whose name or synonym stands in a text; of several, the longest names."""
    said = f" {' '.join(stem(w) for w in words_of(text))} "
    found: list[tuple[int, Table, Measure]] = []
    for table, measure in known:
        names = (measure.name, *measure.synonyms)
        spoken = [n for n in names if f" {' '.join(stem(w) for w in words_of(n))} " in said]
        if spoken:
            found.append((max(len(words_of(n)) for n in spoken), table, measure))
    longest = max((size for size, _, _ in found), default=0)
    return [(t, m) for size, t, m in found if size == longest]


def tell_measures(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    """The declared measures."""
    steps = talk.results("search_tables")
    if not steps:
        return Decision(calls=(ToolCall("search_tables", {"text": ""}),))
    described = talk.results("describe_table")
    hits = read_hits(steps[-1].result)
    if not described and hits:
        named = _all_named(text, hits) or hits[:12]
        return Decision(
            calls=tuple(
                ToolCall("describe_table", {"database": h.database, "table": h.name})
                for h in named[:12]
            )
        )
    tables = [t for s in described if (t := read_table(s.result))]
    known = [(t, m) for t in tables for m in t.measures]
    if _DEFINED.search(text):
        known = _measures_named(text, known)
        if not known:
            return None
    lines = [f"- {t.id}: {m.name} = {m.expression}{_said(m.description)}" for t, m in known]
    if not lines:
        return Decision(f"{CANNOT}: no measures are declared.")
    noun = "declared measure" if len(lines) == 1 else "declared measures"
    return Decision(fitted([f"{len(lines)} {noun}:", "\n".join(lines), evidence_of(described[0])]))


def tell_partitions(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    """The partitions of a table."""
    listed = talk.results("list_partitions")
    if listed:
        return Decision(_partitioned(listed[-1]))
    found = _with_table(
        talk, text, earlier, lambda table, _text, _step: f"{table.database}.{table.name}"
    )
    if found is None or found.calls or found.text.startswith((CANNOT, "Which table")):
        return found
    database, _, table = found.text.partition(".")
    return Decision(calls=(ToolCall("list_partitions", {"database": database, "table": table}),))


def _partitioned(step: Step) -> str:
    if step.error:
        return f"{CANNOT}: the partitions could not be listed. {step.error}"
    table = f"{step.input.get('database')}.{step.input.get('table')}"
    found = [p for p in step.result.get("partitions") or () if isinstance(p, dict)]
    total = step.result.get("total", len(found))
    if not found:
        return fitted([f"**{table}** has no partitions.", evidence_of(step)])
    lines = [_partition(p) for p in found[:24]]
    head = f"**{table}** has {total} partitions" + (
        ", the newest:" if len(lines) < int(total) else ":"
    )
    return fitted([head, ", ".join(lines), evidence_of(step)])


def _partition(raw: dict[str, Any]) -> str:
    values = raw.get("values")
    return (
        "/".join(f"{k}={v}" for k, v in values.items()) if isinstance(values, dict) else str(values)
    )
