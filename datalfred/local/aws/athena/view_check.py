"""A stored view against what its query returns today, as Trino checks it before it reads one."""

from collections.abc import Callable
from dataclasses import replace

from datalfred.local.aws.athena.failures import RequestError, StatementError
from datalfred.local.aws.athena.translate.context import View
from datalfred.local.aws.athena.translate.scope import Column
from datalfred.local.aws.athena.translate.typed import name
from datalfred.local.aws.athena.translate.types import UNKNOWN, Type, coerces

_AS_THEY_ARE = ("NOT_SUPPORTED", "VIEW_IS_RECURSIVE", "INVALID_VIEW", "VIEW_IS_STALE")


def checked(
    view: View, at: tuple[int, int], analysed: Callable[[View], tuple[Column, ...]]
) -> View:
    """The view, with the casts that give its columns the types that it declares.

    Args:
        view: as it is stored.
        at: where the statement names it.
        analysed: the columns of the view's query.

    Raises:
        StatementError: INVALID_VIEW, the query fails; VIEW_IS_STALE, it returns something else.
    """
    called = ".".join(view.name)
    try:
        found = analysed(view)
    except (StatementError, RequestError) as error:
        if isinstance(error, StatementError) and error.code in _AS_THEY_ARE:
            raise
        said = str(error).removeprefix(f"{getattr(error, 'code', '')}: ")
        raise StatementError(
            "INVALID_VIEW", f"Failed analyzing stored view '{called}': {said}", at=at
        ) from error
    stale = f"View '{called}' is stale or in invalid state: "
    if len(found) != len(view.columns):
        raise StatementError(
            "VIEW_IS_STALE",
            f"{stale}stored view column count ({len(view.columns)}) does not match column count "
            f"derived from the view's query analysis ({len(found)})",
            at=at,
        )
    for place, (column, (declared, kind)) in enumerate(zip(found, view.columns, strict=True)):
        if not _is(kind, column.type) and not coerces(column.type, kind):
            raise StatementError(
                "VIEW_IS_STALE",
                f"{stale}column [{column.name}] of type {column.type} projected from query view "
                f"at position {place} cannot be coerced to column [{declared}] of type {kind} "
                "stored in view definition",
                at=at,
            )
    return _as_declared(view, found)


def _is(declared: Type, found: Type) -> bool:
    """Whether a declared type is that of a column, as far as Trino can say it."""
    return declared == UNKNOWN or str(declared) == str(found)


def _as_declared(view: View, found: tuple[Column, ...]) -> View:
    pairs = [
        (declared, kind, _is(kind, column.type))
        for column, (declared, kind) in zip(found, view.columns, strict=True)
    ]
    if all(same for _, _, same in pairs):
        return view
    columns = ", ".join(
        name(declared) if same else f"CAST({name(declared)} AS {kind}) AS {name(declared)}"
        for declared, kind, same in pairs
    )
    names = ", ".join(name(declared) for declared, _, _ in pairs)
    sql = f'SELECT {columns} FROM (\n{view.sql}\n) AS "view"({names})'  # noqa: S608 -- the stored query, within Trino's grammar
    return replace(view, sql=sql)
