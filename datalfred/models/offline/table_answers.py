"""Answers about one table: its columns, facts, joins, measures and partitions."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with
# ruff: noqa: PLR0911 -- a list of cases, the first that fits returns
# ruff: noqa: ARG001 -- every intent is handed the same

import re
from collections.abc import Callable, Sequence
from typing import Any

from datalfred.models.offline import search
from datalfred.models.offline.catalog_reading import read_hits, read_table
from datalfred.models.offline.catalog_view import Column, Hit, Join, Measure, Table
from datalfred.models.offline.catalog_words import PERSONAL
from datalfred.models.offline.conversation import Conversation, Decision, Step, ToolCall
from datalfred.models.offline.follow_up import points_back
from datalfred.models.offline.text import clean, distance, stem, tokenize, words_in, words_of
from datalfred.models.offline.unknowns import gaps_of
from datalfred.models.offline.wording import CANNOT, fitted, number

_MOST_LIKELY = 4


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
        missing = _DOTTED.search(text)
        return Decision(_no_table(missing[0], hits)) if missing else None
    hit = named[0]
    return Decision(
        calls=(ToolCall("describe_table", {"database": hit.database, "table": hit.name}),)
    )


_MOST_EDITS = 2
_DOTTED = re.compile(r"\b[a-z_]\w*\.[a-z_]\w*\b", re.IGNORECASE)


def _no_table(name: str, hits: Sequence[Hit]) -> str:
    own = name.rpartition(".")[2].lower()
    names = list(dict.fromkeys(h.id for h in hits))
    near = [
        n for n in names if distance(own, n.partition(".")[2].lower(), _MOST_EDITS) <= _MOST_EDITS
    ]
    meant = f" Did you mean {' or '.join(near[:3])}?" if near else ""
    known = "" if meant else f" The catalog holds: {', '.join(names[:12])}."
    return f'{CANNOT}: there is no table "{name}".{meant}{known}'


def _subject(talk: Conversation, text: str, earlier: Sequence[str]) -> str:
    """The text that names the table: for "that table", what was said before."""
    if not points_back(text) or not re.search(
        r"\b(?:that|this|it|its|the same|those|the|these|them)\b", text, re.IGNORECASE
    ):
        return text
    own = [w for w in search.content_words(tokenize(clean(text))) if stem(w) not in SUBJECTLESS]
    if own:
        return text
    answers = [s.text for s in reversed(talk.earlier) if s.role == "assistant"]
    for said in answers:
        match = re.search(r"\b(?:FROM\s+|\*\*)?([a-z_]\w*\.[a-z_]\w*)\b", said, re.IGNORECASE)
        if match:
            return match[1]
    return " ".join([*reversed(earlier[-2:]), text])


SUBJECTLESS = {
    stem(w)
    for w in words_in(
        """
column columns field fields schema describe structure contain contains hold holds mean
partition partitions type types look like sort format big large fresh update updated
refreshed size rows explain definition layout metadata have attribute attributes
list show table tables
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
    if PERSONAL.search(text):
        return fitted([_personal(table), evidence_of(step)])
    if wanted := _COLUMN_FOR.search(text):
        return fitted([_columns_for(table, wanted["what"]), evidence_of(step)])
    count = re.search(r"\bhow many (?:columns|fields)\b", text, re.IGNORECASE)
    head = f"**{table.id}** has {len(table.columns)} columns" + (
        f", {table.rows:,} rows" if table.rows is not None else ""
    )
    about = "" if count else f" {table.description}".rstrip()
    lines = [_column(c) for c in table.columns]
    if sum(len(x) for x in lines) > 1_300:
        lines = [f"- {c.name} ({c.type})" for c in table.columns]
    extra = []
    if table.freshness:
        extra.append(f"Freshness: {table.freshness}.")
    if table.measures:
        extra.append(
            "Measures: " + ", ".join(f"{m.name} = {m.expression}" for m in table.measures[:8]) + "."
        )
    extra.append(told_joins(table))
    said = " ".join(filter(None, extra))
    return fitted([f"{head}.{about}", "\n".join(lines), said, table.unknown, evidence_of(step)])


def told_joins(table: Table) -> str:
    """The joins of a table in a sentence; those that nobody declared are told apart."""
    declared = [j for j in table.joins if not j.guessed]
    likely = table.likely_joins or tuple(j for j in table.joins if j.guessed)
    said = [f"Joins: {', '.join(map(_joined, declared))}."] if declared else []
    if likely:
        names = ", ".join(map(_joined, likely[:_MOST_LIKELY]))
        said.append(f"Likely joins, which nobody declared: {names}.")
    return " ".join(said)


def _joined(join: Join) -> str:
    return f"{join.target} on {', '.join(here for here, _ in join.columns)}"


def _personal(table: Table) -> str:
    names = [c.name for c in table.columns if c.personal]
    if names:
        return f"**{table.id}** has {_counted(names)}: {', '.join(names)}."
    return f"No column of **{table.id}** is declared to be personal."


_COLUMN_FOR = re.compile(
    r"\b(?:has|have|is there|are there|does|any)\b.*\b(?:columns?|fields?)\s+"
    r"(?:for|about|on|with|called|named)\s+(?:the |a |an )?(?P<what>.+)$",
    re.IGNORECASE,
)


def _columns_for(table: Table, what: str) -> str:
    """The columns whose name, synonyms or comment hold a word of what is looked for."""
    wanted = {stem(w) for w in words_of(what)} - {stem(w) for w in words_of(table.name)}
    found = [c for c in table.columns if wanted & _said_of(c)]
    if not found:
        return f'No column of **{table.id}** mentions "{what[:60]}".'
    return "\n".join([f"**{table.id}** has:", "", *map(_column, found)])


def _said_of(column: Column) -> set[str]:
    texts = (column.name, *column.synonyms, column.comment)
    return {stem(w) for text in texts for w in words_of(text)}


def _counted(names: Sequence[str]) -> str:
    return f"{len(names)} personal column" + ("" if len(names) == 1 else "s")


def _asked_column(table: Table, text: str) -> Column | None:
    """The column that "what does column X mean" or "what type is X" asks about."""
    if not re.search(
        (
            r"\b(?:what type|which type|mean|meaning|the type of|data type of|values|what is "
            r"(?:the )?(?:column|field))\b"
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


def _fact(table: Table, text: str, step: Step) -> str:
    age = table.freshness or ("how fresh it is is unknown" if _AGE.search(text) else "")
    said = [*filter(None, [age]), table.format or "unknown format"]
    rows, size = table.rows, table.bytes
    said.append("unknown number of rows" if rows is None else f"{rows:,} rows")
    said.append("unknown size" if size is None else f"{number(str(size))} bytes")
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
    facts = f"**{table.id}**: {'; '.join(said)}."
    return fitted([facts, table.unknown, evidence_of(step)])


_AGE = re.compile(
    r"\b(?:fresh\w*|stale|old|late|recent|current|up[- ]to[- ]date|out[- ]of[- ]date|outdated|"
    r"updated?|refresh\w*|modified|loaded|change\w*)\b",
    re.IGNORECASE,
)


def tell_owner(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    """Who answers for a table, as far as the catalog says it."""
    return _with_table(talk, text, earlier, _owned)


def _owned(table: Table, _text: str, step: Step) -> str:
    if table.owner:
        return fitted([f"**{table.id}** belongs to {table.owner[:200]}.", evidence_of(step)])
    return fitted([f"{CANNOT}: the catalog names no owner of **{table.id}**.", evidence_of(step)])


def tell_origin(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    """Where a table comes from: no catalog records it, but descriptions may say it."""
    return _with_table(talk, text, earlier, _comes_from)


def _comes_from(table: Table, _text: str, step: Step) -> str:
    said = f'Its description: "{table.description}"' if table.description else ""
    place = f"Its files: {table.location}." if table.location else ""
    head = f"{CANNOT} with certainty: the catalog does not record what writes **{table.id}**."
    return fitted([head, said, place, evidence_of(step)])


def all_named(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Every table whose name stands in a text."""
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
        named = all_named(text, hits) or hits[:12]
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
    unknown = gaps_of(step.result)
    if not found and unknown:
        return fitted([f"{CANNOT}: the partitions are not known. {unknown}", evidence_of(step)])
    if not found:
        return fitted([f"**{table}** has no partitions.", evidence_of(step)])
    lines = [_partition(p) for p in found[:24]]
    head = f"**{table}** has {total} partitions" + (
        ", the newest:" if len(lines) < int(total) else ":"
    )
    return fitted([head, ", ".join(lines), unknown, evidence_of(step)])


def _partition(raw: dict[str, Any]) -> str:
    values = raw.get("values")
    return (
        "/".join(f"{k}={v}" for k, v in values.items()) if isinstance(values, dict) else str(values)
    )
