"""An answer as every interface gives it: the words, and what they rest on."""

from typing import Literal

from datalfred.definitions.shape import Shape
from datalfred.lake.sql.models import Chart

QueryType = Literal["rag", "general", "tool", "mixed"]


class OperationUse(Shape):
    """An operation that an agent called."""

    agent: str
    action_group: str
    operation: str
    input: dict[str, str]
    status: Literal["succeeded", "failed", "unanswered"]


class SqlUse(Shape):
    """A statement that ran."""

    sql: str
    query_id: str
    bytes_scanned: int
    bytes_estimated: int | None = None
    """Before it ran; None where there was no estimate."""
    estimate_is_upper_bound: bool = False
    cost_usd: float | None = None
    reused: bool = False
    """Whether Athena gave an earlier result again, at no cost."""


class Table(Shape):
    """Rows to show. None is NULL."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    rows_omitted: int = 0
    """Rows that the result has and that are not here."""


class ChartWithData(Chart):
    """A drawing, and the table that it draws."""

    data: Table


class CitationUse(Shape):
    """A passage that the answer rests on."""

    text: str
    uri: str


class ApprovalUse(Shape):
    """An action that waits for a person."""

    id: str
    action: str
    target: str
    expires_at: str
    summary: str = ""
    """What will happen if a person approves; of a query, its price."""
    sql: str = ""
    """Of a query, what will run."""


class TokenUsage(Shape):
    """Tokens of all model calls of the turn, each counted once."""

    input_tokens: int = 0
    output_tokens: int = 0


class Answer(Shape):
    """One turn's answer: the object that ``datalfred ask --json`` prints."""

    answer: str
    target: str
    """Which lake or deployment answered."""
    session_id: str
    query_type: QueryType
    agents: tuple[str, ...]
    """Who worked, in the order in which they began."""
    operations: tuple[OperationUse, ...]
    sql: tuple[SqlUse, ...]
    tables: tuple[Table, ...]
    charts: tuple[ChartWithData, ...]
    citations: tuple[CitationUse, ...]
    pending_approvals: tuple[ApprovalUse, ...]
    usage: TokenUsage
    cost_usd: float | None
    """Of the model calls; None when the price of one is not known, never 0 instead."""
    model: str
    abstained: bool
    guardrail: Literal["NONE", "INTERVENED"]
