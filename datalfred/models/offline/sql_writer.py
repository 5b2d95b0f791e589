"""Writes a query as Athena SQL (Trino's dialect): literals, quoting, joins, pruning predicates."""

# ruff: noqa: PLR0911 -- a list of cases, the first that fits returns

import re
from collections.abc import Iterable
from datetime import datetime

from datalfred.models.offline.catalog_view import Catalog
from datalfred.models.offline.ir import ColumnRef, Query
from datalfred.models.offline.sql_clauses import Clauses
from datalfred.models.offline.sql_text import (
    alias_of,
    identifier,
    indented,
    literal,
    percent,
)
from datalfred.models.offline.time_span import TimeRange, step


class Writer(Clauses):
    """Writes one query."""

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

    # --- whole statements ----------------------------------------------------------------

    def _core(self, times: Iterable[TimeRange] | None = None, value_name: str = "") -> str:
        columns = ", ".join([*self._groups(), *self._numbers(value_name)])
        return (
            f"SELECT "
            f"{columns}\n{self._from()}{self._where(times)}{self._group_by()}{self._having()}"
        )

    def _grouped(self) -> str:
        return self._core() + self._order() + self._limit()

    def _outer(self) -> str:
        query = self.query
        metric = query.metrics[0]
        if query.outer == "count":
            return (
                f"SELECT count(*) AS {identifier(_counted_name(query))}\nFROM "
                f"(\n{indented(self._core())}\n)"
            )
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
            extra = (
                f"{value} - {before} AS change, {percent(f'({value} - {before})', before)} AS "
                f"change_percent"
            )
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
        return (
            f"SELECT {columns}\nFROM (\n{indented(ranked)}\n)\nWHERE place <= "
            f"{query.limit}\nORDER BY {order}"
        )

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
        return (
            f"SELECT {', '.join(columns)}\nFROM (\n{earlier}\n) AS a\n{join} (\n{later}\n) AS "
            f"b{on}{order}"
        )

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
            and query.order.ref.column == base.time
        )
        if not newest or not base.time_partition or not base.last_partition:
            return ""
        name, pattern = base.time_partition
        column = base.column(name)
        value = re.search(rf"{re.escape(name)}=([^/,]+)", base.last_partition)
        try:
            spelled = value[1] if value else base.last_partition
            last = datetime.strptime(spelled, pattern)  # noqa: DTZ007 -- a partition has no zone
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
        return (
            f"SELECT DISTINCT {columns}\n{self._from()}{self._where()}\nORDER BY "
            f"{places}{self._limit()}"
        )


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
