"""Functions of text and binary text."""

from collections.abc import Callable

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import coerce
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.collections import joined
from datalfred.local.aws.athena.translate.macros import WHITE_SPACE
from datalfred.local.aws.athena.translate.typed import Typed, guard, text
from datalfred.local.aws.athena.translate.types import BIGINT, VARCHAR

_WRONG = "INVALID_FUNCTION_ARGUMENT"
_LONGEST = 2**31 - 1

SIGNATURES = f"""
length(varchar) -> bigint = length({{0}})
length(char) -> bigint = length({{0}})
length(varbinary) -> bigint = octet_length({{0}})
upper(varchar) -> same = trino_upper({{0}})
upper(char) -> self = trino_upper({{0}})
lower(varchar) -> same = lower({{0}})
lower(char) -> self = lower({{0}})
reverse(varchar) -> same = array_to_string(list_reverse(string_split({{0}}, '')), '')
reverse(char) -> self = array_to_string(list_reverse(string_split({{0}}, '')), '')
substr(varchar, bigint) -> same = trino_substr({{0}}, {{1}})
substr(char, bigint) -> same = trino_substr({{0}}, {{1}})
substr(varchar, bigint, bigint) -> same = trino_substr_of({{0}}, {{1}}, {{2}})
substr(char, bigint, bigint) -> same = trino_substr_of({{0}}, {{1}}, {{2}})
substring(varchar, bigint) -> same = trino_substr({{0}}, {{1}})
substring(char, bigint) -> same = trino_substr({{0}}, {{1}})
substring(varchar, bigint, bigint) -> same = trino_substr_of({{0}}, {{1}}, {{2}})
substring(char, bigint, bigint) -> same = trino_substr_of({{0}}, {{1}}, {{2}})
trim(varchar) -> same = trim({{0}}, {WHITE_SPACE})
ltrim(varchar) -> same = ltrim({{0}}, {WHITE_SPACE})
rtrim(varchar) -> same = rtrim({{0}}, {WHITE_SPACE})
trim(char) -> same = trim({{0}}, {WHITE_SPACE})
ltrim(char) -> same = ltrim(rtrim({{0}}, ' '), {WHITE_SPACE})
rtrim(char) -> same = rtrim({{0}}, {WHITE_SPACE})
trim(varchar, varchar) -> same = trim({{0}}, {{1}})
ltrim(varchar, varchar) -> same = ltrim({{0}}, {{1}})
rtrim(varchar, varchar) -> same = rtrim({{0}}, {{1}})
starts_with(varchar, varchar) -> boolean = starts_with({{0}}, {{1}})
ends_with(varchar, varchar) -> boolean = ends_with({{0}}, {{1}})
translate(varchar, varchar, varchar) -> varchar = translate({{0}}, {{1}}, {{2}})
normalize(varchar) -> varchar = nfc_normalize({{0}})
to_utf8(varchar) -> varbinary = encode({{0}})
to_hex(varbinary) -> varchar = hex({{0}})
to_base64(varbinary) -> varchar = to_base64({{0}})
to_base64url(varbinary) -> varchar = replace(replace(to_base64({{0}}), '+', '-'), '/', '_')
md5(varbinary) -> varbinary = unhex(md5({{0}}))
sha1(varbinary) -> varbinary = unhex(sha1({{0}}))
sha256(varbinary) -> varbinary = unhex(sha256({{0}}))
to_big_endian_32(integer) -> varbinary = unhex(right(hex(CAST({{0}} AS BIGINT) & 4294967295 |
    4294967296), 8))
to_big_endian_64(bigint) -> varbinary = unhex(lpad(hex({{0}}), 16, '0'))
"""


def _texts(call: Call, values: list[Typed]) -> None:
    if not all(each.type.is_a("varchar", "unknown") for each in values):
        raise call.unexpected(call.arguments())


def _concat(call: Call) -> Typed:
    arguments = call.arguments()
    if not arguments[1:]:
        raise call.unexpected(arguments)
    kind = next((each.type for each in arguments if each.type.name == "array"), None)
    if kind is not None:
        if not arguments[2:]:
            left, right = arguments
            return joined(left, right, call.at)
        same = call.common(arguments, "All concatenated arrays")
        return call.made(" || ".join(f"{{{i}}}" for i in range(len(same))), same[0].type, same)
    if not all(each.type.is_a("varchar", "unknown", "varbinary") for each in arguments):
        raise call.unexpected(arguments)
    same = call.common(arguments, "All concatenated values")
    result = VARCHAR if same[0].type.name != "varbinary" else same[0].type
    return call.made(" || ".join(f"{{{i}}}" for i in range(len(same))), result, same)


# DuckDB takes no separator for an empty one, and makes NULL of nothing but NULLs.
_JOINED = (
    "CASE WHEN {{0}} IS NOT NULL AND {0} IS NOT NULL "
    "THEN coalesce(array_to_string({0}, {{0}}), '') END"
)


def _concat_ws(call: Call) -> Typed:
    arguments = call.arguments()
    if not arguments[2:] and arguments[1:] and arguments[1].type.name == "array":
        _texts(call, [arguments[0], Typed("", arguments[1].type.item)])
        return call.made(_JOINED.format("{1}"), VARCHAR, arguments)
    if not arguments[1:]:
        raise call.unexpected(arguments)
    _texts(call, arguments)
    rest = ", ".join(f"CAST({{{i}}} AS VARCHAR)" for i in range(1, len(arguments)))
    return call.made(_JOINED.format(f"[{rest}]"), VARCHAR, arguments)


def _replace(call: Call) -> Typed:
    call.takes(2, 3)
    arguments = call.arguments()
    _texts(call, arguments)
    value = [coerce(each, VARCHAR) for each in arguments]
    kind = types.text_like(arguments[0].type)
    if not arguments[2:]:
        return call.made("replace({0}, {1}, '')", kind, value)
    sizes = [each.type.numbers for each in (arguments[0], arguments[2])]
    if all(sizes):
        longest = sizes[0][0] + sizes[1][0] * (sizes[0][0] + 1)
        kind = types.varchar(longest) if longest < _LONGEST else VARCHAR
    else:
        kind = VARCHAR
    between = "list_transform(string_split({0}, ''), LAMBDA _c : _c || {2})"
    everywhere = f"CASE WHEN {{0}} = '' THEN {{2}} ELSE {{2}} || array_to_string({between}, '') END"
    sql = f"CASE WHEN {{1}} = '' THEN {everywhere} ELSE replace({{0}}, {{1}}, {{2}}) END"
    return call.made(sql, kind, value)


def _split(call: Call) -> Typed:
    call.takes(2, 3)
    arguments = call.arguments()
    _texts(call, arguments[:2])
    kind = types.array(types.text_like(arguments[0].type))
    pieces = "string_split({0}, {1})"
    known = " OR ".join(f"{{{index}}} IS NULL" for index in range(len(arguments)))
    if arguments[2:]:
        arguments[2] = coerce(arguments[2], BIGINT)
        rest = f"[array_to_string(list_slice({pieces}, {{2}}, {_LONGEST}), {{1}})]"
        first = f"list_slice({pieces}, 1, {{2}} - 1)"
        pieces = f"CASE WHEN len({pieces}) <= {{2}} THEN {pieces} ELSE {first} || {rest} END"
        fits = f"{{2}} <= {_LONGEST} OR {known}"
        pieces = guard(fits, pieces, _WRONG, text("Limit is too large"))
        pieces = guard(f"{{2}} > 0 OR {known}", pieces, _WRONG, text("Limit must be positive"))
    what = text("The delimiter may not be the empty string")
    pieces = guard(f"{{1}} <> '' OR {known}", pieces, _WRONG, what)
    return call.made(pieces, kind, arguments)


def _strpos(call: Call) -> Typed:
    call.takes(2, 3)
    arguments = call.arguments()
    _texts(call, arguments[:2])
    if not arguments[2:]:
        return call.made("strpos({0}, {1})", BIGINT, arguments)
    arguments[2] = coerce(arguments[2], BIGINT)
    fits = "{2} <> 0 OR {0} IS NULL OR {1} IS NULL OR {2} IS NULL"
    what = text("'instance' must be a positive or negative number.")
    value = guard(fits, "trino_nth_position({0}, {1}, {2})", _WRONG, what)
    return call.made(value, BIGINT, arguments)


def _split_part(call: Call) -> Typed:
    call.takes(3)
    arguments = call.arguments()
    _texts(call, arguments[:2])
    arguments[2] = coerce(arguments[2], BIGINT)
    fits = "{2} > 0 OR {0} IS NULL OR {1} IS NULL OR {2} IS NULL"
    part = "CASE WHEN {0} <> '' OR {1} <> '' THEN string_split({0}, {1})[{2}] END"
    value = guard(fits, part, _WRONG, text("Index must be greater than zero"))
    return call.made(value, types.text_like(arguments[0].type), arguments)


def _padded(call: Call) -> Typed:
    call.takes(3)
    arguments = call.arguments()
    _texts(call, [arguments[0], arguments[2]])
    arguments[1] = coerce(arguments[1], BIGINT)
    known = "{0} IS NULL OR {1} IS NULL OR {2} IS NULL"
    value = f"{call.name}({{0}}, CAST({{1}} AS INTEGER), {{2}})"
    value = guard(
        f"{{2}} <> '' OR {known}", value, _WRONG, text("Padding string must not be empty")
    )
    what = text(f"Target length must be in the range [0..{_LONGEST}]")
    value = guard(f"{{1}} BETWEEN 0 AND {_LONGEST} OR {known}", value, _WRONG, what)
    return call.made(value, VARCHAR, arguments)


_BASE64 = "([A-Za-z0-9+/]{{4}})*([A-Za-z0-9+/]{{2}}(==)?|[A-Za-z0-9+/]{{3}}=?)?"


def _from_base64(call: Call) -> Typed:
    """from_base64, from_base64url; the filling at the end may be missing."""
    call.takes(1)
    value = call.argument(0)
    _texts(call, [value])
    plain = "{0}" if call.name == "from_base64" else "translate({0}, '-_', '+/')"
    bare = f"rtrim({plain}, '=')"
    filled = f"rpad({bare}, CAST(ceil(length({bare}) / 4.0) * 4 AS INTEGER), '=')"
    fits = f"{{0}} IS NULL OR regexp_full_match({plain}, '{_BASE64}')"
    sql = guard(fits, f"from_base64({filled})", _WRONG, text("Illegal base64 text"))
    return call.made(sql, types.VARBINARY, [value])


def _from_utf8(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if not value.type.is_a("varbinary", "unknown"):
        raise call.unexpected([value])
    what = text("from_utf8 of bytes that are no UTF-8 is not supported by the embedded Athena")
    fits = "{0} IS NULL OR TRY(decode({0})) IS NOT NULL"
    sql = guard(fits, "decode({0})", "NOT_SUPPORTED", what)
    return call.made(sql, VARCHAR, [coerce(value, types.VARBINARY)])


def _from_hex(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if value.type.name == "varbinary":
        value = value.to(f"TRY(decode({value.sql}))", VARCHAR)
    _texts(call, [value])
    fits = "{0} IS NULL OR regexp_full_match({0}, '([0-9A-Fa-f]{{2}})*')"
    sql = guard(fits, "unhex({0})", _WRONG, "'Illegal hexadecimal text: ' || {0}")
    return call.made(sql, types.VARBINARY, [value])


def _chr(call: Call) -> Typed:
    call.takes(1)
    value = coerce(call.argument(0), BIGINT)
    fits = "{0} BETWEEN 0 AND 1114111 AND {0} NOT BETWEEN 55296 AND 57343 OR {0} IS NULL"
    sql = guard(
        fits, "chr(CAST({0} AS INTEGER))", _WRONG, "'Not a valid Unicode code point: ' || {0}"
    )
    return call.made(sql, types.varchar(1), [value])


def _codepoint(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    if value.type != types.varchar(1) and value.type.name != "unknown":
        raise call.unexpected([value])
    return call.made("unicode({0})", types.INTEGER, [coerce(value, VARCHAR)])


def _levenshtein(call: Call) -> Typed:
    """DuckDB counts bytes: letters beyond ASCII are renamed first, each to one within it."""
    call.takes(2)
    arguments = call.arguments()
    _texts(call, arguments)
    value = "trino_levenshtein({0}, {1})"
    few = "len(list_distinct(string_split({0} || {1}, ''))) <= 90 OR ({0} || {1}) IS NULL"
    what = text("levenshtein_distance of more than 90 different letters is not supported here")
    ascii_only = "strlen({0} || {1}) = length({0} || {1})"
    value = guard(few, value, "NOT_SUPPORTED", what)
    sql = f"CASE WHEN {ascii_only} THEN levenshtein({{0}}, {{1}}) ELSE {value} END"
    return call.made(sql, BIGINT, arguments)


def _split_to_map(call: Call) -> Typed:
    """split_to_map, split_to_multimap."""
    call.takes(3)
    arguments = call.arguments()
    _texts(call, arguments)
    many = call.name == "split_to_multimap"
    kind = types.map_of(VARCHAR, types.array(VARCHAR) if many else VARCHAR)
    quote = "" if many else "''''"
    bad = "list_filter(trino_entries({0}, {1}), LAMBDA _p : len(string_split(_p, {2})) <> 2)"
    said = f"{quote} || ({bad})[1] || {quote}" if quote else f"({bad})[1]"
    message = f"'Key-value delimiter must appear exactly once in each entry. Bad input: ' || {said}"
    known = "{0} IS NULL OR {1} IS NULL OR {2} IS NULL"
    value = "trino_multimap({0}, {1}, {2})" if many else _single("trino_map_of({0}, {1}, {2})")
    value = guard(f"len({bad}) = 0 OR {known}", value, _WRONG, message)
    same = text("entryDelimiter and keyValueDelimiter must not be the same")
    value = guard(f"{{1}} <> {{2}} OR {known}", value, _WRONG, same)
    for place, what in ((2, "keyValueDelimiter is empty"), (1, "entryDelimiter is empty")):
        value = guard(f"{{{place}}} <> '' OR {known}", value, _WRONG, text(what))
    return call.made(value, kind, [coerce(each, VARCHAR) for each in arguments])


def _single(value: str) -> str:
    keys = "list_transform(trino_entries({0}, {1}), LAMBDA _p : split_part(_p, {2}, 1))"
    twice = f"list_filter({keys}, LAMBDA _k : len(list_filter({keys}, LAMBDA _o : _o = _k)) > 1)"
    message = f"'Duplicate keys (' || ({twice})[1] || ') are not allowed'"
    return guard(f"coalesce(len({twice}), 0) = 0", value, _WRONG, message)


def _hamming_distance(call: Call) -> Typed:
    call.takes(2)
    arguments = call.arguments()
    _texts(call, arguments)
    fits = "length({0}) = length({1}) OR {0} IS NULL OR {1} IS NULL"
    message = text("The input strings to hamming_distance function must have the same length")
    pairs = "list_zip(string_split({0}, ''), string_split({1}, ''))"
    count = f"len(list_filter({pairs}, LAMBDA _e : _e[1] <> _e[2]))"
    known = f"CASE WHEN {{0}} IS NOT NULL AND {{1}} IS NOT NULL THEN {count} END"
    values = [coerce(each, VARCHAR) for each in arguments]
    return call.made(guard(fits, known, _WRONG, message), BIGINT, values)


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "concat": _concat,
    "concat_ws": _concat_ws,
    "replace": _replace,
    "split": _split,
    "strpos": _strpos,
    "split_part": _split_part,
    "lpad": _padded,
    "rpad": _padded,
    "chr": _chr,
    "codepoint": _codepoint,
    "from_base64": _from_base64,
    "from_base64url": _from_base64,
    "from_hex": _from_hex,
    "from_utf8": _from_utf8,
    "levenshtein_distance": _levenshtein,
    "split_to_map": _split_to_map,
    "split_to_multimap": _split_to_map,
    "hamming_distance": _hamming_distance,
}
