"""``format``: Java's ``Formatter``, place by place.

Source: https://trino.io/docs/current/functions/conversion.html#format
"""

import re
from dataclasses import dataclass

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import cast, coerce
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.texts import to_text
from datalfred.local.aws.athena.translate.typed import Typed, guard, made_of, mismatch, text
from datalfred.local.aws.athena.translate.types import DOUBLE, VARCHAR

_PLACE = re.compile(
    r"%(?P<index>\d+\$|<)?(?P<flags>[-#+ 0,(]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?"
    r"(?P<moment>[tT])?(?P<letter>[a-zA-Z%])"
)
_JAVA = {
    **dict.fromkeys(types.INTEGERS, "java.lang.Long"),
    **dict.fromkeys(("real", "double"), "java.lang.Double"),
    **dict.fromkeys(("varchar", "char"), "java.lang.String"),
    "decimal": "java.math.BigDecimal",
    "boolean": "java.lang.Boolean",
    "date": "java.time.LocalDate",
    "timestamp": "java.time.LocalDateTime",
}
_SHOWN_AS_TEXT = ("varchar", "char", "boolean", "date", "decimal", "json", "uuid", "unknown")
# Letters after ``t``: what DuckDB's strftime has for them.
_MOMENTS = {
    "Y": "%Y",
    "y": "%y",
    "m": "%m",
    "d": "%d",
    "e": "%-d",
    "j": "%j",
    "B": "%B",
    "b": "%b",
    "h": "%b",
    "A": "%A",
    "a": "%a",
    "H": "%H",
    "I": "%I",
    "k": "%-H",
    "l": "%-I",
    "M": "%M",
    "S": "%S",
    "L": "%g",
    "F": "%Y-%m-%d",
    "D": "%m/%d/%y",
    "T": "%H:%M:%S",
    "R": "%H:%M",
    "r": "%I:%M:%S %p",
}
_OF_DAY = set("HIklMSLTRr")
_DEFAULT_DIGITS = 6


@dataclass(frozen=True)
class _Place:
    """One ``%...`` of the format."""

    written: str
    flags: str
    width: int
    precision: int | None
    letter: str
    moment: bool


def format_call(call: Call) -> Typed:
    """The call as DuckDB's text.

    Raises:
        StatementError: Java refuses the format, or a place that cannot be written the same here.
    """
    arguments = call.arguments()
    if not arguments[1:]:
        raise call.unexpected(arguments)
    if not arguments[0].type.is_a("varchar", "char"):
        raise mismatch(
            f"Type of first argument to format() must be VARCHAR (actual: {arguments[0].type})",
            call.at,
        )
    written = call.constant(0)
    pieces = _pieces(call, written, arguments[1:])
    sql = " || ".join(pieces) or "''"
    return made_of(f"({sql})", VARCHAR, arguments[1:])


def _pieces(call: Call, written: str, values: list[Typed]) -> list[str]:
    pieces, after, ordinary, last = [], 0, 0, -1
    for match in _PLACE.finditer(written):
        between = written[after : match.start()]
        if "%" in between:
            raise not_supported(f"format({text(written)})", at=call.at)
        pieces += [text(between)] if between else []
        after = match.end()
        place = _place(match, written)
        if place.letter in "%n" and not place.moment:
            pieces.append("'%'" if place.letter == "%" else "chr(10)")
            continue
        if match["index"] == "<":
            index = last
        elif match["index"]:
            index = int(match["index"][:-1]) - 1
        else:
            index, ordinary = ordinary, ordinary + 1
        if not 0 <= index < len(values):
            raise _invalid(written, f"MissingFormatArgument: Format specifier '{match[0]}'")
        last = index
        pieces.append(_shown(call, written, place, values[index]))
    rest = written[after:]
    if "%" in rest:
        raise not_supported(f"format({text(written)})", at=call.at)
    return pieces + ([text(rest)] if rest else [])


def _place(match: re.Match[str], written: str) -> _Place:
    flags, letter = match["flags"], match["letter"]
    place = _Place(
        match[0],
        flags,
        int(match["width"] or 0),
        int(match["precision"]) if match["precision"] else None,
        letter,
        match["moment"] is not None,
    )
    if len(set(flags)) < len(flags):
        twice = next(flag for flag in flags if flags.count(flag) > 1)
        raise _invalid(written, f"DuplicateFormatFlags: Flags = '{twice}'")
    if "-" in flags and not place.width:
        raise _invalid(written, f"MissingFormatWidth: {match[0]}")
    if "-" in flags and "0" in flags:
        raise _invalid(written, "IllegalFormatFlags: Flags = '-0'")
    if letter in "dxXo" and not place.moment and place.precision is not None:
        raise _invalid(written, f"IllegalFormatPrecision: {place.precision}")
    wrong = [flag for flag in flags if flag in "+ 0,(" and letter in "sSbB"]
    if wrong:
        what = f"Conversion = {letter.lower()}, Flags = {wrong[0]}"
        raise _invalid(written, f"FormatFlagsConversionMismatch: {what}")
    return place


def _invalid(written: str, what: str) -> StatementError:
    return StatementError("INVALID_FUNCTION_ARGUMENT", f"Invalid format string: {written} ({what})")


def _shown(call: Call, written: str, place: _Place, value: Typed) -> str:
    if value.type.items:
        raise not_supported(f"Type not supported for formatting: {value.type}", at=call.at)
    if place.moment:
        sql = _moment(call, written, place, value)
    else:
        letter = place.letter.lower()
        write = {"s": _text, "b": _truth, "d": _whole, "x": _hex, "o": _octal, "f": _fraction}
        if letter not in write or place.letter in "DOF" or "#" in place.flags:
            raise not_supported(f"format of {place.written}", at=call.at)
        sql = write[letter](call, written, place, value)
    sql = f"coalesce({sql}, {text('false' if place.letter in 'bB' else 'null')})"
    if place.letter.isupper() and not place.moment:
        sql = f"upper({sql})"
    if not place.width:
        return sql
    side = "trino_pad_right" if "-" in place.flags else "trino_pad_left"
    return f"{side}({sql}, {place.width})"


def _text(call: Call, _written: str, place: _Place, value: Typed) -> str:
    if value.type.is_a("real", "double"):
        sql = f"trino_java_double({coerce(value, DOUBLE).sql})"
        if value.type.name == "real":
            raise not_supported("format of a real as text", at=call.at)
    elif value.type.is_a(*types.INTEGERS) or value.type.name in _SHOWN_AS_TEXT:
        sql = to_text(value.type, value.sql)
    else:
        raise not_supported(f"format of {value.type} as %s", at=call.at)
    return sql if place.precision is None else f"left({sql}, {place.precision})"


def _truth(_call: Call, _written: str, _place: _Place, value: Typed) -> str:
    if value.type.is_a("boolean", "unknown"):
        return f"CAST({coerce(value, types.BOOLEAN).sql} AS VARCHAR)"
    return f"CASE WHEN {value.sql} IS NOT NULL THEN 'true' END"


def _must_be(written: str, place: _Place, value: Typed, *kinds: str) -> None:
    if not value.type.is_a(*kinds, "unknown"):
        java = _JAVA.get(value.type.name, "java.lang.String")
        raise _invalid(written, f"IllegalFormatConversion: {place.letter} != {java}")


def _signed(place: _Place, number: str, digits: str) -> str:
    """The text of a number's size with its sign, its brackets and its zeros."""
    flags = place.flags
    if "0" in flags:
        digits = f"trino_pad_zeros({digits}, {number} < 0, {place.width})"
    plus = "'+'" if "+" in flags else "' '" if " " in flags else "''"
    minus = f"'(' || {digits} || ')'" if "(" in flags else f"'-' || {digits}"
    return f"CASE WHEN {number} < 0 THEN {minus} ELSE {plus} || {digits} END"


def _whole(call: Call, written: str, place: _Place, value: Typed) -> str:
    _must_be(written, place, value, *types.INTEGERS)
    if "0" in place.flags and set(place.flags) & set("+ ("):
        raise not_supported(f"format of {place.written}", at=call.at)
    number = f"CAST({coerce(value, types.BIGINT).sql} AS HUGEINT)"
    digits = f"format('{{:,}}', abs({number}))" if "," in place.flags else f"abs({number})"
    return _signed(place, number, f"CAST({digits} AS VARCHAR)")


def _hex(call: Call, written: str, place: _Place, value: Typed) -> str:
    _must_be(written, place, value, *types.INTEGERS)
    if place.flags.strip("-"):
        raise not_supported(f"format of {place.written}", at=call.at)
    return f"lower(hex({coerce(value, types.BIGINT).sql}))"


def _octal(call: Call, written: str, place: _Place, value: Typed) -> str:
    _must_be(written, place, value, *types.INTEGERS)
    number = coerce(value, types.BIGINT).sql
    if place.flags.strip("-"):
        raise not_supported(f"format of {place.written}", at=call.at)
    what = text("format of a negative number as %o is not supported by the embedded Athena")
    return guard(
        f"{number} >= 0 OR {number} IS NULL", f"to_base({number}, 8)", "NOT_SUPPORTED", what
    )


def _fraction(call: Call, written: str, place: _Place, value: Typed) -> str:
    """Java rounds the number's shortest text half up, C its binary value half to even."""
    _must_be(written, place, value, "real", "double", "decimal")
    if "0" in place.flags and set(place.flags) & set("+ ("):
        raise not_supported(f"format of {place.written}", at=call.at)
    digits = _DEFAULT_DIGITS if place.precision is None else place.precision
    kind = types.decimal(types.MAX_PRECISION, min(digits, types.MAX_PRECISION - 1))
    number = cast(value, kind, call.at).sql
    shown = to_text(kind, f"abs({number})")
    if "," in place.flags:
        whole = f"format('{{:,}}', CAST(split_part({shown}, '.', 1) AS HUGEINT))"
        shown = f"{whole} || '.' || split_part({shown}, '.', 2)" if digits else whole
    sql = _signed(place, value.sql, f"({shown})")
    if value.type.name == "decimal":
        return sql
    odd = f"isnan({value.sql}) OR isinf({value.sql})"
    return f"CASE WHEN {odd} THEN trino_double_text({coerce(value, DOUBLE).sql}) ELSE {sql} END"


def _moment(call: Call, written: str, place: _Place, value: Typed) -> str:
    if place.letter not in _MOMENTS or place.written.find("T" + place.letter) > 0:
        raise not_supported(f"format of {place.written}", at=call.at)
    if not value.type.is_a("date", "timestamp", "time"):
        java = _JAVA.get(value.type.name, "java.lang.String")
        raise _invalid(written, f"IllegalFormatConversion: {place.letter} != {java}")
    if (value.type.name == "date") == (place.letter in _OF_DAY) and value.type.name != "timestamp":
        raise not_supported(f"format of {value.type} as {place.written}", at=call.at)
    moment = value.sql if value.type.name != "time" else f"(DATE '2000-01-01' + {value.sql})"
    return f"strftime({moment}, {text(_MOMENTS[place.letter])})"
