"""What a span of words does in a question."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a span does in a question."""

    TIME = "time"
    SHIFT = "shift"
    UNIT = "unit"
    DAYS = "days"
    GRAIN = "grain"
    TREND = "trend"
    SPLIT = "split"
    RANK = "rank"
    LIMIT = "limit"
    COMPARE = "compare"
    AGGREGATE = "aggregate"
    DISTINCT = "distinct"
    GROUP = "group"
    RATIO = "ratio"
    VERSUS = "versus"
    NOT = "not"
    NONE = "none"
    SOME = "some"
    AND = "and"
    WHICH = "which"
    LIST = "list"
    WHEN = "when"
    WHO = "who"
    WHERE = "where"
    THAT = "that"
    RUNNING = "running"
    ENTITY = "entity"
    QUOTED = "quoted"
    NUMBER = "number"
    CHATTER = "chatter"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Span:
    """Some neighbouring tokens that mean one thing.

    Attributes:
        start: index of the first token.
        end: index after the last.
        kind: what it does.
        text: its words.
        value: what its kind carries, such as a :class:`Rank` or a list of entity candidates.
    """

    start: int
    end: int
    kind: Kind
    text: str
    value: Any = None


@dataclass(frozen=True)
class Rank:
    """``top 5``, ``longest``, ``latest``: what to order by, which way, how many."""

    limit: int | None
    descending: bool
    about: str = ""
    """``time``, ``price``, ``duration``, ``count`` and so on; empty: what is said elsewhere."""


@dataclass(frozen=True)
class Comparison:
    """``over 500 EUR``; ``between`` has two numbers."""

    operator: str
    numbers: tuple[float, ...]
    unit: str = ""
    about: str = ""
    """What "older", "longer" or "heavier" compares; empty for a plain "more than"."""


@dataclass(frozen=True)
class Grain:
    """A step of time to group by; ``asked`` when the question is *which* of them."""

    unit: str
    asked: bool = False
    adjective: bool = False
