"""Run guy: the state of pipelines, why runs fail, what logs and alarms say, requests to run again.

An intent is found by rules, the pipeline by name among those that exist; two that fit are asked
back. A redrive is requested only where the person asks for one in so many words.
"""

import re
from collections.abc import Callable

from datalfred.models.offline import run_guy_words as words
from datalfred.models.offline.conversation import Conversation, Decision
from datalfred.models.offline.follow_up import unwrap
from datalfred.models.offline.run_guy_logs import answer_jobs, answer_log_groups, answer_logs
from datalfred.models.offline.run_guy_runs import (
    answer_compared,
    answer_duration,
    answer_failing_most,
    answer_history,
    answer_last_success,
    answer_overview,
    answer_rate,
    answer_running,
    answer_schedule,
    answer_since,
    answer_start,
    answer_status,
    answer_stuck,
    answer_theme,
    asks_theme,
)
from datalfred.models.offline.run_guy_turn import Work
from datalfred.models.offline.run_guy_why import (
    answer_advice,
    answer_alarms,
    answer_changed,
    answer_lineage,
    answer_purpose,
    answer_redrive,
    answer_who,
    answer_why,
)
from datalfred.models.offline.run_guy_words import ARN, GROUP_NAME, JOB_ID, JOBS, LOGS
from datalfred.models.offline.text import clean
from datalfred.models.offline.wording import CANNOT

OPERATIONS = frozenset(
    {
        "list_pipelines",
        "list_executions",
        "diagnose_execution",
        "request_redrive",
        "list_log_groups",
        "search_logs",
        "query_logs",
        "list_alarms",
        "list_jobs",
        "describe_job",
    }
)


def decide(talk: Conversation) -> Decision:
    """The next step of run guy."""
    question, earlier = unwrap(clean(talk.question))
    work = Work(talk, question, earlier or [clean(q) for q in talk.asked_before()])
    if not question:
        return Decision(
            f"{CANNOT}: there is no question. Ask, for example, which pipelines failed last night."
        )
    if words.NIGHT_BEFORE.match(question) and work.earlier:
        question = _a_day_earlier(work.earlier[-1])
        work = Work(talk, question, work.earlier[:-1])
    handle = _handler_of(question)
    if handle is None and words.LEANS.match(question) and work.earlier:
        before = _handler_of(work.earlier[-1])
        handle = before if before in _REPEATED else None
    return (handle or answer_status)(work)


def _handler_of(question: str) -> Callable[[Work], Decision] | None:
    return next((handle for fits, handle in _INTENTS if fits(question)), None)


def _a_day_earlier(question: str) -> str:
    """A question about last night as one about the night before; what ran at night ran today."""
    earlier = {"yesterday": "2 days ago"}
    return re.sub(
        r"\b(?:last night|tonight|today|this morning|yesterday)\b",
        lambda m: earlier.get(m[0].lower(), "yesterday"),
        question,
        flags=re.IGNORECASE,
    )


def _says(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: bool(pattern.search(text))


def _asks_jobs(text: str) -> bool:
    if JOB_ID.search(text):
        return True
    plain = re.sub(r"\bstep functions?\b", " ", text, flags=re.IGNORECASE)
    return bool(JOBS.search(plain)) and not re.search(
        r"\b(?:pipelines?|workflows?|state machines?|executions?)\b", plain, re.IGNORECASE
    )


def _asks_logs(text: str) -> bool:
    return bool(LOGS.search(text)) or bool(GROUP_NAME.search(text) and not ARN.search(text))


def _asks_jobs_why(text: str) -> bool:
    """A job of a service by its kind, rather than a pipeline."""
    return _asks_jobs(text) and bool(words.KIND_OR_SETTING.search(text))


def _asks_why_of_logs(text: str) -> bool:
    return _asks_logs(text) and not re.search(r"\bwhy\b", text, re.IGNORECASE)


def _asks_groups(text: str) -> bool:
    return bool(words.LOG_GROUPS.search(text)) and not (
        words.ERRORS.search(text) or words.QUOTED.search(text)
    )


def _asks_running(text: str) -> bool:
    return bool(words.RUNNING.search(text)) and not words.FAILED.search(text)


def _asks_many_jobs(text: str) -> bool:
    return _asks_jobs(text) and bool(re.search(r"\b(?:tasks|jobs|steps)\b", text, re.IGNORECASE))


_INTENTS: tuple[tuple[Callable[[str], bool], Callable[[Work], Decision]], ...] = (
    (words.wants_redrive, answer_redrive),
    (_says(words.STARTS), answer_start),
    (_says(words.ADVICE), answer_advice),
    (_says(words.ALARMS), answer_alarms),
    (_asks_groups, answer_log_groups),
    (_asks_why_of_logs, answer_logs),
    (asks_theme, answer_theme),
    (_asks_jobs_why, answer_jobs),
    (_says(words.WHO), answer_who),
    (_says(words.CHANGED), answer_changed),
    (_says(words.LINEAGE), answer_lineage),
    (_says(words.SINCE), answer_since),
    (_says(words.RATE), answer_rate),
    (_says(words.COMPARED), answer_compared),
    (_says(words.LAST_SUCCESS), answer_last_success),
    (_says(words.STUCK), answer_stuck),
    (_says(words.DURATION), answer_duration),
    (_says(words.FAILING_MOST), answer_failing_most),
    (_says(words.SCHEDULE), answer_schedule),
    (_says(words.WHY), answer_why),
    (_says(words.HOW_MANY_PIPELINES), answer_overview),
    (_says(words.HISTORY), answer_history),
    (_asks_running, answer_running),
    (_asks_many_jobs, answer_jobs),
    (_says(words.PURPOSE), answer_purpose),
)

_REPEATED = (
    answer_why,
    answer_since,
    answer_last_success,
    answer_duration,
    answer_history,
    answer_rate,
    answer_changed,
    answer_purpose,
)
"""What "and the other one?" asks again; a redrive is never among them."""
