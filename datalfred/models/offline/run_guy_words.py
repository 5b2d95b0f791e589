"""How people speak of runs: the patterns of run guy's intents."""

# ruff: noqa: E501 -- a pattern is read in one line

import re

ARN = re.compile(r"arn:aws[\w-]*:states:[\w-]*:\d*:execution:[\w.:-]+")


JOB_ID = re.compile(r"\b(?:ecs|emr|emr_serverless|glue):[\w.-]+/[\w.:-]+")


GROUP_NAME = re.compile(r"(?<![\w/])/[\w./-]+[\w]")


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


WHY = re.compile(
    r"\b(?:why|root cause|cause of|reason (?:for|of|behind)|diagnos\w*|investigat\w*|what (?:broke|went wrong|failed|happened|is wrong|was wrong|caused|causes|made)|what(?:'s| is) (?:the )?(?:problem|issue|wrong|matter|cause|reason)|how come|troubleshoot|debug|explain (?:the|why|what)|post ?mortem|analy[sz]e|what (?:killed|crashed|brought)|look into|find out|dig into|figure out)\b",
    re.IGNORECASE,
)


ALARMS = re.compile(r"\b(?:alarms?|alerts?|alerting|paged|paging)\b", re.IGNORECASE)


LOG_GROUPS = re.compile(r"\blog ?groups?\b", re.IGNORECASE)


LOGS = re.compile(
    r"\b(?:logs?|log lines?|logged|stack ?traces?|grep|tail|cloudwatch)\b|\b(?:errors?|exceptions?|warnings?|time-?outs?)\b.*\bin\b.*\b(?:loader|lambda|function|task|job|logs?)\b",
    re.IGNORECASE,
)


JOBS = re.compile(
    r"\b(?:ecs|emr|glue|spark|containers?|emr serverless|batch jobs?|tasks?|steps?|jobs?)\b",
    re.IGNORECASE,
)


RUNNING = re.compile(
    r"\b(?:running|in progress|in flight|in-flight|active|ongoing|executing|being executed|currently working)\b",
    re.IGNORECASE,
)


FAILED = re.compile(
    r"\b(?:fail\w*|broke|broken|red|crash\w*|errored|unsuccessful|died|not succeed\w*|went wrong|timed? ?out|fell over|unhealthy|problems?)\b",
    re.IGNORECASE,
)


SUCCEEDED = re.compile(
    r"\b(?:succe\w*|finished ok|green|went (?:fine|well|through)|passed|completed)\b", re.IGNORECASE
)


ABORTED = re.compile(r"\b(?:abort\w*|cancel\w*|stopped by)\b", re.IGNORECASE)


HISTORY = re.compile(
    r"\b(?:how (?:many|often)|history|executions?|list .*\bruns?\b|show .*\bruns?\b|runs (?:of|from|since|this|last|today|yesterday)|number of|count|all (?:the )?(?:failed )?runs|past runs|recent runs|last \d+ runs|failures? (?:of|in|since|this|last)|which runs|failed runs|previous runs|duration|how long|took)\b",
    re.IGNORECASE,
)


EVERY = re.compile(
    r"\b(?:all|every|each|any|which|list|what) (?:of )?(?:the |our )?(?:\w+ )?(?:pipelines?|workflows?|state machines?|loads?|imports?|flows?|dags?|etl)\b|\b(?:pipelines|workflows|state machines|everything|anything|overall|overview|health|all (?:ok|good|green|fine))\b",
    re.IGNORECASE,
)


PER_TIME = re.compile(r"\b(?:per|by|each|every) (minute|hour|day)\b", re.IGNORECASE)


def wants_redrive(text: str) -> bool:
    """Whether a text asks, in so many words, to run something again."""
    if _NO_REDRIVE.search(text):
        return False
    return bool(_REDRIVE.search(text) or _REDRIVE_LATE.search(text))


QUOTED = re.compile(r"[\"“'`]([^\"”'`]{2,80})[\"”'`]")


PATTERN_AFTER = re.compile(
    r"\b(?:for|containing|with|mentioning|matching|that (?:say|contain|mention))\s+(?:the )?(?:word |phrase |string |text |pattern )?([A-Z][A-Za-z]*(?:Error|Exception)|[A-Z_]{4,}|timeouts?|out of memory|oom|denied|warnings?)\b",
    re.IGNORECASE,
)


ERRORS = re.compile(
    r"\b(?:errors?|exceptions?|failures?|fail\w*|wrong|problems?|crash\w*|stack ?traces?)\b",
    re.IGNORECASE,
)
