"""Which partitions a query reads, by its own predicates on the partition keys.

Only what must hold for every row counts: the terms of AND at the top of a WHERE or of a join's ON
that compare a partition key with a constant. A term of another form prunes nothing here, though it
may in Athena: the estimate is then too high, never too low.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from sqlglot import exp

Predicate = Callable[[Mapping[str, str]], bool]
"""Whether a partition, by its key values, may hold rows that the query wants."""

_MIRRORED: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.GT: exp.LT,
    exp.GTE: exp.LTE,
    exp.LT: exp.GT,
    exp.LTE: exp.GTE,
    exp.EQ: exp.EQ,
    exp.NEQ: exp.NEQ,
}
_COMPARED: dict[type[exp.Expr], Callable[[str | float, str | float], bool]] = {
    exp.GT: lambda value, bound: value > bound,  # type: ignore[operator]  # both text or both numbers
    exp.GTE: lambda value, bound: value >= bound,  # type: ignore[operator]  # as above
    exp.LT: lambda value, bound: value < bound,  # type: ignore[operator]  # as above
    exp.LTE: lambda value, bound: value <= bound,  # type: ignore[operator]  # as above
    exp.EQ: lambda value, bound: value == bound,
    exp.NEQ: lambda value, bound: value != bound,
}


def predicates(table: exp.Table, keys: Sequence[str]) -> list[Predicate]:
    """What the query demands of the partitions of one mention of a table."""
    query = table.find_ancestor(exp.Select)
    if query is None or _is_optional(table):
        return []
    alias = table.alias_or_name.lower()
    known = frozenset(key.lower() for key in keys)
    return [
        predicate
        for term in _terms(query)
        if (predicate := _predicate(term, alias, known)) is not None
    ]


def _is_optional(table: exp.Table) -> bool:
    """The far side of an outer join: a WHERE on it is rare, and would end the outer join."""
    join = table.parent
    return isinstance(join, exp.Join) and bool(join.side)


def _terms(query: exp.Select) -> Iterator[exp.Expr]:
    where = query.args.get("where")
    conditions = [where.this] if where is not None else []
    for join in query.args.get("joins") or ():
        condition = join.args.get("on")
        if condition is not None and not join.side:
            conditions.append(condition)
    for condition in conditions:
        yield from (
            (term.unnest() for term in condition.flatten())
            if isinstance(condition, exp.And)
            else (condition.unnest(),)
        )


def _predicate(term: exp.Expr, alias: str, keys: frozenset[str]) -> Predicate | None:
    if isinstance(term, exp.Between):
        low, high = _constant(term.args["low"]), _constant(term.args["high"])
        key = _key(term.this, alias, keys)
        if key is None or low is None or high is None:
            return None
        return _both(_compare(key, exp.GTE, low), _compare(key, exp.LTE, high))
    if isinstance(term, exp.In):
        return _membership(term, alias, keys)
    if type(term) in _COMPARED:
        return _comparison(term, alias, keys)
    return None


def _comparison(term: exp.Expr, alias: str, keys: frozenset[str]) -> Predicate | None:
    operator = type(term)
    key, bound = _key(term.this, alias, keys), _constant(term.expression)
    if key is None:
        operator = _MIRRORED[operator]
        key, bound = _key(term.expression, alias, keys), _constant(term.this)
    return None if key is None or bound is None else _compare(key, operator, bound)


def _membership(term: exp.In, alias: str, keys: frozenset[str]) -> Predicate | None:
    key = _key(term.this, alias, keys)
    bounds = [_constant(each) for each in term.expressions]
    if key is None or not bounds or None in bounds:
        return None
    tests = [_compare(key, exp.EQ, bound) for bound in bounds if bound is not None]
    return lambda values: any(test(values) for test in tests)


def _key(node: exp.Expr, alias: str, keys: frozenset[str]) -> str | None:
    """The partition key that a node names, through a CAST to text or number."""
    if isinstance(node, exp.Cast):
        node = node.this
    if not isinstance(node, exp.Column) or node.table.lower() not in {"", alias}:
        return None
    name = node.name.lower()
    return name if name in keys else None


def _constant(node: exp.Expr) -> str | float | None:
    """A literal's value; of ``DATE '...'`` its text, as partition values are written."""
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
        node = node.this
    if not isinstance(node, exp.Literal):
        return None
    return str(node.this) if node.is_string else float(node.this)


def _compare(key: str, operator: type[exp.Expr], bound: str | float) -> Predicate:
    def test(values: Mapping[str, str]) -> bool:
        value: str | float = values.get(key, "")
        if isinstance(bound, float):
            try:
                value = float(value)
            except ValueError:
                return True
        return _COMPARED[operator](value, bound)

    return test


def _both(first: Predicate, second: Predicate) -> Predicate:
    return lambda values: first(values) and second(values)
