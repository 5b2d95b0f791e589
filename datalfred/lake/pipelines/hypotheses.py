"""From facts to possible causes: rules as data, ranked by what speaks for them.

A rule recognises the words of one typical cause. A service's own words (an error, a reason, a stop
code) weigh more than a line of a log, because anybody may write into a log. A hypothesis always
names the facts that speak for it; what nothing speaks for is not said.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from datalfred.lake.pipelines.models import Fact, Hypothesis

MOST = 4
_SERVICE_WEIGHT, _LOG_WEIGHT = 3, 1

Blame = str
"""What has to change: ``size``, ``input``, ``definition``, ``data``, ``access``, ``image`` or
``time``; or ``nothing``, where it may pass by itself."""


@dataclass(frozen=True)
class Rule:
    """One typical cause.

    Attributes:
        cause: names it, for whoever counts or compares causes.
        pattern: words that speak for it.
        blames: what has to change before a run can succeed.
        statement: the hypothesis in one sentence.
        remedy: what to do about it.
        weight: added to the evidence; precise words weigh more than common ones.
    """

    cause: str
    pattern: re.Pattern[str]
    blames: Blame
    statement: str
    remedy: str
    weight: int = 2


def _words(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


RULES: tuple[Rule, ...] = (
    Rule(
        "out_of_memory",
        _words(
            r"""out[ ]?of[ ]?memory | exit\ (code|status)\ 137 | memory\ limit | MemoryError
            | java\ heap\ space | GC\ overhead | cannot\ allocate\ memory | signal:\ killed
            | due\ to\ memory\ usage | exhausted\ resources\ at\ this\ scale"""
        ),
        "size",
        "The run needed more memory than it was given, and was killed.",
        "Give the task, job or function more memory, or smaller pieces of work; then redrive.",
        weight=4,
    ),
    Rule(
        "image_missing",
        _words(
            r"""CannotPullContainer | ImagePull | manifest\ unknown | failed\ to\ pull\ image
            | image\ .{0,80}\ (not\ found|does\ not\ exist)"""
        ),
        "image",
        "The container's image could not be pulled, so nothing ran.",
        "Check that the image and tag exist and the execution role may pull them; then redrive.",
        weight=4,
    ),
    Rule(
        "schema_changed",
        _words(
            r"""column\ .{0,80}\ (cannot\ be\ resolved|does\ not\ exist|not\ found|is\ missing)
            | (missing|unknown|unexpected|no\ such)\ (required\ )?column
            | AnalysisException(?!.{0,40}path)
            | COLUMN_NOT_FOUND | UNRESOLVED_COLUMN | cannot\ resolve\ .{0,80}\ given\ input
            | HIVE_(BAD_DATA|PARTITION_SCHEMA_MISMATCH|CURSOR_ERROR|INVALID_METADATA)
            | schema\ (change|mismatch|has\ changed) | TYPE_MISMATCH | incompatible\ schema"""
        ),
        "data",
        "The schema of the source changed: a column that the run relies on is missing or differs.",
        "Compare the table's columns with the source's, mend the job or the table, then redrive.",
        weight=3,
    ),
    Rule(
        "secret_expired",
        _words(
            r"""expired | ExpiredToken | rotat(ed|ion)\ .{0,40}(secret|credential)
            | (secret|credential|password|token)s?\ .{0,60}(revoked|invalid|no\ longer\ valid)
            | authentication\ failed | invalid_(grant|client) | 401\ Unauthorized
            | UnrecognizedClientException | InvalidSignature"""
        ),
        "access",
        "A secret or token that the run signs in with has expired or is no longer accepted.",
        "Renew the secret where the run reads it from; then redrive.",
        weight=4,
    ),
    Rule(
        "permission_denied",
        _words(
            r"""Access\ ?Denied | not\ authorized\ to\ perform | Unauthorized(Operation|Exception)
            | 403\ Forbidden | permission\ denied | insufficient\ (privileges|permissions)"""
        ),
        "access",
        "The run's role or user lacks a permission.",
        "Allow the denied action in the role that the message names; then redrive.",
        weight=2,
    ),
    Rule(
        "data_missing",
        _words(
            r"""NoSuchKey | NoSuchBucket | (input\ )?path\ does\ not\ exist | PATH_NOT_FOUND
            | FileNotFound | no\ such\ file | (missing|no)\ partition
            | partition\ .{0,80}(not\ found|does\ not\ exist|is\ missing|has\ no)
            | specified\ key\ does\ not\ exist | no\ (input\ )?files\ (found|match)"""
        ),
        "data",
        "The data that the run reads is not there: a partition or file has not arrived.",
        "Look whether the upstream load ran and wrote that partition; when it is there, redrive.",
        weight=3,
    ),
    Rule(
        "throttled",
        _words(
            r"""throttl | TooManyRequests | rate\ exceeded | SlowDown | \b429\b
            | ProvisionedThroughputExceeded | ConcurrentRunsExceeded | LimitExceeded"""
        ),
        "nothing",
        "A service asked for fewer calls, or a limit of parallel runs was reached.",
        "Redrive when less is running; lasting: a Retry with backoff, or a higher quota.",
        weight=3,
    ),
    Rule(
        "bad_input",
        _words(
            r"""States\.(Runtime|ParameterPathFailure|IntrinsicFailure|DataLimitExceeded
            |ResultPathMatchFailure|QueryEvaluationError|NoChoiceMatched)
            | Validation(Error|Exception) | JSONDecodeError | JSONPath | bad\ input | invalid\ input
            | InvalidInput | (missing|required)\ (field|key|property|parameter|argument)
            | is\ a\ required\ (property|field) | malformed | KeyError | ValueError
            | not\ a\ valid\ (date|number|value)"""
        ),
        "input",
        "The input does not have the shape or values that the state expects.",
        "Correct the input and start a new execution: a redrive runs the original input again.",
        weight=2,
    ),
    Rule(
        "disk_full",
        _words(r"""no\ space\ left | disk\ (is\ )?full | ephemeral\ storage"""),
        "size",
        "The run filled its disk.",
        "Give it more ephemeral storage, or let it write less; then redrive.",
        weight=3,
    ),
    Rule(
        "capacity_lost",
        _words(
            r"""Spot\ ?Interruption | capacity\ is\ (un|not\ )available | INSUFFICIENT_CAPACITY
            | host\ ec2\ .{0,40}terminated | TerminationNotice"""
        ),
        "nothing",
        "AWS took the capacity away or had none.",
        "Redrive; lasting: allow other instance types or on-demand capacity.",
        weight=3,
    ),
    Rule(
        "network",
        _words(
            r"""connection\ (refused|reset|timed\ out) | could\ not\ connect | unable\ to\ connect
            | ResourceInitializationError | name\ or\ service\ not\ known | ECONNREFUSED"""
        ),
        "nothing",
        "The run could not reach a system that it depends on.",
        "Check that the system is up and the network lets the run through; then redrive.",
        weight=2,
    ),
    Rule(
        "time_limit",
        _words(
            r"""States\.(Heartbeat)?Timeout | timed\ ?out | TimedOut | \btimeout\b
            | (time|execution)\ limit | deadline\ exceeded | took\ longer\ than"""
        ),
        "time",
        "It took longer than its timeout allows.",
        "Find out what made it slow (more data, a scan without a partition filter); shorten the "
        "work or raise the timeout in the definition. A redrive keeps the original timeout.",
        weight=2,
    ),
)

CHANGED = Rule(
    "definition_changed",
    re.compile(r"(?!)"),
    "definition",
    "The definition was changed after the last success, which may have broken it.",
    "Look at the changed states; a mended definition needs a new execution, not a redrive.",
)
ABORTED = Rule(
    "aborted",
    re.compile(r"(?!)"),
    "nothing",
    "A person or a program stopped the execution; nothing has to be wrong with it.",
    "Ask who stopped it and why before it is run again.",
)


def ranked(
    facts: Sequence[Fact], signals: Iterable[tuple[int, Fact]]
) -> tuple[tuple[Rule, Hypothesis], ...]:
    """The rules that something speaks for, best first, each with its facts.

    Args:
        facts: all facts.
        signals: those whose words may speak for a cause, with their indices.
    """
    said = list(signals)
    scored = []
    for order, rule in enumerate(RULES):
        found = [(index, fact) for index, fact in said if rule.pattern.search(fact.statement)]
        if not found:
            continue
        score = rule.weight + sum(_weight(fact) for _, fact in found)
        hypothesis = Hypothesis(
            cause=rule.cause,
            statement=rule.statement,
            facts=tuple(index for index, _ in found if index < len(facts)),
            remedy=rule.remedy,
        )
        scored.append((-score, order, rule, hypothesis))
    best_first = sorted(scored, key=lambda entry: entry[:2])
    return tuple((rule, hypothesis) for _, _, rule, hypothesis in best_first[:MOST])


def _weight(fact: Fact) -> int:
    return _LOG_WEIGHT if fact.source.startswith("logs:") else _SERVICE_WEIGHT
