"""Questions about the catalog itself: which databases, tables and columns there are, and what they hold."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from datalfred.models.offline import catalog_view, search
from datalfred.models.offline.catalog_view import Column, Hit, Table, read_hits, read_table
from datalfred.models.offline.conversation import Conversation, Decision, Step, ToolCall
from datalfred.models.offline.follow_up import points_back
from datalfred.models.offline.text import clean, stem, tokenize, words_of
from datalfred.models.offline.wording import CANNOT, fitted, number

_SHOWN_TABLES = 30
_TABLES = r"(?:data ?sets?|tables?|views?)"
_ASKS = r"(?:what|which|list|show(?: me)?|give me|name|display|get|see|enumerate|are there(?: any)?|is there|do (?:we|you|i) have|find)"

_DATABASES = re.compile(
    rf"^(?!.*\b{_TABLES}\b).*\b{_ASKS}\b.*\b(?:databases?|schemas?|dbs?)\b|^(?:databases?|dbs?)$|\bhow many (?:databases?|schemas?|dbs)\b",
    re.IGNORECASE,
)
_INVENTORY = re.compile(
    r"\bwhat(?:'s| is| do we have| do you have| have we got| have you got)? (?:(?:is|all) )?(?:in|inside) (?:the|this|our|my|your) (?:data ?lake|lake|catalog|warehouse)\b|"
    r"\bwhat(?: kind of| sort of)? data (?:do (?:we|you|i) have|is there|is available|can i (?:query|use|see)|have we|exists?|are available)\b|"
    r"\bwhat data (?:do|have) (?:you|we)\b|\b(?:list|show(?: me)?|what are) (?:all )?(?:the )?(?:data ?sets?|data sources)$|\boverview of (?:the|our) (?:data|lake|catalog)\b|\bwhat can i (?:query|analyse|analyze)\b",
    re.IGNORECASE,
)
_LIST_TABLES = re.compile(
    rf"^(?:(?:please|can you|could you|hey|hi|ok|and|so|now)[, ]+)*(?:{_ASKS}\s+)?(?:me )?(?:all )?(?:of )?(?:the |our |your |my )?(?:available |existing )?{_TABLES}(?: (?:do (?:we|you|i) have|are there|is there|exist|are available|available|there are|are|in total|we have|you have|do you know|can i query|can you see))*"
    rf"(?: (?:there )?(?:are |exist )?(?:in|of|from|inside|within|does|under)(?: (?:the|our|my|this))?(?: (?P<database>\w+))?(?: (?:database|db|schema|lake|data lake|catalog|have|contain|hold))*)?\s*(?:please)?[?.! ]*$|"
    rf"\bhow many {_TABLES}\b(?:.*\b(?:in|does) (?:the )?(?P<database2>\w+))?",
    re.IGNORECASE,
)
_FIND = (
    rf"\b(?:which|what|any|find(?: me)?|list|show(?: me)?|are there|is there|search(?: for)?|do (?:we|you) have)\b[^?]*?\b{_TABLES}\b[^?]*?\b(?:that |which )?(?:hold|holds|holding|contain|contains|containing|have|has|having|with|about|for|store|stores|storing|relate[ds]? to|related to|include|includes|including|mention|mentions|on|cover|covers|covering|keep|keeps|keeping|describ\w+|track|tracks|tracking|carry)\b\s*(?P<topic>.+)",
    r"\bwhere (?:is|are|do we (?:keep|store|have)|can i (?:find|get|see|look for|look up)|would i (?:find|look for)|do i find|should i look for|does|to find|lives?|do)\b\s*(?P<topic>.+)",
    r"\b(?:do we have|do you have|is there|have we got|are there)\b(?: any| some)?\s+(?:data|information|info|anything|something)\s+(?:on|about|for|regarding)\s+(?P<topic>.+)",
    rf"\b(?:search|look)(?: the)?(?: catalog| lake| {_TABLES})?(?: for| up)\s+(?P<topic>.+)",
    rf"\bwhat (?:data|{_TABLES}|information) (?:do we have|is there|have we got|do you have|exists?|is available)\s+(?:on|about|for|regarding|with|related to)\s+(?P<topic>.+)",
    r"\b(?:find|show|list)\b(?: me)? (?:data|everything|anything)\s+(?:on|about|for|regarding|related to)\s+(?P<topic>.+)",
    r"\bwhich (?:table|data ?set) (?:should|do|can|would) i (?:use|query|look at)\b(?: to| for| if)?\s*(?P<topic>.+)",
    rf"\bin (?:which|what) {_TABLES} (?:is|are|can i find|do i find|do we (?:have|keep|store)|would i find)\s+(?P<topic>.+)",
)
_FINDS = tuple(re.compile(p, re.IGNORECASE) for p in _FIND)
_DESCRIBE = re.compile(
    r"\b(?:describe|schema|structure|columns?|fields?|attributes|ddl|data types?|definition|layout|metadata)\b|"
    r"\bwhat (?:does|do|is in|is inside|is stored in|information is in|data is in|kind of data is in)\b.*\b(?:table|contain|hold|store|include|have|mean|look like)\b|"
    r"\bwhat(?:'s| is) (?:in|inside)\b|\b(?:explain|tell me (?:more )?about|details (?:of|on|about)|info(?:rmation)? (?:on|about)|more about)\b.*\b(?:table|data ?set)\b|"
    r"\bwhat (?:is|are) (?:the )?[\w.]+ (?:table|data ?set)\b|\bwhat (?:is|does) (?:the )?(?:column|field)\b|\bwhat type is\b|\b(?:tell me (?:more )?about|explain|describe) [\w.]+$",
    re.IGNORECASE,
)
_PARTITIONS = re.compile(r"\bpartition(?:s|ed|ing)?\b", re.IGNORECASE)
_FACTS = re.compile(
    r"\b(?:how (?:big|large|fresh|recent|up to date|old|current|wide) (?:is|are)|size of|when (?:was|were|did) .*\b(?:updated|refreshed|loaded|modified|change)|last (?:updated?|refresh(?:ed)?|modified)|freshness|what format|file format|format of|where is the data of|location of|stored on s3|s3 (?:path|location))\b",
    re.IGNORECASE,
)
_JOINS = re.compile(
    r"\b(?:how (?:do|can|would|to|are|is)\b.*\b(?:join(?:ed|s)?|related|relate|connected|linked|link)|relationships?|foreign keys?|join (?:key|path|condition))\b",
    re.IGNORECASE,
)
_MEASURES = re.compile(
    r"\b(?:what|which|list|show)\b.*\b(?:measures?|metrics?|kpis?)\b", re.IGNORECASE
)
_DATA_WORDS = re.compile(
    r"\b(?:how many (?!columns|fields|tables|databases|partitions|data ?sets|views|schemas|dbs)|how much|average|avg|total|sum|count of|number of (?!columns|tables|databases|partitions)|top \d+|distinct|per (?:day|month|week|year)|where \w+ (?:=|is)|latest|preview|sample|first \d+|last \d+|rows?\b|most|least|fewest|highest|lowest|best|worst|biggest|largest|smallest)\b",
    re.IGNORECASE,
)
_PREVIEW = re.compile(
    r"\b(?:preview|sample(?: rows| data| records)?(?: of| from)?|peek(?: at| into)?|head of|example rows|some rows|a few rows|(?:first|last|latest)? ?(?P<n>\d+) (?:sample |example )?(?:rows|records|lines|entries)|what does .* (?:data )?look like|rows? (?:of|from|in))\b",
    re.IGNORECASE,
)


def decide(talk: Conversation, question: str, earlier: Sequence[str]) -> Decision | None:
    """The next step for a question about the catalog; None for a question about the data."""
    text = re.sub(r"[?!]+\s*$", "", question).strip()
    if _PREVIEW.search(text) is None and not _DATA_WORDS.search(text):
        for pattern, handle in _INTENTS:
            if pattern.search(text):
                found = handle(talk, text, earlier)
                if found:
                    return found
        topic = _topic(text)
        if topic:
            return _find(talk, topic, text)
    return None


def _topic(text: str) -> str:
    """What tables are looked for, in the person's words."""
    for pattern in _FINDS:
        match = pattern.search(text)
        if match and search.content_words(tokenize(clean(match["topic"]))):
            return re.sub(
                r"\b(?:stored|kept|saved|located|held|live|lives|found|data|information|columns?|tables?|called|named|come from|coming from)\b",
                " ",
                match["topic"],
            ).strip(" .?!\"'")
    return ""


# --- databases and tables ------------------------------------------------------------------------


def _databases(talk: Conversation, _text: str, _earlier: Sequence[str]) -> Decision:
    steps = talk.results("list_databases")
    if not steps:
        return Decision(calls=(ToolCall("list_databases"),))
    step = steps[-1]
    if step.error:
        return Decision(f"{CANNOT}: the databases could not be listed. {step.error}")
    found = [d for d in step.result.get("databases") or () if isinstance(d, dict)]
    lines = [
        f"- **{d.get('name')}** ({_plural(d.get('tables'), 'table')})"
        + _about(d.get("description"))
        for d in found
    ]
    head = f"There {'is 1 database' if len(found) == 1 else f'are {len(found)} databases'}:"
    return Decision(fitted([head, "\n".join(lines), _evidence(step)]))


def _inventory(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision:
    return _all_tables(talk, "")


def _list_tables(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    match = _LIST_TABLES.search(text)
    named = (match["database"] or match["database2"] or "") if match else ""
    if named.lower() in (
        "total",
        "the",
        "there",
        "lake",
        "catalog",
        "data",
        "all",
        "we",
        "you",
        "have",
        "it",
        "here",
    ):
        named = ""
    if not named:
        return _all_tables(talk, "")
    known = talk.results("list_databases")
    if not known:
        return Decision(calls=(ToolCall("list_databases"),))
    names = [
        str(d.get("name")) for d in known[-1].result.get("databases") or () if isinstance(d, dict)
    ]
    right = next((n for n in names if n.lower() == named.lower()), "") or next(
        (n for n in names if stem(n.lower()) == stem(named.lower())), ""
    )
    if not right:
        return (
            None
            if _topic(text)
            else Decision(
                f'{CANNOT}: there is no database named "{named}". There are: {", ".join(names)}.'
            )
        )
    return _all_tables(talk, right)


def _all_tables(talk: Conversation, database: str) -> Decision:
    """Every page of the catalog, then the list."""
    steps = talk.results("search_tables")
    last = steps[-1] if steps else None
    if last and last.error:
        return Decision(f"{CANNOT}: the tables could not be listed. {last.error}")
    pages = last.result.get("pages", 1) if last else 1
    if last is None or (isinstance(pages, int) and len(steps) < min(pages, 10)):
        wanted = {"text": "", "page": len(steps) + 1} | ({"database": database} if database else {})
        return Decision(calls=(ToolCall("search_tables", wanted),))
    hits = [h for s in steps for h in read_hits(s.result)]
    where = f" in {database}" if database else ""
    head = f"There {'is 1 table' if len(hits) == 1 else f'are {len(hits)} tables'}{where}:"
    by_database: dict[str, list[Hit]] = {}
    for hit in hits:
        by_database.setdefault(hit.database, []).append(hit)
    if len(hits) > _SHOWN_TABLES:
        lines = [
            f"- **{db}**: {', '.join(h.name for h in found)}" for db, found in by_database.items()
        ]
    else:
        lines = [f"- **{h.id}**{_about(h.description)}" for h in hits]
    return Decision(fitted([head, "\n".join(lines), _evidence(last)]))


def _about(description: object) -> str:
    text = str(description or "").strip()
    first = re.split(r"(?<=[.!?])\s", text)[0]
    return f": {first[:90]}" if first else ""


def _plural(count: object, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _evidence(step: Step | None) -> str:
    return str(step.result.get("evidence") or "") if step else ""


# --- finding -------------------------------------------------------------------------------------


def _find(talk: Conversation, topic: str, text: str) -> Decision:
    """Tables that hold what is asked for."""
    steps = talk.results("search_tables")
    words = search.content_words(tokenize(clean(topic))) or [topic]
    if not steps:
        return Decision(calls=(ToolCall("search_tables", {"text": " ".join(words)}),))
    if steps[-1].error:
        return Decision(f"{CANNOT}: the catalog could not be searched. {steps[-1].error}")
    hits = _held(read_hits(steps[0].result), words, text)
    if not hits and len(steps) == 1:
        return Decision(calls=(ToolCall("search_tables", {"text": ""}),))
    if not hits:
        every = [h for h in read_hits(steps[-1].result)]
        hits = [h for h in every if search.coverage(h, words)]
    if not hits:
        return Decision(f'{CANNOT}: no table in the catalog mentions "{" ".join(words)}".')
    head = (
        f"{_plural(len(hits), 'table')} {'holds' if len(hits) == 1 else 'hold'} {' '.join(words)}:"
    )
    lines = [f"- **{h.id}**{_about(h.description)}{_why(h, words)}" for h in hits[:12]]
    return Decision(fitted([head, "\n".join(lines), _evidence(steps[0])]))


def _held(hits: Sequence[Hit], words: Sequence[str], text: str) -> list[Hit]:
    """Hits that explain the words as well as the best does, or nearly."""
    if re.search(r"\b(?:column|field)s?\b", text, re.IGNORECASE):
        named = [
            h
            for h in hits
            if any(
                stem(w) == stem(c.lower()) or words_of(w) == words_of(c)
                for w in words
                for c in h.columns
            )
        ]
        if named:
            return named
    scored = [(len(search.coverage(h, words)), h) for h in hits]
    best = max((n for n, _ in scored), default=0)
    return [h for n, h in scored if n == best or (best == 0 and h.score > 0)]


def _why(hit: Hit, words: Sequence[str]) -> str:
    said = list(
        dict.fromkeys(
            f"{kind} {name}" for _, kind, name in hit.matches if kind and name and name != hit.name
        )
    )
    if said:
        return f" ({', '.join(said[:4])})"
    columns = [c for c in hit.columns if {stem(w) for w in words_of(c)} & {stem(w) for w in words}]
    return f" (column {', '.join(columns[:3])})" if columns else ""


# --- one table -----------------------------------------------------------------------------------


def _with_table(
    talk: Conversation, text: str, earlier: Sequence[str], say: Callable[[Table, str, Step], str]
) -> Decision | None:
    """Finds the one table that a question names, describes it and lets ``say`` speak."""
    described = [s for s in talk.results("describe_table")]
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
    for w in [
        "column",
        "columns",
        "field",
        "fields",
        "schema",
        "describe",
        "structure",
        "contain",
        "contains",
        "hold",
        "holds",
        "mean",
        "partition",
        "partitions",
        "type",
        "types",
        "look",
        "like",
        "sort",
        "format",
        "big",
        "large",
        "fresh",
        "update",
        "updated",
        "refreshed",
        "size",
        "rows",
        "explain",
        "definition",
        "layout",
        "metadata",
        "have",
        "attribute",
        "attributes",
    ]
}


def _describe(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    return _with_table(talk, text, earlier, _described)


def _described(table: Table, text: str, step: Step) -> str:
    only = _asked_column(table, text)
    if only:
        return fitted([f"{table.id}.{_column(only)[2:]}", _evidence(step)])
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
    return fitted([f"{head}.{about}", "\n".join(lines), " ".join(extra), _evidence(step)])


def _asked_column(table: Table, text: str) -> Column | None:
    """The column that "what does column X mean" or "what type is X" asks about."""
    if not re.search(
        r"\b(?:what type|which type|mean|meaning|the type of|data type of|what is (?:the )?(?:column|field))\b",
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


def _facts(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
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
    return fitted(["; ".join(said) + ".", _evidence(step)])


def _joins(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
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
    catalog = catalog_view.build([s.result for s in described])
    lines = [
        f"- {t.id} to {j.target}: {', '.join(f'{t.name}.{a} = {j.table}.{b}' for a, b in j.columns)}"
        for t in catalog.tables.values()
        for j in catalog.joins_of(t)
    ]
    if not lines:
        return Decision(
            f"{CANNOT}: the catalog declares no join for {', '.join(h.id for h in named)}."
        )
    both = [x for x in lines if sum(h.id in x for h in named) > 1]
    return Decision(
        fitted(["Many-to-one joins:", "\n".join(both or lines), _evidence(described[0])])
    )


def _all_named(text: str, hits: Sequence[Hit]) -> list[Hit]:
    stems = f" {' '.join(stem(w) for w in words_of(text))} "
    return [h for h in hits if f" {' '.join(stem(w) for w in words_of(h.name))} " in stems]


def _measures(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
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
    lines = [f"- {t.id}: {m.name} = {m.expression}" for t in tables for m in t.measures]
    if not lines:
        return Decision(f"{CANNOT}: no measures are declared.")
    return Decision(
        fitted([f"{len(lines)} declared measures:", "\n".join(lines), _evidence(described[0])])
    )


def _partitions(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
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
        return fitted([f"**{table}** has no partitions.", _evidence(step)])
    lines = [_partition(p) for p in found[:24]]
    head = f"**{table}** has {total} partitions" + (
        ", the newest:" if len(lines) < int(total) else ":"
    )
    return fitted([head, ", ".join(lines), _evidence(step)])


def _partition(raw: dict[str, Any]) -> str:
    values = raw.get("values")
    return (
        "/".join(f"{k}={v}" for k, v in values.items()) if isinstance(values, dict) else str(values)
    )


_INTENTS: tuple[
    tuple[re.Pattern[str], Callable[[Conversation, str, Sequence[str]], Decision | None]], ...
] = (
    (_JOINS, _joins),
    (_PARTITIONS, _partitions),
    (_MEASURES, _measures),
    (_FACTS, _facts),
    (_DATABASES, _databases),
    (_LIST_TABLES, _list_tables),
    (_INVENTORY, _inventory),
    (
        re.compile(
            "|".join(f"(?:{p.pattern.replace('(?P<topic>', '(?:')})" for p in _FINDS[:1]),
            re.IGNORECASE,
        ),
        lambda talk, text, earlier: _find(talk, topic, text) if (topic := _topic(text)) else None,
    ),
    (_DESCRIBE, _describe),
)
