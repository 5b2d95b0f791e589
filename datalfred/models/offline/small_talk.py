"""What the supervisor says itself: greetings, help, and plain refusals."""

# ruff: noqa: E501 -- a pattern is read in one line

import re
from collections.abc import Callable
from dataclasses import dataclass

from datalfred.models.offline.conversation import Conversation
from datalfred.models.offline.run_guy_words import wants_redrive
from datalfred.models.offline.small_talk_words import (
    AFFIRMS,
    APPROVALS,
    APPROVES,
    BOOKING,
    BYE,
    CHANGES_OPS,
    CODE,
    FUTURE,
    GREETING,
    HANDS_OFF,
    HELP,
    HOW_ARE_YOU,
    INJECTION,
    INSULT,
    OPS,
    OUTSIDE,
    RUN_SQL,
    SECRET_TOPIC,
    SECRETS,
    SHOW_SQL,
    THANKS,
    WHAT_IS_REDRIVE,
    WRITES,
)
from datalfred.models.offline.text import clean
from datalfred.models.offline.wording import CANNOT, fitted

SEND = "sendMessage"


@dataclass(frozen=True)
class Recipient:
    """A collaborator and what it is for."""

    name: str
    about: str

    @property
    def runs_pipelines(self) -> bool:
        """Whether it looks after pipelines rather than data."""
        said = f"{self.name} {self.about}".lower()
        ops = sum(
            w in said
            for w in (
                "pipeline",
                "execution",
                "log",
                "alarm",
                "operations",
                "run_guy",
                "redrive",
                "ecs",
                "emr",
                "step function",
            )
        )
        data = sum(
            w in said
            for w in (
                "sql",
                "table",
                "column",
                "catalog",
                "athena",
                "analyst",
                "database",
                "count",
                "data_analyst",
            )
        )
        return ops > data


def without_tools(talk: Conversation) -> str:
    """What an agent without any tool can honestly say."""
    question = clean(talk.question)
    if GREETING.match(question) or THANKS.match(question):
        return "Hello. I have no tools here, so I can look nothing up."
    return f"{CANNOT}: I have no tools here to look anything up with, and I invent nothing."


def own_words(talk: Conversation, question: str) -> str:
    """What the supervisor says without asking anyone; empty when it must ask."""
    if not question:
        return f"{CANNOT}: there is no question. {_offer()}"
    for pattern, say in _OWN_WORDS:
        if pattern.search(question):
            return say(talk)
    if RUN_SQL.search(question):
        return ""
    return next((say() for fits, say in _REFUSALS if fits(question)), "")


def _yes(talk: Conversation) -> str:
    """What a bare "yes, do it" gets: it approves nothing and requests nothing."""
    last = next((s.text for s in reversed(talk.earlier) if s.role == "assistant"), "")
    waiting = re.search(r"`datalfred approvals approve ([\w-]+)`", last)
    if waiting:
        return f"{CANNOT}: a yes here approves nothing. A person approves it with: `datalfred approvals approve {waiting[1]}`"
    offered = re.search(r'Say "(redrive [\w.-]+)"', last)
    if offered:
        return f'Nothing is requested yet. Say "{offered[1]}", so that it is certain what shall run again.'
    if last.rstrip().endswith("?") or last.startswith("Which "):
        return "Please name the one that you mean."
    return f"I am not sure what to do; nothing waits for a yes. {_offer()}"


def _writes(text: str) -> bool:
    writes = WRITES.match(text) or CHANGES_OPS.match(text)
    return bool(writes) and not wants_redrive(text)


def _asks_code(text: str) -> bool:
    return bool(CODE.search(text)) and not re.search(r"\b(?:sql|query)\b", text, re.IGNORECASE)


def _asks_secret(text: str) -> bool:
    return bool(SECRETS.search(text)) and not SECRET_TOPIC.search(text)


def _outside(text: str) -> bool:
    if BOOKING.search(text):
        return True
    return bool(OUTSIDE.search(text) and not OPS.search(text) and not _OF_THE_LAKE.search(text))


def _future(text: str) -> bool:
    return bool(FUTURE.search(text)) and not OPS.search(text)


_OF_THE_LAKE = re.compile(
    r"\b(?:orders?|customers?|sales|revenue|tables?|databases?|columns?|data|catalog|"
    r"responsible for|owners?|owns?|steward|[a-z]+_[a-z_]+)\b",
    re.IGNORECASE,
)


_REFUSALS: tuple[tuple[Callable[[str], bool], Callable[[], str]], ...] = (
    (
        lambda t: bool(INJECTION.search(t)),
        lambda: f"{CANNOT}: I keep to my instructions and do not show them. {_offer()}",
    ),
    (
        lambda t: bool(APPROVES.match(t)),
        lambda: (
            f"{CANNOT}: I cannot approve or refuse anything, and nobody can through me. A person does it with `datalfred approvals approve ID` or `datalfred approvals deny ID`; `datalfred approvals list` shows what waits."
        ),
    ),
    (
        lambda t: bool(APPROVALS.search(t)) and not wants_redrive(t),
        lambda: (
            f"{CANNOT}: what waits for an approval I cannot see. `datalfred approvals list` shows it."
        ),
    ),
    (
        _asks_code,
        lambda: (
            f"{CANNOT}: I write no code and no texts; I look things up in the lake and its pipelines. {_offer()}"
        ),
    ),
    (_asks_secret, lambda: f"{CANNOT}: I never look up or show credentials."),
    (
        _writes,
        lambda: (
            f"{CANNOT}: I only read. I create, change, stop and delete nothing; a failed run can be requested again, and a person approves it."
        ),
    ),
    (
        _outside,
        lambda: (
            f"{CANNOT}: it is outside the data lake and its pipelines, and I invent nothing. {_offer()}"
        ),
    ),
    (_future, lambda: f"{CANNOT}: I report what the lake holds and do not predict."),
)


def _offer() -> str:
    return "Ask me about the data in the lake (what there is, how much, how many, compared to when) or about its pipelines (what failed, why, what runs)."


def _help(talk: Conversation) -> str:
    lines = [f"- **{r.name}**: {r.about}" for r in recipients(talk)]
    examples = (
        'For example: "what tables hold customers", "revenue by country last month", "compare March and April", '
        '"why did last night\'s load fail", "any alarms firing?".'
    )
    return fitted(
        [
            "I answer questions about your data lake and its pipelines, with the evidence. I work with:",
            "\n".join(lines),
            examples,
        ]
    )


def _last_sql(talk: Conversation) -> str:
    for said in reversed(talk.earlier):
        found = re.findall(r"```sql\s*(.+?)```", said.text, re.DOTALL)
        if said.role == "assistant" and found:
            return fitted(
                [f"The SQL of that answer:\n\n```sql\n{s.strip()}\n```" for s in found[:2]]
            )
    return f"{CANNOT}: no query was run in this conversation yet."


_OWN_WORDS: tuple[tuple[re.Pattern[str], Callable[[Conversation], str]], ...] = (
    (GREETING, lambda _: f"Hello. {_offer()}"),
    (HOW_ARE_YOU, lambda _: f"Hello. {_offer()}"),
    (THANKS, lambda _: "You are welcome."),
    (BYE, lambda _: "Goodbye."),
    (AFFIRMS, _yes),
    (
        WHAT_IS_REDRIVE,
        lambda _: (
            'A redrive lets a failed execution go on from the state that failed, with the same input and definition; what had succeeded is not run again. Say "redrive NAME" to ask for one; a person then approves it.'
        ),
    ),
    (HELP, _help),
    (SHOW_SQL, _last_sql),
    (
        INSULT,
        lambda _: (
            f"I am sorry that this was no help. Tell me what was wrong or missing, and I look again. {_offer()}"
        ),
    ),
    (
        HANDS_OFF,
        lambda _: (
            "All right: I start nothing and request nothing. What already waits for an approval lapses by itself; a person can refuse it with `datalfred approvals deny ID`."
        ),
    ),
)


def recipients(talk: Conversation) -> list[Recipient]:
    """The collaborators, from the description and schema of the tool that reaches them."""
    tool = talk.operations[SEND]
    described = re.findall(
        r"^\s*[-*]\s*([\w-]+)\s*:\s*(.+?)(?=^\s*[-*]\s*[\w-]+\s*:|\Z)",
        tool.description,
        re.DOTALL | re.MULTILINE,
    )
    found = [Recipient(name, re.sub(r"\s+", " ", about).strip()) for name, about in described]
    properties = tool.schema.get("properties") if isinstance(tool.schema, dict) else None
    spec = properties.get("recipient", {}) if isinstance(properties, dict) else {}
    named = [str(n) for n in spec.get("enum") or ()] or re.findall(
        r"\b[a-z]+(?:_[a-z]+)+\b", f"{spec.get('description', '')} {tool.description}"
    )
    known = {r.name for r in found}
    found += [Recipient(n, "") for n in dict.fromkeys(named) if n not in known]
    return found


def is_chat(text: str) -> bool:
    """Whether a text is small talk."""
    return (
        any(
            p.match(text)
            for p in (
                AFFIRMS,
                GREETING,
                THANKS,
                BYE,
                HELP,
                SHOW_SQL,
                HOW_ARE_YOU,
                INSULT,
                HANDS_OFF,
                APPROVES,
            )
        )
        or not text
    )
