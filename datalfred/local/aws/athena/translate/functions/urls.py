"""Functions of URLs, which Trino reads with ``java.net.URI``.

Source: https://trino.io/docs/current/functions/url.html
"""

from collections.abc import Callable

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, guard
from datalfred.local.aws.athena.translate.types import BIGINT, VARCHAR

_LONGEST = 2**31 - 1
_SCHEME = "[A-Za-z][A-Za-z0-9+.-]*"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_NAME = f"(?:{_LABEL}[.])*[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?[.]?"
_IP = "[0-9]{1,3}(?:[.][0-9]{1,3}){3}"
# What java.net.URI takes for a URI; anything else is NULL.
_VALID = (
    "([!$&-;=?@A-Z_a-z~]|%[0-9A-Fa-f]{2}|[^\\x00-\\x{a0}])*"
    "(#([!$&-;=?@A-Z_a-z~]|%[0-9A-Fa-f]{2}|[^\\x00-\\x{a0}])*)?"
)
_AUTHORITY = f"^(?:{_SCHEME}:)?//(?:[^/?#@]*@)?({_NAME}|{_IP})(?::([0-9]*))?(?:[/?#]|$)"
_OPAQUE = f"^{_SCHEME}:[^/]"

_PARTS = {
    "url_extract_protocol": f"regexp_extract({{0}}, '^({_SCHEME}):', 1)",
    "url_extract_host": f"regexp_extract({{0}}, '{_AUTHORITY}', 1)",
    "url_extract_path": (
        f"CASE WHEN regexp_matches({{0}}, '{_OPAQUE}') THEN '' ELSE url_decode("
        f"regexp_extract({{0}}, '^(?:{_SCHEME}:)?(?://[^/?#]*)?([^?#]*)', 1)) END"
    ),
    "url_extract_query": (
        f"CASE WHEN regexp_matches({{0}}, '{_OPAQUE}') THEN '' ELSE url_decode("
        "regexp_extract({0}, '^[^?#]*[?]([^#]*)', 1)) END"
    ),
    "url_extract_fragment": "url_decode(regexp_extract({0}, '#(.*)$', 1))",
}


def _braced(sql: str) -> str:
    """The template's own braces doubled, but for the argument's place."""
    return sql.replace("{", "{{").replace("}", "}}").replace("{{0}}", "{0}").replace("{{1}}", "{1}")


def _of_url(value: str) -> str:
    valid = f"regexp_full_match({{0}}, '{_VALID}')"
    return _braced(f"CASE WHEN {valid} THEN {value} END")


def _url(call: Call, count: int = 1) -> list[Typed]:
    call.takes(count)
    arguments = call.arguments()
    if not all(each.type.is_a("varchar", "unknown") for each in arguments):
        raise call.unexpected(arguments)
    return arguments


def _part(call: Call) -> Typed:
    arguments = _url(call)
    kind = types.text_like(arguments[0].type)
    return call.made(_of_url(_PARTS[call.name]), kind, arguments)


def _port(call: Call) -> Typed:
    arguments = _url(call)
    port = f"CAST(nullif(regexp_extract({{0}}, '{_AUTHORITY}', 2), '') AS BIGINT)"
    return call.made(_of_url(port), BIGINT, arguments)


def _parameter(call: Call) -> Typed:
    """The first parameter of that name; one without ``=`` is empty."""
    arguments = _url(call, 2)
    query = "regexp_extract({0}, '^[^?#]*[?]([^#]*)', 1)"
    named = "_q = {1} OR starts_with(_q, {1} || '=')"
    found = f"list_filter(string_split({query}, '&'), LAMBDA _q : {named})[1]"
    decoded = f"url_decode(replace(substr({found}, length({{1}}) + 2), '+', ' '))"
    asked = f"CASE WHEN regexp_matches({{0}}, '^[^?#]*[?]') THEN {decoded} END"
    kind = types.text_like(arguments[0].type)
    return call.made(_of_url(asked), kind, arguments)


def _decode(call: Call) -> Typed:
    arguments = _url(call)
    kind = types.text_like(arguments[0].type)
    fits = "regexp_full_match({0}, '([^%]|%[0-9A-Fa-f]{{2}})*') OR {0} IS NULL"
    what = "'URLDecoder: Illegal hex characters in escape (%) pattern: ' || {0}"
    value = guard(fits, "url_decode(replace({0}, '+', ' '))", "INVALID_FUNCTION_ARGUMENT", what)
    return call.made(value, kind, arguments)


def _encode(call: Call) -> Typed:
    arguments = _url(call)
    length = arguments[0].type.numbers
    bounded = length and length[0] * 12 <= _LONGEST
    kind = types.varchar(length[0] * 12) if bounded else VARCHAR
    plain = "replace(replace(replace(url_encode({0}), '%20', '+'), '~', '%7E'), '%2A', '*')"
    return call.made(plain, kind, arguments)


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    **dict.fromkeys(_PARTS, _part),
    "url_extract_port": _port,
    "url_extract_parameter": _parameter,
    "url_decode": _decode,
    "url_encode": _encode,
}
