"""Run guy: the state of pipelines, why runs fail, what logs and alarms say, requests to run again.

An intent is found by rules, the pipeline by name among those that exist; two that fit are asked
back. A redrive is requested only where the person asks for one in so many words.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from datalfred.models.offline import ops_wording
from datalfred.models.offline.conversation import Conversation, Decision, Step, ToolCall
from datalfred.models.offline.follow_up import unwrap
from datalfred.models.offline.pipelines_view import Named, Pipeline, named, read_pipelines
from datalfred.models.offline.text import clean
from datalfred.models.offline.windows import exact_range, now_of, window_of
from datalfred.models.offline.wording import CANNOT

OPERATIONS = frozenset(
    {
        "list_pipelines", "list_executions", "diagnose_execution", "request_redrive", "list_log_groups",
        "search_logs", "query_logs", "list_alarms", "list_jobs", "describe_job",
    }
)  # fmt: skip

_ARN = re.compile(r"arn:aws[\w-]*:states:[\w-]*:\d*:execution:[\w.:-]+")
_JOB_ID = re.compile(r"\b(?:ecs|emr|emr_serverless|glue):[\w.-]+/[\w.:-]+")
_GROUP = re.compile(r"(?<![\w/])/[\w./-]+[\w]")
_AGAIN = (
    r"(?:re-?drive|re-?run|re-?try|re-?start|re-?trigger|re-?execute|re-?launch|resume|replay|kick off|"
    r"(?:run|start|execute|trigger|launch|try|fire)\b.{0,60}\bagain|kick (?:\S+ ){1,5}off(?: again)?|give (?:\S+ ){1,5}another (?:go|try|run|shot))"
)
_REDRIVE = re.compile(
    rf"^(?:\W|please|pls|kindly|ok(?:ay)?|yes|and|now|then|so|just|can you|could you|would you|will you|can we|could we|i want you to|i(?:'d| would) like (?:you )?to|we need to|i need you to|i need to|need to|we should|let'?s|go ahead and|hey|hi|hello|great|thanks|datalfred|"
    rf"i want to|want to|you can|you should|request(?: a)?|do a|trigger a|start a|make a|approve a|submit a|a|the|try to|quickly|immediately|asap)*\s*{_AGAIN}\b",
    re.IGNORECASE,
)
_REDRIVE_LATE = re.compile(
    rf"(?:\bthen|\band|,|\.|;|:|!|\bplease)\s+(?:please\s+|then\s+|can you\s+|could you\s+)*{_AGAIN}\b",
    re.IGNORECASE,
)
_NO_REDRIVE = re.compile(
    rf"\b(?:don'?t|do not|never|without|should (?:i|we)|can i|is it safe|what (?:if|happens|would happen)|how (?:do|can|to|would|should)|was (?:it|\S+)|were|did|has|have|had|why|who|when|which|if (?:i|we|you|it)|would (?:a|it)|does|is a|is the|can it be|could it be|how many|how often|list|show|after the|before the|no|last|status of)\b[^.!;]*{_AGAIN}",
    re.IGNORECASE,
)
_WHY = re.compile(
    r"\b(?:why|root cause|cause of|reason (?:for|of|behind)|diagnos\w*|investigat\w*|what (?:broke|went wrong|failed|happened|is wrong|was wrong|caused|causes|made)|what(?:'s| is) (?:the )?(?:problem|issue|wrong|matter|cause|reason)|how come|troubleshoot|debug|explain (?:the|why|what)|post ?mortem|analy[sz]e|what (?:killed|crashed|brought)|look into|find out|dig into|figure out)\b",
    re.IGNORECASE,
)
_ALARMS = re.compile(r"\b(?:alarms?|alerts?|alerting|paged|paging)\b", re.IGNORECASE)
_LOG_GROUPS = re.compile(r"\blog ?groups?\b", re.IGNORECASE)
_LOGS = re.compile(
    r"\b(?:logs?|log lines?|logged|stack ?traces?|grep|tail|cloudwatch)\b|\b(?:errors?|exceptions?|warnings?|time-?outs?)\b.*\bin\b.*\b(?:loader|lambda|function|task|job|logs?)\b",
    re.IGNORECASE,
)
_JOBS = re.compile(
    r"\b(?:ecs|emr|glue|spark|containers?|emr serverless|batch jobs?|tasks?|steps?|jobs?)\b",
    re.IGNORECASE,
)
_RUNNING = re.compile(
    r"\b(?:running|in progress|in flight|in-flight|active|ongoing|executing|being executed|currently working)\b",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"\b(?:fail\w*|broke|broken|red|crash\w*|errored|unsuccessful|died|not succeed\w*|went wrong|timed? ?out|fell over|unhealthy|problems?)\b",
    re.IGNORECASE,
)
_SUCCEEDED = re.compile(
    r"\b(?:succe\w*|finished ok|green|went (?:fine|well|through)|passed|completed)\b", re.IGNORECASE
)
_ABORTED = re.compile(r"\b(?:abort\w*|cancel\w*|stopped by)\b", re.IGNORECASE)
_HISTORY = re.compile(
    r"\b(?:how (?:many|often)|history|executions?|list .*\bruns?\b|show .*\bruns?\b|runs (?:of|from|since|this|last|today|yesterday)|number of|count|all (?:the )?(?:failed )?runs|past runs|recent runs|last \d+ runs|failures? (?:of|in|since|this|last)|which runs|failed runs|previous runs|duration|how long|took)\b",
    re.IGNORECASE,
)
_EVERY = re.compile(
    r"\b(?:all|every|each|any|which|list|what) (?:of )?(?:the |our )?(?:\w+ )?(?:pipelines?|workflows?|state machines?|loads?|imports?|flows?|dags?|etl)\b|\b(?:pipelines|workflows|state machines|everything|anything|overall|overview|health|all (?:ok|good|green|fine))\b",
    re.IGNORECASE,
)
_PER_TIME = re.compile(r"\b(?:per|by|each|every) (minute|hour|day)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Work:
    """What this turn knows so far."""

    talk: Conversation
    question: str
    earlier: list[str]

    @cached_property
    def pipelines(self) -> list[Pipeline]:
        """All pipelines that were listed."""
        return read_pipelines([s.result for s in self.talk.results("list_pipelines")])

    @cached_property
    def named(self) -> Named:
        """The pipelines of the question; else, where it names none, of what was said before."""
        here = named(self.question, self.pipelines)
        if here.fitting or here.unknown:
            return here
        for text in reversed(self.earlier):
            found = named(text, self.pipelines)
            if found.fitting:
                return Named(found.fitting)
        return here

    def last(self, operation: str) -> Step | None:
        """The newest result of an operation in this turn."""
        steps = self.talk.results(operation)
        return steps[-1] if steps else None


def decide(talk: Conversation) -> Decision:
    """The next step of run guy."""
    question, earlier = unwrap(clean(talk.question))
    work = Work(talk, question, earlier or [clean(q) for q in talk.asked_before()])
    if not question:
        return Decision(
            f"{CANNOT}: there is no question. Ask, for example, which pipelines failed last night."
        )
    for fits, handle in _INTENTS:
        if fits(question):
            return handle(work)
    return _status(work)


def wants_redrive(text: str) -> bool:
    """Whether a text asks, in so many words, to run something again."""
    if _NO_REDRIVE.search(text):
        return False
    return bool(_REDRIVE.search(text) or _REDRIVE_LATE.search(text))


# --- steps that several intents share --------------------------------------------------------


def _call(operation: str, **given: object) -> Decision:
    return Decision(
        calls=(ToolCall(operation, {k: v for k, v in given.items() if v not in ("", None)}),)
    )


def _listed(work: Work) -> Decision | None:
    """Lists the pipelines, all pages, before a name can be looked up."""
    steps = work.talk.results("list_pipelines")
    last = steps[-1] if steps else None
    if last and last.error:
        return Decision(f"{CANNOT}: the pipelines could not be listed. {last.error}")
    pages = last.result.get("pages", 1) if last else 1
    if last is None or (isinstance(pages, int) and len(steps) < min(pages, 8)):
        return _call("list_pipelines", page=len(steps) + 1 if steps else None)
    return None


def _one_pipeline(work: Work, *, needed: bool = False) -> tuple[str, Decision | None]:
    """The pipeline that is meant, or the next step: to list them, or to ask back."""
    pending = _listed(work)
    if pending:
        return "", pending
    found = work.named
    if len(found.fitting) > 1:
        return "", Decision(f"Which pipeline do you mean: {' or '.join(found.fitting[:6])}?")
    if found.fitting:
        return found.fitting[0], None
    known = ", ".join(p.name for p in work.pipelines)
    if found.unknown and not _EVERY.search(work.question):
        said = " ".join(found.unknown[:4])
        return "", Decision(
            f'{CANNOT}: there is no pipeline named like "{said}". The pipelines are: {known}.'
        )
    if needed:
        failed = ", ".join(
            p.name for p in work.pipelines if p.status in ("FAILED", "TIMED_OUT", "ABORTED")
        )
        return "", Decision(
            f"Which pipeline do you mean? Failed last: {failed or 'none'}. All: {known}."
        )
    return "", None


def _failure(step: Step, what: str) -> Decision:
    return Decision(f"{CANNOT}: {what}. {step.error}")


# --- redrive ---------------------------------------------------------------------------------


def _redrive(work: Work) -> Decision:
    step = work.last("request_redrive")
    if step:
        return Decision(ops_wording.redrive(step))
    arn = _ARN.search(work.question)
    if arn:
        return _call("request_redrive", execution_arn=arn[0], reason=work.question[:500])
    pipeline, decision = _one_pipeline(work, needed=True)
    if decision:
        return decision
    return _call("request_redrive", pipeline=pipeline, reason=work.question[:500])


# --- diagnosis -------------------------------------------------------------------------------


def _why(work: Work) -> Decision:
    step = work.last("diagnose_execution")
    if step:
        return (
            _failure(step, "the failure could not be diagnosed")
            if step.error
            else Decision(ops_wording.diagnosis(step))
        )
    arn = _ARN.search(work.question)
    if arn:
        return _call("diagnose_execution", execution_arn=arn[0])
    job = _JOB_ID.search(work.question)
    if job:
        return _jobs(work)
    pipeline, decision = _one_pipeline(work)
    if decision:
        return decision
    return _call("diagnose_execution", pipeline=pipeline)


# --- alarms and logs -------------------------------------------------------------------------


def _alarms(work: Work) -> Decision:
    step = work.last("list_alarms")
    if step is None:
        return _call("list_alarms")
    if step.error:
        return _failure(step, "the alarms could not be listed")
    everything = re.search(
        r"\b(?:all|list|which alarms (?:exist|are there|do we have)|how many alarms|what alarms)\b",
        work.question,
        re.IGNORECASE,
    )
    return Decision(ops_wording.alarms(step, every=bool(everything)))


def _log_groups(work: Work) -> Decision:
    step = work.last("list_log_groups")
    if step is None:
        return _call("list_log_groups")
    return (
        _failure(step, "the log groups could not be listed")
        if step.error
        else Decision(ops_wording.log_groups(step))
    )


def _logs(work: Work) -> Decision:
    searched = work.last("search_logs") or work.last("query_logs")
    if searched and not searched.error:
        return Decision(ops_wording.log_search(searched))
    if searched and len(work.talk.results(searched.operation)) > 1:
        return _failure(searched, "the logs could not be searched")
    group = _GROUP.search(work.question)
    if group and searched is None:
        return _search(work, group[0].rstrip("."))
    step = work.last("list_log_groups")
    if step is None:
        return _call("list_log_groups")
    if step.error:
        return _failure(step, "the log groups could not be listed")
    chosen = _log_group(work, step)
    if isinstance(chosen, Decision):
        return chosen
    return _search(work, chosen)


def _log_group(work: Work, step: Step) -> str | Decision:
    names = [
        str(g.get("name")) for g in step.result.get("log_groups") or () if isinstance(g, Mapping)
    ]
    for text in [work.question, *reversed(work.earlier)]:
        found = named(text, [Pipeline(n) for n in names])
        if len(found.fitting) == 1:
            return found.fitting[0]
        if 1 < len(found.fitting) <= 5:
            return ",".join(found.fitting)
        if found.fitting:
            return Decision(f"Which log group do you mean: {', '.join(found.fitting[:8])}?")
    if not names:
        return Decision(f"{CANNOT}: there are no log groups.")
    return Decision(f"Which log group do you mean? There are: {', '.join(names[:20])}.")


_QUOTED = re.compile(r"[\"“'`]([^\"”'`]{2,80})[\"”'`]")
_PATTERN_AFTER = re.compile(
    r"\b(?:for|containing|with|mentioning|matching|that (?:say|contain|mention))\s+(?:the )?(?:word |phrase |string |text |pattern )?([A-Z][A-Za-z]*(?:Error|Exception)|[A-Z_]{4,}|timeouts?|out of memory|oom|denied|warnings?)\b",
    re.IGNORECASE,
)
_ERRORS = re.compile(
    r"\b(?:errors?|exceptions?|failures?|fail\w*|wrong|problems?|crash\w*|stack ?traces?)\b",
    re.IGNORECASE,
)


def _search(work: Work, group: str) -> Decision:
    per = _PER_TIME.search(work.question)
    if per and "query_logs" in work.talk.operations:
        pattern = (
            "| filter @message like /(?i)(error|exception)/ "
            if _ERRORS.search(work.question)
            else ""
        )
        width = {"minute": "1m", "hour": "1h", "day": "1d"}[per[1].lower()]
        query = f"fields @timestamp {pattern}| stats count(*) as lines by bin({width})"
        hours = window_of(work.question, 24, 720).hours
        return _call("query_logs", log_groups=group, query=query, hours=hours)
    hours = window_of(work.question, 24, 720).hours
    return _call("search_logs", log_group=group, pattern=_pattern(work.question), hours=hours)


def _pattern(text: str) -> str:
    quoted = _QUOTED.search(text)
    if quoted:
        return f'"{quoted[1]}"'
    after = _PATTERN_AFTER.search(text)
    if after and after[1].lower() not in ("errors", "error", "error"):
        word = after[1]
        return (
            f'?"{word.lower()}" ?"{word.capitalize()}" ?"{word.upper()}"'
            if word.islower()
            else f'"{word}"'
        )
    if re.search(r"\btime-?outs?\b|\btimed out\b", text, re.IGNORECASE):
        return '?"timed out" ?timeout ?Timeout ?TimeoutError'
    if _ERRORS.search(text):
        return "?ERROR ?Error ?error ?Exception ?FATAL ?Traceback"
    return "?WARN ?Warning ?warning" if re.search(r"\bwarn\w*\b", text, re.IGNORECASE) else ""


# --- jobs ------------------------------------------------------------------------------------


def _jobs(work: Work) -> Decision:
    described = work.last("describe_job")
    if described:
        return (
            _failure(described, "the job could not be described")
            if described.error
            else Decision(ops_wording.job(described))
        )
    identity = _JOB_ID.search(work.question)
    if identity:
        return _call("describe_job", job_id=identity[0])
    step = work.last("list_jobs")
    if step is None:
        hours = window_of(work.question, 24, 720).hours
        return _call(
            "list_jobs", kind=_kind(work.question), status=_job_status(work.question), hours=hours
        )
    if step.error:
        return _failure(step, "the jobs could not be listed")
    return _one_job(work, step) or Decision(ops_wording.jobs(step))


def _one_job(work: Work, step: Step) -> Decision | None:
    """ "why did the nightly task stop" wants one job described."""
    if not re.search(
        r"\b(?:why|describe|details?|exit code|log of|cause|reason|more about)\b",
        work.question,
        re.IGNORECASE,
    ):
        return None
    found = [j for j in step.result.get("jobs") or () if isinstance(j, Mapping) and j.get("id")]
    fits = set(named(work.question, [Pipeline(str(j.get("name"))) for j in found]).fitting)
    chosen = next((j for j in found if str(j.get("name")) in fits), None)
    chosen = (
        chosen or next((j for j in found if j.get("failed")), None) or (found[0] if found else None)
    )
    return _call("describe_job", job_id=str(chosen["id"])) if chosen else None


def _kind(text: str) -> str:
    lowered = text.lower()
    if re.search(r"\bemr[ _-]serverless\b", lowered):
        return "emr_serverless"
    for word, kind in (
        ("ecs", "ecs"),
        ("container", "ecs"),
        ("fargate", "ecs"),
        ("emr", "emr"),
        ("spark", "emr"),
        ("glue", "glue"),
    ):
        if re.search(rf"\b{word}s?\b", lowered):
            return kind
    return ""


def _job_status(text: str) -> str:
    if _FAILED.search(text) or _WHY.search(text):
        return "failed"
    return "running" if _RUNNING.search(text) else "succeeded" if _SUCCEEDED.search(text) else ""


# --- executions and pipelines ----------------------------------------------------------------


def _running(work: Work) -> Decision:
    pipeline, decision = _one_pipeline(work)
    if decision:
        return decision
    step = work.last("list_executions")
    if step is None:
        return _call("list_executions", pipeline=pipeline, status="RUNNING")
    if step.error:
        return _failure(step, "the executions could not be listed")
    return Decision(ops_wording.executions(step, pipeline, "running", "now", None))


def _history(work: Work) -> Decision:
    pipeline, decision = _one_pipeline(work)
    if decision:
        return decision
    window = window_of(work.question, 168)
    steps = work.talk.results("list_executions")
    status = _status_word(work.question)
    pages = steps[-1].result.get("pages", 1) if steps else 1
    if not steps or (isinstance(pages, int) and len(steps) < min(pages, 5) and not steps[-1].error):
        page = len(steps) + 1 if steps else None
        return _call(
            "list_executions", pipeline=pipeline, status=status, hours=window.hours, page=page
        )
    if steps[-1].error:
        return _failure(steps[-1], "the executions could not be listed")
    now = now_of(str(steps[-1].result.get("evidence") or ""), window.hours)
    exact = exact_range(work.question, now) if now else None
    words = exact.label if exact else window.words
    return Decision(ops_wording.executions(_joined(steps), pipeline, status.lower(), words, exact))


def _joined(steps: Sequence[Step]) -> Step:
    """All pages of a listing as one."""
    entries = [e for s in steps for e in s.result.get("executions") or ()]
    return Step(steps[-1].operation, steps[-1].input, {**steps[0].result, "executions": entries})


def _status_word(text: str) -> str:
    for pattern, status in (
        (_FAILED, "FAILED"),
        (_RUNNING, "RUNNING"),
        (_ABORTED, "ABORTED"),
        (_SUCCEEDED, "SUCCEEDED"),
    ):
        if pattern.search(text):
            return status
    return ""


def _status(work: Work) -> Decision:
    """The newest run of one pipeline, or of all."""
    pipeline, decision = _one_pipeline(work)
    if decision:
        return decision
    if not pipeline:
        if _FAILED.search(work.question) and not _SUCCEEDED.search(work.question):
            return _failed_runs(work)
        steps = work.talk.results("list_pipelines")
        return Decision(
            ops_wording.pipelines(work.pipelines, str(steps[-1].result.get("evidence") or ""))
        )
    step = work.last("list_executions")
    if step is None:
        return _call(
            "list_executions", pipeline=pipeline, hours=window_of(work.question, 168).hours
        )
    if step.error:
        return _failure(step, "the executions could not be listed")
    return Decision(ops_wording.latest(step, pipeline))


def _failed_runs(work: Work) -> Decision:
    window = window_of(
        work.question, 24 if re.search(r"\bnight|today|overnight|morning\b", work.question) else 168
    )
    step = work.last("list_executions")
    if step is None:
        return _call("list_executions", status="FAILED", hours=window.hours)
    if step.error:
        return _failure(step, "the executions could not be listed")
    return Decision(ops_wording.executions(step, "", "failed", window.words, None))


def _asks_why(text: str) -> bool:
    return bool(_WHY.search(text))


def _asks_jobs(text: str) -> bool:
    if _JOB_ID.search(text):
        return True
    plain = re.sub(r"\bstep functions?\b", " ", text, flags=re.IGNORECASE)
    return bool(_JOBS.search(plain)) and not re.search(
        r"\b(?:pipelines?|workflows?|state machines?|executions?)\b", plain, re.IGNORECASE
    )


def _asks_logs(text: str) -> bool:
    return bool(_LOGS.search(text)) or bool(_GROUP.search(text) and not _ARN.search(text))


def _asks_jobs_why(text: str) -> bool:
    """A job of a service by its kind, rather than a pipeline."""
    return _asks_jobs(text) and bool(
        re.search(
            r"\b(?:ecs|emr|glue|spark|container|emr serverless)\b|" + _JOB_ID.pattern,
            text,
            re.IGNORECASE,
        )
    )


def _asks_history(text: str) -> bool:
    return bool(_HISTORY.search(text))


_INTENTS: tuple[tuple[Callable[[str], bool], Callable[[Work], Decision]], ...] = (
    (wants_redrive, _redrive),
    (lambda t: bool(_ALARMS.search(t)), _alarms),
    (
        lambda t: bool(_LOG_GROUPS.search(t)) and not _ERRORS.search(t) and not _QUOTED.search(t),
        _log_groups,
    ),
    (lambda t: _asks_logs(t) and not re.search(r"\bwhy\b", t, re.IGNORECASE), _logs),
    (_asks_jobs_why, _jobs),
    (_asks_why, _why),
    (_asks_history, _history),
    (lambda t: bool(_RUNNING.search(t)) and not _FAILED.search(t), _running),
    (
        lambda t: _asks_jobs(t) and bool(re.search(r"\b(?:tasks|jobs|steps)\b", t, re.IGNORECASE)),
        _jobs,
    ),
)
