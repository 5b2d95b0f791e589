"""Every function by its name, and what is said about a name that is none."""

from collections.abc import Callable
from functools import cache

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate.functions import (
    codes,
    collections,
    conditions,
    documents,
    formatting,
    maps,
    moments,
    numbers,
    orders,
    readings,
    regexps,
    searches,
    sqljson,
    text,
    urls,
)
from datalfred.local.aws.athena.translate.functions.aggregates import AGGREGATES, WINDOWS
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.functions.refused import REFUSED
from datalfred.local.aws.athena.translate.functions.signatures import Signature, choose, parse
from datalfred.local.aws.athena.translate.typed import Typed

_ROOMS = (text, numbers, moments, collections, documents)


@cache
def _known() -> tuple[dict[str, list[Signature]], dict[str, Callable[[Call], Typed]]]:
    signatures: dict[str, list[Signature]] = {}
    builders: dict[str, Callable[[Call], Typed]] = {
        **conditions.BUILDERS,
        **readings.BUILDERS,
        **regexps.BUILDERS,
        **sqljson.BUILDERS,
        **urls.BUILDERS,
        **codes.BUILDERS,
        **maps.BUILDERS,
        **searches.BUILDERS,
        **orders.BUILDERS,
        "format": formatting.format_call,
    }
    for room in _ROOMS:
        for name, lines in parse(room.SIGNATURES).items():
            signatures.setdefault(name, []).extend(lines)
        builders.update(room.BUILDERS)
    return signatures, builders


def call_function(call: Call) -> Typed:
    """The scalar function call as DuckDB's text.

    Raises:
        StatementError: FUNCTION_NOT_FOUND, or a function that is not supported here.
    """
    signatures, builders = _known()
    if call.name in builders:
        return builders[call.name](call)
    if call.name in signatures:
        arguments = call.arguments()
        found = choose(signatures[call.name], arguments)
        if found is None:
            raise call.unexpected(arguments)
        return found
    raise unknown_function(call.name, call.at)


def unknown_function(name: str, at: tuple[int, int]) -> StatementError:
    """The failure of a call to a function that Trino, or only the embedded Athena, lacks."""
    if name in REFUSED:
        return StatementError(
            "NOT_SUPPORTED",
            f"The function {name} exists in Trino, the embedded AWS does not evaluate it "
            f"({REFUSED[name]})",
            at=at,
        )
    return StatementError("FUNCTION_NOT_FOUND", f"Function '{name}' not registered", at=at)


def executed_functions() -> tuple[str, ...]:
    """Names of the functions that the embedded Athena evaluates as Trino does, sorted."""
    signatures, builders = _known()
    return tuple(sorted({*signatures, *builders, *AGGREGATES, *WINDOWS, "grouping", "if", "mod"}))


def refused_functions() -> tuple[str, ...]:
    """Names of Trino's functions that the embedded Athena refuses with NOT_SUPPORTED, sorted."""
    executed = set(executed_functions())
    return tuple(sorted(name for name in REFUSED if name not in executed))
