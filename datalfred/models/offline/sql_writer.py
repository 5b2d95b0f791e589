"""Writes a query as Athena SQL (Trino's dialect): literals, quoting, joins, pruning predicates."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from datalfred.models.offline.catalog_view import Catalog, Join
from datalfred.models.offline.ir import ColumnRef, Condition, Dimension, Metric, Query
from datalfred.models.offline.sql_text import (
    GRAINS,
    OPERATORS,
    alias_of,
    compared,
    identifier,
    indented,
    literal,
    moment,
    percent,
    qualified,
)
from datalfred.models.offline.time_span import TimeRange, floor, step


class Writer:
    """Writes one query."""

    def __init__(self, query: Query, catalog: Catalog) -> None:
        self.query = query
        self.catalog = catalog
        self.paths = catalog.reachable(query.base)
        self.tables = self._tables()
        self.alone = len(self.tables) == 1 and not any(c.child for c in query.conditions)

    def sql(self) -> str:
        """The statement."""
        query = self.query
        if query.shape == "rows":
            return self._rows()
        if query.shape == "values":
            return self._values()
        if query.shape == "compare":
            return self._compare()
        if query.outer:
            return self._outer()
        if query.trend or query.running:
            return self._along_time()
        if query.order and query.limit and len(query.groups) > 1:
            return self._top_within()
        return self._grouped()

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
        children = any(c.child for c in query.conditions)
        parts = [] if children else self._time_predicates(ranges)
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
        if not table.time_partition or table.time is not ref.column:
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
        inner = f"SELECT 1 FROM {qualified(child)} AS child WHERE {' AND '.join(parts)}"
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

    # --- whole statements ----------------------------------------------------------------

    def _core(self, times: Iterable[TimeRange] | None = None, value_name: str = "") -> str:
        columns = ", ".join([*self._groups(), *self._numbers(value_name)])
        return f"SELECT {columns}\n{self._from()}{self._where(times)}{self._group_by()}{self._having()}"

    def _grouped(self) -> str:
        return self._core() + self._order() + self._limit()

    def _outer(self) -> str:
        query = self.query
        metric = query.metrics[0]
        if query.outer == "count":
            return f"SELECT count(*) AS {identifier(_counted_name(query))}\nFROM (\n{indented(self._core())}\n)"
        names = [identifier(alias_of(g)) for g in query.groups[: query.outer_groups]]
        value = "CAST(value AS double)"
        call = (
            f"approx_percentile({value}, 0.5)"
            if query.outer == "median"
            else f"{query.outer}({value})"
        )
        columns = ", ".join([*names, f"{call} AS {identifier(query.outer + '_' + metric.name)}"])
        group = f"\nGROUP BY {', '.join(names)}\nORDER BY {', '.join(names)}" if names else ""
        return f"SELECT {columns}\nFROM (\n{indented(self._core(value_name='value'))}\n){group}"

    def _along_time(self) -> str:
        query = self.query
        names = [identifier(alias_of(g)) for g in query.groups]
        period = next(
            (n for n, g in zip(names, query.groups, strict=True) if g.grain),
            names[0] if names else "1",
        )
        others = [n for n in names if n != period]
        window = (f"PARTITION BY {', '.join(others)} " if others else "") + f"ORDER BY {period}"
        value = identifier(query.metrics[0].name)
        inner = indented(self._core())
        if query.running:
            extra = f"sum({value}) OVER ({window}) AS cumulative"
        else:
            before = f"lag({value}) OVER ({window})"
            extra = f"{value} - {before} AS change, {percent(f'({value} - {before})', before)} AS change_percent"
        order = ", ".join([*others, period])
        return f"SELECT {', '.join(names)}, {value}, {extra}\nFROM (\n{inner}\n)\nORDER BY {order}"

    def _top_within(self) -> str:
        """The best few of each: top 3 products per country."""
        query = self.query
        names = [identifier(alias_of(g)) for g in query.groups]
        value = identifier("percent" if query.share else query.metrics[0].name)
        direction = " DESC" if query.order and query.order.descending else ""
        window = f"PARTITION BY {', '.join(names[1:])} ORDER BY {value}{direction}, {names[0]}"
        inner = indented(self._core())
        ranked = f"SELECT *, row_number() OVER ({window}) AS place\nFROM (\n{inner}\n)"
        columns = ", ".join([*names[1:], names[0], value, "place"])
        order = ", ".join([*names[1:], "place"])
        return f"SELECT {columns}\nFROM (\n{indented(ranked)}\n)\nWHERE place <= {query.limit}\nORDER BY {order}"

    def _compare(self) -> str:
        query = self.query
        earlier, later = (indented(self._core((t,), "value")) for t in query.times)
        names = [identifier(alias_of(g)) for g in query.groups]
        shown = [f"coalesce(a.{n}, b.{n}) AS {n}" for n in names]
        first, second = ("a.value", "b.value")
        if names:
            first, second = ("coalesce(a.value, 0)", "coalesce(b.value, 0)")
        columns = [
            *shown,
            f"{first} AS earlier",
            f"{second} AS later",
            f"{second} - {first} AS difference",
            f"{percent(f'({second} - {first})', first)} AS change_percent",
        ]
        join = "CROSS JOIN" if not names else "FULL JOIN"
        on = " ON " + " AND ".join(f"a.{n} = b.{n}" for n in names) if names else ""
        order = f"\nORDER BY {len(names) + 2} DESC" if names else ""
        return f"SELECT {', '.join(columns)}\nFROM (\n{earlier}\n) AS a\n{join} (\n{later}\n) AS b{on}{order}"

    def _rows(self) -> str:
        query = self.query
        columns = ", ".join(self._column(r) for r in query.select) or self._all_columns()
        if (
            query.order
            and query.order.ref
            and query.select
            and not any(r.same == query.order.ref.same for r in query.select)
        ):
            columns = (
                columns
                if _has_key_condition(query)
                else f"{columns}, {self._column(query.order.ref)}"
            )
        order = ""
        if query.order and query.order.ref:
            direction = " DESC" if query.order.descending else ""
            order = f"\nORDER BY {self._column(query.order.ref)}{direction}"
            if query.order.descending:
                order += " NULLS LAST"
        where = self._where() or self._newest_partitions()
        return f"SELECT {columns}\n{self._from()}{where}{order}{self._limit()}"

    def _all_columns(self) -> str:
        base = self.query.base
        kept = [c for c in base.columns if not c.personal]
        return ", ".join(self._column(ColumnRef(base.id, c)) for c in kept) or "*"

    def _newest_partitions(self) -> str:
        """A preview of the newest rows reads the last two partitions, not the whole history."""
        query, base = self.query, self.query.base
        newest = (
            query.order
            and query.order.descending
            and query.order.ref
            and query.order.ref.column is base.time
        )
        if not newest or not base.time_partition or not base.last_partition:
            return ""
        name, pattern = base.time_partition
        column = base.column(name)
        value = re.search(rf"{re.escape(name)}=([^/,]+)", base.last_partition)
        try:
            last = datetime.strptime(value[1] if value else base.last_partition, pattern)  # noqa: DTZ007  # a partition has no zone
        except ValueError:
            return ""
        unit = "day" if "%d" in pattern else "month" if "%m" in pattern else "year"
        since = step(last, unit, -1).strftime(pattern)
        if column is None or not pattern.startswith("%Y"):
            return ""
        return f"\nWHERE {self._column(ColumnRef(base.id, column))} >= {literal(since)}"

    def _values(self) -> str:
        columns = ", ".join(self._column(r) for r in self.query.select)
        places = ", ".join(str(i) for i in range(1, len(self.query.select) + 1))
        return f"SELECT DISTINCT {columns}\n{self._from()}{self._where()}\nORDER BY {places}{self._limit()}"


def _has_key_condition(query: Query) -> bool:
    return any(c.operator == "in" and c.ref and c.ref.column.is_key for c in query.conditions)


def plural(name: str) -> str:
    """What things of a key are called: ``customer_id`` counts customers."""
    plain = name.removesuffix("_id").removesuffix("_name")
    if plain.endswith(("s", "x", "ch", "sh")):
        return plain + "es"
    return plain[:-1] + "ies" if plain.endswith("y") and plain[-2:] != "ay" else plain + "s"


def _counted_name(query: Query) -> str:
    names = [g.name for g in query.groups]
    return plural(names[0]) if names else "count"


def write(query: Query, catalog: Catalog) -> str:
    """The Athena statement of a query."""
    return Writer(query, catalog).sql()
