"""Gathers what this machine knows of a session that is over, or goes on."""

import difflib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from datalfred import settings
from datalfred.answers.session import Session
from datalfred.answers.turns import Moment, PastTurn
from datalfred.bedrock.runtime import Text
from datalfred.cli.options import Target
from datalfred.cli.past_turns import MOST_TURNS, PastTurns
from datalfred.definitions.naming import SIZES
from datalfred.errors import LocalStackError, NotFoundError, RefusedError
from datalfred.local.state import StateDirectory

_NEAR = 3


def known_session(target: Target, session_id: str) -> Session:
    """The session, without what became of its approvals.

    Turns that were asked from this machine were kept with all that happened in them. Of what other
    clients asked the stack's own record holds the words, until the session ends or expires.

    Raises:
        RefusedError: the target is on AWS, where no trace can be had after the fact.
        NotFoundError: nothing is known of the session.
        LocalStackError: what was kept cannot be read.
    """
    if target.kind == "aws":
        raise RefusedError(
            "What was done in a session on AWS cannot be had afterwards: Bedrock streams the trace "
            "with the answer and keeps none.",
            hint="Keep it while you ask: `datalfred ask --json` prints all of an answer.",
        )
    directory = StateDirectory(target.project, target.stage).path
    try:
        turns = PastTurns(directory)
        kept = turns.of(session_id)
        words = _words(directory, target, session_id)
        if not kept and not words:
            raise _unknown(session_id, turns.sessions(), directory)
    except (sqlite3.Error, ValueError) as problem:
        raise LocalStackError(
            f"The turns in {directory} cannot be read: {problem}.",
            hint="Move turns.sqlite out of the way, or choose another DATALFRED_STATE.",
        ) from problem
    return Session(session_id, kept or words, bool(words), gaps=tuple(_gaps(kept, words)))


def _unknown(session_id: str, known: Sequence[str], directory: Path) -> NotFoundError:
    unknown = NotFoundError(
        "session", session_id, near=difflib.get_close_matches(session_id, known, _NEAR)
    )
    newest = f" The newest: {', '.join(known[:_NEAR])}." if known and not unknown.near else ""
    unknown.hint = (
        f"{unknown.hint}{newest} {directory} holds the newest {MOST_TURNS:,} questions of this "
        "machine; what other clients ask is known until their session ends or expires."
    ).strip()
    return unknown


def _gaps(kept: Sequence[PastTurn], words: Sequence[PastTurn]) -> Iterator[str]:
    """What the words say that the kept turns do not."""
    asked = {turn.question for turn in kept}
    elsewhere = sum(turn.question not in asked for turn in words)
    if kept and elsewhere:
        yield (
            f"Other clients asked in this session, too: {elsewhere} of the questions that its "
            "record holds are not told here."
        )
    if not kept:
        yield "No trace was kept: this session was not asked by `datalfred` on this machine."


def _words(directory: Path, target: Target, session_id: str) -> list[PastTurn]:
    """The questions and answers in the stack's record; none once the session is over."""
    from datalfred.orchestrator.sessions import SqliteSessions

    journal = directory / "journal.sqlite"
    if not journal.exists():
        return []
    record = SqliteSessions(journal)
    try:
        for agent in _supervisors(target):
            if (found := record.load(f"{agent}/{session_id}")) is not None:
                return list(_turns(found.messages, found.attributes.get("user", "")))
    finally:
        record.close()
    return []


def _supervisors(target: Target) -> Iterator[str]:
    """Agent and alias of each size's supervisor, as the record of conversations names them."""
    from datalfred.definitions.agents import load_team
    from datalfred.local.aws.message import ACCOUNT
    from datalfred.orchestrator.directory import Directory

    place = (target.project, target.stage, settings.DEFAULT_REGION, ACCOUNT)
    for size in SIZES:
        supervisor = Directory(load_team(), *place, size=size).supervisor
        yield f"{supervisor.agent_id}/{supervisor.alias_id}"


def _turns(messages: Sequence[Mapping[str, Any]], user: str) -> Iterator[PastTurn]:
    question, answer = "", ""
    for message in messages:
        text = "".join(part["text"] for part in message["content"] if "text" in part)
        if message["role"] == "user" and text:
            if question:
                yield _turn(question, answer, user)
            question, answer = text, ""
        elif text:
            answer = text
    if question:
        yield _turn(question, answer, user)


def _turn(question: str, answer: str, user: str) -> PastTurn:
    return PastTurn(question, "", user, "", (Moment("", Text(answer)),), traced=False)
