"""Aggregate and window functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.decimals import from_whole, whole
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, made_of
from datalfred.local.aws.athena.translate.types import (
    BIGINT,
    BOOLEAN,
    DOUBLE,
    VARCHAR,
    Type,
    array,
    decimal,
    duckdb_type,
    map_of,
)


@dataclass(frozen=True)
class Aggregate:
    """An aggregate call with what stands around it.

    Attributes:
        call: name and arguments.
        distinct: ``sum(DISTINCT x)``.
        order: DuckDB's text of ORDER BY inside the call.
        filter: DuckDB's text of the FILTER condition.
        over: DuckDB's text of the window; empty for a plain aggregate.
        nulls: ``IGNORE NULLS`` or ``RESPECT NULLS``; empty when not said.
        parts: what order, filter and window are made of.
    """

    call: Call
    distinct: bool = False
    order: str = ""
    filter: str = ""
    over: str = ""
    nulls: str = ""
    parts: tuple[Typed, ...] = ()

    def text(self, function: str, *arguments: str, extra: str = "") -> str:
        """DuckDB's call with DISTINCT, ORDER BY, FILTER and OVER in their places."""
        inside = ("DISTINCT " if self.distinct else "") + ", ".join(arguments)
        nulls = f" {self.nulls}" if self.nulls else ""
        order = f" ORDER BY {self.order}" if self.order else ""
        conditions = " AND ".join(f"({each})" for each in (self.filter, extra) if each)
        filtered = f" FILTER (WHERE {conditions})" if conditions else ""
        return f"{function}({inside}{nulls}{order}){filtered}" + (
            f" OVER ({self.over})" if self.over else ""
        )

    def made(self, sql: str, kind: Type, arguments: Sequence[Typed]) -> Typed:
        """The value; what it is made of is hidden from GROUP BY unless it is a window's."""
        value = made_of(f"({sql})", kind, [*arguments, *self.parts])
        if self.over:
            return replace(value, window=True)
        if value.aggregate:
            raise StatementError(
                "NESTED_AGGREGATION",
                f"Cannot nest aggregations inside aggregation '{self.call.name}'",
                at=self.call.at,
            )
        if value.window:
            raise StatementError(
                "NESTED_WINDOW",
                f"Cannot nest window functions inside aggregation '{self.call.name}'",
                at=self.call.at,
            )
        own = self.call.scope.query
        outside = tuple(each for each in value.columns if each.query != own)
        return replace(value, columns=outside, aggregate=True)


def _count(job: Aggregate) -> Typed:
    if not job.call.nodes or job.call.nodes[0].key == "star":
        return job.made(job.text("count", "*"), BIGINT, [])
    job.call.takes(1)
    value = job.call.argument(0)
    if job.distinct and value.type.name == "row":
        raise not_supported("count(DISTINCT row)", at=job.call.at)
    return job.made(job.text("count", value.sql), BIGINT, [value])


def _number(job: Aggregate, index: int = 0) -> Typed:
    value = job.call.argument(index)
    if not value.type.is_a(*types.NUMBERS, "unknown"):
        raise job.call.unexpected(job.call.arguments())
    return value


def _sum_type(kind: Type) -> Type:
    if kind.name == "decimal":
        return decimal(types.MAX_PRECISION, kind.numbers[1])
    return BIGINT if kind.is_a(*types.INTEGERS, "unknown") else kind


def _interval(job: Aggregate) -> Typed | None:
    job.call.takes(1)
    if not job.call.argument(0).type.name.startswith("interval"):
        return None
    raise not_supported(f"{job.call.name} of intervals", at=job.call.at)


def _sum(job: Aggregate) -> Typed:
    _interval(job)
    value = _number(job)
    kind = _sum_type(value.type)
    return job.made(f"CAST({job.text('sum', value.sql)} AS {duckdb_type(kind)})", kind, [value])


def _avg(job: Aggregate) -> Typed:
    _interval(job)
    value = _number(job)
    if value.type.name != "decimal":
        kind = value.type if value.type.name == "real" else DOUBLE
        average = job.text("avg", coerce(value, DOUBLE).sql)
        return job.made(f"CAST({average} AS {duckdb_type(kind)})", kind, [value])
    precision, scale = value.type.numbers
    count = job.text("count", value.sql)
    total = whole(job.text("sum", value.sql), scale)
    # No lambda around aggregates: DuckDB would look for its parameter among the groups.
    quotient = from_whole(f"trino_divide_whole({total}, {count})", scale)
    average = f"CAST({quotient} AS DECIMAL({precision},{scale}))"
    return job.made(f"CASE WHEN {count} > 0 THEN {average} END", value.type, [value])


def _extreme(job: Aggregate) -> Typed:
    job.call.takes(1, 2)
    value = job.call.argument(0)
    if value.type.is_a("map", "row", "json", "array"):
        raise not_supported(f"{job.call.name} of {value.type}", at=job.call.at)
    floats = job.call.name == "max" and value.type.is_a("real", "double")
    if len(job.call.nodes) == 1:
        sql = job.text(job.call.name, value.sql)
        if floats:
            numbers = job.text("max", f"CASE WHEN NOT isnan({value.sql}) THEN {value.sql} END")
            sql = f"coalesce({numbers}, {sql})"
        return job.made(sql, value.type, [value])
    count = job.call.argument(1)
    sql = job.text(job.call.name, value.sql, count.sql)
    if floats:
        sql = job.text("arg_max", value.sql, _nan_first(value), count.sql)
    return job.made(sql, array(value.type), [value, count])


def _nan_first(value: Typed) -> str:
    """A float to order by, in which NaN comes first: Trino's max takes it only where all are."""
    known = f"{{'known': NOT isnan({value.sql}), 'value': {value.sql}}}"
    return f"CASE WHEN {value.sql} IS NOT NULL THEN {known} END"


def _extreme_by(job: Aggregate) -> Typed:
    job.call.takes(2, 3)
    value, by, *rest = job.call.arguments()
    plain = "arg_max" if job.call.name == "max_by" else "arg_min"
    if plain == "arg_max" and by.type.is_a("real", "double"):
        by = by.to(_nan_first(by), by.type)
    if rest:
        sql = job.text(plain, value.sql, by.sql, rest[0].sql, extra=f"{value.sql} IS NOT NULL")
        return job.made(sql, array(value.type), [value, by, *rest])
    return job.made(job.text(f"{plain}_null", value.sql, by.sql), value.type, [value, by])


def _boolean(function: str) -> Callable[[Aggregate], Typed]:
    def build(job: Aggregate) -> Typed:
        job.call.takes(1)
        value = job.call.argument(0)
        if not value.type.is_a("boolean", "unknown"):
            raise job.call.unexpected([value])
        condition = coerce(value, BOOLEAN)
        return job.made(job.text(function, condition.sql), BOOLEAN, [condition])

    return build


def _count_if(job: Aggregate) -> Typed:
    job.call.takes(1)
    value = job.call.argument(0)
    if not value.type.is_a("boolean", "unknown"):
        raise job.call.unexpected([value])
    return job.made(job.text("count", f"CASE WHEN {value.sql} THEN 1 END"), BIGINT, [value])


def _any_value(job: Aggregate) -> Typed:
    job.call.takes(1)
    value = job.call.argument(0)
    return job.made(job.text("any_value", value.sql), value.type, [value])


def _array_agg(job: Aggregate) -> Typed:
    job.call.takes(1)
    value = job.call.argument(0)
    return job.made(job.text("list", value.sql), array(value.type), [value])


def _set_agg(job: Aggregate) -> Typed:
    job.call.takes(1)
    value = job.call.argument(0)
    return job.made(replace(job, distinct=True).text("list", value.sql), array(value.type), [value])


def _map_agg(job: Aggregate) -> Typed:
    job.call.takes(2)
    key, value = job.call.arguments()
    known = f"{key.sql} IS NOT NULL"
    keys = job.text("list", key.sql, extra=known)
    is_first = f"list_position({keys}, {keys}[_i]) = _i"
    firsts = f"list_filter(range(1, len({keys}) + 1), LAMBDA _i : {is_first})"
    values = job.text("list", value.sql, extra=known)
    entries = f"list_transform({firsts}, LAMBDA _i : {{'key': {keys}[_i], 'value': {values}[_i]}})"
    kind = map_of(key.type, value.type)
    return job.made(
        f"CASE WHEN {keys} IS NOT NULL THEN map_from_entries({entries}) END", kind, [key, value]
    )


def _multimap_agg(job: Aggregate) -> Typed:
    job.call.takes(2)
    key, value = job.call.arguments()
    known = f"{key.sql} IS NOT NULL"
    keys, values = (job.text("list", each.sql, extra=known) for each in (key, value))
    chosen = f"list_filter(range(1, len({keys}) + 1), LAMBDA _j : {keys}[_j] = _k)"
    entry = f"{{'key': _k, 'value': list_transform({chosen}, LAMBDA _j : {values}[_j])}}"
    made = f"map_from_entries(list_transform(list_distinct({keys}), LAMBDA _k : {entry}))"
    return job.made(
        f"CASE WHEN {keys} IS NOT NULL THEN {made} END",
        map_of(key.type, array(value.type)),
        [key, value],
    )


def _histogram(job: Aggregate) -> Typed:
    job.call.takes(1)
    value = job.call.argument(0)
    kind = map_of(value.type, BIGINT)
    counted = job.text("histogram", value.sql, extra=f"{value.sql} IS NOT NULL")
    return job.made(f"CAST({counted} AS {duckdb_type(kind)})", kind, [value])


def _approx_distinct(job: Aggregate) -> Typed:
    # The exact count lies within every error that Trino's estimate may have.
    job.call.takes(1, 2)
    value = job.call.argument(0)
    return job.made(replace(job, distinct=True).text("count", value.sql), BIGINT, [value])


def _approx_percentile(job: Aggregate) -> Typed:
    job.call.takes(2)
    value, share = _number(job), job.call.argument(1)
    if value.type.name == "decimal":
        value = coerce(value, DOUBLE)
    if share.type.name == "array":
        shares = coerce(share, array(DOUBLE))
        return job.made(
            job.text("quantile_disc", value.sql, shares.sql), array(value.type), [value, shares]
        )
    share = coerce(share, DOUBLE)
    return job.made(job.text("quantile_disc", value.sql, share.sql), value.type, [value, share])


def _of_doubles(function: str, count: int = 1) -> Callable[[Aggregate], Typed]:
    def build(job: Aggregate) -> Typed:
        job.call.takes(count)
        values = [coerce(_number(job, index), DOUBLE) for index in range(count)]
        sql = job.text(function, *(each.sql for each in values))
        return job.made(sql, DOUBLE, values)

    return build


def _finite(function: str) -> Callable[[Aggregate], Typed]:
    """An aggregate of pairs that is NULL where it divides by nothing."""
    whole = _of_doubles(function, 2)

    def build(job: Aggregate) -> Typed:
        found = whole(job)
        return found.to(f"CASE WHEN isfinite({found.sql}) THEN {found.sql} END", DOUBLE)

    return build


def _bitwise(function: str) -> Callable[[Aggregate], Typed]:
    def build(job: Aggregate) -> Typed:
        job.call.takes(1)
        value = job.call.argument(0)
        if not value.type.is_a(*types.INTEGERS):
            raise job.call.unexpected([value])
        return job.made(job.text(function, coerce(value, BIGINT).sql), BIGINT, [value])

    return build


def _listagg(job: Aggregate) -> Typed:
    job.call.takes(1, 2)
    value = job.call.argument(0)
    if not value.type.is_a("varchar", "unknown"):
        raise job.call.unexpected(job.call.arguments())
    separator = job.call.argument(1) if len(job.call.nodes) > 1 else Typed("''", VARCHAR)
    return job.made(job.text("string_agg", value.sql, separator.sql), VARCHAR, [value])


AGGREGATES: dict[str, Callable[[Aggregate], Typed]] = {
    "count": _count,
    "sum": _sum,
    "avg": _avg,
    "min": _extreme,
    "max": _extreme,
    "max_by": _extreme_by,
    "min_by": _extreme_by,
    "bool_and": _boolean("bool_and"),
    "every": _boolean("bool_and"),
    "bool_or": _boolean("bool_or"),
    "count_if": _count_if,
    "arbitrary": _any_value,
    "any_value": _any_value,
    "array_agg": _array_agg,
    "set_agg": _set_agg,
    "map_agg": _map_agg,
    "multimap_agg": _multimap_agg,
    "histogram": _histogram,
    "approx_distinct": _approx_distinct,
    "approx_percentile": _approx_percentile,
    "stddev": _of_doubles("stddev_samp"),
    "stddev_samp": _of_doubles("stddev_samp"),
    "stddev_pop": _of_doubles("stddev_pop"),
    "variance": _of_doubles("var_samp"),
    "var_samp": _of_doubles("var_samp"),
    "var_pop": _of_doubles("var_pop"),
    "corr": _finite("corr"),
    "covar_pop": _of_doubles("covar_pop", 2),
    "covar_samp": _of_doubles("covar_samp", 2),
    "regr_slope": _finite("regr_slope"),
    "regr_intercept": _finite("regr_intercept"),
    "geometric_mean": _of_doubles("geomean"),
    "bitwise_and_agg": _bitwise("bit_and"),
    "bitwise_or_agg": _bitwise("bit_or"),
    "listagg": _listagg,
}


def _rank(function: str) -> Callable[[Aggregate], Typed]:
    def build(job: Aggregate) -> Typed:
        job.call.takes(0)
        kind = DOUBLE if function in {"percent_rank", "cume_dist"} else BIGINT
        return job.made(f"CAST({job.text(function)} AS {duckdb_type(kind)})", kind, [])

    return build


def _ntile(job: Aggregate) -> Typed:
    job.call.takes(1)
    count = coerce(job.call.argument(0), BIGINT)
    return job.made(job.text("ntile", count.sql), BIGINT, [count])


def _offset(job: Aggregate) -> Typed:
    job.call.takes(1, 2, 3)
    value, *rest = job.call.arguments()
    arguments = [value]
    if rest:
        arguments.append(coerce(rest[0], BIGINT))
    if len(rest) > 1:
        value, fallback = job.call.common([value, rest[1]], f"{job.call.name} value and default")
        arguments = [value, arguments[1], fallback]
    sql = job.text(job.call.name, *(each.sql for each in arguments))
    return job.made(sql, value.type, arguments)


def _edge(job: Aggregate) -> Typed:
    job.call.takes(1)
    value = job.call.argument(0)
    return job.made(job.text(job.call.name, value.sql), value.type, [value])


def _nth_value(job: Aggregate) -> Typed:
    job.call.takes(2)
    value, place = job.call.argument(0), coerce(job.call.argument(1), BIGINT)
    return job.made(job.text("nth_value", value.sql, place.sql), value.type, [value, place])


WINDOWS: dict[str, Callable[[Aggregate], Typed]] = {
    **{
        name: _rank(name)
        for name in ("row_number", "rank", "dense_rank", "percent_rank", "cume_dist")
    },
    "ntile": _ntile,
    "lag": _offset,
    "lead": _offset,
    "first_value": _edge,
    "last_value": _edge,
    "nth_value": _nth_value,
}
