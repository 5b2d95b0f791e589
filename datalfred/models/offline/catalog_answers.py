"""Questions about the catalog itself: which databases and tables there are, and what they hold."""

# ruff: noqa: ARG001, ARG005 -- every intent is handed the same

import re
from collections.abc import Callable, Sequence

from datalfred.models.offline import search
from datalfred.models.offline.catalog_reading import read_hits
from datalfred.models.offline.catalog_typos import retyped
from datalfred.models.offline.catalog_view import Hit
from datalfred.models.offline.catalog_words import (
    COLUMN_NAMED,
    COLUMNS_HOLD,
    DATA_WORDS,
    DATABASES,
    DESCRIBE,
    FACTS,
    FINDS,
    INVENTORY,
    JOINS,
    LIST_TABLES,
    MEASURES,
    ORIGIN,
    OWNER,
    PARTITIONS,
    PREVIEW,
)
from datalfred.models.offline.conversation import Conversation, Decision, ToolCall
from datalfred.models.offline.join_answers import tell_joins
from datalfred.models.offline.survey import survey
from datalfred.models.offline.table_answers import (
    evidence_of,
    tell_columns,
    tell_facts,
    tell_measures,
    tell_origin,
    tell_owner,
    tell_partitions,
)
from datalfred.models.offline.text import clean, stem, tokenize, words_of
from datalfred.models.offline.unknowns import gaps_of, unknown_of
from datalfred.models.offline.wording import CANNOT, fitted

_SHOWN_TABLES = 30
_BY_NAME = 0.7
"""Coverage of a word that names something; a mere comment covers it less."""


def decide(talk: Conversation, question: str, earlier: Sequence[str]) -> Decision | None:
    """The next step for a question about the catalog; None for a question about the data."""
    text = _resumed(retyped(re.sub(r"[?!]+\s*$", "", question).strip()), earlier)
    if surveyed := survey(talk, text):
        return surveyed
    if PREVIEW.search(text) is None and not DATA_WORDS.search(text):
        for pattern, handle in _INTENTS:
            if pattern.search(text):
                found = handle(talk, text, earlier)
                if found:
                    return found
        topic = _topic(text)
        if topic:
            return _find(talk, topic, text)
    return None


_ELSEWHERE = re.compile(
    r"^(?:(?:and|ok|also|what about|how about|now|same for|the same for)[\s,]+)*"
    r"(?:(?:in|for|of|from|inside)\s+)?"
    r"(?:the )?(?P<database>[a-z]\w*)(?: (?:database|db|schema|one|too|as well|instead))*$",
    re.IGNORECASE,
)


def _resumed(text: str, earlier: Sequence[str]) -> str:
    """After a list of a database's tables, "and in sales" asks for those of another."""
    listed = LIST_TABLES.search(re.sub(r"[?!.]+\s*$", "", earlier[-1])) if earlier else None
    other = _ELSEWHERE.match(text)
    named = listed and (listed["database"] or listed["database2"] or listed["database3"])
    return f"tables in {other['database']}" if named and other else text


def _topic(text: str) -> str:
    """What tables are looked for, in the person's words."""
    for pattern in FINDS:
        match = pattern.search(text)
        if match and search.content_words(tokenize(clean(match["topic"]))):
            return re.sub(
                (
                    r"\b(?:stored|kept|saved|located|held|live|lives|found|data|information|"
                    r"columns?|tables?|called|named|come from|coming from)\b"
                ),
                " ",
                match["topic"],
            ).strip(" .?!\"'")
    return ""


def _databases(talk: Conversation, text: str, _earlier: Sequence[str]) -> Decision:
    if topic := _topic(text):
        return _find(talk, topic, text)
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
    unknown = gaps_of(step.result)
    if not found:
        return Decision(
            fitted([f"{CANNOT}: no database may be read. {unknown}", evidence_of(step)])
        )
    head = f"There {'is 1 database' if len(found) == 1 else f'are {len(found)} databases'}:"
    return Decision(fitted([head, "\n".join(lines), unknown, evidence_of(step)]))


def _inventory(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision:
    return _all_tables(talk, "")


def _list_tables(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    match = LIST_TABLES.search(text)
    named = (match["database"] or match["database2"] or match["database3"] or "") if match else ""
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
    unknown = unknown_of(steps)
    if not hits:
        said = f"{CANNOT}: no tables{where} could be read." if unknown else f"No tables{where}."
        return Decision(fitted([said, unknown, evidence_of(last)]))
    least = "at least " if unknown else ""
    head = f"There {'is' if len(hits) == 1 else 'are'} {least}{_plural(len(hits), 'table')}{where}:"
    by_database: dict[str, list[Hit]] = {}
    for hit in hits:
        by_database.setdefault(hit.database, []).append(hit)
    if len(hits) > _SHOWN_TABLES:
        lines = [
            f"- **{db}**: {', '.join(h.name for h in found)}" for db, found in by_database.items()
        ]
    else:
        lines = [f"- **{h.id}**{_about(h.description)}" for h in hits]
    return Decision(fitted([head, "\n".join(lines), unknown, evidence_of(last)]))


def _about(description: object) -> str:
    text = str(description or "").strip()
    first = re.split(r"(?<=[.!?])\s", text)[0]
    return f": {first[:90]}" if first else ""


def _plural(count: object, noun: str) -> str:
    if count is None:
        return f"number of {noun}s unknown"
    return f"{count} {noun}" + ("" if count == 1 else "s")


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
        every = list(read_hits(steps[-1].result))
        hits = [h for h in every if search.coverage(h, words)]
    unknown = unknown_of(steps)
    if not hits:
        none = f'{CANNOT}: no table in the catalog mentions "{" ".join(words)}".'
        return Decision(f"{none} {unknown}".strip())
    head = (
        f"{_plural(len(hits), 'table')} {'holds' if len(hits) == 1 else 'hold'} {' '.join(words)}:"
    )
    lines = [f"- **{h.id}**{_about(h.description)}{_why(h, words)}" for h in hits[:12]]
    return Decision(fitted([head, "\n".join(lines), unknown, evidence_of(steps[0])]))


def _with_column(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    """The tables that have a column of that name."""
    match = COLUMN_NAMED.search(text)
    name = (match["name"] or match["before"] or "") if match else ""
    steps = talk.results("search_tables")
    if not steps:
        return Decision(calls=(ToolCall("search_tables", {"text": name}),))
    hits = read_hits(steps[0].result)
    held = [h for h in hits if name.lower() in _columns_of(h)]
    if not held:
        return None
    head = f"{_plural(len(held), 'table')} {'has' if len(held) == 1 else 'have'} a column {name}:"
    lines = [f"- **{h.id}**{_about(h.description)}" for h in held[:12]]
    return Decision(fitted([head, "\n".join(lines), unknown_of(steps), evidence_of(steps[0])]))


def _with_columns_about(talk: Conversation, text: str, earlier: Sequence[str]) -> Decision | None:
    match = COLUMNS_HOLD.search(text)
    return _find(talk, match["topic"], text) if match else None


def _columns_of(hit: Hit) -> set[str]:
    """The columns that a hit tells: the first of a wide table, and what the search named."""
    named = {name.lower() for _, kind, name in hit.matches if kind == "column"}
    return named | {column.lower() for column in hit.columns}


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
    held = [h for n, h in scored if n == best or (best == 0 and h.score > 0)]
    named = [h for h in held if max(search.coverage(h, words).values(), default=0.0) >= _BY_NAME]
    return named or held


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


_INTENTS: tuple[
    tuple[re.Pattern[str], Callable[[Conversation, str, Sequence[str]], Decision | None]], ...
] = (
    (COLUMN_NAMED, _with_column),
    (COLUMNS_HOLD, _with_columns_about),
    (JOINS, tell_joins),
    (OWNER, tell_owner),
    (ORIGIN, tell_origin),
    (PARTITIONS, tell_partitions),
    (MEASURES, tell_measures),
    (FACTS, tell_facts),
    (LIST_TABLES, _list_tables),
    (DATABASES, _databases),
    (INVENTORY, _inventory),
    (
        re.compile(
            "|".join(f"(?:{p.pattern.replace('(?P<topic>', '(?:')})" for p in FINDS[:1]),
            re.IGNORECASE,
        ),
        lambda talk, text, earlier: _find(talk, topic, text) if (topic := _topic(text)) else None,
    ),
    (DESCRIBE, tell_columns),
)
