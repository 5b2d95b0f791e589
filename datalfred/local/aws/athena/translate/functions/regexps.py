"""Functions of regular expressions."""

from collections.abc import Callable

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.patterns import Pattern, pattern, replacement
from datalfred.local.aws.athena.translate.typed import Typed, guard, text
from datalfred.local.aws.athena.translate.types import BIGINT, BOOLEAN, VARCHAR, Type

_LONGEST = 2**31 - 1


def _read(call: Call) -> tuple[list[Typed], Pattern]:
    """The arguments and the pattern, which must be a literal."""
    arguments = call.arguments()
    if not all(each.type.is_a("varchar", "unknown") for each in arguments[:2]):
        raise call.unexpected(arguments)
    if arguments[1].type.name == "unknown":
        return arguments, Pattern("")
    return arguments, pattern(call.constant(1), call.at)


def _made(call: Call, template: str, kind: Type, arguments: list[Typed], found: Pattern) -> Typed:
    """The call, refused for the texts that RE2 would match otherwise; ``{p}`` is the pattern."""
    if arguments[1].type.name == "unknown":
        return call.made("NULL", kind, arguments[:1])
    template = template.replace("{p}", _braced(text(found.text)))
    fits = []
    if found.end:
        fits.append("NOT ends_with({0}, chr(10))")
    if found.edge:
        fits.append("strlen({0}) = length({0})")
    if fits:
        what = text("this regular expression on a text with such letters or line ends is refused")
        known = f"{{0}} IS NULL OR ({' AND '.join(fits)})"
        template = guard(known, template, "NOT_SUPPORTED", what)
    return call.made(template, kind, arguments)


def _braced(sql: str) -> str:
    return sql.replace("{", "{{").replace("}", "}}")


def _needs_text(call: Call, found: Pattern) -> None:
    """Refuses a pattern that may match nothing: Joni and RE2 go on from there differently."""
    if found.nothing:
        raise not_supported(f"{call.name} of a pattern that may match nothing", at=call.at)


def _group(call: Call, found: Pattern) -> int:
    group = call.whole(2) if call.nodes[2:] else 0
    if group < 0:
        raise StatementError("INVALID_FUNCTION_ARGUMENT", "Group cannot be negative")
    if group > len(found.names):
        message = f"Pattern has {len(found.names)} groups. Cannot access group {group}"
        raise StatementError("INVALID_FUNCTION_ARGUMENT", message)
    return group


def _like(call: Call) -> Typed:
    call.takes(2)
    arguments, found = _read(call)
    return _made(call, "regexp_matches({0}, {p})", BOOLEAN, arguments[:2], found)


def _extract(call: Call) -> Typed:
    call.takes(2, 3)
    arguments, found = _read(call)
    group = _group(call, found)
    value = f"regexp_extract({{0}}, {{p}}, {group})"
    if group and found.optional:
        # DuckDB cannot tell a group that took no part (NULL in Trino) from one that took nothing.
        what = text("regexp_extract of a group that may take no part is not supported here")
        fits = f"NOT regexp_matches({{0}}, {{p}}) OR {value} <> '' OR {{0}} IS NULL"
        value = guard(fits, value, "NOT_SUPPORTED", what)
    template = f"CASE WHEN regexp_matches({{0}}, {{p}}) THEN {value} END"
    return _made(call, template, types.text_like(arguments[0].type), arguments[:2], found)


def _extract_all(call: Call) -> Typed:
    call.takes(2, 3)
    arguments, found = _read(call)
    group = _group(call, found)
    _needs_text(call, found)
    kind = types.array(types.text_like(arguments[0].type))
    template = f"regexp_extract_all({{0}}, {{p}}, {group})"
    if group and found.optional:
        raise not_supported("regexp_extract_all of a group that may take no part", at=call.at)
    return _made(call, template, kind, arguments[:2], found)


def _split(call: Call) -> Typed:
    call.takes(2)
    arguments, found = _read(call)
    _needs_text(call, found)
    kind = types.array(types.text_like(arguments[0].type))
    return _made(call, "string_split_regex({0}, {p})", kind, arguments, found)


def _count(call: Call) -> Typed:
    call.takes(2)
    arguments, found = _read(call)
    _needs_text(call, found)
    return _made(call, "len(regexp_extract_all({0}, {p}))", BIGINT, arguments, found)


def _position(call: Call) -> Typed:
    """Where the first match begins, from 1; -1 where there is none."""
    call.takes(2)
    arguments, found = _read(call)
    _needs_text(call, found)
    before = "length(string_split_regex({0}, {p})[1]) + 1"
    template = f"CASE WHEN regexp_matches({{0}}, {{p}}) THEN {before} ELSE -1 END"
    template = f"CASE WHEN {{0}} IS NOT NULL THEN CAST({template} AS INTEGER) END"
    return _made(call, template, types.INTEGER, arguments, found)


def _replace(call: Call) -> Typed:
    call.takes(2, 3)
    if isinstance(call.nodes[-1], exp.Lambda):
        raise not_supported("regexp_replace with a function", at=call.at)
    arguments, found = _read(call)
    kind = types.text_like(arguments[0].type)
    written = ""
    if arguments[2:]:
        if arguments[2].type.name == "unknown":
            return call.made("NULL", VARCHAR, arguments[:1])
        plain = call.constant(2)
        written = replacement(plain, found, call.at)
        kind = _replaced_type(kind, len(plain))
    if written and found.text:
        _needs_text(call, found)
    template = f"regexp_replace({{0}}, {{p}}, {_braced(text(written))}, 'g')"
    return _made(call, template, kind, arguments[:2], found)


def _replaced_type(kind: Type, length: int) -> Type:
    """The length that Trino gives the result of a replacement."""
    if not kind.numbers:
        return VARCHAR
    (size,) = kind.numbers
    longest = size + max(size * length // 2, length) * (size + 1)
    return types.varchar(longest) if longest < _LONGEST else VARCHAR


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "regexp_like": _like,
    "regexp_extract": _extract,
    "regexp_extract_all": _extract_all,
    "regexp_split": _split,
    "regexp_count": _count,
    "regexp_position": _position,
    "regexp_replace": _replace,
}
