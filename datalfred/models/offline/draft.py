"""What one reading of a question has gathered so far, over one base table."""

from dataclasses import dataclass, field

from datalfred.models.offline.ir import ColumnRef, Condition, Dimension, Metric
from datalfred.models.offline.scope import Scope
from datalfred.models.offline.spans import Comparison, Grain, Rank, Span
from datalfred.models.offline.time_ranges import Found


@dataclass
class Mention:
    """A table that was named, and where."""

    index: int
    table: str


@dataclass
class Bare:
    """A column that was named without saying what to do with it."""

    index: int
    ref: ColumnRef


@dataclass
class Measured:
    """A metric, and where it was named; its aggregate may still be open."""

    index: int
    metric: Metric


@dataclass
class Draft:
    """A reading in progress. Lists are in the order of the question's words."""

    scope: Scope
    spans: list[Span]
    cost: float = 0.0
    measured: list[Measured] = field(default_factory=list)
    groups: list[Dimension] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)
    bare: list[Bare] = field(default_factory=list)
    times: list[tuple[int, Found]] = field(default_factory=list)
    time_ref: ColumnRef | None = None
    versus: list[tuple[int, str]] = field(default_factory=list)
    rank: Rank | None = None
    rank_at: int = -1
    limit: int | None = None
    having: Comparison | None = None
    having_on: Metric | None = None
    aggregate: str = ""
    aggregate_at: int = -1
    outer: str = ""
    ratio: str = ""
    ratio_at: int = -1
    relative_at: int = -1
    shift: str = ""
    trend: str | None = None
    running: bool = False
    distinct: bool = False
    listing: bool = False
    asked_which: bool = False
    when: bool = False
    grains: list[Grain] = field(default_factory=list)
    days: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    unresolved: list[Span] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # State of the reading itself:
    grouping: str = ""
    group_at: int = -1
    """Index of the newest word that opened a group."""
    grouped_at: int = -2
    """Index of the newest thing that was grouped by: an "and" after it goes on."""
    excused: list[Span] = field(default_factory=list)
    """Spans that were used in a way that leaves no trace of their kind."""
    nulling: str = ""
    negating: bool = False
    last_negated: Condition | None = None
    done: int = 0
    """Index of the first span that no handler has consumed yet."""

    @property
    def about_base(self) -> bool:
        """Whether the base table itself was named."""
        return any(m.table == self.scope.base.id for m in self.mentions)

    def fail(self, span: Span, cost: float = 10.0) -> None:
        """Notes a span that this reading cannot use."""
        self.unresolved.append(span)
        self.cost += cost

    def problem(self, sentence: str, cost: float = 10.0) -> None:
        """Notes that this reading makes no sense as a whole."""
        self.problems.append(sentence)
        self.cost += cost
