"""Results in words: numbers with separators and units, small tables, the SQL and its evidence."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with
# ruff: noqa: PLR0911 -- a list of cases, the first that fits returns

import re
from collections.abc import Mapping, Sequence
from typing import Any

from datalfred.models.offline.ir import Condition, Dimension, Metric, Query
from datalfred.models.offline.time_span import TimeRange

LONGEST_ANSWER = 2_000
"""Characters of an answer: consoles and chats show no more at once."""
CANNOT = "I cannot answer that"
_SHOWN_ROWS = 10
_CELL = 40
_WEEKDAYS = ("", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Row = Sequence[str | None]


def number(text: str | None, unit: str = "") -> str:
    """``1234567.5`` as ``1,234,567.5``; with money, two decimals."""
    if text is None:
        return "nothing"
    try:
        value = float(text)
    except ValueError:
        return text
    money = bool(unit) and unit.upper() in ("EUR", "USD", "GBP", "CHF")
    if re.fullmatch(r"-?\d+", text):
        spelled = f"{int(text):,}"
    elif money or abs(value) >= 1000:
        spelled = f"{value:,.2f}"
    else:
        spelled = f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 10 else f"{value:,.2f}"
    return f"{spelled} {unit}".strip()


def rows_of(result: Mapping[str, Any]) -> tuple[list[str], list[Row]]:
    """Column names and rows of a ``result``; empty where there are none."""
    found = result.get("result")
    if not isinstance(found, Mapping):
        return [], []
    names = [str(c.get("name", "")) for c in found.get("columns") or () if isinstance(c, Mapping)]
    rows = [
        tuple(None if v is None else str(v) for v in r)
        for r in found.get("rows") or ()
        if isinstance(r, list | tuple)
    ]
    return names, list(rows)


def total_rows(result: Mapping[str, Any]) -> int:
    """Rows that the query gave, also those not shown."""
    found = result.get("result")
    count = found.get("row_count") if isinstance(found, Mapping) else None
    return count if isinstance(count, int) else len(rows_of(result)[1])


def table(names: Sequence[str], rows: Sequence[Row], total: int | None = None) -> str:
    """Rows as a Markdown table; of more than ten, the first ten and a note."""
    if not names or not rows:
        return ""
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(v) for v in row) + " |" for row in rows[:_SHOWN_ROWS]]
    count = total if total is not None else len(rows)
    if count > min(len(rows), _SHOWN_ROWS):
        lines.append(f"\n{min(len(rows), _SHOWN_ROWS)} of {count:,} rows are shown.")
    return "\n".join(lines)


def _cell(value: str | None) -> str:
    text = "NULL" if value is None else value
    if re.fullmatch(r"-?\d+\.\d{5,}(?:[eE][-+]?\d+)?", text):
        text = f"{float(text):.4f}"
    text = re.sub(r"\s+", " ", text).replace("|", "/")
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"


def sql_block(sql: str) -> str:
    """A statement as a fenced block."""
    return f"```sql\n{sql.strip()}\n```"


def fitted(parts: Sequence[str]) -> str:
    """Joins the parts of an answer; what is too long loses rows of its table, then its tail."""
    text = "\n\n".join(p for p in parts if p)
    if len(text) <= LONGEST_ANSWER:
        return text
    shorter = [_shortened(p) if p.startswith("| ") else p for p in parts if p]
    text = "\n\n".join(shorter)
    if len(text) <= LONGEST_ANSWER:
        return text
    kept = [p for p in shorter if not p.startswith("```")]
    text = "\n\n".join(kept)
    return text if len(text) <= LONGEST_ANSWER else text[: LONGEST_ANSWER - 1] + "…"


def _shortened(text: str) -> str:
    lines = text.split("\n")
    note = lines[-1] if lines[-1].endswith("are shown.") else ""
    rows = lines[:7] if len(lines) > 8 else lines
    return "\n".join([*rows, "| … |" if rows is not lines else "", note]).strip()


# --- sentences ---------------------------------------------------------------------------------


def answer(query: Query, result: Mapping[str, Any]) -> str:
    """The first sentence of an answer: the result itself."""
    names, rows = rows_of(result)
    if not rows:
        return "Nothing matches: the query gave no rows."
    if query.shape == "compare" and not query.groups:
        return _compared(query, rows[0])
    if query.share and query.numerator and not query.groups:
        return _shared(query, rows[0])
    scalar = not query.groups or (query.outer and not query.outer_groups)
    if len(rows) == 1 and query.shape == "aggregate" and scalar:
        return _numbers(query, names, rows[0])
    if query.shape == "aggregate" and query.groups:
        return _grouped(query, names, rows, total_rows(result))
    if query.shape == "compare":
        return (
            f"{total_rows(result):,} groups, compared by {query.metrics[0].name.replace('_', ' ')}."
        )
    if query.shape == "values":
        return _listed(rows, total_rows(result))
    what = query.base.name.replace("_", " ")
    return f"{len(rows):,} rows of {what}:" if len(rows) != 1 else f"One row of {what}:"


def _numbers(query: Query, names: Sequence[str], row: Row) -> str:
    said = []
    for index, value in enumerate(row):
        metric = query.metrics[index] if index < len(query.metrics) else None
        name = (names[index] if index < len(names) else "value").replace("_", " ")
        said.append(_one_number(query, metric, name, value))
    return "; ".join(said) + "."


def _one_number(query: Query, metric: Metric | None, name: str, value: str | None) -> str:
    if value is None:
        return f"{name}: nothing, no row matches"
    counted = metric is not None and metric.aggregate in ("count", "count_distinct")
    if query.outer == "count" or (counted and not query.outer):
        return f"**{number(value)}** {name}"
    label = f"{_AGGREGATES.get(metric.aggregate, '')}{name}" if metric and not query.outer else name
    return f"{label}: **{number(value, metric.unit if metric and query.outer != 'count' else '')}**"


_AGGREGATES = {
    "avg": "average ",
    "min": "lowest ",
    "max": "highest ",
    "median": "median ",
    "stddev": "deviation of ",
}


def _compared(query: Query, row: Row) -> str:
    metric = query.metrics[0]
    unit = "%" if query.share else metric.unit
    earlier, later, difference, percent = [*row, None, None, None, None][:4]
    name = metric.name.replace("_", " ")
    first, second = (t.label for t in query.times)
    if earlier is None or later is None:
        return f"{name}: {number(earlier, unit)} ({first}) and {number(later, unit)} ({second})."
    change = float(difference or 0)
    word = "more" if change > 0 else "less"
    moved = f"**{number(str(difference).lstrip('-'), unit)} {word}**" if change else "no change"
    by = f" ({float(percent):+.1f} %)" if percent is not None and change else ""
    return (
        f"{name}: **{number(later, unit)}** in {second}, {number(earlier, unit)} in {first}: "
        f"{moved}{by}."
    )


def _shared(query: Query, row: Row) -> str:
    part, whole, percent = [*row, None, None, None][:3]
    name = query.metrics[0].name.replace("_", " ")
    unit = query.metrics[0].unit
    if percent is None:
        return f"There are no {name} to take a share of."
    return f"**{float(percent):.2f} %**: {number(part, unit)} of {number(whole, unit)} {name}."


def _grouped(query: Query, names: Sequence[str], rows: Sequence[Row], total: int) -> str:
    value_at = next(
        (i for i, n in enumerate(names) if query.metrics and n == query.metrics[0].name),
        len(names) - 1,
    )
    metric = query.metrics[0] if query.metrics else None
    unit = metric.unit if metric else ""
    name = metric.name.replace("_", " ") if metric else "value"
    if query.share:
        unit, name = "%", "share"
    if query.outer:
        return f"{total:,} rows, one for each {names[0].replace('_', ' ')}."
    if len(rows) == 1 or query.order:
        top = rows[0]
        first = _named(query, top)
        sentence = (
            f"**{first}**: {number(top[value_at], unit)} {name}"
            if not unit
            else f"**{first}**: {name} {number(top[value_at], unit)}"
        )
        return sentence + (_gap(query, rows, value_at, unit) if len(rows) > 1 else ".")
    spread = [g.name.replace("_", " ") for g in query.groups]
    return f"{name} by {' and '.join(spread)}, {total:,} rows:"


def _gap(query: Query, rows: Sequence[Row], at: int, unit: str) -> str:
    first = _named(query, rows[1])
    text = f"; then {first} with {number(rows[1][at], unit)}"
    if len(rows) == 2:
        try:
            gap = float(rows[0][at] or 0) - float(rows[1][at] or 0)
        except ValueError:
            return text + "."
        spelled = str(int(gap)) if gap.is_integer() else f"{gap:.2f}"
        return text + f", a difference of {number(spelled, unit)}."
    return text + "."


def _named(query: Query, row: Row) -> str:
    return ", ".join(_group_value(g, row[i]) for i, g in enumerate(query.groups) if i < len(row))


def _group_value(dimension: Dimension, value: str | None) -> str:
    if value is None:
        return "(none)"
    if dimension.grain == "weekday" and value in "1234567":
        return _WEEKDAYS[int(value)]
    if dimension.grain == "month" and re.match(r"\d{4}-\d\d-01", value):
        return value[:7]
    return value


def _listed(rows: Sequence[Row], total: int) -> str:
    if len(rows[0]) != 1 or total > 40:
        return f"{total:,} different values:"
    said = ", ".join("(none)" if r[0] is None else r[0] for r in rows)
    return f"{total:,}: {said}."


# --- the interpretation line -------------------------------------------------------------------


def interpretation(query: Query, corrections: Sequence[tuple[str, str]] = ()) -> str:
    """One line: which table, filters and period the answer is of."""
    parts = [_measured(query)]
    if query.groups:
        parts.append("by " + ", ".join(_dimension(g) for g in query.groups))
    parts += [_condition(c) for c in query.conditions]
    if query.numerator:
        parts.append("share with " + " and ".join(_condition(c) for c in query.numerator))
    parts += [_period(query, query.times)] if query.times else []
    parts += list(dict.fromkeys(query.notes))
    parts += [f'read "{wrong}" as "{right}"' for wrong, right in corrections]
    return "Read as: " + "; ".join(p for p in parts if p) + "."


def _measured(query: Query) -> str:
    base = query.base.id
    if query.shape == "rows":
        return f"rows of {base}" + (
            f", ordered by {query.order.ref.column.name}" if query.order and query.order.ref else ""
        )
    if query.shape == "values":
        return f"different {', '.join(r.column.name for r in query.select)} in {base}"
    said = ", ".join(_metric(m) for m in query.metrics)
    outer = f"{query.outer} of " if query.outer else ""
    return f"{outer}{said} in {base}"


def _metric(metric: Metric) -> str:
    if metric.measure:
        return f"{metric.measure.name} = {metric.measure.expression}"
    if metric.ref is None:
        return "number of rows"
    return f"{metric.aggregate.replace('count_distinct', 'different')} {metric.ref.column.name}"


def _dimension(dimension: Dimension) -> str:
    grain = dimension.grain.replace("_", " ")
    return (
        f"{grain} of {dimension.ref.column.name}"
        if dimension.ref and grain
        else grain or dimension.name
    )


def _condition(condition: Condition) -> str:
    if condition.ref is None:
        return f"{'without' if condition.negated else 'with'} rows in {condition.child}"
    name = condition.ref.column.name
    values = " or ".join(str(v) for v in condition.values)
    if condition.operator == "zero":
        return f"{name} is {'not ' if condition.negated else ''}zero"
    if condition.operator == "null":
        return f"{name} is {'set' if condition.negated else 'not set'}"
    if condition.operator == "day":
        return "on " + ", ".join(_WEEKDAYS[int(str(v))] for v in condition.values)
    if condition.operator == "between":
        values = " and ".join(str(v) for v in condition.values)
    sign = {"in": "is", "true": "is"}.get(condition.operator, condition.operator)
    return (
        f"{name} {'not ' if condition.negated else ''}{sign} "
        f"{values.lower() if condition.operator == 'true' else values}"
    )


def _period(query: Query, times: Sequence[TimeRange]) -> str:
    name = query.time_ref.column.name if query.time_ref else "time"
    word = " against " if query.shape == "compare" else " and "
    return f"{name} {word.join(t.label for t in times)}"
