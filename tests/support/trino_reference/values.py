"""Values: how they are coerced, ordered and written."""

import datetime as dt
import decimal
import math
from decimal import ROUND_HALF_UP, Decimal

from tests.support.trino_reference.types import LIMITS, WIDEST

EXACT = decimal.Context(prec=200, rounding=ROUND_HALF_UP, traps=[decimal.InvalidOperation])


class TrinoError(Exception):
    """A row that cannot be computed; ``code`` is Trino's."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


def rescaled(value, scale):
    """The decimal with ``scale`` digits, rounded half away from zero."""
    whole = value.quantize(Decimal(1).scaleb(-scale), context=EXACT)
    return whole or abs(whole)


def fitted(value, kind, code="NUMERIC_VALUE_OUT_OF_RANGE"):
    """A number as a value of its type, if it fits."""
    if value is None:
        return None
    if kind.name in LIMITS and not -LIMITS[kind.name] <= value < LIMITS[kind.name]:
        raise TrinoError(code)
    if kind.name == "decimal":
        precision, scale = kind.numbers
        value = rescaled(Decimal(value), scale)
        if abs(value.scaleb(scale, context=EXACT)) >= 10 ** min(precision, WIDEST):
            raise TrinoError(code)
    return value


def coerced(value, source, target):
    """A value of one type as one of a wider type."""
    if value is None or source == target:
        return value
    if target.name == "decimal":
        return fitted(Decimal(value), target, "INVALID_CAST_ARGUMENT")
    if target.name == "double":
        return float(value)
    if target.name == "timestamp" and source.name == "date":
        return dt.datetime.combine(value, dt.time())
    if target.name == "array":
        return [coerced(each, source.item, target.item) for each in value]
    return value


def order_key(value):
    """Sorts values of one type as Trino does; NaN is the greatest."""
    if isinstance(value, float):
        return (math.isnan(value), 0.0 if math.isnan(value) else value)
    if isinstance(value, list):
        return [order_key(each) for each in value]
    return value


def group_key(value):
    """Equal for values that DISTINCT and GROUP BY take for one."""
    if isinstance(value, list):
        return ("list", *map(group_key, value))
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    return value


def text(value):  # noqa: PLR0911 -- one form, one return
    """The value as a result shows it; NULL is None."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
    if isinstance(value, list):
        return f"[{', '.join('null' if each is None else text(each) for each in value)}]"
    return str(value)
