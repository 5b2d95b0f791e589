"""The data analyst: from a question to the catalog, a query and an answer in words.

Each call sees the tool results of this turn and decides the next step: search, describe, look up a
value, run, say. What it cannot plan with certainty it does not run.
"""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re
from collections.abc import Sequence
from dataclasses import replace

from datalfred.models.offline import catalog_answers, courtesy, probe, search, sql_writer, wording
from datalfred.models.offline.conversation import Conversation, Decision, Step, ToolCall
from datalfred.models.offline.follow_up import unwrap
from datalfred.models.offline.planner import Plan
from datalfred.models.offline.released import WAITS
from datalfred.models.offline.statements import asks_price, statement_of
from datalfred.models.offline.table_answers import SUBJECTLESS
from datalfred.models.offline.text import Token, clean, stem, words_in
from datalfred.models.offline.turn import Work
from datalfred.models.offline.understanding import ESTIMATE, Reading, read_question, settled
from datalfred.models.offline.verifier import doubts
from datalfred.models.offline.wording import CANNOT

_SURE = 0.5
"""Below this cost no further table is looked at."""
_WEAK = 1.1
"""From this cost on a plan rests on guesses, and more tables are looked at before it runs."""
_WRITES = re.compile(
    (
        r"^\s*(?:please |can you |could you |now |then |i want you to )*(?:delete|drop|"
        r"truncate|insert|update|alter|remove|overwrite|create|grant|revoke|rename|wipe|erase|"
        r"purge)\b(?! (?:the )?(?:filter|limit|previous))"
    ),
    re.IGNORECASE,
)
_FUTURE = re.compile(
    (
        r"\b(?:predict|forecast|prediction|projection|project(?:ed)? for|"
        r"will (?:we|our|the|it|i|they)|are we going to|going to be|expected? to|"
        r"next (?:week|month|year|quarter|summer|winter|spring|autumn|fall|christmas|season|"
        r"january|february|march|april|may|june|july|august|september|october|november|december)|"
        r"in the future|tomorrow|correlat\w+|regression|cluster\w*)\b"
    ),
    re.IGNORECASE,
)


_OPINION = re.compile(
    r"^\W*(?:and |so |but )*(?:should|shall) (?:we|i|they|our)\b|"
    r"\bdo you (?:think|believe|feel|"
    r"recommend|suggest|like|prefer)\b|\bwhat (?:do|would) you (?:think|recommend|suggest|"
    r"advise|do)\b|"
    r"\byour (?:opinion|view|advice|recommendation|take)\b|\bwhat should (?:we|i)\b|"
    r"^\W*(?:is|are|was|were) .{1,80} (?:(?:a |an )?(?:good|bad|great|poor|healthy|normal|"
    r"reasonable|acceptable|worth|too (?:high|low|much|many|few)|enough)\b)",
    re.IGNORECASE,
)


def decide(talk: Conversation) -> Decision:
    """The next step of the analyst."""
    question, earlier = unwrap(clean(talk.question))
    if not statement_of(question):
        question = courtesy.plain(question)
    before = earlier or [clean(q) for q in talk.asked_before()]
    work = Work(talk, question, [courtesy.plain(q) for q in before])
    refusal = _refused(work)
    if refusal:
        return Decision(refusal)
    ran = [
        s
        for s in (*talk.results("run_query"), *talk.results("estimate_query"))
        if not probe.is_probe(s)
    ]
    if ran:
        return Decision(_said(work, ran[-1]))
    statement = statement_of(question)
    if statement:
        price = asks_price(question, statement)
        operation = "estimate_query" if price else "run_query"
        return Decision(calls=(ToolCall(operation, {"sql": statement}),))
    asked = catalog_answers.decide(talk, question, work.earlier)
    return asked or _ask_data(work)


def _refused(work: Work) -> str:
    text = work.question
    if not text:
        return (
            f"{CANNOT}: there is no question. Ask, for example, how many orders there were "
            f"last week."
        )
    if _is_foreign(work.tokens):
        return (
            f"{CANNOT}: the built-in model reads English only. Ask in English, or configure "
            f"another model."
        )
    if _WRITES.match(text) and not statement_of(text):
        return (
            f"{CANNOT}: I only read. Nothing in the lake is created, changed or deleted by a "
            f"question."
        )
    if _FUTURE.search(text) and not statement_of(text):
        return (
            f"{CANNOT}: I report what the lake holds and do not predict, correlate or model. "
            f"Ask for past figures."
        )
    if _OPINION.search(text) and not statement_of(text):
        return f"{CANNOT}: I report figures and have no opinion on them. Ask for the numbers."
    return ""


_FOREIGN = set(
    words_in(
        """
wie viele welche letzte letzten monat woche und oder der die das ist sind bitte zeige
gib umsatz kunden bestellungen combien quels quelles dernier mois semaine les des est
sont nous avons cuantos cuantas cuales ultimo semana los las pedidos clientes quanti
quante ordini ultimo mese qual quais pedido
"""
    )
)


def _is_foreign(tokens: Sequence[Token]) -> bool:
    words = [t.norm for t in tokens if t.kind == "word"]
    letters = [c for w in words for c in w]
    if letters and sum(not c.isascii() for c in letters) * 3 > len(letters):
        return True
    foreign = sum(w in _FOREIGN for w in words)
    return (
        foreign >= 2
        and foreign * 4 >= len(words)
        and not any(w in ("how", "the", "what") for w in words)
    )


def _run(sql: str, question: str) -> Decision:
    operation = "estimate_query" if ESTIMATE.search(question) else "run_query"
    return Decision(calls=(ToolCall(operation, {"sql": sql}),))


# --- the data question -------------------------------------------------------------------------


def _ask_data(work: Work) -> Decision:
    searches = work.talk.results("search_tables")
    if not searches:
        wanted = [{"text": work.search_text}, {"text": ""}] if work.search_text else [{"text": ""}]
        return Decision(calls=tuple(ToolCall("search_tables", given) for given in wanted))
    if searches[-1].error and not work.hits:
        return Decision(f"{CANNOT}: the catalog could not be searched. {searches[-1].error}")
    work = _pointed(work)
    if not work.asked:
        return _describe_found(work)
    if not work.catalog.tables:
        return Decision(f"{CANNOT}: no table could be described. {_errors(work)}".strip())
    return _plan_and_run(work)


_THAT_TABLE = re.compile(r"\b(?:that|this|the same|said) (?:table|data ?set)\b", re.IGNORECASE)


def _pointed(work: Work) -> Work:
    """The question with "that table" replaced by the one table that was spoken of last."""
    if not _THAT_TABLE.search(work.question):
        return work
    for before in reversed(work.earlier):
        named = search.named_in(before, work.hits)
        if named:
            only = named[0].id if len(named) == 1 else ""
            text = _THAT_TABLE.sub(only, work.question) if only else work.question
            return replace(work, question=text)
    return work


def _errors(work: Work) -> str:
    return " ".join(dict.fromkeys(s.error for s in work.talk.steps if s.error))


def _describe_found(work: Work) -> Decision:
    chosen = search.choose(work.hits, work.words)
    if not chosen:
        unknown = [w for w in work.words if stem(w) not in SUBJECTLESS] or work.words
        about = ", ".join(f'"{w[:40]}"' for w in unknown[:6])
        known = ", ".join(h.id for h in work.hits[:12])
        why = (
            f"nothing in the catalog is called {about}"
            if about
            else "I recognised nothing to look for"
        )
        return Decision(f"{CANNOT}: {why}." + (f" The catalog holds: {known}." if known else ""))
    return _describe([h.id for h in chosen])


def _describe(identities: Sequence[str]) -> Decision:
    calls = []
    for identity in identities:
        database, _, table = identity.partition(".")
        calls.append(ToolCall("describe_table", {"database": database, "table": table}))
    return Decision(calls=tuple(calls))


def _plan_and_run(work: Work) -> Decision:
    reading = read_question(work)
    found = reading.plan
    problems = doubts(found) if found else ["no table fits"]
    more = _more_tables(work, sure=not problems and found is not None and found.cost < _SURE)
    if more:
        return _describe(more)
    if not problems and found and found.cost >= _WEAK:
        further = _look_further(work, reading)
        if further:
            return further
    if problems or found is None or found.query is None:
        further = _look_further(work, reading)
        if further:
            return further
        found = settled(work).plan
        problems = doubts(found) if found else problems
        if problems or found is None or found.query is None:
            return Decision(_abstained(work, found, problems))
    return _run(sql_writer.write(found.query, work.catalog), work.question)


def _look_further(work: Work, reading: Reading) -> Decision | None:
    """Tables that refer to the described ones, and values in the data, may explain the rest."""
    look = probe.call(
        work.talk,
        work.catalog,
        reading.spans,
        reading.plan,
        [*(w for w, _ in reading.corrections), *reading.unknown],
    )
    if look and reading.plan and _are_names(reading.plan.unread):
        return Decision(calls=(look,))
    children = search.likely_children(work.catalog, work.hits, work.asked, work.words)
    room = search.MOST_DESCRIBED - len(work.asked)
    if children and room > 0:
        return _describe(children[:room])
    return Decision(calls=(look,)) if look else None


def _are_names(words: Sequence[str]) -> bool:
    """Whether unknown words are written like names: "Lyon"."""
    return bool(words) and all(w[:1].isupper() for w in words)


def _more_tables(work: Work, *, sure: bool) -> list[str]:
    """Join targets worth a description, unless the question is explained without them."""
    if sure or len(work.asked) >= search.MOST_DESCRIBED:
        return []
    declared = search.missing_targets(work.catalog, work.asked)
    named = search.likely_targets(work.catalog, work.hits, work.asked)
    return list(dict.fromkeys([*declared, *named]))[: search.MOST_DESCRIBED - len(work.asked)]


def _abstained(work: Work, found: Plan | None, problems: Sequence[str]) -> str:
    parts = [f"{CANNOT} with certainty: {'; '.join(problems[:4])}."]
    if found and found.query:
        draft = sql_writer.write(found.query, work.catalog)
        parts.append(f"My draft, not run:\n\n{wording.sql_block(draft)}")
    parts.append(_how_to_ask(work, found))
    return wording.fitted(parts)


def _how_to_ask(work: Work, found: Plan | None) -> str:
    table = found.draft.scope.base if found else next(iter(work.catalog.tables.values()))
    numbers = [m.name for m in table.measures] or [
        c.name for c in table.columns if c.kind == "number" and not c.is_key
    ]
    splits = [
        c.name
        for c in table.columns
        if c.kind in ("text", "boolean") and not c.personal and not c.partition_key
    ]
    hints = [f"{table.id} can be counted"]
    if numbers:
        hints.append(f"has the numbers {', '.join(numbers[:5])}")
    if splits:
        hints.append(f"can be split by {', '.join(splits[:6])}")
    return f"You can name the table, the number, the filter and the period: {', '.join(hints)}."


# --- the answer --------------------------------------------------------------------------------


def _said(work: Work, step: Step) -> str:
    sql = str(step.input.get("sql", ""))
    if step.error:
        return wording.fitted([f"{CANNOT}: the query failed. {step.error}", wording.sql_block(sql)])
    if step.operation == "estimate_query":
        return _estimated(sql, step)
    waiting = step.result.get("pending_approval")
    if isinstance(waiting, dict) and waiting.get("id"):
        return _waiting(sql, waiting, step)
    run = step.result.get("run")
    failed = isinstance(run, dict) and str(run.get("state", "SUCCEEDED")) in ("FAILED", "CANCELLED")
    if failed or not step.result.get("result"):
        why = (
            str(run.get("error") or run.get("state"))
            if isinstance(run, dict)
            else "it gave no result"
        )
        return wording.fitted(
            [f"{CANNOT}: the query did not succeed: {why}.", wording.sql_block(sql)]
        )
    return _answered(work, sql, step)


def _answered(work: Work, sql: str, step: Step) -> str:
    names, rows = wording.rows_of(step.result)
    total = wording.total_rows(step.result)
    evidence = str(step.result.get("evidence") or "")
    work = _pointed(work)
    reading = settled(work) if work.catalog.tables and not statement_of(work.question) else None
    query = reading.plan.query if reading and reading.plan else None
    single = len(rows) == 1 and (
        len(names) == 1 or (query is not None and query.shape == "compare" and not query.groups)
    )
    shown = "" if single else wording.table(names, rows, total)
    if query is None or reading is None:
        head = (
            f"{names[0]}: **{wording.number(rows[0][0])}**."
            if single
            else f"{total:,} row{'' if total == 1 else 's'}."
        )
        return wording.fitted([head, shown, wording.sql_block(sql), evidence])
    line = wording.interpretation(query, reading.corrections)
    head = wording.answer(query, step.result)
    return wording.fitted([head, shown, line, wording.sql_block(sql), evidence])


def _estimated(sql: str, step: Step) -> str:
    found = step.result.get("estimate")
    estimate = found if isinstance(found, dict) else {}
    size, cost = estimate.get("bytes"), estimate.get("cost_usd")
    if size is None:
        head = f"There is no estimate: {estimate.get('reason') or 'the query cannot be estimated'}."
    else:
        most = "at most " if estimate.get("upper_bound") else ""
        price = f", about ${float(cost):.6f}" if isinstance(cost, int | float) else ""
        head = f"The query would read {most}**{int(size):,} bytes**{price}. It was not run."
    parts = estimate.get("partitions")
    pruned = (
        ", ".join(f"{t}: {p} partitions" for t, p in parts.items())
        if isinstance(parts, dict)
        else ""
    )
    return wording.fitted(
        [head, pruned, wording.sql_block(sql), str(step.result.get("evidence") or "")]
    )


def _waiting(sql: str, waiting: dict[str, object], step: Step) -> str:
    head = (
        f"{WAITS} {waiting.get('id')} until {waiting.get('expires_at')}; nothing ran. "
        f"{waiting.get('summary') or 'It is above the threshold.'} A person approves the price "
        f'with `datalfred approvals approve {waiting.get("id")}`; then say "run it".'
    )
    return wording.fitted([head, wording.sql_block(sql), str(step.result.get("evidence") or "")])
