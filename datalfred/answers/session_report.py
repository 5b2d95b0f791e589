"""A session as a report in Markdown: what was asked, done and found, and what it rests on.

It is put together from the turns as they were kept, with no model and no look-up: the same turns
give the same report. What operations looked up stands under facts, what a diagnosis concludes under
possible causes, and what failed, was not kept or could not be looked up under what is not known.
The words of a model are quoted where it was asked, and nowhere else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from datalfred.answers.markdown import block, bullets, code, plain, table
from datalfred.answers.observations import failed
from datalfred.answers.report import actions, causes, decisions, facts
from datalfred.answers.session import Session
from datalfred.answers.session_timeline import ENDED, timeline
from datalfred.lake.pipelines.models import Diagnosis

_LONGEST_TITLE = 120


def session_report(session: Session, *, target: str, written_at: str) -> str:
    """The report.

    Args:
        session: what is known of it, with one turn or more.
        target: which lake or deployment it is about.
        written_at: ISO 8601 UTC.
    """
    diagnoses = session.diagnoses
    parts = [
        f"# Session {code(session.id)}: {plain(session.turns[0].question, _LONGEST_TITLE)}",
        _summary(session),
        "## Timeline\n\n" + _timeline(session),
        "## Questions and answers\n\n" + "\n\n".join(_conversation(session)),
        "## Facts\n\n" + "\n\n".join(_facts(session, diagnoses)),
        "## Possible causes\n\n" + "\n\n".join(_causes(diagnoses)),
        "## Not known\n\n" + bullets(map(plain, _gaps(session, diagnoses)), "Nothing was missed."),
        "## Approvals\n\n" + _approvals(session),
        "## SQL\n\n" + "\n\n".join(_statements(session)),
        "## Cost\n\n" + _cost(session),
        "## About this report\n\n" + _colophon(target, written_at),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(session: Session) -> str:
    first, last = session.turns[0], session.turns[-1]
    who = " and ".join(dict.fromkeys(plain(turn.user) for turn in session.turns if turn.user))
    when = f" from {plain(first.asked_at)} to {plain(last.asked_at)}" if first.asked_at else ""
    outcomes = [told.outcome for told in session.told]
    ended = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(outcomes))
    state = (
        "The session is open: it can be continued."
        if session.is_open
        else "The session has ended or expired: it cannot be continued."
    )
    asked = _counted(len(outcomes), "question")
    return f"{asked}{f' by {who}' if who else ''}{when}: {ended}. {state}"


def _timeline(session: Session) -> str:
    moments = [moment for told in session.told for moment in timeline(told.turn, told.outcome)]
    looked_up: list[tuple[str, str]] = []
    for found in session.diagnoses:
        name, started = found.execution.pipeline, found.execution.started_at
        looked_up.append((started, f"The execution of {name} started."))
        looked_up += [
            (fact.at, f"{name}: {fact.statement}") for fact in found.facts if fact.at >= started
        ]
    rows = [*moments, *dict.fromkeys(looked_up), *decisions(session.approvals)]
    in_order = sorted((row for row in rows if row[0]), key=lambda row: row[0])
    if not in_order:
        return "Nobody noted when things happened."
    return table(("time (UTC)", "what"), [(plain(at), plain(what)) for at, what in in_order])


def _conversation(session: Session) -> Iterator[str]:
    yield "Answers are the words of a language model, as they were given."
    for number, told in enumerate(session.told, 1):
        question, answer = told.turn.question, told.answer.answer
        yield f"### {number}. {plain(question, _LONGEST_TITLE)}"
        if len(question) > _LONGEST_TITLE or "\n" in question:
            yield f"Asked in full:\n\n{block(question, 'text')}"
        if answer:
            yield block(answer, "text")
        if told.outcome not in {"answered", "abstained"}:
            said = f": {plain(told.failure.message)}" if told.failure else "."
            yield f"{ENDED[told.outcome]}{said}"


def _facts(session: Session, diagnoses: Sequence[Diagnosis]) -> Iterator[str]:
    looked_up = [
        f"{plain(returned.agent)}, {plain(f'{returned.action_group}.{returned.operation}')}: "
        f"{plain(str(result.get('evidence', '')))}"
        for told in session.told
        for returned, result in told.results
        if result is not None and not failed(result)
    ]
    yield "What the operations looked up:\n\n" + bullets(dict.fromkeys(looked_up), "Nothing.")
    for found in diagnoses:
        yield f"### {_named(found)}\n\n{facts(found)}"
        if found.log_lines:
            lines = "\n".join(f"{each.at}  {each.message}" for each in found.log_lines)
            yield f"Of its log, written by programs; no instructions:\n\n{block(lines, 'text')}"


def _causes(diagnoses: Sequence[Diagnosis]) -> Iterator[str]:
    if not diagnoses:
        yield "No cause is named: nothing was diagnosed."
    for found in diagnoses:
        yield f"### {_named(found)}\n\n{causes(found)}"


def _named(found: Diagnosis) -> str:
    return f"{plain(found.execution.pipeline)}, execution {plain(found.execution.name)}"


def _gaps(session: Session, diagnoses: Sequence[Diagnosis]) -> list[str]:
    """What is not known; no Markdown yet."""
    gaps = list(session.gaps)
    for number, told in enumerate(session.told, 1):
        if not told.turn.traced:
            gaps.append(f"Of question {number} the words were kept, and nothing of what was done.")
        if told.outcome != "answered":
            gaps.append(f"What question {number} asks. {ENDED[told.outcome]}.")
        for returned, result in told.results:
            if failed(result):
                name = f"{returned.action_group}.{returned.operation}"
                gaps.append(f"Question {number}: {name} failed. {_said(result)}".strip())
    for found in diagnoses:
        gaps += [f"{found.execution.pipeline}: {gap}" for gap in found.gaps]
    return list(dict.fromkeys(gaps))


def _said(result: Mapping[str, Any] | None) -> str:
    error = (result or {}).get("error")
    return str(error.get("message", "")) if isinstance(error, Mapping) else ""


def _approvals(session: Session) -> str:
    known = {approval["id"] for approval in session.approvals}
    lost = [
        f"{plain(each.action)} {code(each.id)}: asked for, until {plain(each.expires_at)}; what "
        f"became of it is not known here. {plain(each.summary)}".rstrip()
        for each in session.asked
        if each.id not in known
    ]
    if not session.approvals:
        return bullets(lost, "None: nothing was asked of a person.")
    return "\n".join([actions(session.approvals, ""), *(f"- {each}" for each in lost)])


def _statements(session: Session) -> Iterator[str]:
    found = session.queries
    if not found:
        yield "No query ran."
    for each in found:
        if each.reused:
            price = "an earlier result was given again, at no cost"
        else:
            price = f"{each.bytes_scanned:,} bytes read, {_dollars(each.cost_usd)}"
        bound = "at most " if each.estimate_is_upper_bound else ""
        estimated = (
            "no estimate"
            if each.bytes_estimated is None
            else f"estimated {bound}{each.bytes_estimated:,} bytes"
        )
        yield f"Query {code(each.query_id)}: {price} ({estimated}).\n\n{block(each.sql, 'sql')}"


def _cost(session: Session) -> str:
    answers = [told.answer for told in session.told if told.turn.traced]
    if not answers:
        return "What this session cost was not kept."
    models = ", ".join(dict.fromkeys(plain(each.model) for each in answers if each.model))
    tokens = sum(each.usage.input_tokens + each.usage.output_tokens for each in answers)
    queries = [0.0 if each.reused else each.cost_usd for each in session.queries]
    spent = _dollars(_total([each.cost_usd for each in answers]))
    lines = [
        f"Models{f' ({models})' if models else ''}: {tokens:,} tokens, {spent}.",
        f"Queries: {_dollars(_total(queries))}.",
    ]
    if len(answers) < len(session.turns):
        lines.append("Of questions without a trace the cost is not known.")
    return bullets(lines, "")


def _total(parts: Iterable[float | None]) -> float | None:
    """The sum; None when a part of it is not known."""
    known = list(parts)
    return None if None in known else sum(part for part in known if part is not None)


def _dollars(cost: float | None) -> str:
    return "cost not known" if cost is None else f"\\${cost:.6f}"


def _colophon(target: str, written_at: str) -> str:
    return (
        f"Written at {plain(written_at)} from what was kept of the session on {plain(target)}; "
        "nothing was asked or looked up again, but what became of the approvals. Personal data was "
        "masked where it is declared or shows by its pattern. Links and mentions were broken."
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
