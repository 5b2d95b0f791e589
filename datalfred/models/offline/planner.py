"""From a question to a query: every described table is tried as the base, the best reading wins.

A reading that leaves words unexplained loses to one that explains them; between two that explain
all, the one with the nearer names and fewer joins wins. Two that are equally good but measure
different things are a question to ask back, not a coin to toss.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from datalfred.models.offline.catalog_view import Catalog, Value
from datalfred.models.offline.draft import Draft
from datalfred.models.offline.grammar import read_spans
from datalfred.models.offline.ir import Query
from datalfred.models.offline.linker import Linker
from datalfred.models.offline.linking import Lexicon
from datalfred.models.offline.reader import read_draft
from datalfred.models.offline.scope import Scope
from datalfred.models.offline.shaping import shape
from datalfred.models.offline.spans import Kind, Span
from datalfred.models.offline.text import Token

_TIE = 0.06
_PLAINER = 0.3
"""What a reading costs that ignores a name of several words."""


@dataclass(frozen=True)
class Plan:
    """One reading of a question.

    Attributes:
        query: what would be asked; None where no number or rows were recognised.
        draft: how the words were read.
        cost: the lower, the better the words fit.
        rivals: other tables that fit as well but mean something else.
    """

    query: Query | None
    draft: Draft
    cost: float
    rivals: tuple[str, ...] = ()

    @property
    def unread(self) -> list[str]:
        """The words that this reading does not explain."""
        return [span.text for span in self.draft.unresolved]

    @property
    def problems(self) -> list[str]:
        """What makes no sense in it, as sentences."""
        return self.draft.problems


def readings(catalog: Catalog, lexicon: Lexicon, tokens: Sequence[Token]) -> list[list[Span]]:
    """Reads a question's words with the catalog's names.

    "Average daily revenue" may be an average over days, or a column "daily revenue": where names of
    several words were seen, the reading without them stands beside the one with them.
    """
    linker = Linker(lexicon, tokens)
    named = read_spans(tokens, catalog.now, linker.compound, linker.single, linker.quoted)
    plain = read_spans(tokens, catalog.now, _no_compound, linker.alone, linker.quoted)
    return [named] if plain == named else [named, plain]


def _no_compound(_index: int, _taken: Sequence[bool]) -> None:
    return None


def best(catalog: Catalog, variants: Sequence[list[Span]]) -> tuple[Plan | None, list[Span]]:
    """The best plan of several readings, and its spans; the first reading wins a tie."""
    plans = [(plan(catalog, spans), spans) for spans in variants]
    found = [(p, s) for p, s in plans if p]
    if not found:
        return None, list(variants[0]) if variants else []
    return min(found, key=lambda x: x[0].cost + (_PLAINER if x[1] is not variants[0] else 0.0))


def plan(catalog: Catalog, spans: list[Span]) -> Plan | None:
    """The best reading; None when no table is described."""
    plans = sorted((_over(catalog, identity, spans) for identity in catalog.tables), key=_rank)
    if not plans:
        return None
    best = plans[0]
    rivals = tuple(
        p.draft.scope.base.id
        for p in plans[1:]
        if p.cost - best.cost < _TIE and p.query and best.query and _differs(p.query, best.query)
    )
    return Plan(best.query, best.draft, best.cost, rivals)


def _over(catalog: Catalog, identity: str, spans: list[Span]) -> Plan:
    draft = read_draft(Scope(catalog, catalog.tables[identity]), spans)
    query = shape(draft)
    cost = draft.cost + _distance(draft) - min(catalog.scores.get(identity, 0.0), 100.0) * 1e-4
    return Plan(query, draft, cost)


_UNNAMED = 4.0
"""What a base costs that no word names."""


def is_named(draft: Draft) -> bool:
    """Whether a word of the question names the base, or something in it."""
    return _distance(draft) < _UNNAMED


def _distance(draft: Draft) -> float:
    """A base that no word names is a poor guess."""
    base = draft.scope.base.id
    said = len(draft.spans)
    named = draft.about_base or any(
        m.metric.table == base and m.index < said for m in draft.measured
    )
    named = named or any(c.child for c in draft.conditions)
    seen = any(c.ref and c.ref.table == base for c in draft.conditions)
    seen = seen or any(b.ref.table == base for b in draft.bare)
    seen = seen or any(g.ref and g.ref.table == base for g in draft.groups)
    if named:
        return 0.0
    dated = draft.time_ref is not None and draft.time_ref.table == base
    return 0.3 if dated else 0.9 if seen else _UNNAMED


def _rank(found: Plan) -> tuple[float, str]:
    return found.cost, found.draft.scope.base.id


def _differs(one: Query, other: Query) -> bool:
    """Whether two readings of equal cost would answer with different numbers.

    Where a team has declared a measure of one name on two tables, both are its own words for one
    thing, and the better search hit decides.
    """
    if one.shape != other.shape or len(one.metrics) != len(other.metrics):
        return True
    if _values_of(one) and _values_of(one) == _values_of(other):
        return False
    return not any(m.measure for m in one.metrics)


def _values_of(query: Query) -> list[tuple[str, tuple[Value, ...]]]:
    """The columns whose different values are asked for, with what they may hold."""
    refs = query.select if query.shape == "values" else tuple(m.ref for m in query.metrics if m.ref)
    return [(r.column.name, r.column.values) for r in refs if r.column.values]


def unread_names(spans: Sequence[Span]) -> list[str]:
    """Runs of words that nothing named: perhaps values of a column, such as a city."""
    names: list[str] = []
    run: list[Span] = []
    for span in [*spans, None]:
        if (
            span
            and span.kind in (Kind.UNKNOWN, Kind.QUOTED)
            and (not run or span.start == run[-1].end)
        ):
            run.append(span)
            continue
        if run:
            names.append(" ".join(s.text for s in run))
        run = [span] if span and span.kind in (Kind.UNKNOWN, Kind.QUOTED) else []
    return names
