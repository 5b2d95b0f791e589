"""UNNEST: arrays and maps as rows."""

from sqlglot import exp

from datalfred.local.aws.athena.failures import StatementError
from datalfred.local.aws.athena.translate import types
from datalfred.local.aws.athena.translate.aliases import Made, aliases, renamed
from datalfred.local.aws.athena.translate.clauses import only
from datalfred.local.aws.athena.translate.context import (
    Context,
)
from datalfred.local.aws.athena.translate.scope import Column, Relation, Scope
from datalfred.local.aws.athena.translate.typed import Typed, name
from datalfred.local.aws.athena.translate.types import BIGINT


def unnest(context: Context, node: exp.Unnest, beside: Scope) -> Made:
    """``UNNEST(a, b) WITH ORDINALITY`` of what stands ``beside`` it in FROM.

    Raises:
        StatementError: neither array nor map.
    """
    only(node, "expressions", "alias", "offset")
    values = [context.translated(each, beside) for each in node.expressions]
    inner: list[str] = []
    outer: list[str] = []
    columns: list[Column] = []
    names, new_names = aliases(node)
    # Rows become columns, but one where the statement names as many as there are values: so do
    # the examples of Athena's user guide that read a row's fields by its name.
    whole = len(new_names) == len(values)
    for index, value in enumerate(values):
        _unnest_one(context, node, value, index, (inner, outer, columns), whole=whole)
    if node.args.get("offset"):
        longest = ", ".join(f"coalesce(len({_keys(value)}), 0)" for value in values)
        inner.append(f'unnest(generate_series(1, greatest({longest}))) AS "o"')
        outer.append('"o"')
        columns.append(Column("", BIGINT, "o"))
    sql = f"LATERAL (SELECT {', '.join(outer)} FROM (SELECT {', '.join(inner)}) AS _u)"  # noqa: S608 -- writing SQL is this module's work
    offset = node.args.get("offset")
    if isinstance(offset, exp.Identifier):
        new_names.append(offset.name.lower())
    alias = context.fresh("r")
    relation = Relation(alias, names, renamed(context, node, tuple(columns), new_names))
    return f"{sql} AS {alias}", relation, frozenset().union(*(v.uses for v in values)), values


def _keys(value: Typed) -> str:
    return f"map_keys({value.sql})" if value.type.name == "map" else value.sql


def _unnest_one(
    context: Context,
    node: exp.Unnest,
    value: Typed,
    index: int,
    into: tuple[list[str], list[str], list[Column]],
    *,
    whole: bool,
) -> None:
    inner, outer, columns = into
    if value.type.name == "map":
        for part, function in enumerate(("map_keys", "map_values")):
            called = f"e{index}_{part}"
            inner.append(f"unnest({function}({value.sql})) AS {name(called)}")
            outer.append(name(called))
            columns.append(Column("", value.type.items[part], called))
        return
    if value.type.name != "array":
        raise StatementError(
            "INVALID_FUNCTION_ARGUMENT", f"Cannot unnest type: {value.type}", at=context.at(node)
        )
    called, item = f"e{index}", value.type.item
    inner.append(f"unnest({value.sql}) AS {name(called)}")
    if item.name != "row" or (whole and len(item.items) > 1):
        outer.append(name(called))
        columns.append(Column("", item, called))
        return
    for place, kind in enumerate(item.items):
        field_name = types.field_name(item, place)
        outer.append(f"({name(called)}).{name(field_name)} AS {name(f'{called}_{place}')}")
        columns.append(Column(item.fields[place] or "", kind, f"{called}_{place}"))
