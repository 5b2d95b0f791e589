"""From facts to possible causes, ranked by what speaks for them.

A service's own words (an error, a reason, a stop code) weigh more than a line of a log, because
anybody may write into a log. A hypothesis always names the facts that speak for it; what nothing
speaks for is not said.
"""

import re
from collections.abc import Iterable, Sequence

from datalfred.lake.pipelines.models import Fact, Hypothesis
from datalfred.lake.pipelines.rules import ABORTED, CHANGED, CHECK_FAILED, LESS_DATA, RULES, Rule

__all__ = [
    "ABORTED",
    "CHANGED",
    "CHECK_FAILED",
    "LESS_DATA",
    "MOST",
    "RULES",
    "Cause",
    "Rule",
    "hypothesis",
    "ranked",
]

MOST = 4
_SERVICE_WEIGHT, _LOG_WEIGHT = 3, 1
_NAMES = re.compile(
    r"""(?P<quote>['`])(?![A-Z_]+['`])(?=[^'`\s]*[_./\d-])[\w./:=-]+(?P=quote)
    |(?:arn:aws[\w-]*:|s3[an]?://|https?://|(?<![\w/.])/(?=[\w.]))[^\s'"`,;)]*[^\s'"`,;:).]""",
    re.VERBOSE,
)
_KIND = re.compile(r"\.(?:py|jar|whl|zip|sql)\b")
_DEPLOYED = re.compile(r"['`]?/(?:var/(?:task|runtime)|opt|app|usr)/")
"""Where code lies that was deployed: a file that is missing there is no data."""
_WENT_ON = re.compile(
    r"""^.{0,60}?\b(?:WARN(?:ING)?|INFO|DEBUG|TRACE)\b|\b(?:going\ on|carrying\ on|continuing)\b
    |\b(?:retrying|will\ retry|trying\ again|ignor(?:ed|ing)|skipp(?:ed|ing))\b
    |\bfall(?:ing|s)?\ ?back\b|\busing\ (?:the\ )?(?:default|cached|old)|\bnon-?fatal\b""",
    re.VERBOSE,
)
"""Words of a line whose trouble the program got over; levels in capitals, as they are logged."""

Cause = tuple[Rule, Hypothesis]


def ranked(facts: Sequence[Fact], signals: Iterable[tuple[int, Fact]]) -> tuple[Cause, ...]:
    """The rules that something speaks for, best first, each with its facts.

    Lines of a log that warn, or that tell of trouble which was got over, speak only where nothing
    else names a cause.

    Args:
        facts: all facts.
        signals: those whose words may speak for a cause, with their indices.
    """
    said = [
        (index, fact.model_copy(update={"statement": without_names(fact.statement)}))
        for index, fact in signals
    ]
    own = [(index, fact) for index, fact in said if not _survived(fact)]
    return _ranked(facts, own) or _ranked(facts, said)


def without_names(text: str) -> str:
    """A text in which no path, address, ARN or name speaks; what kind of file it is stays.

    A parameter called ``/prod/db_password`` says nothing of a password that is wrong.
    """
    return _NAMES.sub(_nameless, text)


def _nameless(found: re.Match[str]) -> str:
    quote = found["quote"] or ""
    kind = ".deployed" if _DEPLOYED.match(found[0]) else ""
    if telling := _KIND.search(found[0]):
        kind = telling[0]
    return f"{quote}x{kind}{quote}"


def _survived(fact: Fact) -> bool:
    """Whether a line of a log tells of trouble after which the program went on."""
    return _is_logged(fact) and bool(_WENT_ON.search(fact.statement))


def _ranked(facts: Sequence[Fact], said: Sequence[tuple[int, Fact]]) -> tuple[Cause, ...]:
    spoken = [(rule, _speaking(rule, said)) for rule in RULES]
    best: dict[str, tuple[int, int, Rule, tuple[int, ...]]] = {}
    for order, (rule, found) in enumerate(spoken):
        taken = {
            index for other, others in spoken if rule.cause in other.instead_of for index in others
        }
        weights = {index: weight for index, weight in found.items() if index not in taken}
        if not weights:
            continue
        score = rule.weight + sum(weights.values())
        entry = (-score, order, rule, tuple(i for i in weights if i < len(facts)))
        best[rule.cause] = min(best.get(rule.cause, entry), entry, key=lambda each: each[:2])
    best_first = sorted(best.values(), key=lambda entry: entry[:2])
    return tuple((rule, hypothesis(rule, *indices)) for _, _, rule, indices in best_first[:MOST])


def hypothesis(rule: Rule, *facts: int) -> Hypothesis:
    """What a rule says, with the facts that speak for it; at least one."""
    return Hypothesis(cause=rule.cause, statement=rule.statement, facts=facts, remedy=rule.remedy)


def _speaking(rule: Rule, said: Iterable[tuple[int, Fact]]) -> dict[int, int]:
    """The weights of the facts whose words speak for a rule, by their indices."""
    return {index: _weight(fact) for index, fact in said if rule.pattern.search(fact.statement)}


def _weight(fact: Fact) -> int:
    return _LOG_WEIGHT if _is_logged(fact) else _SERVICE_WEIGHT


def _is_logged(fact: Fact) -> bool:
    return fact.source.startswith("logs:")
