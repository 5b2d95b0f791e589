"""What the supervisor says itself: greetings, help, and plain refusals."""

# ruff: noqa: E501 -- a pattern is read in one line
# ruff: noqa: PLR0911 -- a list of cases, the first that fits returns

import re
from dataclasses import dataclass

from datalfred.models.offline.conversation import Conversation
from datalfred.models.offline.run_guy_words import wants_redrive
from datalfred.models.offline.text import clean
from datalfred.models.offline.wording import CANNOT, fitted

SEND = "sendMessage"


_GREETING = re.compile(
    r"^\W*(?:hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings|yo|hiya|howdy|moin|hallo|bonjour)(?:\s+(?:there|datalfred|team|all|everyone|again))*\W*$",
    re.IGNORECASE,
)


_THANKS = re.compile(
    r"^\W*(?:(?:many |ok |okay |great |perfect |cool |super |awesome |nice )*(?:thanks?|thank you|thx|ty|cheers|much appreciated|merci|danke)(?: (?:a lot|so much|very much|again|you|datalfred|man|mate|for (?:that|the help|your help|this)))*|great(?: job| work)?|perfect|awesome|nice(?: one| work)?|cool|good (?:job|work|bot)|well done|ok(?:ay)?|got it|understood|excellent|lovely)\W*$",
    re.IGNORECASE,
)


_BYE = re.compile(
    r"^\W*(?:bye|goodbye|see you(?: later| tomorrow)?|good night|ciao|cu|later|that(?:'s| is| will be| would be) all(?: for (?:now|today))?|nothing else)\W*(?:thanks|thank you)?\W*$",
    re.IGNORECASE,
)


_HOW_ARE_YOU = re.compile(
    r"^\W*(?:(?:hi|hello|hey)\W+)?(?:how are you|how(?:'s| is) it going|what(?:'s| is) up|how do you do|are you (?:there|ok|awake|alive))\b.{0,20}$",
    re.IGNORECASE,
)


_HELP = re.compile(
    r"^\W*(?:(?:hi|hello|hey|please|ok)\W+)*(?:help(?: me)?|\?+|what (?:can|do) you do(?: for (?:me|us))?|what can (?:i|you|we) (?:ask|do|help)(?: (?:you|me|us|with|about|for))*|how (?:can|do) (?:i|you) (?:use you|help(?: me| us)?|work)|who are you|what are you(?: able to do| capable of| for| good (?:for|at))?|what is datalfred|introduce yourself|(?:what are |list |show )?(?:me )?your (?:capabilities|features|skills|functions|commands)|tell me about yourself|what (?:kinds? of )?questions can (?:i|you) (?:ask|answer)(?: you)?|capabilities|commands|usage|how does this work|getting started|what (?:else )?can you (?:help|answer|tell)(?: (?:me|us|with|about))*)\W*$",
    re.IGNORECASE,
)


_SECRETS = re.compile(
    r"\b(?:passwords?|passwd|credentials?|secret (?:access )?keys?|access keys?|api[ _-]?keys?|private keys?|session tokens?|auth tokens?|aws keys?|\.env\b|ssh keys?)\b|\bsecrets\b",
    re.IGNORECASE,
)


_SECRET_TOPIC = re.compile(
    r"\b(?:tables?|columns?|expired?|expir\w+|fail\w*|error|pipeline|rotat\w+|topic|tickets?|reset|why)\b",
    re.IGNORECASE,
)


_INJECTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:instructions?|rules|prompts?|guardrails?|previous|restrictions?|safety)\b|\b(?:system prompt|your (?:instructions|prompt|rules|system message)|jailbreak|developer mode|act as|pretend (?:to be|you)|you are now)\b",
    re.IGNORECASE,
)


_OUTSIDE = re.compile(
    r"\b(?:weather|forecast for (?:today|tomorrow)|temperature outside|joke|poem|haiku|song|lyrics|story|recipe|cook|translate|translation|horoscope|lottery|football|soccer|world cup|olympics|nba|movie|film|netflix|president|prime minister|election|capital of|population of|who (?:is|was) (?!our|the (?:best|top|biggest|largest))[A-Z]\w+|meaning of life|stock price|share price|bitcoin|crypto|exchange rate|news|wikipedia|google (?:for|search)|book (?:me )?a (?:flight|hotel|table|room|meeting)|send (?:an? )?(?:email|e-mail|mail|message|slack)|write (?:me )?(?:an? )?(?:email|essay|poem|letter|python|code|script|function|program|blog|cover letter|story)|(?:python|javascript|java|rust) (?:code|script|function|program)|birthday|marry|love me|your favou?rite|do you (?:like|love|dream|feel|sleep)|are you (?:human|an? ai|a robot|real|conscious|married)|sing|dance|who (?:made|built|created|invented) you|time is it|what(?:'s| is) the (?:time|date)(?: today)?\W*$|what day is (?:it|today)|tell me (?:something|anything) (?:funny|interesting)|restaurant|order (?:a|me a) pizza|square root|prime numbers?|solve|equation|fibonacci|medical|doctor'?s? advice|legal advice|invest(?:ment)? advice|diet|workout|play (?:a|some|me))\b|^\W*(?:what is |what's |calculate |compute )?\d+\s*[-+*/x^]\s*\d+\W*$",
    re.IGNORECASE,
)


_FUTURE = re.compile(r"\b(?:predict|forecast|projection)\b", re.IGNORECASE)


_SHOW_SQL = re.compile(
    r"^\W*(?:(?:can|could|would) you |please |and |ok |now |so |just )*(?:show|give|print|display|repeat|see|what(?:'s| is| was)|which|can i see|let me see|i want to see|how did you (?:get|calculate|compute))\b.{0,30}\b(?:sql|query|statement)\b(?: (?:you|that you|did you|which you|it|behind|for|of|used|ran|run|again|please|me|that|this|was|the|answer|result|number|i|use))*\W*$|^\W*(?:the )?sql(?: please)?\W*$|^\W*how did you (?:get|calculate|compute|arrive at) (?:that|this|it|these|those)(?: (?:number|figure|result|answer)s?)?\W*$",
    re.IGNORECASE,
)


_WRITES = re.compile(
    r"^\W*(?:please |can you |could you |now |then |i want you to |just |would you )*(?:delete|drop|truncate|insert|update|alter|remove|overwrite|grant|revoke|rename|wipe|erase|purge|deploy|terminate|shut ?down|kill|stop (?:the|all)|disable|scale|create (?:a |an |the )?(?:new )?(?:table|database|view|user|bucket|pipeline|schema|index|column|row|role|policy))\b",
    re.IGNORECASE,
)


OPS = re.compile(
    r"\b(?:pipelines?|workflows?|state machines?|step functions?|executions?|redriv\w+|re-?run(?:s|ning)?|retry|retries|restart(?:ed|s)?|root cause|diagnos\w+|alarms?|alerts?|log ?groups?|logs?|cloudwatch|ecs|emr|fargate|stack ?traces?|exceptions?|etl|dags?|loader|what broke|broke|broken|crash\w*|outage|incident|on-?call|nightly (?:run|load|job|batch)|job runs?|glue jobs?|spark jobs?|lambdas?|exit code|out of memory|oom\w*|kick off|failing|went wrong|fell over|fall over|stuck|hang(?:ing|s)?|hung|anything (?:red|broken|failing|on fire|running)|on fire|healthy|unhealthy)\b",
    re.IGNORECASE,
)


RUN_SQL = re.compile(
    r"^\W*(?:please )?(?:run|execute|explain|estimate)?\W*(?:this |the )?(?:sql|query)?\W*(?:select|with)\b.+\bfrom\b|```",
    re.IGNORECASE | re.DOTALL,
)


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
    if _GREETING.match(question) or _THANKS.match(question):
        return "Hello. I have no tools here, so I can look nothing up."
    return f"{CANNOT}: I have no tools here to look anything up with, and I invent nothing."


def own_words(talk: Conversation, question: str) -> str:
    """What the supervisor says without asking anyone; empty when it must ask."""
    if not question:
        return f"{CANNOT}: there is no question. {_offer()}"
    if _GREETING.match(question) or _HOW_ARE_YOU.match(question):
        return f"Hello. {_offer()}"
    if _THANKS.match(question):
        return "You are welcome."
    if _BYE.match(question):
        return "Goodbye."
    if _HELP.match(question):
        return _help(talk)
    if _SHOW_SQL.match(question):
        return _last_sql(talk)
    return _refusal(question)


def _refusal(question: str) -> str:
    if RUN_SQL.search(question):
        return ""
    if _INJECTION.search(question):
        return f"{CANNOT}: I keep to my instructions and do not show them. {_offer()}"
    if _SECRETS.search(question) and not _SECRET_TOPIC.search(question):
        return f"{CANNOT}: I never look up or show credentials."
    if _WRITES.match(question) and not wants_redrive(question):
        return f"{CANNOT}: I only read. I create, change, stop and delete nothing; a failed run can be requested again, and a person approves it."
    if (
        _OUTSIDE.search(question)
        and not OPS.search(question)
        and not re.search(
            r"\b(?:orders?|customers?|sales|revenue|tables?|database|column)\b",
            question,
            re.IGNORECASE,
        )
    ):
        return f"{CANNOT}: it is outside the data lake and its pipelines, and I invent nothing. {_offer()}"
    if _FUTURE.search(question) and not OPS.search(question):
        return f"{CANNOT}: I report what the lake holds and do not predict."
    return ""


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
        any(p.match(text) for p in (_GREETING, _THANKS, _BYE, _HELP, _SHOW_SQL, _HOW_ARE_YOU))
        or not text
    )
