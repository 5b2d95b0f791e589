"""COALESCE, NULLIF, IF and TRY, which are written as functions."""

from collections.abc import Callable

from datalfred.local.aws.athena.translate import operators, types
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
    equal = operators.compared("=", one, two, call.at)
    return made_of(
        f"CASE WHEN {equal.sql} THEN NULL ELSE {first.sql} END",
        first.type,
        [first, second],
    )


def _try(call: Call) -> Typed:
    call.takes(1)
    value = call.argument(0)
    sql = f"TRY({value.sql})"
    if not (value.aggregate or value.window or value.query):
        # DuckDB computes what stands in TRY twice once, and outside of it; but not out of a lambda.
        sql = f"list_transform([1], LAMBDA _try : {sql})[1]"
    return made_of(sql, value.type, [value])


BUILDERS: dict[str, Callable[[Call], Typed]] = {
    "coalesce": _coalesce,
    "nullif": _nullif,
    "try": _try,
}
