"""Functions of texts, numbers, moments and arrays, and casts.

https://trino.io/docs/current/functions/{string,math,datetime,array,lambda,conversion}.html
"""

import calendar
import datetime as dt
import re
from decimal import Decimal

from tests.support.trino_reference import types
from tests.support.trino_reference.nodes import Env, Node, rounded, strict
from tests.support.trino_reference.types import BIGINT, BOOLEAN, VARCHAR
from tests.support.trino_reference.values import TrinoError, coerced, fitted, order_key, text

# -- texts


def call(name, parts, kind, compute):
    """``name(parts)``, NULL where one of them is."""
    return strict(f"{name}({', '.join(part.sql for part in parts)})", kind, parts, compute)


def lower(value):
    """``lower``."""
    return call("lower", [value], value.type, str.lower)


def upper(value):
    """``upper``."""
    return call("upper", [value], value.type, str.upper)


def reverse(value):
    """``reverse``."""
    return call("reverse", [value], value.type, lambda one: one[::-1])


def length(value):
    """``length``."""
    return call("length", [value], BIGINT, len)


def trim(value):
    """``trim``."""
    return call("trim", [value], value.type, lambda one: one.strip(" "))


def concatenated(left, right):
    """``left || right``."""
    sql = f"({left.sql} || {right.sql})"
    return strict(sql, VARCHAR, [left, right], lambda one, two: one + two)


def substr(value, start, count=None):
    """``substr``: positions from 1, from the end below 0; 0 is nowhere."""

    def compute(one, begin, size=None):
        if begin == 0 or abs(begin) > len(one):
            return ""
        first = begin - 1 if begin > 0 else len(one) + begin
        if size is not None and size <= 0:
            return ""
        return one[first:] if size is None else one[first : first + size]

    parts = [value, start, *([count] if count is not None else [])]
    return call("substr", parts, value.type, compute)


def strpos(value, part):
    """``strpos``."""
    return call("strpos", [value, part], BIGINT, lambda one, two: one.find(two) + 1)


def starts_with(value, part):
    """``starts_with``."""
    return call("starts_with", [value, part], BOOLEAN, str.startswith)


def like(value, pattern):
    """``value LIKE 'pattern'`` without an escape."""
    expression = re.escape(pattern).replace("%", ".*").replace("_", ".")

    def compute(one):
        return re.fullmatch(expression, one, re.DOTALL) is not None

    return strict(f"({value.sql} LIKE '{pattern}')", BOOLEAN, [value], compute)


# -- numbers


def absolute(value):
    """``abs``."""
    return call("abs", [value], value.type, lambda one: fitted(abs(one), value.type))


def round_(value):
    """``round(value)``."""
    if value.type.name == "decimal":
        precision, scale = value.type.numbers
        kind = types.decimal(precision - scale + min(scale, 1), 0)
        return call("round", [value], kind, rounded)
    if value.type.name == "double":
        return call("round", [value], value.type, lambda one: float(rounded(one)))
    return call("round", [value], value.type, lambda one: one)


def extreme(name, parts):
    """``greatest`` and ``least``: NULL where one part is."""
    wide = parts[0].type
    for part in parts[1:]:
        wide = types.common(wide, part.type)
    choose = max if name == "greatest" else min
    same = [Node(part.sql, wide, part.of(wide)) for part in parts]
    return call(name, same, wide, lambda *values: choose(values, key=order_key))


# -- moments


def moved(moment, count):
    """A date or timestamp some months away, on the last day of a month that is too short."""
    months = moment.year * 12 + moment.month - 1 + count
    year, month = divmod(months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def shifted(moment, sign, count, unit):
    """``moment + INTERVAL 'count' unit``."""
    steps = -count if sign == "-" else count

    def compute(one):
        if unit in {"MONTH", "YEAR"}:
            return moved(one, steps * (12 if unit == "YEAR" else 1))
        return one + dt.timedelta(**{f"{unit.lower()}s": steps})

    sql = f"({moment.sql} {sign} INTERVAL '{count}' {unit})"
    return strict(sql, moment.type, [moment], compute)


def extracted(field, moment):
    """``extract(field FROM moment)``."""
    compute = {
        "YEAR": lambda one: one.year,
        "MONTH": lambda one: one.month,
        "DAY": lambda one: one.day,
        "QUARTER": lambda one: (one.month + 2) // 3,
        "DAY_OF_WEEK": lambda one: one.isoweekday(),
        "DAY_OF_YEAR": lambda one: one.timetuple().tm_yday,
        "WEEK": lambda one: one.isocalendar().week,
    }[field]
    return strict(f"extract({field} FROM {moment.sql})", BIGINT, [moment], compute)


def truncated(unit, moment):
    """``date_trunc``."""

    def compute(one):
        day = one if unit == "day" else one - dt.timedelta(days=one.weekday())
        if unit in {"month", "quarter", "year"}:
            month = {"month": one.month, "quarter": (one.month - 1) // 3 * 3 + 1, "year": 1}[unit]
            day = one.replace(month=month, day=1)
        if isinstance(day, dt.datetime):
            return day.replace(hour=0, minute=0, second=0, microsecond=0)
        return day

    return strict(f"date_trunc('{unit}', {moment.sql})", moment.type, [moment], compute)


def date_diff(unit, first, second):
    """``date_diff``: whole units from the first to the second."""
    wide = types.common(first.type, second.type)

    def run(env):
        one, two = first.of(wide)(env), second.of(wide)(env)
        return None if one is None or two is None else _difference(unit, one, two)

    return Node(f"date_diff('{unit}', {first.sql}, {second.sql})", BIGINT, run)


def _difference(unit, one, two):
    if unit in {"day", "hour", "week"}:
        size = {"day": 86400, "hour": 3600, "week": 604800}[unit]
        elapsed = two - one
        micros = (elapsed.days * 86400 + elapsed.seconds) * 10**6 + elapsed.microseconds
        whole = abs(micros) // (size * 10**6)
        return -whole if micros < 0 else whole
    months = (two.year - one.year) * 12 + two.month - one.month
    if months > 0 and moved(one, months) > two:
        months -= 1
    if months < 0 and moved(one, months) < two:
        months += 1
    if unit == "year":
        return -(-months // 12) if months < 0 else months // 12
    return months


# -- casts


def cast(value, kind, *, lenient=False):
    """``CAST(value AS kind)`` or ``TRY_CAST``."""

    def run(env):
        one = value.run(env)
        if one is None:
            return None
        try:
            return converted(one, value.type, kind)
        except TrinoError:
            if lenient:
                return None
            raise

    return Node(f"{'TRY_CAST' if lenient else 'CAST'}({value.sql} AS {kind})", kind, run)


def converted(value, source, kind):  # noqa: PLR0911 -- one form, one return
    """A value of one type as one of another."""
    if kind.name == "varchar":
        written = text(value)
        return written[: kind.numbers[0]] if kind.numbers else written
    if source.name == "varchar":
        return _parsed(value, kind)
    if kind.name == "boolean":
        return value if isinstance(value, bool) else value != 0
    if isinstance(value, bool):
        return fitted(Decimal(value), kind) if kind.name == "decimal" else _number(value, kind)
    if kind.name in types.LIMITS:
        exact = source.name in types.LIMITS
        code = "NUMERIC_VALUE_OUT_OF_RANGE" if exact else "INVALID_CAST_ARGUMENT"
        return fitted(int(_whole(value)), kind, code)
    if kind.name == "decimal":
        return fitted(Decimal(str(_finite(value))), kind, "INVALID_CAST_ARGUMENT")
    if kind.name == "date" and isinstance(value, dt.datetime):
        return value.date()
    return coerced(value, source, kind)


def _number(value, kind):
    return float(value) if kind.name == "double" else int(value)


def _finite(value):
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise TrinoError("INVALID_CAST_ARGUMENT")
    return value


def _whole(value):
    return value if isinstance(value, int) else rounded(_finite(value))


_WRITTEN = {
    **dict.fromkeys(types.LIMITS, r"[+-]?[0-9]+"),
    "decimal": r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)",
    "double": r"[+-]?[0-9]+(\.[0-9]*)?",
    "boolean": "(?i:true|t|1|false|f|0)",
    "date": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
}


def _parsed(value, kind):
    failure = TrinoError("INVALID_CAST_ARGUMENT")
    if not re.fullmatch(_WRITTEN[kind.name], value):
        raise failure
    if kind.name == "double":
        return float(value)
    if kind.name == "boolean":
        return value.lower() in {"true", "t", "1"}
    if kind.name != "date":
        return fitted(Decimal(value) if kind.name == "decimal" else int(value), kind, failure.code)
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise failure from None


# -- arrays


def array_of(parts):
    """``ARRAY[...]``."""
    wide = parts[0].type
    for part in parts[1:]:
        wide = types.common(wide, part.type)

    def run(env):
        return [part.of(wide)(env) for part in parts]

    return Node(f"ARRAY[{', '.join(part.sql for part in parts)}]", types.array(wide), run)


def cardinality(value):
    """``cardinality``."""
    return call("cardinality", [value], BIGINT, len)


def element_at(value, index):
    """``element_at``: from the end below 0, NULL outside."""

    def compute(items, place):
        if place == 0:
            raise TrinoError("INVALID_FUNCTION_ARGUMENT")
        if abs(place) > len(items):
            return None
        return items[place - 1] if place > 0 else items[place]

    return call("element_at", [value, index], value.type.item, compute)


def subscript(value, index):
    """``value[index]``."""

    def compute(items, place):
        if not 1 <= place <= len(items):
            raise TrinoError("INVALID_FUNCTION_ARGUMENT")
        return items[place - 1]

    return strict(f"{value.sql}[{index.sql}]", value.type.item, [value, index], compute)


def contains(value, item):
    """``contains``: NULL where it is not found and an element is unknown."""

    def compute(items, one):
        if one in [each for each in items if each is not None]:
            return True
        return None if None in items else False

    return call("contains", [value, item], BOOLEAN, compute)


def lambda_call(name, value, parameter, body, *, kind, compute):
    """``name(value, parameter -> body)``; ``compute`` gets the items and the results."""

    def run(env):
        items = value.run(env)
        if items is None:
            return None
        inner = [Env(env.row, env.mode, (*env.parameters, item)) for item in items]
        return compute(items, [body.run(each) for each in inner])

    return Node(f"{name}({value.sql}, {parameter} -> {body.sql})", kind, run)


def parameter(name, depth, kind):
    """The parameter of the lambda at a depth."""
    return Node(name, kind, lambda env: env.parameters[depth])


def transform(value, name, body):
    """``transform``."""
    kind = types.array(body.type)
    return lambda_call(
        "transform", value, name, body, kind=kind, compute=lambda _, results: results
    )


def filtered(value, name, body):
    """``filter``."""

    def compute(items, results):
        return [item for item, kept in zip(items, results, strict=True) if kept]

    return lambda_call("filter", value, name, body, kind=value.type, compute=compute)


def matches(word, value, name, body):
    """``any_match``, ``all_match``, ``none_match``, with three values."""

    def compute(_, results):
        some = True if True in results else None if None in results else False
        every = False if False in results else None if None in results else True
        return {"any": some, "all": every, "none": None if some is None else not some}[word]

    return lambda_call(f"{word}_match", value, name, body, kind=BOOLEAN, compute=compute)
