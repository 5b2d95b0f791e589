"""The functions that look at one event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from datalfred.local.aws.logs.insights.periods import ceiling, floor
from datalfred.local.aws.logs.insights.values import Kind, Value

Args = Sequence[Value]
_MANY = 20


@dataclass(frozen=True)
class Function:
    """A function: how many arguments it takes, what it gives, and its SQL."""

    least: int
    most: int
    kind: Kind
    sql: Callable[[Args], str]


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


_IPV4 = r"'(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}'"

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
    "isvalidipv4": Function(
        1, 1, Kind.BOOLEAN, lambda a: f"coalesce(regexp_full_match({a[0].text}, {_IPV4}), false)"
    ),
    "datefloor": Function(2, 2, Kind.TIME, lambda a: floor(a[0], a[1])),
    "dateceil": Function(2, 2, Kind.TIME, lambda a: ceiling(a[0], a[1])),
    "frommillis": Function(
        1, 1, Kind.TIME, lambda a: f"make_timestamp(CAST({a[0].number} * 1000 AS BIGINT))"
    ),
    "tomillis": Function(1, 1, Kind.NUMBER, _number("(", ")")),
}
