"""COALESCE, NULLIF, IF and TRY, which are written as functions."""

from collections.abc import Callable

from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.functions.calls import Call
from datalfred.local.aws.athena.translate.typed import Typed, made_of


def _coalesce(call: Call) -> Typed:
    arguments = call.arguments()
    if not arguments[1:]:
        raise call.unexpected(arguments)
    values = call.common(arguments, "All COALESCE operands")
    sql = f"coalesce({', '.join(each.sql for each in values)})"
    return made_of(sql, values[0].type, values)


def _nullif(call: Call) -> Typed:
    call.takes(2)
    first, second = call.arguments()
    one, two = call.common([first, second], "NULLIF operands")
    if first.type == types.UNKNOWN:
        return first
    return made_of(
        f"CASE WHEN {one.sql} = {two.sql} THEN NULL ELSE {first.sql} END",
        first.type,
        [first, second],
    )


def _try(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    return made_of(f"TRY({value.sql})", value.type, [value])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "coalesce": _coalesce,
    "nullif": _nullif,
    "try": _try,
}
