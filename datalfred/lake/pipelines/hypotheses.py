"""From facts to possible causes, ranked by what speaks for them.

A service's own words (an error, a reason, a stop code) weigh more than a line of a log, because
anybody may write into a log. A hypothesis always names the facts that speak for it; what nothing
speaks for is not said.
"""

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

Cause = tuple[Rule, Hypothesis]


def ranked(facts: Sequence[Fact], signals: Iterable[tuple[int, Fact]]) -> tuple[Cause, ...]:
    """The rules that something speaks for, best first, each with its facts.

    Args:
        facts: all facts.
        signals: those whose words may speak for a cause, with their indices.
    """
    said = list(signals)
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
    return _LOG_WEIGHT if fact.source.startswith("logs:") else _SERVICE_WEIGHT
