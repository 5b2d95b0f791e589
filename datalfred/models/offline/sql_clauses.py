"""The clauses of a query as Athena SQL: tables, joins, filters, groups, numbers and order."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

import re
from collections.abc import Iterable
from datetime import timedelta

from datalfred.models.offline.catalog_view import Catalog, Join
from datalfred.models.offline.ir import ColumnRef, Condition, Dimension, Metric, Query
from datalfred.models.offline.sql_text import (
    GRAINS,
    OPERATORS,
    alias_of,
    compared,
    identifier,
    literal,
    moment,
    percent,
    qualified,
)
from datalfred.models.offline.time_span import TimeRange, floor


class Clauses:
    """The clauses of one query: tables, joins, filters, groups, numbers, order."""

    def __init__(self, query: Query, catalog: Catalog) -> None:
        self.query = query
        self.catalog = catalog
        self.paths = catalog.reachable(query.base)
        self.tables = self._tables()
        self.alone = len(self.tables) == 1 and not any(c.child for c in query.conditions)

    # --- pieces --------------------------------------------------------------------------

    def _tables(self) -> list[str]:
        query = self.query
        refs: list[ColumnRef | None] = [query.time_ref if query.times or self._by_time() else None]
        refs += [m.ref for m in query.metrics]
        refs += [r for g in query.groups for r in (g.ref, g.key)]
        refs += [c.ref for c in (*query.conditions, *query.numerator)]
        refs += [*query.select, query.order.ref if query.order else None]
        children = {c.child for c in query.conditions}
        used = {query.base.id: None}
        for ref in refs:
            if ref and ref.table not in children:
                used.update({join.target: None for join in self.paths.get(ref.table, ())})
        return list(used)

    def _by_time(self) -> bool:
        return any(g.grain and not g.ref for g in self.query.groups)

    def _alias(self, identity: str) -> str:
        name = identity.split(".", 1)[-1]
        twins = [t for t in self.tables if t.split(".", 1)[-1] == name]
        return identifier(name if len(twins) < 2 else identity.replace(".", "_"))

    def _column(self, ref: ColumnRef) -> str:
        name = identifier(ref.column.name)
        return name if self.alone else f"{self._alias(ref.table)}.{name}"

    def _from(self) -> str:
        base = self.query.base
        lines = [f"FROM {qualified(base)}" + ("" if self.alone else f" AS {self._alias(base.id)}")]
        joined = {base.id}
        for identity in self.tables:
            owner = base.id
            for join in self.paths.get(identity, ()):
                if join.target not in joined:
                    lines.append(self._join(owner, join))
                    joined.add(join.target)
                owner = join.target
        return "\n".join(lines)

    def _join(self, owner: str, join: Join) -> str:
        table = self.catalog.tables[join.target]
        alias = self._alias(join.target)
        pairs = " AND ".join(
            f"{self._alias(owner)}.{identifier(here)} = {alias}.{identifier(there)}"
            for here, there in join.columns
        )
        return f"LEFT JOIN {qualified(table)} AS {alias} ON {pairs}"

    def _where(self, times: Iterable[TimeRange] | None = None) -> str:
        query = self.query
        ranges = tuple(query.times if times is None else times)
        children = {c.child for c in query.conditions}
        elsewhere = query.time_ref is not None and query.time_ref.table in children
        parts = [] if elsewhere else self._time_predicates(ranges)
        parts += [self._condition(c, ranges) for c in query.conditions]
        return "\nWHERE " + "\n  AND ".join(parts) if parts else ""

    def _time_predicates(self, ranges: tuple[TimeRange, ...]) -> list[str]:
        ref = self.query.time_ref
        if ref is None or not ranges:
            return []
        spelled = [self._range(ref, one) for one in ranges]
        if len(spelled) == 1:
            return spelled[0]
        return ["(" + " OR ".join(f"({' AND '.join(s)})" for s in spelled) + ")"]

    def _range(self, ref: ColumnRef, one: TimeRange) -> list[str]:
        name, column = self._column(ref), ref.column
        end = one.end
        if end and column.kind == "date" and one.unit == "hour":
            end = floor(end + timedelta(days=1), "day")
        parts = [f"{name} >= {moment(one.start, column)}"] if one.start else []
        parts += [f"{name} < {moment(end, column)}"] if end else []
        return parts + self._pruned(ref, one)

    def _pruned(self, ref: ColumnRef, one: TimeRange) -> list[str]:
        """The partition key that repeats the time column, so that other partitions stay unread."""
        table = self.catalog.tables[ref.table]
        if not table.time_partition or table.time != ref.column:
            return []
        name, pattern = table.time_partition
        column = table.column(name)
        if column is None or not pattern.startswith("%Y"):
            return []
        key = self._column(ColumnRef(table.id, column))
        parts = [f"{key} >= {literal(one.start.strftime(pattern))}"] if one.start else []
        if one.end:
            last = one.end - timedelta(seconds=1)
            parts.append(f"{key} <= {literal(last.strftime(pattern))}")
        return parts

    def _condition(self, condition: Condition, ranges: tuple[TimeRange, ...] = ()) -> str:
        if condition.operator == "exists":
            return self._exists(condition, ranges)
        if condition.ref is None:
            return "true"
        name = self._column(condition.ref)
        write = OPERATORS.get(condition.operator, compared)
        return write(name, condition)

    def _exists(self, condition: Condition, ranges: tuple[TimeRange, ...]) -> str:
        child, base = self.catalog.tables[condition.child], self.query.base
        join = next(j for j in self.catalog.joins_of(child) if j.target == base.id)
        parts = [
            f"child.{identifier(here)} = {self._alias(base.id)}.{identifier(there)}"
            for here, there in join.columns
        ]
        ref = self.query.time_ref
        if ref and ref.table == child.id:
            for one in ranges:
                parts += [
                    p if p[0] == "(" else f"child.{p.split('.', 1)[-1]}"
                    for p in self._range(ref, one)
                ]
        inner = f"SELECT 1 FROM {qualified(child)} AS child WHERE {' AND '.join(parts)}"  # noqa: S608 -- names are quoted, values are literals
        return f"{'NOT ' if condition.negated else ''}EXISTS ({inner})"

    def _metric(self, metric: Metric, when: str = "") -> str:
        """One aggregate; ``when`` restricts the rows that it sees."""
        kept = f" FILTER (WHERE {when})" if when else ""
        if metric.measure:
            return self._expression(metric) + kept
        column = self._column(metric.ref) if metric.ref else "*"
        if metric.aggregate == "count":
            return f"count({column}){kept}"
        if metric.aggregate == "count_distinct":
            return f"count(DISTINCT {column}){kept}"
        if metric.aggregate == "median":
            return f"approx_percentile({column}, 0.5){kept}"
        if re.fullmatch(r"p\d\d", metric.aggregate):
            return f"approx_percentile({column}, 0.{metric.aggregate[1:]}){kept}"
        return f"{metric.aggregate or 'sum'}({column}){kept}"

    def _expression(self, metric: Metric) -> str:
        expression = metric.measure.expression if metric.measure else ""
        if self.alone:
            return expression
        names = {c.name.lower(): c.name for c in self.query.base.columns}
        alias = self._alias(self.query.base.id)

        def qualify(match: re.Match[str]) -> str:
            name = names.get(match[0].strip('"').lower())
            return f"{alias}.{identifier(name)}" if name else match[0]

        return re.sub(
            r"'(?:[^']|'')*'|(?<![.\w\"])(?:\"[^\"]+\"|[A-Za-z_]\w*)(?!\s*[\w(.])",
            qualify,
            expression,
        )

    def _group(self, dimension: Dimension) -> str:
        ref = dimension.ref or self.query.time_ref
        if ref is None:
            return "NULL"
        name = self._column(ref)
        return GRAINS[dimension.grain](name, ref.column) if dimension.grain else name

    def _groups(self) -> list[str]:
        spelled = ((self._group(g), identifier(alias_of(g))) for g in self.query.groups)
        return [sql if sql == name else f"{sql} AS {name}" for sql, name in spelled]

    def _group_by(self) -> str:
        if not self.query.groups:
            return ""
        hidden = [self._column(g.key) for g in self.query.groups if g.key]
        places = [str(i) for i in range(1, len(self.query.groups) + 1)]
        return "\nGROUP BY " + ", ".join([*places, *hidden])

    def _having(self) -> str:
        having = self.query.having
        if having is None:
            return ""
        value = self._metric(self.query.metrics[0])
        if having.operator == "between":
            low, high = (literal(v) for v in having.values)
            return f"\nHAVING {value} BETWEEN {low} AND {high}"
        return f"\nHAVING {value} {having.operator} {literal(having.values[0])}"

    def _numbers(self, value_name: str = "") -> list[str]:
        """The computed columns, shares with their parts."""
        query = self.query
        if not query.share:
            return [
                f"{self._metric(m)} AS {identifier(value_name or m.name)}" for m in query.metrics
            ]
        metric = query.metrics[0]
        whole = self._metric(metric)
        if query.numerator:
            when = " AND ".join(self._condition(c) for c in query.numerator)
            part = self._metric(metric, when)
            return [
                f"{part} AS part",
                f"{whole} AS whole",
                f"{percent(part, whole)} AS {value_name or 'percent'}",
            ]
        window = self._share_window()
        total = f"sum(CAST({whole} AS double)) OVER ({window})"
        return [
            f"{whole} AS {identifier(metric.name)}",
            f"{percent(whole, total)} AS {value_name or 'percent'}",
        ]

    def _share_window(self) -> str:
        grains = [self._group(g) for g in self.query.groups if g.grain]
        return (
            f"PARTITION BY {', '.join(grains)}" if 0 < len(grains) < len(self.query.groups) else ""
        )

    def _order(self) -> str:
        query = self.query
        if not query.groups:
            return ""
        places = [str(i) for i in range(1, len(query.groups) + 1)]
        if query.order is None:
            return "\nORDER BY " + ", ".join(places)
        metric = str(len(query.groups) + (3 if query.numerator else 1))
        direction = " DESC" if query.order.descending else ""
        return f"\nORDER BY {metric}{direction}, {', '.join(places)}"

    def _limit(self) -> str:
        return f"\nLIMIT {self.query.limit}" if self.query.limit else ""
