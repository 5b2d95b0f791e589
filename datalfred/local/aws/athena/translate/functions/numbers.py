"""Functions of numbers."""

from collections.abc import Callable

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.decimals import divided, from_whole, whole
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, text
from datalfred.local.aws.athena.translate.types import BIGINT, DOUBLE, Type, decimal, duckdb_type

_WRONG = "INVALID_FUNCTION_ARGUMENT"

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
bitwise_and(bigint, bigint) -> bigint = {0} & {1}
bitwise_or(bigint, bigint) -> bigint = {0} | {1}
bitwise_xor(bigint, bigint) -> bigint = xor({0}, {1})
bitwise_not(bigint) -> bigint = ~{0}
cosine_similarity(map(varchar, double), map(varchar, double)) -> double = trino_cosine({0}, {1})
"""


def _abs(call: Call) -> Typed:
    call.takes(1)
    value = _number(call)
    return call.made("abs({0})", value.type, [value])


def _is_null(call: Call, index: int) -> bool:
    """Whether an argument is NULL whatever the row."""
    return call.argument(index).sql.startswith("CAST(NULL AS")


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
    if call.nodes[1:] and call.argument(1).type.name == "integer" and _is_null(call, 1):
        return call.made("NULL", value.type, [value])
    if len(call.nodes) == 1:
        if value.type.is_a(*types.INTEGERS):
            return call.made("{0}", value.type, [value])
        kind = _without_scale(value.type)
        return call.made(f"CAST(round({{0}}) AS {duckdb_type(kind)})", kind, [value])
    digits = coerce(call.argument(1), BIGINT)
    if value.type.name == "decimal":
        return _round_decimal(call, value)
    if value.type.is_a(*types.INTEGERS):
        unit = "CAST(pow(10, least(greatest(-{1}, 0), 30)) AS HUGEINT)"
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
        kind = value.type if value.type.name == "real" else DOUBLE
        return call.made("trunc({0})", kind, [coerce(value, kind)])
    precision, scale = value.type.numbers
    if len(call.nodes) == 1:
        kind = decimal(max(precision - scale, 1), 0)
        return call.made(f"CAST(trunc({{0}}) AS {duckdb_type(kind)})", kind, [value])
    unit = 10 ** (scale - call.whole(1))
    if unit <= 1:
        return call.made("{0}", value.type, [value])
    narrow = from_whole(f"({whole('{0}', scale)} // {unit} * {unit})", scale)
    return call.made(f"CAST({narrow} AS {duckdb_type(value.type)})", value.type, [value])


def _sign(call: Call) -> Typed:
    call.takes(1)
    value = _number(call)
    if value.type.name == "decimal":
        return call.made("CAST(sign({0}) AS DECIMAL(1,0))", decimal(1, 0), [value])
    kind = duckdb_type(value.type)
    if value.type.is_a("real", "double"):
        sql = f"CASE WHEN isnan({{0}}) THEN {{0}} ELSE CAST(sign({{0}}) AS {kind}) END"
        return call.made(sql, value.type, [value])
    return call.made(f"CAST(sign({{0}}) AS {kind})", value.type, [value])


def _width_bucket(call: Call) -> Typed:
    """The bucket of a number between two bounds, which may fall as well as rise."""
    call.takes(2, 4)
    if not call.nodes[2:]:
        return _bins(call)
    values = [coerce(call.argument(index), DOUBLE) for index in range(3)]
    values.append(coerce(call.argument(3), BIGINT))
    low, high = "least({1}, {2})", "greatest({1}, {2})"
    share = f"CAST(floor({{3}} * abs({{0}} - {{1}}) / ({high} - {low})) AS BIGINT) + 1"
    rising = f"CASE WHEN {{0}} < {{1}} THEN 0 WHEN {{0}} >= {{2}} THEN {{3}} + 1 ELSE {share} END"
    falling = f"CASE WHEN {{0}} > {{1}} THEN 0 WHEN {{0}} <= {{2}} THEN {{3}} + 1 ELSE {share} END"
    sql = f"CASE WHEN {{1}} < {{2}} THEN {rising} ELSE {falling} END"
    for fits, what in (
        ("{1} <> {2}", "bounds cannot equal each other"),
        ("isfinite({2})", "second bound must be finite"),
        ("isfinite({1})", "first bound must be finite"),
        ("NOT isnan({0})", "operand must not be NaN"),
        ("{3} > 0", "bucketCount must be greater than 0"),
    ):
        known = f"{fits} OR ({{0}} + {{1}} + {{2}} + {{3}}) IS NULL"
        sql = guard(known, sql, _WRONG, text(what))
    return call.made(sql, BIGINT, values)


def _bins(call: Call) -> Typed:
    value = coerce(call.argument(0), DOUBLE)
    bins = call.argument(1)
    if bins.type.name != "array" or not bins.type.item.is_a(*types.NUMBERS):
        raise call.unexpected([value, bins])
    sql = guard(
        "len({1}) > 0 OR {1} IS NULL",
        "len(list_filter({1}, LAMBDA _b : _b <= {0}))",
        _WRONG,
        text("Bins cannot be an empty array"),
    )
    sorted_bins = guard(
        "{1} = list_sort({1}) OR {1} IS NULL", sql, _WRONG, text("Bin values are not sorted")
    )
    finite = "len(list_filter({1}, LAMBDA _b : NOT isfinite(_b))) = 0"
    checked = guard(finite, sorted_bins, _WRONG, text("Bin value must be finite"))
    checked = guard("NOT isnan({0})", checked, _WRONG, text("Operand cannot be NaN"))
    known = f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN {checked} END"
    return call.made(known, BIGINT, [value, coerce(bins, types.array(DOUBLE))])


def _extreme(call: Call) -> Typed:
    """greatest, least: NULL where any argument is NULL, unlike DuckDB's."""
    values = call.common(call.arguments(), f"All {call.name} arguments")
    if not values:
        raise call.unexpected(values)
    places = [f"{{{index}}}" for index in range(len(values))]
    known = " AND ".join(f"{place} IS NOT NULL" for place in places)
    sql = f"CASE WHEN {known} THEN {call.name}({', '.join(places)}) END"
    if values[0].type.is_a("real", "double") and len(values) > 1:
        # Trino's versions differ in what NaN is among other numbers.
        numbers = " OR ".join(f"coalesce(isnan({place}), false)" for place in places)
        what = text(f"{call.name} of NaN is not supported by the embedded Athena")
        sql = guard(f"NOT ({numbers})", sql, "NOT_SUPPORTED", what)
    return call.made(sql, values[0].type, values)


def _random(call: Call) -> Typed:
    call.takes(0, 1, 2)
    arguments = call.arguments()
    if not arguments:
        return made_of("random()", DOUBLE, (), volatile=True)
    kind = arguments[0].type
    if not all(each.type.is_a(*types.INTEGERS) for each in arguments):
        raise call.unexpected(arguments)
    if len(arguments) == 1:
        value = f"floor(random() * {arguments[0].sql})"
        fits, what = f"{arguments[0].sql} > 0", "bound must be positive"
    else:
        start, stop = (each.sql for each in call.common(arguments, "All random bounds"))
        value = f"{start} + floor(random() * ({stop} - {start}))"
        fits, what = f"{stop} > {start}", "start value must be less than stop value"
    sql = f"CAST({value} AS {duckdb_type(kind)})"
    return made_of(guard(fits, sql, _WRONG, text(what)), kind, arguments, volatile=True)


def _uuid(call: Call) -> Typed:
    call.takes(0)
    return made_of("gen_random_uuid()", Type("uuid"), (), volatile=True)


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_RADIX = text("Radix must be between 2 and 36")


def _to_base(call: Call) -> Typed:
    call.takes(2)
    value, radix = call.arguments()
    digits = "lower(to_base(CAST(abs(CAST({0} AS HUGEINT)) AS BIGINT), CAST({1} AS INTEGER)))"
    signed = f"CASE WHEN {{0}} < 0 THEN '-' ELSE '' END || {digits}"
    sql = guard("{1} BETWEEN 2 AND 36 OR {1} IS NULL", signed, _WRONG, _RADIX)
    return call.made(sql, types.varchar(64), [coerce(value, BIGINT), coerce(radix, BIGINT)])


def _from_base(call: Call) -> Typed:
    call.takes(2)
    value, radix = call.argument(0), coerce(call.argument(1), BIGINT)
    if not value.type.is_a("varchar", "unknown"):
        raise call.unexpected([value, radix])
    plain = "regexp_replace(lower({0}), '^[+-]', '')"
    each = f"CAST(strpos('{_DIGITS}', _d) - 1 AS HUGEINT)"
    items = f"list_transform(string_split({plain}, ''), LAMBDA _d : {each})"
    total = f"list_reduce({items}, LAMBDA _s, _d : _s * {{1}} + _d)"
    signed = f"CASE WHEN starts_with({{0}}, '-') THEN -{total} ELSE {total} END"
    known = "{0} IS NULL OR {1} IS NULL"
    message = "'Not a valid base-' || {1} || ' number: ' || {0}"
    fits = f"{signed} BETWEEN -9223372036854775808 AND 9223372036854775807"
    sql = guard(f"{known} OR {fits}", f"CAST({signed} AS BIGINT)", _WRONG, message)
    shape = f"regexp_full_match({plain}, '[0-9a-z]{{{{1,64}}}}')"
    small = f"list_max({items}) < {{1}}"
    sql = guard(f"{known} OR ({shape} AND {small})", sql, _WRONG, message)
    sql = guard("{1} BETWEEN 2 AND 36 OR {1} IS NULL", sql, _WRONG, _RADIX)
    return call.made(sql, BIGINT, [coerce(value, types.VARCHAR), radix])


def _bit_count(call: Call) -> Typed:
    """The ones among the last bits of a number in two's complement."""
    call.takes(2)
    value, bits = coerce(call.argument(0), BIGINT), call.whole(1)
    most = len("0" * 64)
    if not 1 < bits <= most:
        what = f"Bits specified in bit_count must be between 2 and 64, got {bits}"
        raise StatementError(_WRONG, what)
    if bits == most:
        return call.made("CAST(bit_count({0}) AS BIGINT)", BIGINT, [value])
    fits = f"{{0}} BETWEEN {-(2 ** (bits - 1))} AND {2 ** (bits - 1) - 1} OR {{0}} IS NULL"
    what = (
        f"'Number must be representable with the bits specified. ' || {{0}} || "
        f"' cannot be represented with {bits} bits'"
    )
    counted = f"CAST(bit_count({{0}} & {2**bits - 1}) AS BIGINT)"
    return call.made(guard(fits, counted, _WRONG, what), BIGINT, [value])


_WIDTHS = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}


def _shifted(call: Call) -> Typed:
    """bitwise_left_shift, bitwise_right_shift (zeros move in), its arithmetic kind (the sign)."""
    call.takes(2)
    value, by = call.argument(0), coerce(call.argument(1), BIGINT)
    if not value.type.is_a(*types.INTEGERS):
        raise call.unexpected([value, by])
    bits = _WIDTHS[value.type.name]
    number = "CAST({0} AS HUGEINT)"
    if call.name == "bitwise_right_shift_arithmetic":
        moved = f"trino_floor_divide({number}, trino_power_of_two(least({{1}}, {bits - 1})))"
    else:
        unsigned = f"({number} + {2**bits}) % {2**bits}"
        many = f"{{1}} < 0 OR {{1}} >= {bits}"
        operator = "*" if call.name == "bitwise_left_shift" else "//"
        whole = f"({unsigned}) {operator} trino_power_of_two({{1}}) % {2**bits}"
        signed = f"({whole} + {2 ** (bits - 1)}) % {2**bits} - {2 ** (bits - 1)}"
        moved = f"CASE WHEN {many} THEN 0 ELSE {signed} END"
    known = f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN {moved} END"
    return call.made(f"CAST({known} AS {duckdb_type(value.type)})", value.type, [value, by])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "abs": _abs,
    "sign": _sign,
    "width_bucket": _width_bucket,
    "bitwise_left_shift": _shifted,
    "bitwise_right_shift": _shifted,
    "bitwise_right_shift_arithmetic": _shifted,
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
