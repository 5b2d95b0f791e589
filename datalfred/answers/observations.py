"""Reads operations' results: what each adds to an answer.

A result that is not what its operation promises adds nothing, and costs nothing else.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from datalfred.answers.models import ApprovalUse, ChartWithData, SqlUse, Table
from datalfred.approvals.models import PendingApproval
from datalfred.definitions.shape import Shape
from datalfred.lake.sql.models import Chart, QueryEstimate, QueryRun, ResultSummary

Enrichment = SqlUse | Table | ChartWithData | ApprovalUse
_AnyShape = TypeVar("_AnyShape", bound=Shape)


def parse(body: str) -> Mapping[str, Any] | None:
    """The JSON object of a result; None when it is none."""
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def failed(result: Mapping[str, Any] | None) -> bool:
    """Whether the operation reported an error, or nothing that can be read."""
    return result is None or "error" in result


def enrichments(result: Mapping[str, Any]) -> Iterator[Enrichment]:
    """What a result adds: statements that ran, tables, charts and pending approvals.

    Args:
        result: of any operation; those of queries have ``run``, ``result`` and ``chart``.
    """
    run = _shape(QueryRun, result.get("run"))
    if run is not None:
        yield _statement(run, _shape(QueryEstimate, result.get("estimate")))
    summary = _shape(ResultSummary, result.get("result"))
    if summary is not None:
        chart = _shape(Chart, result.get("chart"))
        table = _table(_title(chart, run), summary)
        yield table
        if chart is not None and {chart.x, *chart.y} <= set(table.columns):
            yield ChartWithData(**chart.model_dump(), data=table)
    approval = _shape(PendingApproval, result.get("pending_approval"))
    if approval is not None:
        yield ApprovalUse(
            id=approval.id,
            action=approval.action,
            target=approval.target,
            expires_at=approval.expires_at,
            summary=approval.summary,
            sql=approval.details.get("sql", ""),
        )


def _statement(run: QueryRun, estimate: QueryEstimate | None) -> SqlUse:
    return SqlUse(
        sql=run.sql,
        query_id=run.query_id,
        bytes_scanned=run.bytes_scanned,
        bytes_estimated=None if estimate is None else estimate.bytes,
        estimate_is_upper_bound=estimate is not None and estimate.upper_bound,
        cost_usd=run.cost_usd,
        reused=run.reused,
    )


def _shape(shape: type[_AnyShape], value: Any) -> _AnyShape | None:
    try:
        return shape.model_validate(value) if value is not None else None
    except ValidationError:
        return None


def _title(chart: Chart | None, run: QueryRun | None) -> str:
    if chart is not None and chart.title:
        return chart.title
    return f"Result of query {run.query_id}" if run is not None else "Result"


def _table(title: str, summary: ResultSummary) -> Table:
    return Table(
        title=f"{title}{_columns_said(summary)}",
        columns=tuple(column.name for column in summary.columns),
        rows=summary.rows,
        rows_omitted=summary.rows_omitted,
    )


def _columns_said(summary: ResultSummary) -> str:
    """What a title adds where columns are missing, which nothing else in a table would show."""
    if not summary.columns_omitted:
        return ""
    shown = len(summary.columns)
    return f" (the first {shown} of {shown + summary.columns_omitted} columns)"
