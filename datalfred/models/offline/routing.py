"""Whether a question is about data or about runs, and where it splits into both."""

# ruff: noqa: E501 -- a pattern is read in one line
# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re
from dataclasses import dataclass

from datalfred.models.offline import follow_up
from datalfred.models.offline.conversation import Conversation
from datalfred.models.offline.run_guy_words import wants_redrive
from datalfred.models.offline.small_talk import is_chat
from datalfred.models.offline.small_talk_words import OPS, RUN_SQL
from datalfred.models.offline.text import clean, nearest

_OPS_VERBS = re.compile(
    r"\b(?:fail(?:ed|s|ures?)?|errors?|errored|succeed(?:ed)?|success|finish(?:ed)?|ran|running|runs?|timed? ?out|ingest(?:ion|ed|s)?|loads?|loading|sync(?:ed|s)?|import(?:ed|s)?|export(?:ed|s)?|refresh(?:ed)?|aggregation|jobs?|tasks?|steps?|complete (?:ok|successfully)|status|incidents?|red|green|done|died|dead|started|stopped|retried|fixed|late|stale|delayed|nightly|overnight|tonight|input|health)\b",
    re.IGNORECASE,
)


_NAMED_JOB = re.compile(
    r"\b[a-z][a-z0-9]*(?:-[a-z0-9]+)*-(?:ingest(?:ion)?|load(?:er)?|sync|import(?:er)?|export(?:er)?|refresh|aggregation|report|etl|job|pipeline|workflow|backup|update|rebuild|batch|task)s?\b",
    re.IGNORECASE,
)
"""Names with hyphens, as people give them to pipelines; tables are named with underscores."""


_SPOKEN_JOB = re.compile(
    r"\b(?:the|of|is|did|has|was|why|when|our|last|latest|show|how long did|how often did) (?:[a-z]+ ){1,3}(?:ingestion|sync|refresh|loader|aggregation|import|export|etl)\b(?!s? (?:by|per|of|value|tax|date))",
    re.IGNORECASE,
)


_RUN_OF = re.compile(
    r"\b(?:run history|(?:previous|last|latest|recent|past|earlier|failed) (?:\d+ )?runs?\b(?! of (?:the )?quer)|runs? of\b|last night'?s (?:runs?|loads?|jobs?|batch)|the night before|(?:everything|anything|all|something) (?:is )?(?:green|red|ok|okay|fine|failed|failing|fail|broken|down|up and running)|(?:ran|run|running|runs) out of (?:memory|disk|space)|what (?:is |s |'s )?(?:failing|wrong|failed|happened|broke|stuck)|(?:what|who) changed|(?:summar\w+|recap|overview|happened|went) (?:\w+ ){0,3}(?:last night|overnight|tonight|the night)|(?:number|trend|count) of (?:the )?failures|failures per (?:day|night|week)|health of|anything (?:i|we) should know|what did (?:i|we) miss|how did (?:it|tonight|last night|the night|things) go|(?:credentials?|tokens?|secrets?) (?:is |are |has |have )?expired|(?:platform|system|lake) (?:health|status)|pagers?|paged|paging|woken up|woke me)\b",
    re.IGNORECASE,
)


_DATA = re.compile(
    r"\b(?:how (?:many|much)|revenue|sales|average|avg|mean|median|total|sum|count|number of|top \d*|bottom|highest|lowest|most|least|per (?:day|week|month|quarter|year|country|customer|product)|share|percentage|percent|ratio|compare|growth|trend|tables?|columns?|schemas?|databases?|sql|select|preview|rows?|partitions?|data ?sets?|catalog|values|joins?|joined|grain|customers?|products?|distinct|list of|what data|measure|metrics?|sold|sell|spend|bought|breakdown|sample|data dictionary)\b",
    re.IGNORECASE,
)


_GROUPED = re.compile(
    r"\b(?:by|per|each|grouped by|split by) (?!(?:hour|minute|night|now|then|itself|run|execution|pipelines?|hand|mistake|accident|chance|the way|today|tomorrow|noon|\d|you|me|whom|who|what)\b)[a-z_]{3,}",
    re.IGNORECASE,
)


_NO_OPS = re.compile(
    r"\b(?:broken|break|breaks|breaking|broke) (?:\w+ ){0,4}?down\b|\bbreak-?down\b|\brunning (?:total|sum|average|mean|balance|count|cost|number)s?\b|\b(?:error|failure|success) (?:rate|code|type)s? (?:by|per)\b|\bhow much\b.{0,20}\brunning\b",
    re.IGNORECASE,
)


_COUNT_RUNS = re.compile(
    r"\bhow often\b.*\b(?:fail\w*|runs?|executions?|alarms?|pipelines?|redriv\w+)\b|\bhow many (?:of (?:them|our|the|those) )?(?:times|pipelines?|workflows?|runs?|executions?|failures?|failed|redriv\w+|retries|alarms?|(?:failed |running )?(?:glue|ecs|emr|lambda) \w+)\b|\bhow many\b.*\b(?:executions|pipelines?|redriv\w+)\b",
    re.IGNORECASE,
)


_DATA_STATUS = re.compile(
    r"\b(?:by|per|each|of) status\b|\border status\b|\bstatus (?:of|is|=|in) (?:order|ticket|customer)s? ?#?\d|\bticket status\b|\b\w+ status (?:is )?(?:open|closed|pending|active|paid)\b",
    re.IGNORECASE,
)


_SQL_INSIDE = re.compile(
    r"\bselect\b.+\bfrom\s+[\w\"]+(?:\.[\w\"]+)?|\bwith\s+\w+\s+as\s*\(", re.IGNORECASE | re.DOTALL
)


_SPLIT = re.compile(
    r"(?<=[?.!;])\s+|,?\s+(?:and|but)\s+(?:also\s+|then\s+)?(?=(?:why|what|which|how|who|when|where|did|is|are|was|were|show|list|tell|give|find|check|can|could|please|re-?run|redrive|retry|restart|compare|diagnose)\b)|\s*[;\n]+\s*",
    re.IGNORECASE,
)


_ASKS_AFTER_RUN = re.compile(
    r"\W*why\b|\W*(?:did|has|is|was|have)\b.*\b(?:fail\w*|finish\w*|succeed\w*|r[au]n(?:ning)?|load\w*|complete\w*|sync\w*|refresh\w*|done|time out|timed out)\b",
    re.IGNORECASE,
)


NO_PIPELINE = re.compile(r"I cannot answer that: there (?:is|are) no pipelines?\b")
"""How run guy says that a text names none of its pipelines, or that it has none."""


@dataclass(frozen=True)
class Weights:
    """How strongly a text speaks of runs, and how strongly of data."""

    ops: int
    data: int
    strong: bool
    """Whether a word of operations stands in it that is seldom said of data."""

    @property
    def side(self) -> str:
        """``ops``, ``data``, or empty where the words do not tell."""
        if self.ops == self.data:
            return "ops" if self.strong else "data" if self.data else ""
        return "ops" if self.ops > self.data else "data"

    @property
    def doubtful(self) -> bool:
        """Whether the other side may have been meant."""
        return bool(self.data) and self.ops - self.data <= 3


def parts_of(talk: Conversation, question: str) -> list[tuple[str, str]]:
    """The question, or its two halves where one is about data and the other about runs."""
    if RUN_SQL.search(question) or _SQL_INSIDE.search(question):
        return [(question, "data")]
    pieces = [p.strip(" ,;") for p in _SPLIT.split(question) if p and p.strip(" ,;")]
    sides = [(p, side_of(p)) for p in pieces]
    known = [s for _, s in sides if s]
    redriven = [wants_redrive(p) for p in pieces]
    if set(known) == {"ops"} and any(redriven) and not redriven[-1]:
        last = redriven.index(True)  # what follows a request is asked for itself
        return [(" ".join(pieces[: last + 1]), "ops"), (" ".join(pieces[last + 1 :]), "ops")]
    if len(set(known)) < 2:  # both sides must speak before a question is split
        before = _side_before(talk)
        side = before if before and _leans(question) else side_of(question) or before or "data"
        return [(question, side)]
    grouped: list[tuple[str, str]] = []
    for piece, side in sides:
        where = side or (grouped[-1][1] if grouped else next(s for s in known))
        if grouped and grouped[-1][1] == where:
            grouped[-1] = (f"{grouped[-1][0]} {piece}", where)
        else:
            grouped.append((piece, where))
    return grouped[:4]


def parts_by_words(question: str) -> set[str]:
    """The sides of which the pieces of a question speak."""
    return {s for p in _SPLIT.split(question) if p and (s := side_of(p))}


def side_of(text: str) -> str:
    """``ops``, ``data``, or empty where the words do not tell."""
    if RUN_SQL.search(text) or _SQL_INSIDE.search(text):
        return "data"
    if wants_redrive(text) or (_COUNT_RUNS.search(text) and not _GROUPED.search(text)):
        return "ops"
    if _DATA_STATUS.search(text):
        return "data"
    return weights_of(text).side


_TYPED = re.compile(r"\b[a-z]{7,}\b", re.IGNORECASE)
_LONG_WORDS = ("pipeline", "pipelines", "ingestion", "aggregation", "execution", "executions")


def weights_of(text: str) -> Weights:
    """Counts the words of both sides; the names of jobs are no data words."""
    text = _TYPED.sub(lambda m: nearest(m[0].lower(), _LONG_WORDS) or m[0], text)
    plain, jobs = _NAMED_JOB.subn(" ", text)
    plain, spoken = _SPOKEN_JOB.subn(" ", plain)
    plain, phrases = _NO_OPS.subn(" ", plain)
    strong = {m.lower() for m in OPS.findall(plain)} | {m.lower() for m in _RUN_OF.findall(plain)}
    ops = 2 * len(strong) + len({m.lower() for m in _OPS_VERBS.findall(plain)})
    ops += 3 * bool(jobs) + 2 * bool(spoken) + 2 * bool(_ASKS_AFTER_RUN.match(text))
    data = len({m.lower() for m in _DATA.findall(plain)}) + phrases
    grouped = bool(_GROUPED.search(plain))
    return Weights(ops, data + grouped, bool(strong or jobs or spoken) and not grouped)


def _leans(text: str) -> bool:
    """Whether words of both sides weigh the same, so that the talk so far decides."""
    found = weights_of(text)
    return 0 < found.ops == found.data and not found.strong and not _GROUPED.search(text)


def _side_before(talk: Conversation) -> str:
    """The side of the talk so far, for a question that leans on it."""
    for asked in reversed(talk.asked_before()):
        side = side_of(clean(asked))
        if side:
            return side
    return ""


def earlier_of(talk: Conversation, side: str) -> list[str]:
    """Earlier questions that went the same way, oldest first.

    Of an answer about runs the pipeline that it was about is added, so that "run it again"
    finds it where only the answer named it.
    """
    found: list[str] = []
    current = ""
    for place, said in enumerate(talk.earlier):
        text = clean(said.text)
        if said.role != "user" or is_chat(text):
            continue
        current = side_of(text) or current or "data"
        if current == side or (side == "ops" and follow_up.points_back(text)):
            about = _subject(talk, place) if side == "ops" else ""
            found.append(f"{text} ({about})" if about and about not in text else text)
    return found[-6:]


def _subject(talk: Conversation, place: int) -> str:
    """The one name in bold in the first line of the answer to a question."""
    after = talk.earlier[place + 1 : place + 2]
    if not after or after[0].role != "assistant":
        return ""
    bold = re.findall(r"\*\*([a-zA-Z][\w.-]*)\*\*", after[0].text.strip().split("\n")[0])
    names = [b for b in bold if not b.isupper()]
    return str(names[0]) if len(names) == 1 else ""


_ORDINAL = re.compile(
    r"\bthe (first|second|third|fourth|fifth|last)(?: (?:one|of (?:them|those|these)|failure|pipeline))?(?=\W|$)",
    re.IGNORECASE,
)


def with_ordinal(talk: Conversation, question: str) -> str:
    """A question with the name that "the second one" means in the list of the last answer."""
    found = _ORDINAL.search(question)
    last = next((s.text for s in reversed(talk.earlier) if s.role == "assistant"), "")
    names = re.findall(r"^- \*\*([\w.-]+)\*\*", last, re.MULTILINE)
    if not found or len(names) < 2:
        return question
    place = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4}.get(found[1].lower(), -1)
    return f"{question} ({names[place]})" if place < len(names) else question
