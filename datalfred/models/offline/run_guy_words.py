"""How people speak of runs: the patterns of run guy's intents."""

# ruff: noqa: E501 -- a pattern is read in one line

import re
from dataclasses import dataclass

ARN = re.compile(r"arn:aws[\w-]*:states:[\w-]*:\d*:execution:[\w.:-]+")


JOB_ID = re.compile(r"\b(?:ecs|emr|emr_serverless|glue):[\w.-]+/[\w.:-]+")


GROUP_NAME = re.compile(r"(?<![\w/])/[\w./-]+[\w]")


_AGAIN = (
    r"(?:re-?drive|re-?run|re-?try|re-?start|re-?trigger|re-?execute|re-?launch|resume|replay|kick off|"
    r"(?:run|start|execute|trigger|launch|try|fire)\b.{0,60}\bagain|kick (?:\S+ ){1,5}off(?: again)?|give (?:\S+ ){1,5}another (?:go|try|run|shot))"
)


_NOUN = r"(?!\s+(?:history|histories|counts?|status|states?|polic\w+|attempts?|logs?|approvals?|requests?|options?|numbers?|statistics|stats|rates?|times?)\b)"
"""Behind the word it makes a noun of it: "redrive history", "retry policy"."""


_REDRIVE = re.compile(
    rf"^(?:\W|please|pls|kindly|ok(?:ay)?|yes|and|now|then|so|just|can you|could you|would you|will you|can we|could we|i want you to|i(?:'d| would) like (?:you )?to|we need to|i need you to|i need to|need to|we should|let'?s|go ahead and|hey|hi|hello|great|thanks|datalfred|"
    rf"i want to|want to|you can|you should|request(?: a)?|do a|trigger a|start a|make a|approve a|submit a|a|the|try to|quickly|immediately|asap)*\s*{_AGAIN}\b{_NOUN}",
    re.IGNORECASE,
)


_REDRIVE_LATE = re.compile(
    rf"(?:\bthen|\band|,|\.|;|:|!|\bplease)\s+(?:please\s+|then\s+|can you\s+|could you\s+)*{_AGAIN}\b{_NOUN}",
    re.IGNORECASE,
)


_NO_REDRIVE = re.compile(
    rf"\b(?:don'?t|do not|never|without|should (?:i|we)|can i|is it safe|what (?:if|happens|would happen)|how (?:do|can|to|would|should)|was (?:it|\S+)|were|did|has|have|had|why|who|when|which|if (?:i|we|you|it)|would (?:a|it)|does|is a|is the|can it be|could it be|how many|how often|list|show|runbook|docs|documentation|says?|said|suggests?|suggested|recommends?|recommended|after the|before the|no|last|status of)\b[^.!;]*{_AGAIN}",
    re.IGNORECASE,
)


WHY = re.compile(
    r"\b(?:why|root cause|cause of|reason (?:for|of|behind)|diagnos\w*|investigat\w*|what (?:all |else )?(?:broke|breaks|went wrong|failed|is failing|happened|is wrong|was wrong|is up|do we have|caused|causes|made)|whats (?:failing|wrong|up|broken)|what(?:'s| is) (?:failing|broken|up|going on)|how much memory|memory limit|what (?:should|can|could|do) (?:i|we) do|how (?:do|can|to|would|should) (?:(?:i|we) )?(?:fix|solve|repair|mend|resolve)|the (?:fix|solution|remedy)|remed(?:y|ies)|next steps?|wtf|on fire|paged?|pager|woke|what(?:'s| is) (?:the )?(?:problem|issue|wrong|matter|cause|reason)|how come|troubleshoot|debug|explain (?:the|why|what)|post ?mortem|analy[sz]e|what (?:killed|crashed|brought)|look into|because of|due to|caused by|find out|dig into|figure out)\b",
    re.IGNORECASE,
)


ALARMS = re.compile(r"\b(?:alarms?|alerts?|alerting)\b", re.IGNORECASE)


LOG_GROUPS = re.compile(r"\blog ?groups?\b", re.IGNORECASE)


LOGS = re.compile(
    r"\b(?:logs?|log lines?|logged|stack ?traces?|grep|tail|cloudwatch)\b|\b(?:errors?|exceptions?|warnings?|time-?outs?)\b.*\bin\b.*\b(?:loader|lambda|function|task|job|logs?)\b",
    re.IGNORECASE,
)


JOBS = re.compile(
    r"\b(?:ecs|emr|glue|spark|containers?|emr serverless|batch jobs?|tasks?|steps?|jobs?|exit codes?)\b",
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
    r"\b(?:how (?:many|often)|history|executions?|list .*\bruns?\b|show .*\bruns?\b|runs (?:of|from|since|this|last|today|yesterday)|number of|count|all (?:the )?(?:failed )?runs|past runs|recent runs|last \d+ runs|failures? (?:of|in|since|this|last)|which runs|failed runs|previous runs|earlier runs|happen(?:s|ed)? (?:before|often|again)|first time|what (?:all )?ran|which (?:\w+ ){0,2}succeeded)\b",
    re.IGNORECASE,
)


EVERY = re.compile(
    r"\b(?:all|every|each|any|which|list|what) (?:of )?(?:the |our )?(?:\w+ )?(?:pipelines?|workflows?|state machines?|loads?|imports?|flows?|dags?|etl)\b|\b(?:pipelines|workflows|state machines|everything|anything|(?:all|each|any|none|which|some) of (?:them|these|those)|them all|the (?:others|rest)|overall|overview|health|all (?:ok|good|green|fine))\b",
    re.IGNORECASE,
)


PER_TIME = re.compile(r"\b(?:per|by|each|every) (minute|hour|day)\b", re.IGNORECASE)


_NOT_REDRIVEN = re.compile(
    r"\b(?:but|instead of|rather than|not|except|without|unless|then|if|because|since|before|after|once|as soon as|when|and (?:tell|check|show|let|say|see|what|why|is|did|are|how|leave|keep))\b|[.;!?](?=\s|$)",
    re.IGNORECASE,
)


_LEFT_OUT = re.compile(
    r"\b(?:not|don'?t|never|except|without|instead of|rather than|excluding|other than|unlike|leave)\b[^,.;!?]*",
    re.IGNORECASE,
)


def without_left_out(text: str) -> str:
    """A request without the names that it leaves out: "all but X", "not Y"."""
    return _LEFT_OUT.sub(" ", text)


def redriven_part(text: str) -> str:
    """The part of a request that says what shall run again, without what shall not."""
    pieces = [p for p in _NOT_REDRIVEN.split(text) if p.strip()]
    return next((p for p in pieces if re.search(_AGAIN, p, re.IGNORECASE)), text)


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


_ADVICE_LEAD = (
    r"should (?:i|we|it)|shall (?:i|we)|can (?:i|we|a|the|it)|could (?:i|a|we)|is it (?:safe|worth|ok|okay)|safe to|worth|would (?:a|it|the|this)|"
    r"will (?:a|the|it)|does (?:it|a)|do (?:i|we) need|what (?:if|happens|would happen)|how (?:do|can|to|would|should)|if (?:a|i|we|it)|when can"
)


ADVICE = re.compile(
    rf"\b(?:{_ADVICE_LEAD})\b[^.!;]*(?:{_AGAIN}|\b(?:re-?driv|re-?run|re-?tr[yi]|re-?start)\w*)",
    re.IGNORECASE,
)


CHANGED = re.compile(
    r"\b(?:what|who|anything|something|has|did|which|was|were|is|see|show)\b.{0,60}\b(?:chang\w+|different|modified|edited|deployed|touched)\b",
    re.IGNORECASE,
)


COMPARED = re.compile(
    r"\bcompar\w+\b|\bversus\b|\bvs\b|\bdifference between\b|\b(?:than|as|and) (?:the )?(?:night|day|run|one|time) before\b|\bside by side\b",
    re.IGNORECASE,
)


LAST_SUCCESS = re.compile(
    r"\bwhen\b.*\blast\b.*\b(?:succe\w*|work(?:ed|ing)?|ok|fine|green|complete\w*|finish\w*|pass\w*|go through|went through|good)\b|\blast (?:time )?(?:it |that |this )?(?:successful|success|succeed\w*|good|green|working|worked)\b|\bwhen\b.*\bsucce\w+|\bever (?:succe\w+|worked|been (?:green|ok))\b|\bwhen\b.*\b(?:worked|green|fine)\b.*\blast\b",
    re.IGNORECASE,
)


SINCE = re.compile(
    r"\bsince when\b|\bhow long (?:has|have|is|was)\b.*\b(?:fail\w*|broken|down|red|dead)\b|\bwhen did\b.*\b(?:start|begin|first)\b.*\b(?:fail\w*|break\w*)\b|\bwhen did (?:it|that|this) (?:break|start|begin)\b|\bfirst fail\w*\b|\bhow many (?:times|days|nights) in a row\b",
    re.IGNORECASE,
)


STUCK = re.compile(
    r"\b(?:stuck|hang(?:ing|s)?|hung|frozen|stalled|too long|long-?running|for ages|for hours)\b|\brunning (?:longer|late|slow\w*|for (?:so|that|too|very) long)\b|\bso long\b|\bhow long (?:has|have|is)\b.*\brunning\b",
    re.IGNORECASE,
)


DURATION = re.compile(
    r"\bhow (?:long|fast|slow|quick\w*)\b|\bduration\b|\b(?:slowest|longest|fastest|shortest|quickest)\b|\btook\b|\brun ?times?\b|\b(?:slower|faster|longer|shorter|quicker) than\b|\bhow much time\b",
    re.IGNORECASE,
)


FASTEST = re.compile(r"\b(?:fastest|shortest|quickest)\b", re.IGNORECASE)


FASTEST_OR_SLOWEST = re.compile(r"\b(?:fastest|shortest|quickest|slowest|longest)\b", re.IGNORECASE)


FAILING_MOST = re.compile(
    r"\b(?:which|what)\b.*\bfail\w*\b.*\b(?:the most|most(?: often)?|often)\b|\bmost (?:failures|failed|unstable|flaky|fragile|unreliable|broken|often failing|frequently failing)\b|\bleast (?:reliable|stable)\b|\bflaki?est\b|\bfail\w*\b.*\b(?:per|by|for each|of each|in each) (?:pipeline|workflow|state machine)\b",
    re.IGNORECASE,
)


SCHEDULE = re.compile(
    r"\bnext (?:\w+ )?(?:run|execution|start)\b|\bschedule[ds]?\b|\bwhen (?:does|will|do|is)\b.*\b(?:run|start|kick off)\b(?!.*\bdone\b)|\bcron\b",
    re.IGNORECASE,
)


LINEAGE = re.compile(
    r"\b(?:feeds?|fills?|populates?|upstream|downstream|lineage|depends? on|dependenc\w+|writes? (?:to|into)|produces?)\b|\bloads? (?:the|that|this) [\w.]+ table\b|\bwhich tables?\b.*\b(?:write|load|fill|feed|produce|update)\w*\b|\btables? (?:that are |which are )?(?:loaded|written|filled|fed|produced|updated) by\b",
    re.IGNORECASE,
)


WHO = re.compile(
    r"\b(?:has|was|is|been|did)\b.*\bapprov\w+|\bwho(?:m| has| had)? (?:approved|requested|asked|re-?ran|re-?started|started|triggered|redrove|redriven|ran|stopped|aborted|killed|kicked|owns?|is responsible|wrote|built)\b|\bowner of\b",
    re.IGNORECASE,
)


KIND_OR_SETTING = re.compile(
    r"\b(?:ecs|emr|glue|spark|containers?|emr serverless|exit codes?|memory|cpus?|settings)\b|"
    + JOB_ID.pattern,
    re.IGNORECASE,
)


ONE_JOB = re.compile(
    r"\b(?:why|describe|details?|exit codes?|log of|cause|reason|more about|errors?|wrong|memory|cpus?|settings)\b",
    re.IGNORECASE,
)


ANY_OF = re.compile(
    r"\b(?:anything|anyone|any|something|which|what|who|how many|only|just|ones|are|is|all)\b",
    re.IGNORECASE,
)


RATE = re.compile(
    r"\b(?:success|failure|error) rate\b|\b(?:share|percentage|percent|ratio) of (?:\w+ )?(?:runs|executions|failures)\b|\bhow (?:reliable|stable)\b",
    re.IGNORECASE,
)


STARTS = re.compile(
    r"^\W*(?:please |can you |could you |now |then |ok |and |just |would you |i want you to )*(?:trigger|start|run|launch|execute|fire up|invoke)\b(?! (?:history|times?|out)\b)",
    re.IGNORECASE,
)


NIGHT_BEFORE = re.compile(
    r"^\W*(?:and |what about |how about |and what about )*(?:on |in )?the (?:night|day) before(?: that)?\W*$",
    re.IGNORECASE,
)


LEANS = re.compile(
    r"^\W*(?:and|what about|how about|same for|also)\b(?!.*\b(?:did|is|was|has|have|does|do|are|were|can|will)\b)",
    re.IGNORECASE,
)


PURPOSE = re.compile(
    r"\bwhat (?:does|do)\b.*\bdo\b|\bwhat is\b.*\bfor\W*$|\b(?:purpose|description) of\b|\bdescribe (?:the )?[\w-]+(?: pipeline)?\W*$|\bexplain what\b.*\bdoes\b",
    re.IGNORECASE,
)


HOW_MANY_PIPELINES = re.compile(
    r"\bhow many (?:pipelines|workflows|state machines)\b(?!.*\b(?:fail\w*|ran|run|broke\w*|crash\w*|succe\w*)\b)|\b(?:list|show|name|which)\b.{0,20}\b(?:pipelines|workflows|state machines)\b(?: (?:are there|exist|do we have|you know|there are|we have|have we|please))*\W*$",
    re.IGNORECASE,
)


TONIGHT = re.compile(
    r"\b(?:night|today|overnight|tonight|morning|paged?|pager|just now|on fire|midnight|right now|currently|anything)\b",
    re.IGNORECASE,
)


ONE_FAILURE = re.compile(
    r"\b(?:last|latest|newest|most recent) (?:failure|failed|error|crash|run|execution|one|problem)\b|\bfailed last\W*$",
    re.IGNORECASE,
)


ABOUT_ONE = re.compile(r"\b(?:for|about|on|of|related to|its|it|concerning)\b", re.IGNORECASE)


ALL_ALARMS = re.compile(
    r"\b(?:all|list|which alarms (?:exist|are there|do we have)|how many alarms|what alarms)\b",
    re.IGNORECASE,
)


LINES = re.compile(
    r"\b(?:last|newest|latest|first|tail|recent|show|past)(?: me)?(?: the)?(?: last)? (\d{1,3}) (?:log )?(?:lines?|entries|events|messages|rows)\b|\btail -?n? ?(\d{1,3})\b|\b(\d{1,3}) (?:log )?lines\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Theme:
    """A kind of failure: its name, how people ask for it, how it shows in causes."""

    name: str
    asked: re.Pattern[str]
    seen: re.Pattern[str]


def _theme(name: str, asked: str, seen: str) -> Theme:
    return Theme(name, re.compile(asked, re.IGNORECASE), re.compile(seen, re.IGNORECASE))


THEMES = (
    _theme(
        "a lack of memory",
        r"\bout of memory\b|\boom\w*\b|\bmemory (?:errors?|problems?|issues?|killed)\b|\black(?:s|ed)? memory\b|\b(?:code|exit) 137\b",
        r"out ?of ?memory|memoryerror|\boom|exit(?:ed with)?(?: code)? 137|ran out of memory|heap space",
    ),
    _theme(
        "a timeout",
        r"\btim(?:e|ed|es|ing) ?-?outs?\b",
        r"time(?:d)? ?-?out|TIMED_OUT|States\.Timeout",
    ),
    _theme(
        "a lack of permission",
        r"\baccess ?denied\b|\bpermissions?\b|\bunauthori[sz]ed\b|\bforbidden\b|\b40[13]\b|\bexpired\b",
        r"access ?denied|unauthori[sz]ed|forbidden|\b40[13]\b|expired|not authorized",
    ),
    _theme(
        "a failing Lambda function",
        r"\b(?:which|any|what) lambdas?\b.*\b(?:fail\w*|errors?|errored|threw|crash\w*|broke\w*|died)\b",
        r"resource_kind': 'lambda'",
    ),
    _theme(
        "a change of schema",
        r"\bschema (?:chang\w+|mismatch\w*|drift\w*|errors?)\b|\btype mismatch\w*\b",
        r"schema|cannot resolve|type mismatch|changed from \w+ to",
    ),
)
