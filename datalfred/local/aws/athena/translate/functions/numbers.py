"""Functions of numbers."""

from collections.abc import Callable

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.decimals import divided, from_whole, whole
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text
from datalfred.local.aws.athena.translate.types import BIGINT, DOUBLE, Type, decimal, duckdb_type

SIGNATURES = """
sqrt(double) -> double = sqrt({0})
cbrt(double) -> double = CASE WHEN pow(round(cbrt({0})), 3) = {0} THEN round(cbrt({0})) ELSE
    cbrt({0}) END
exp(double) -> double = exp({0})
ln(double) -> double = ln({0})
log2(double) -> double = log2({0})
log10(double) -> double = log10({0})
log(double, double) -> double = ln({1}) / ln({0})
power(double, double) -> double = pow({0}, {1})
pow(double, double) -> double = pow({0}, {1})
pi() -> double = pi()
e() -> double = exp(CAST(1 AS DOUBLE))
nan() -> double = CAST('nan' AS DOUBLE)
infinity() -> double = CAST('inf' AS DOUBLE)
is_nan(double) -> boolean = isnan({0})
is_finite(double) -> boolean = isfinite({0})
is_infinite(double) -> boolean = isinf({0})
degrees(double) -> double = degrees({0})
radians(double) -> double = radians({0})
sin(double) -> double = sin({0})
cos(double) -> double = cos({0})
tan(double) -> double = tan({0})
asin(double) -> double = asin({0})
acos(double) -> double = acos({0})
atan(double) -> double = atan({0})
atan2(double, double) -> double = atan2({0}, {1})
sinh(double) -> double = sinh({0})
cosh(double) -> double = cosh({0})
tanh(double) -> double = tanh({0})
sign(double) -> double = CAST(sign({0}) AS DOUBLE)
sign(integer) -> integer = CAST(sign({0}) AS INTEGER)
sign(bigint) -> bigint = CAST(sign({0}) AS BIGINT)
truncate(double) -> double = trunc({0})
bitwise_and(bigint, bigint) -> bigint = {0} & {1}
bitwise_or(bigint, bigint) -> bigint = {0} | {1}
bitwise_xor(bigint, bigint) -> bigint = xor({0}, {1})
bitwise_not(bigint) -> bigint = ~{0}
width_bucket(double, double, double, bigint) -> bigint = CASE WHEN {0} < {1} THEN 0 WHEN {0} >=
    {2} THEN {3} + 1 ELSE CAST(floor({3} * ({0} - {1}) / ({2} - {1})) AS BIGINT) + 1 END
"""


def _abs(call: Call) -> Typed:
    value = _number(call)
    return call.made("abs({0})", value.type, [value])


def _number(call: Call) -> Typed:
    arguments = call.arguments()
    if not arguments or not arguments[0].type.is_a(*types.NUMBERS):
        raise call.unexpected(arguments)
    return arguments[0]


def _whole(call: Call) -> Typed:
    """ceil, floor: a decimal becomes one without a fraction."""
    call.takes(1)
    value = _number(call)
    function = "floor" if call.name == "floor" else "ceil"
    if value.type.is_a(*types.INTEGERS):
        return call.made("{0}", value.type, [value])
    kind = _without_scale(value.type)
    return call.made(f"CAST({function}({{0}}) AS {duckdb_type(kind)})", kind, [value])


def _without_scale(kind: Type) -> Type:
    if kind.name != "decimal":
        return kind
    precision, scale = kind.numbers
    return decimal(max(precision - scale + min(scale, 1), 1), 0)


def _round(call: Call) -> Typed:
    call.takes(1, 2)
    value = _number(call)
    if len(call.nodes) == 1:
        if value.type.is_a(*types.INTEGERS):
            return call.made("{0}", value.type, [value])
        kind = _without_scale(value.type)
        return call.made(f"CAST(round({{0}}) AS {duckdb_type(kind)})", kind, [value])
    digits = coerce(call.argument(1), BIGINT)
    if value.type.name == "decimal":
        return _round_decimal(call, value)
    if value.type.is_a(*types.INTEGERS):
        unit = "CAST(pow(10, greatest(-{1}, 0)) AS HUGEINT)"
        rounded = f"trino_divide_whole(CAST({{0}} AS HUGEINT), {unit}) * {unit}"
        return call.made(
            f"CAST({rounded} AS {duckdb_type(value.type)})", value.type, [value, digits]
        )
    template = (
        f"CAST(round(CAST({{0}} AS DOUBLE), CAST({{1}} AS INTEGER)) AS {duckdb_type(value.type)})"
    )
    return call.made(template, value.type, [value, digits])


def _round_decimal(call: Call, value: Typed) -> Typed:
    precision, scale = value.type.numbers
    kind = decimal(precision + 1, scale)
    digits = call.whole(1)
    kept = max(min(digits, scale), 0)
    if digits < 0:
        unit = 10**-digits
        sql = f"{divided(whole('{0}', scale), str(unit * 10**scale))} * {unit}"
        return call.made(f"CAST({sql} AS {duckdb_type(kind)})", kind, [value])
    narrow = duckdb_type(decimal(precision + 1, kept))
    return call.made(f"CAST(CAST({{0}} AS {narrow}) AS {duckdb_type(kind)})", kind, [value])


def _truncate(call: Call) -> Typed:
    call.takes(1, 2)
    value = _number(call)
    if value.type.name != "decimal":
        if call.nodes[1:]:
            raise call.unexpected(call.arguments())
        double = coerce(value, DOUBLE)
        return call.made("trunc({0})", DOUBLE, [double])
    precision, scale = value.type.numbers
    if len(call.nodes) == 1:
        kind = decimal(max(precision - scale, 1), 0)
        return call.made(f"CAST(trunc({{0}}) AS {duckdb_type(kind)})", kind, [value])
    unit = 10 ** (scale - call.whole(1))
    if unit <= 1:
        return call.made("{0}", value.type, [value])
    narrow = from_whole(f"({whole('{0}', scale)} // {unit} * {unit})", scale)
    return call.made(f"CAST({narrow} AS {duckdb_type(value.type)})", value.type, [value])


def _extreme(call: Call) -> Typed:
    """greatest, least: NULL where any argument is NULL, unlike DuckDB's."""
    values = call.common(call.arguments(), f"All {call.name} arguments")
    if not values:
        raise call.unexpected(values)
    places = [f"{{{index}}}" for index in range(len(values))]
    known = " AND ".join(f"{place} IS NOT NULL" for place in places)
    return call.made(
        f"CASE WHEN {known} THEN {call.name}({', '.join(places)}) END", values[0].type, values
    )


def _random(call: Call) -> Typed:
    call.takes(0, 1, 2)
    arguments = call.arguments()
    if not arguments:
        return made_of("random()", DOUBLE, (), volatile=True)
    kind = arguments[0].type
    if not all(each.type.is_a(*types.INTEGERS) for each in arguments):
        raise call.unexpected(arguments)
    start, stop = (
        ("0", arguments[0].sql) if len(arguments) == 1 else (arguments[0].sql, arguments[1].sql)
    )
    sql = f"CAST({start} + floor(random() * ({stop} - {start})) AS {duckdb_type(kind)})"
    return made_of(sql, kind, arguments, volatile=True)


def _uuid(call: Call) -> Typed:
    call.takes(0)
    return made_of("gen_random_uuid()", Type("uuid"), (), volatile=True)


_BITS = 64
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _to_base(call: Call) -> Typed:
    call.takes(2)
    value, radix = call.arguments()
    fits = "{0} >= 0 OR {0} IS NULL"
    what = text("to_base of a negative number is not supported by the embedded Athena")
    sql = guard(fits, "lower(to_base({0}, CAST({1} AS INTEGER)))", "NOT_SUPPORTED", what)
    return call.made(sql, types.VARCHAR, [coerce(value, BIGINT), coerce(radix, BIGINT)])


def _from_base(call: Call) -> Typed:
    call.takes(2)
    value, radix = call.argument(0), call.whole(1)
    digits = _DIGITS[:radix]
    each = f"CAST(strpos('{digits}', _d) - 1 AS BIGINT)"
    values = f"list_transform(string_split(lower({{0}}), ''), LAMBDA _d : {each})"
    total = f"list_reduce({values}, LAMBDA _s, _d : _s * {radix} + _d)"
    fits = f"regexp_full_match(lower({{0}}), '[{digits}]+') OR {{0}} IS NULL"
    message = f"'Not a valid base-{radix} number: ' || {{0}}"
    sql = guard(fits, total, "INVALID_FUNCTION_ARGUMENT", message)
    return call.made(sql, BIGINT, [value])


def _bit_count(call: Call) -> Typed:
    call.takes(2)
    value, bits = coerce(call.argument(0), BIGINT), call.whole(1)
    if bits != _BITS:
        raise call.unexpected(call.arguments())
    return call.made("CAST(bit_count({0}) AS BIGINT)", BIGINT, [value])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "abs": _abs,
    "ceil": _whole,
    "ceiling": _whole,
    "floor": _whole,
    "round": _round,
    "truncate": _truncate,
    "greatest": _extreme,
    "least": _extreme,
    "random": _random,
    "rand": _random,
    "uuid": _uuid,
    "to_base": _to_base,
    "from_base": _from_base,
    "bit_count": _bit_count,
}
