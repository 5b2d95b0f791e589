"""Functions that read or write codes: bytes of numbers, check digits, sounds of names."""

from collections.abc import Callable

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, guard, text
from datalfred.local.aws.athena.translate.types import BOOLEAN, VARCHAR

_WRONG = "INVALID_FUNCTION_ARGUMENT"
_HEX = "0123456789ABCDEF"
# The letters' groups, https://en.wikipedia.org/wiki/Soundex#American_Soundex
_SOUNDS = "01230120022455012623010202"
_SIZES = {"from_big_endian_32": 4, "from_big_endian_64": 8}


def _from_big_endian(call: Call) -> Typed:
    call.takes(1)
    value, size = call.argument(0), _SIZES[call.name]
    if not value.type.is_a("varbinary", "unknown"):
        raise call.unexpected([value])
    kind = types.INTEGER if size == _SIZES["from_big_endian_32"] else types.BIGINT
    digit = f"CAST(strpos('{_HEX}', substr(hex({{0}}), _i, 1)) - 1 AS HUGEINT)"
    digits = f"list_transform(range(1, {2 * size + 1}), LAMBDA _i : {digit})"
    whole = f"list_reduce({digits}, LAMBDA _s, _d : _s * 16 + _d)"
    signed = f"({whole} + {2 ** (8 * size - 1)}) % {2 ** (8 * size)} - {2 ** (8 * size - 1)}"
    fits = f"octet_length({{0}}) = {size} OR {{0}} IS NULL"
    what = f"'expected {size}-byte input, but got instead: ' || octet_length({{0}})"
    sql = guard(fits, f"CAST({signed} AS {types.duckdb_type(kind)})", _WRONG, what)
    return call.made(sql, kind, [coerce(value, types.VARBINARY)])


def _soundex(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if not value.type.is_a("varchar", "unknown"):
        raise call.unexpected([value])
    letters = "upper(regexp_replace({0}, '[^A-Za-z]', '', 'g'))"
    heard = f"left({letters}, 1) || regexp_replace(substr({letters}, 2), '[HW]', '', 'g')"
    alphabet = "".join(map(chr, range(ord("A"), ord("Z") + 1)))
    sounds = f"translate({heard}, '{alphabet}', '{_SOUNDS}')"
    for digit in "0123456":
        sounds = f"regexp_replace({sounds}, '{digit}+', '{digit}', 'g')"
    coded = f"left({letters}, 1) || left(replace(substr({sounds}, 2), '0', '') || '000', 3)"
    sql = f"CASE WHEN {letters} = '' THEN '' ELSE {coded} END"
    what = text("soundex of letters beyond ASCII is not supported by the embedded Athena")
    fits = "strlen({0}) = length({0}) OR {0} IS NULL"
    return call.made(guard(fits, sql, "NOT_SUPPORTED", what), types.varchar(4), [value])


def _luhn_check(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if not value.type.is_a("varchar", "unknown"):
        raise call.unexpected([value])
    digit = "CAST(substr({0}, length({0}) - _i + 1, 1) AS BIGINT)"
    doubled = f"CASE WHEN _i % 2 = 0 THEN {digit} * 2 - 9 * ({digit} // 5) ELSE {digit} END"
    total = f"list_sum(list_transform(range(1, length({{0}}) + 1), LAMBDA _i : {doubled}))"
    digits = "regexp_full_match({0}, '[0-9]*')"
    what = text("Input must consist of digits")
    checked = f"coalesce({total} % 10 = 0, false)"
    sql = guard(f"{digits} OR {{0}} IS NULL", checked, _WRONG, what)
    sql = f"CASE WHEN {{0}} IS NOT NULL THEN {sql} END"
    return call.made(sql, BOOLEAN, [coerce(value, VARCHAR)])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    **dict.fromkeys(_SIZES, _from_big_endian),
    "soundex": _soundex,
    "luhn_check": _luhn_check,
}
