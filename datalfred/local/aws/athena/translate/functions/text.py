"""Functions of text, binary text and regular expressions."""

import re
from collections.abc import Callable

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.casts import cast, coerce, to_text
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.macros import WHITE_SPACE
from datalfred.local.aws.athena.translate.typed import Typed, guard, text
from datalfred.local.aws.athena.translate.types import BIGINT, DOUBLE, VARCHAR

SIGNATURES = f"""
length(varchar) -> bigint = length({{0}})
length(varbinary) -> bigint = octet_length({{0}})
char_length(varchar) -> bigint = length({{0}})
character_length(varchar) -> bigint = length({{0}})
upper(varchar) -> varchar = upper({{0}})
lower(varchar) -> varchar = lower({{0}})
reverse(varchar) -> varchar = array_to_string(list_reverse(string_split({{0}}, '')), '')
substr(varchar, bigint) -> varchar = trino_substr({{0}}, {{1}})
substr(varchar, bigint, bigint) -> varchar = trino_substr_of({{0}}, {{1}}, {{2}})
substring(varchar, bigint) -> varchar = trino_substr({{0}}, {{1}})
substring(varchar, bigint, bigint) -> varchar = trino_substr_of({{0}}, {{1}}, {{2}})
trim(varchar) -> varchar = trim({{0}}, {WHITE_SPACE})
ltrim(varchar) -> varchar = ltrim({{0}}, {WHITE_SPACE})
rtrim(varchar) -> varchar = rtrim({{0}}, {WHITE_SPACE})
trim(varchar, varchar) -> varchar = trim({{0}}, {{1}})
ltrim(varchar, varchar) -> varchar = ltrim({{0}}, {{1}})
rtrim(varchar, varchar) -> varchar = rtrim({{0}}, {{1}})
lpad(varchar, bigint, varchar) -> varchar = lpad({{0}}, CAST({{1}} AS INTEGER), {{2}})
rpad(varchar, bigint, varchar) -> varchar = rpad({{0}}, CAST({{1}} AS INTEGER), {{2}})
strpos(varchar, varchar) -> bigint = strpos({{0}}, {{1}})
starts_with(varchar, varchar) -> boolean = starts_with({{0}}, {{1}})
ends_with(varchar, varchar) -> boolean = ends_with({{0}}, {{1}})
translate(varchar, varchar, varchar) -> varchar = translate({{0}}, {{1}}, {{2}})
chr(bigint) -> varchar = chr(CAST({{0}} AS INTEGER))
codepoint(varchar) -> integer = unicode({{0}})
normalize(varchar) -> varchar = nfc_normalize({{0}})
concat_ws(varchar, array(varchar)) -> varchar = array_to_string({{1}}, {{0}})
to_utf8(varchar) -> varbinary = encode({{0}})
from_utf8(varbinary) -> varchar = decode({{0}})
to_hex(varbinary) -> varchar = hex({{0}})
from_hex(varchar) -> varbinary = unhex({{0}})
to_base64(varbinary) -> varchar = to_base64({{0}})
from_base64(varchar) -> varbinary = from_base64({{0}})
md5(varbinary) -> varbinary = unhex(md5({{0}}))
sha1(varbinary) -> varbinary = unhex(sha1({{0}}))
sha256(varbinary) -> varbinary = unhex(sha256({{0}}))
regexp_like(varchar, varchar) -> boolean = regexp_matches({{0}}, {{1}})
regexp_extract_all(varchar, varchar) -> array(varchar) = regexp_extract_all({{0}}, {{1}})
regexp_split(varchar, varchar) -> array(varchar) = string_split_regex({{0}}, {{1}})
regexp_count(varchar, varchar) -> bigint = len(regexp_extract_all({{0}}, {{1}}))
url_decode(varchar) -> varchar = url_decode(replace({{0}}, '+', ' '))
url_encode(varchar) -> varchar = replace(replace(replace(url_encode({{0}}), '%20', '+'), '~',
    '%7E'), '%2A', '*')
url_extract_protocol(varchar) -> varchar = nullif(regexp_extract({{0}},
    '^([A-Za-z][A-Za-z0-9+.-]*):', 1), '')
url_extract_host(varchar) -> varchar = nullif(regexp_extract({{0}},
    '^[A-Za-z][A-Za-z0-9+.-]*://([^/?#@]*@)?([^/?#:]+)', 2), '')
url_extract_port(varchar) -> bigint = CAST(nullif(regexp_extract({{0}},
    '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*:([0-9]+)', 1), '') AS BIGINT)
url_extract_path(varchar) -> varchar = url_decode(regexp_extract({{0}},
    '^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*([^?#]*)', 1))
url_extract_query(varchar) -> varchar = CASE WHEN regexp_matches({{0}}, '^[^?#]*[?]') THEN
    url_decode(regexp_extract({{0}}, '[?]([^#]*)', 1)) END
url_extract_fragment(varchar) -> varchar = CASE WHEN contains({{0}}, '#') THEN
    url_decode(regexp_extract({{0}}, '#(.*)$', 1)) END
"""


def _concat(call: Call) -> Typed:
    arguments = call.arguments()
    if not arguments[1:]:
        raise call.unexpected(arguments)
    kind = next((each.type for each in arguments if each.type.name == "array"), None)
    if kind is not None:
        same = call.common(arguments, "All concatenated arrays")
        return call.made(" || ".join(f"{{{i}}}" for i in range(len(same))), same[0].type, same)
    if not all(each.type.is_a("varchar", "unknown", "varbinary") for each in arguments):
        raise call.unexpected(arguments)
    same = call.common(arguments, "All concatenated values")
    result = VARCHAR if same[0].type.name != "varbinary" else same[0].type
    return call.made(" || ".join(f"{{{i}}}" for i in range(len(same))), result, same)


def _concat_ws(call: Call) -> Typed:
    arguments = call.arguments()
    if not arguments[2:] and arguments[-1].type.name == "array":
        return call.made("array_to_string({1}, {0})", VARCHAR, arguments)
    if not arguments[1:] or not all(e.type.is_a("varchar", "unknown") for e in arguments):
        raise call.unexpected(arguments)
    rest = ", ".join(f"CAST({{{i}}} AS VARCHAR)" for i in range(1, len(arguments)))
    return call.made(f"array_to_string([{rest}], {{0}})", VARCHAR, arguments)


def _replace(call: Call) -> Typed:
    call.takes(2, 3)
    arguments = call.arguments()
    if not all(each.type.is_a("varchar", "unknown") for each in arguments):
        raise call.unexpected(arguments)
    if arguments[1].constant is None or not arguments[1].constant:
        raise not_supported("replace of a computed or empty text", at=call.at)
    template = "replace({0}, {1}, {2})" if arguments[2:] else "replace({0}, {1}, '')"
    return call.made(template, VARCHAR, arguments)


def _split(call: Call) -> Typed:
    call.takes(2, 3)
    arguments = call.arguments()
    if not call.constant(1):
        raise StatementError(
            "INVALID_FUNCTION_ARGUMENT", "The delimiter may not be the empty string", at=call.at
        )
    kind = types.array(VARCHAR)
    if not arguments[2:]:
        return call.made("string_split({0}, {1})", kind, arguments)
    rest = "[array_to_string(list_slice(string_split({0}, {1}), {2}, 1000000000), {1})]"
    first = "list_slice(string_split({0}, {1}), 1, {2} - 1)"
    short = "len(string_split({0}, {1})) <= {2}"
    whole = "string_split({0}, {1})"
    return call.made(f"CASE WHEN {short} THEN {whole} ELSE {first} || {rest} END", kind, arguments)


def _strpos(call: Call) -> Typed:
    call.takes(2, 3)
    arguments = call.arguments()
    if not all(each.type.is_a("varchar", "unknown") for each in arguments[:2]):
        raise call.unexpected(arguments)
    if not arguments[2:]:
        return call.made("strpos({0}, {1})", BIGINT, arguments)
    value = "trino_utf8_position({0}, {1}, {2})"
    fits = "({2} > 0 AND {1} <> '') OR {0} IS NULL OR {1} IS NULL OR {2} IS NULL"
    what = text("strpos with this instance is not supported by the embedded Athena")
    return call.made(guard(fits, value, "NOT_SUPPORTED", what), BIGINT, arguments)


def _regexp_extract(call: Call) -> Typed:
    call.takes(2, 3)
    arguments = call.arguments()
    pattern = call.constant(1)
    group = 0
    if arguments[2:]:
        group = call.whole(2)
    value = f"regexp_extract({{0}}, {{1}}, {group})"
    if group and re.search(r"\)[?*]|\)\{0|\|", pattern):
        # DuckDB cannot tell a group that took no part (NULL in Trino) from one that took nothing.
        what = text("regexp_extract of a group that may take no part is not supported here")
        fits = f"NOT regexp_matches({{0}}, {{1}}) OR {value} <> '' OR {{0}} IS NULL"
        value = guard(fits, value, "NOT_SUPPORTED", what)
    return call.made(f"CASE WHEN regexp_matches({{0}}, {{1}}) THEN {value} END", VARCHAR, arguments)


def _split_part(call: Call) -> Typed:
    call.takes(3)
    arguments = call.arguments()
    fits = "{2} > 0 OR {2} IS NULL"
    what = text("Index must be greater than zero")
    value = guard(fits, "string_split({0}, {1})[{2}]", "INVALID_FUNCTION_ARGUMENT", what)
    return call.made(value, VARCHAR, arguments)


def _levenshtein(call: Call) -> Typed:
    call.takes(2)
    arguments = call.arguments()
    plain = "strlen({0} || {1}) = length({0} || {1}) OR ({0} || {1}) IS NULL"
    what = text("levenshtein_distance of letters beyond ASCII is not supported here")
    value = guard(plain, "levenshtein({0}, {1})", "NOT_SUPPORTED", what)
    return call.made(value, BIGINT, arguments)


def _regexp_extract_all(call: Call) -> Typed:
    call.takes(2, 3)
    arguments = call.arguments()
    kind = types.array(VARCHAR)
    if not arguments[2:]:
        return call.made("regexp_extract_all({0}, {1})", kind, arguments)
    if re.search(r"\)[?*]|\)\{0|\|", call.constant(1)):
        raise not_supported("regexp_extract_all of a group that may take no part", at=call.at)
    return call.made("regexp_extract_all({0}, {1}, {2})", kind, arguments)


def _regexp_replace(call: Call) -> Typed:
    call.takes(2, 3)
    if isinstance(call.nodes[-1], exp.Lambda):
        raise not_supported("regexp_replace with a function", at=call.at)
    arguments = call.arguments()
    if not arguments[2:]:
        return call.made("regexp_replace({0}, {1}, '', 'g')", VARCHAR, arguments)
    written = _replacement(call, call.constant(2))
    return call.made(f"regexp_replace({{0}}, {{1}}, {text(written)}, 'g')", VARCHAR, arguments[:2])


def _replacement(call: Call, written: str) -> str:
    r"""Java's ``$1`` and ``\$`` as RE2's ``\1`` and ``$``."""
    pieces = []
    for token in re.findall(r"\\.|\$\d|\$\{\w+\}|[^\\$]+|.", written, re.DOTALL):
        if re.fullmatch(r"\$\d", token):
            pieces.append("\\" + token[1])
        elif token.startswith("$"):
            raise not_supported("a named group in a replacement", at=call.at)
        elif token.startswith("\\"):
            pieces.append("\\\\" if token[1:] == "\\" else token[1:])
        else:
            pieces.append(token)
    return "".join(pieces).replace("{", "{{").replace("}", "}}")


def _format(call: Call) -> Typed:
    arguments = call.arguments()
    if not arguments:
        raise call.unexpected(arguments)
    written = call.constant(0)
    specifiers = re.findall(r"%(.*?[a-zA-Z%])", written)
    if not all(re.fullmatch(r"%|-?\d*s|0?\d*d|,?d|(0?\d*|,)?\.\d+f", each) for each in specifiers):
        raise not_supported(f"format({text(written)})", at=call.at)
    values = []
    used = [each for each in specifiers if each != "%"]
    if len(used) != len(arguments) - 1:
        raise not_supported("format with more or fewer values than places", at=call.at)
    for specifier, value in zip(used, arguments[1:], strict=True):
        values.append(_formatted(call, specifier, value))
    rest = "".join(f", {{{i}}}" for i in range(len(values)))
    literal = text(written).replace("{", "{{").replace("}", "}}")
    return call.made(f"printf({literal}{rest})", VARCHAR, values)


def _formatted(call: Call, specifier: str, value: Typed) -> Typed:
    letter = specifier[-1]
    fits = {"s": ("varchar", *types.INTEGERS, "decimal", "boolean", "date"), "d": types.INTEGERS}
    if not value.type.is_a(*fits.get(letter, ("double", "real", "decimal"))):
        raise not_supported(f"format of {value.type} as %{specifier}", at=call.at)
    if letter == "s":
        return value.to(f"coalesce({to_text(value.type, value.sql)}, 'null')", VARCHAR)
    if letter == "f":
        # Java rounds the number's shortest text half up, C its binary value half to even.
        rounded = types.decimal(types.MAX_PRECISION, int(specifier[:-1].rpartition(".")[2]))
        return coerce(cast(value, rounded, call.at), DOUBLE)
    return value


def _url_extract_parameter(call: Call) -> Typed:
    call.takes(2)
    arguments = call.arguments()
    name = re.escape(call.constant(1)).replace("{", "{{").replace("}", "}}")
    pattern = text(f"[?&]{name}=([^&#]*)")
    decoded = f"url_decode(replace(regexp_extract({{0}}, {pattern}, 1), '+', ' '))"
    found = f"CASE WHEN regexp_matches({{0}}, {pattern}) THEN {decoded} END"
    return call.made(found, VARCHAR, arguments[:1])


def _split_to_map(call: Call) -> Typed:
    call.takes(3)
    arguments = call.arguments()
    call.constant(1)
    call.constant(2)
    rest = "array_to_string(list_slice(string_split(_p, {2}), 2, 1000000000), {2})"
    entry = f"{{{{'key': split_part(_p, {{2}}, 1), 'value': {rest}}}}}"
    value = f"map_from_entries(list_transform(string_split({{0}}, {{1}}), LAMBDA _p : {entry}))"
    return call.made(value, types.map_of(VARCHAR, VARCHAR), arguments)


def _hamming_distance(call: Call) -> Typed:
    call.takes(2)
    arguments = call.arguments()
    fits = "length({0}) = length({1}) OR {0} IS NULL OR {1} IS NULL"
    message = text("The input strings to hamming_distance function must have the same length")
    value = guard(fits, "hamming({0}, {1})", "INVALID_FUNCTION_ARGUMENT", message)
    return call.made(value, BIGINT, arguments)


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "concat": _concat,
    "concat_ws": _concat_ws,
    "replace": _replace,
    "split": _split,
    "strpos": _strpos,
    "split_part": _split_part,
    "levenshtein_distance": _levenshtein,
    "regexp_extract": _regexp_extract,
    "regexp_extract_all": _regexp_extract_all,
    "regexp_replace": _regexp_replace,
    "format": _format,
    "url_extract_parameter": _url_extract_parameter,
    "split_to_map": _split_to_map,
    "hamming_distance": _hamming_distance,
}
