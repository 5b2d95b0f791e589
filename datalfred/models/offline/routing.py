"""Whether a question is about data or about runs, and where it splits into both."""

# ruff: noqa: E501 -- a pattern is read in one line
# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re

from datalfred.models.offline import follow_up
from datalfred.models.offline.conversation import Conversation
from datalfred.models.offline.run_guy_words import wants_redrive
from datalfred.models.offline.small_talk import OPS, RUN_SQL, is_chat
from datalfred.models.offline.text import clean

_OPS_VERBS = re.compile(
    r"\b(?:fail(?:ed|s|ures?)?|error(?:s|ed)?|succeed(?:ed)?|finish(?:ed)?|ran|running|runs?|timed? ?out|ingest(?:ion|ed|s)?|loads?|loading|sync(?:ed|s)?|import(?:ed|s)?|export(?:ed|s)?|refresh(?:ed)?|aggregation|jobs?|tasks?|steps?|complete (?:ok|successfully)|status)\b",
    re.IGNORECASE,
)


_DATA = re.compile(
    r"\b(?:how (?:many|much)|revenue|sales|average|avg|median|total|sum|count|number of|top \d*|bottom|highest|lowest|most|least|per (?:day|week|month|quarter|year|country|customer|product)|by (?:country|month|channel|product|day|week|category|segment)|share|percentage|percent|ratio|compare|growth|trend|tables?|columns?|schemas?|databases?|sql|select|preview|rows?|partitions?|data ?sets?|catalog|customers?|products?|distinct|list of|median|what data|measure|metrics?|sold|sell|spend|bought)\b",
    re.IGNORECASE,
)


_COUNT_RUNS = re.compile(
    r"\bhow (?:many|often)\b.*\b(?:fail\w*|runs?|executions?|times did|errors?|alarms?|jobs?|tasks?|pipelines?|redriv\w+)\b",
    re.IGNORECASE,
)


_DATA_STATUS = re.compile(
    r"\b(?:by|per|each|of) status\b|\border status\b|\bstatus (?:of|is|=|in) (?:order|ticket|customer)s? ?#?\d|\bticket status\b",
    re.IGNORECASE,
)


_SPLIT = re.compile(
    r"(?<=[?.!;])\s+|,?\s+(?:and|but)\s+(?:also\s+|then\s+)?(?=(?:why|what|which|how|who|when|where|did|is|are|was|were|show|list|tell|give|find|check|can|could|please|re-?run|redrive|retry|restart|compare|diagnose)\b)|\s*[;\n]+\s*",
    re.IGNORECASE,
)


def parts_of(talk: Conversation, question: str) -> list[tuple[str, str]]:
    """The question, or its two halves where one is about data and the other about runs."""
    if RUN_SQL.search(question):
        return [(question, "data")]
    pieces = [p.strip(" ,;") for p in _SPLIT.split(question) if p and p.strip(" ,;")]
    sides = [(p, side_of(p)) for p in pieces]
    known = [s for _, s in sides if s]
    if len(set(known)) < 2:  # both sides must speak before a question is split
        side = side_of(question) or _side_before(talk) or "data"
        return [(question, side)]
    grouped: list[tuple[str, str]] = []
    for piece, side in sides:
        where = side or (grouped[-1][1] if grouped else next(s for s in known))
        if grouped and grouped[-1][1] == where:
            grouped[-1] = (f"{grouped[-1][0]} {piece}", where)
        else:
            grouped.append((piece, where))
    return grouped[:4]


def side_of(text: str) -> str:
    """``ops``, ``data``, or empty where the words do not tell."""
    if RUN_SQL.search(text):
        return "data"
    if wants_redrive(text) or _COUNT_RUNS.search(text):
        return "ops"
    if _DATA_STATUS.search(text):
        return "data"
    ops = 2 * len({m.lower() for m in OPS.findall(text)}) + len(
        {m.lower() for m in _OPS_VERBS.findall(text)}
    )
    data = len({m.lower() for m in _DATA.findall(text)})
    if re.match(
        r"\W*why\b|\W*(?:did|has|is|was)\b.*\b(?:fail\w*|finish\w*|succeed\w*|r[au]n(?:ning)?|load\w*|complete\w*)\b",
        text,
        re.IGNORECASE,
    ):
        ops += 2
    if ops == data:
        return "ops" if ops and OPS.search(text) else "data" if data else ""
    return "ops" if ops > data else "data"


def _side_before(talk: Conversation) -> str:
    """The side of the talk so far, for a question that leans on it."""
    for asked in reversed(talk.asked_before()):
        side = side_of(clean(asked))
        if side:
            return side
    return ""


def earlier_of(talk: Conversation, side: str) -> list[str]:
    """Earlier questions that went the same way, oldest first."""
    found: list[str] = []
    current = ""
    for asked in talk.asked_before():
        text = clean(asked)
        if is_chat(text):
            continue
        current = side_of(text) or current or "data"
        if current == side or (side == "ops" and follow_up.points_back(text)):
            found.append(text)
    return found[-6:]
