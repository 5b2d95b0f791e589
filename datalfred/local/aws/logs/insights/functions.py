"""The functions that look at one event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datalfred.local.aws.logs.insights.dates import is_format, is_zone, java_format
from datalfred.local.aws.logs.insights.periods import ceiling, floor
from datalfred.local.aws.logs.insights.values import Kind, Value, quoted

Args = Sequence[Value]
_MANY = 20


@dataclass(frozen=True)
class Function:
    """A function: how many arguments it takes, what it gives, and its SQL."""

    least: int
    most: int
    kind: Kind
    sql: Callable[[Args], str]
    problem: Callable[[Args], str] = lambda _: ""
    """What is wrong with arguments, where their number and kinds do not say it."""


def _number(*parts: str) -> Callable[[Args], str]:
    """SQL made of its parts with the arguments, as numbers, between them."""
    return lambda args: _joined(parts, [arg.number for arg in args])


def _text(*parts: str) -> Callable[[Args], str]:
    return lambda args: _joined(parts, [arg.text for arg in args])


def _joined(parts: Sequence[str], args: Sequence[str]) -> str:
    return parts[0] + ", ".join(args) + parts[1]


def _round(args: Args) -> str:
    digits = f"CAST({args[1].number} AS INTEGER)" if len(args) > 1 else "0"
    return f"round({args[0].number}, {digits})"


def _trim(name: str) -> Callable[[Args], str]:
    def sql(args: Args) -> str:
        # Without a second argument every kind of white space goes, in DuckDB blanks only.
        signs = args[1].text if len(args) > 1 else "E' \\t\\r\\n\\f\\v'"
        return f"{name}({args[0].text}, {signs})"

    return sql


def _substr(args: Args) -> str:
    length = f", CAST({args[2].number} AS BIGINT)" if len(args) > 2 else ""  # noqa: PLR2004 -- the third
    return f"substr({args[0].text}, CAST({args[1].number} AS BIGINT) + 1{length})"


def _contains(args: Args) -> str:
    text, wanted = args[0].text, args[1].text
    if len(args) > 2:  # noqa: PLR2004 -- the third
        folded = f"contains(lower({text}), lower({wanted}))"
        found = f"CASE WHEN {args[2].condition} THEN {folded} ELSE contains({text}, {wanted}) END"
    else:
        found = f"contains({text}, {wanted})"
    return f"CAST({found} AS DOUBLE)"


def _flag(name: str) -> Callable[[Args], str]:
    return lambda args: f"CAST({name}({args[0].text}, {args[1].text}) AS DOUBLE)"


def _case(args: Args) -> str:
    pairs = [
        f"WHEN {args[i].condition} THEN {args[i + 1].text}" for i in range(0, len(args) - 1, 2)
    ]
    default = f" ELSE {args[-1].text}" if len(args) % 2 else ""
    return f"CASE {' '.join(pairs)}{default} END"


def _literal(args: Args, place: int) -> str | None:
    """An argument that stands in the query as a string."""
    literal = args[place].literal if place < len(args) else None
    return literal if isinstance(literal, str) else None


def _zone(args: Args) -> str:
    return quoted(_literal(args, 2) or "UTC")


def _zone_problem(args: Args) -> str:
    zone = _literal(args, 2)
    if len(args) > 2 and (zone is None or not is_zone(zone)):  # noqa: PLR2004 -- the third
        return "takes the name of a time zone"
    return ""


def _parse_date(args: Args) -> str:
    form = java_format(_literal(args, 1) or "") or ""
    parsed = f"try_strptime({args[0].text}, {quoted(form)})"
    return f"CAST(epoch_ms(timezone({_zone(args)}, CAST({parsed} AS TIMESTAMP))) AS DOUBLE)"


def _parse_problem(args: Args) -> str:
    pattern = _literal(args, 1)
    if pattern is None or java_format(pattern) is None:
        return f"with the pattern {pattern} is not supported"
    return _zone_problem(args)


def _format_date(args: Args) -> str:
    local = f"timezone({_zone(args)}, timezone('UTC', {args[0].sql}))"
    return f"strftime({local}, {quoted(_literal(args, 1) or '')})"


def _format_problem(args: Args) -> str:
    if args[0].kind is not Kind.TIME:
        return "takes a time"
    form = _literal(args, 1)
    if form is None or not is_format(form):
        return f"with the format {form} is not supported"
    return _zone_problem(args)


def _hexadecimal(args: Args) -> str:
    number = f"CAST(trunc({args[0].number}) AS BIGINT)"
    return f"CASE WHEN {number} < 0 THEN '-' ELSE '' END || format('0x{{:x}}', abs({number}))"


def _decimal(args: Args) -> str:
    digits = f"regexp_replace(lower({args[0].text}), '^0x', '')"
    valid = f"regexp_full_match({digits}, '[0-9a-f]{{1,15}}')"
    return f"CASE WHEN {valid} THEN CAST(CAST('0x' || {digits} AS BIGINT) AS DOUBLE) END"


def _items(args: Args) -> str:
    return f"json_list({args[0].shown})"


def _contained(args: Args) -> str:
    texts = f"list_transform({_items(args)}, lambda item: item->>'$')"
    return f"coalesce(list_contains({texts}, {args[1].text}), false)"


_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


def _private(args: Args) -> str:
    networks = " OR ".join(f"in_network4({args[0].text}, '{network}')" for network in _PRIVATE)
    return f"({networks})"


def _in_network(*versions: int) -> Callable[[Args], str]:
    return lambda args: (
        "(" + " OR ".join(f"in_network{v}({args[0].text}, {args[1].text})" for v in versions) + ")"
    )


def _is_address(*versions: int) -> Callable[[Args], str]:
    return lambda args: (
        "(" + " OR ".join(f"ipv{v}({args[0].text}) IS NOT NULL" for v in versions) + ")"
    )


FUNCTIONS: dict[str, Function] = {
    "abs": Function(1, 1, Kind.NUMBER, _number("abs(", ")")),
    "ceil": Function(1, 1, Kind.NUMBER, _number("ceil(", ")")),
    "floor": Function(1, 1, Kind.NUMBER, _number("floor(", ")")),
    "greatest": Function(1, _MANY, Kind.NUMBER, _number("greatest(", ")")),
    "least": Function(1, _MANY, Kind.NUMBER, _number("least(", ")")),
    "log": Function(
        1, 1, Kind.NUMBER, lambda a: f"CASE WHEN {a[0].number} > 0 THEN ln({a[0].number}) END"
    ),
    "sqrt": Function(
        1, 1, Kind.NUMBER, lambda a: f"CASE WHEN {a[0].number} >= 0 THEN sqrt({a[0].number}) END"
    ),
    "round": Function(1, 2, Kind.NUMBER, _round),
    "tonumber": Function(1, 1, Kind.NUMBER, _number("(", ")")),
    "todouble": Function(1, 1, Kind.NUMBER, _number("(", ")")),
    "toint": Function(1, 1, Kind.NUMBER, _number("trunc(", ")")),
    "tolong": Function(1, 1, Kind.NUMBER, _number("trunc(", ")")),
    "strlen": Function(1, 1, Kind.NUMBER, _text("CAST(length(", ") AS DOUBLE)")),
    "messagesize": Function(1, 1, Kind.NUMBER, _text("CAST(strlen(", ") AS DOUBLE)")),
    "toupper": Function(1, 1, Kind.TEXT, _text("upper(", ")")),
    "tolower": Function(1, 1, Kind.TEXT, _text("lower(", ")")),
    "concat": Function(1, _MANY, Kind.TEXT, _text("concat(", ")")),
    "trim": Function(1, 2, Kind.TEXT, _trim("trim")),
    "ltrim": Function(1, 2, Kind.TEXT, _trim("ltrim")),
    "rtrim": Function(1, 2, Kind.TEXT, _trim("rtrim")),
    "substr": Function(2, 3, Kind.TEXT, _substr),
    "replace": Function(3, 3, Kind.TEXT, _text("replace(", ")")),
    "regexreplace": Function(3, 3, Kind.TEXT, _text("regexp_replace(", ", 'g')")),
    "strcontains": Function(2, 3, Kind.NUMBER, _contains),
    "startswith": Function(2, 2, Kind.NUMBER, _flag("starts_with")),
    "endswith": Function(2, 2, Kind.NUMBER, _flag("ends_with")),
    "urlencode": Function(1, 1, Kind.TEXT, _text("url_encode(", ")")),
    "urldecode": Function(1, 1, Kind.TEXT, _text("url_decode(", ")")),
    "base64encode": Function(1, 1, Kind.TEXT, _text("to_base64(encode(", "))")),
    "base64decode": Function(1, 1, Kind.TEXT, _text("TRY(decode(from_base64(", ")))")),
    "isempty": Function(1, 1, Kind.NUMBER, _text("CAST(coalesce((", ") = '', true) AS DOUBLE)")),
    "isblank": Function(
        1, 1, Kind.NUMBER, lambda a: f"CAST(coalesce({_trim('trim')(a)} = '', true) AS DOUBLE)"
    ),
    "ispresent": Function(1, 1, Kind.BOOLEAN, lambda a: f"({a[0].sql} IS NOT NULL)"),
    "isnumeric": Function(1, 1, Kind.BOOLEAN, lambda a: f"({a[0].number} IS NOT NULL)"),
    "coalesce": Function(1, _MANY, Kind.TEXT, _text("coalesce(", ")")),
    "case": Function(2, 21, Kind.TEXT, _case),
    "if": Function(3, 3, Kind.TEXT, _case),
    "isvalidip": Function(1, 1, Kind.BOOLEAN, _is_address(4, 6)),
    "isvalidipv4": Function(1, 1, Kind.BOOLEAN, _is_address(4)),
    "isvalidipv6": Function(1, 1, Kind.BOOLEAN, _is_address(6)),
    "isipinsubnet": Function(2, 2, Kind.BOOLEAN, _in_network(4, 6)),
    "isipv4insubnet": Function(2, 2, Kind.BOOLEAN, _in_network(4)),
    "isipv6insubnet": Function(2, 2, Kind.BOOLEAN, _in_network(6)),
    "isprivateip": Function(1, 1, Kind.BOOLEAN, _private),
    "ipv4tonumber": Function(1, 1, Kind.NUMBER, _text("CAST(ipv4(", ") AS DOUBLE)")),
    "jsonparse": Function(1, 1, Kind.STRUCTURE, lambda a: f"json_structure({a[0].shown})"),
    "jsonstringify": Function(
        1, 1, Kind.TEXT, lambda a: f"CAST(json_structure({a[0].shown}) AS VARCHAR)"
    ),
    "jsonarraysize": Function(1, 1, Kind.NUMBER, lambda a: f"CAST(len({_items(a)}) AS DOUBLE)"),
    "jsonarraycontains": Function(2, 2, Kind.BOOLEAN, _contained),
    "split": Function(2, 2, Kind.STRUCTURE, _text("to_json(string_split(", "))")),
    "hextoascii": Function(1, 1, Kind.TEXT, _text("TRY(decode(unhex(", ")))")),
    "hextodec": Function(1, 1, Kind.NUMBER, _decimal),
    "dectohex": Function(1, 1, Kind.TEXT, _hexadecimal),
    "parsedate": Function(2, 3, Kind.NUMBER, _parse_date, _parse_problem),
    "formatdate": Function(2, 3, Kind.TEXT, _format_date, _format_problem),
    "strftime": Function(2, 3, Kind.TEXT, _format_date, _format_problem),
    "datefloor": Function(2, 2, Kind.TIME, lambda a: floor(a[0], a[1])),
    "dateceil": Function(2, 2, Kind.TIME, lambda a: ceiling(a[0], a[1])),
    "frommillis": Function(
        1, 1, Kind.TIME, lambda a: f"make_timestamp(CAST({a[0].number} * 1000 AS BIGINT))"
    ),
    "tomillis": Function(1, 1, Kind.NUMBER, _number("(", ")")),
}
