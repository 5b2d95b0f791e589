"""The guard: one statement, read-only, over the databases that may be read.

A parser decides, never a regular expression. In order: caps on characters, tokens and nesting,
before anything costs time; one statement; its first word; its tree, where no node may write,
define or lock; its table functions, by allow-list; every table it names, by catalog and database,
with common table expressions known only where SQL knows them. A refusal says what and where.

The guard stands in front of Athena on AWS and on a laptop alike. Athena's own limits (the
workgroup's bytes, the role's permissions) stand behind it.
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlglot import Token, TokenType, exp
from sqlglot.errors import ParseError, SqlglotError

from datalfred.errors import InvalidInputError, RefusedError
from datalfred.lake.sql import metadata
from datalfred.lake.sql import tokens as words
from datalfred.lake.sql.checked import ATHENA_CATALOG, Checked, TableName

DEFAULT_DATABASE = "default"
"""Athena's own, where a statement names no database and runs in none."""

_STARTS = ("SELECT", "WITH", "VALUES", "TABLE", "(")
_ROOTS = (exp.Select, exp.SetOperation, exp.Values, exp.Subquery)
_DENIED = (
    exp.DML,
    exp.DDL,
    exp.Alter,
    exp.Analyze,
    exp.Attach,
    exp.Cache,
    exp.Command,
    exp.Commit,
    exp.Copy,
    exp.Describe,
    exp.Detach,
    exp.Drop,
    exp.FunctionSpecification,
    exp.Grant,
    exp.Into,
    exp.Kill,
    exp.LoadData,
    exp.Lock,
    exp.Pragma,
    exp.Refresh,
    exp.Revoke,
    exp.Rollback,
    exp.Set,
    exp.TableFromRows,
    exp.Transaction,
    exp.TruncateTable,
    exp.Uncache,
    exp.Use,
    exp.UserDefinedFunction,
)
_SPOKEN: dict[type[exp.Expr], str] = {
    exp.FunctionSpecification: "WITH FUNCTION",
    exp.UserDefinedFunction: "A FUNCTION of your own",
    exp.Into: "SELECT INTO",
    exp.Lock: "FOR UPDATE",
}
_TABLE_FUNCTIONS = (exp.GenerateSeries, exp.JSONTable, exp.Unnest)
_ONLY_READS = "Only reads run here: SELECT, WITH, VALUES, SHOW, DESCRIBE, EXPLAIN of a read."


def check(sql: str, *, database: str = "", databases: Sequence[str] = ()) -> Checked:
    """Lets a read through.

    Args:
        sql: one statement of Athena SQL.
        database: the database of tables that are named without one.
        databases: the only databases that may be read; empty means all.

    Raises:
        RefusedError: the statement does, or may do, more than read what may be read.
        InvalidInputError: it is no statement, or a larger one than is looked at.
    """
    tokens = words.tokens_of(sql)
    text = words.text_of(sql, tokens)
    allowed = _Allowed(database.lower() or DEFAULT_DATABASE, databases)
    first = words.raw(sql, tokens[0]).upper()
    if first in metadata.STARTS:
        return _metadata(sql, text, tokens, allowed)
    if first == "EXPLAIN":
        rest = _explained(tokens)
        tree = _parse(sql, rest)
        return Checked(text, "explain", _check_tree(sql, tree, allowed), tree)
    tree = _parse(sql, tokens)
    return Checked(text, "query", _check_tree(sql, tree, allowed), tree)


class _Allowed:
    """Which tables may be read."""

    def __init__(self, database: str, databases: Sequence[str]) -> None:
        self._default = database
        self._databases = frozenset(name.lower() for name in databases)

    def table(self, parts: Sequence[str], where: str) -> TableName:
        """The table, its name filled in."""
        *path, name = (part.lower() for part in parts)
        database = path[-1] if path else self._default
        catalog = path[0] if len(path) > 1 else ATHENA_CATALOG
        self.check(catalog, database, where)
        return TableName(database, name, catalog)

    def check(self, catalog: str, database: str, where: str) -> None:
        """Refuses a catalog or database that may not be read."""
        if catalog != ATHENA_CATALOG:
            raise RefusedError(
                f"The catalog {catalog!r} may not be read ({where}).",
                hint=f"Name tables as database.table; the catalog is {ATHENA_CATALOG}.",
            )
        if self._databases and database not in self._databases:
            raise RefusedError(
                f"The database {database!r} may not be read ({where}).",
                hint=f"These may: {', '.join(sorted(self._databases))}.",
            )

    def named(self, named: metadata.Named) -> tuple[TableName, ...]:
        """The tables of a metadata statement."""
        if named.table:
            return (self.table(named.table, ".".join(named.table)),)
        if named.database is not None:
            catalog, _, database = named.database.rpartition(".")
            database = database or self._default
            self.check(catalog or ATHENA_CATALOG, database, database)
        return ()


def _metadata(sql: str, text: str, tokens: Sequence[Token], allowed: _Allowed) -> Checked:
    return Checked(text, "metadata", allowed.named(metadata.read(sql, tokens)))


def _explained(tokens: Sequence[Token]) -> list[Token]:
    """The query behind ``EXPLAIN [ANALYZE [VERBOSE]] [(option, ...)]``."""
    rest = list(tokens[1:])
    while rest and rest[0].text.upper() in {"ANALYZE", "VERBOSE"}:
        rest.pop(0)
    options = [token.text.upper() for token in rest[1:2]]
    if options and options[0] in {"TYPE", "FORMAT"} and rest[0].token_type is TokenType.L_PAREN:
        while rest and rest.pop(0).token_type is not TokenType.R_PAREN:
            pass
    return rest


def _parse(sql: str, tokens: Sequence[Token]) -> exp.Expr:
    if not tokens:
        raise InvalidInputError("sql", "EXPLAIN has no query.", "EXPLAIN SELECT ...")
    first = words.raw(sql, tokens[0])
    if first.upper() not in _STARTS:
        raise RefusedError(
            f"{first.upper()!r} is not the start of a read "
            f"({words.position(sql, tokens[0].start)}).",
            hint=_ONLY_READS,
        )
    for token in tokens:
        if token.token_type is TokenType.IDENTIFIER and sql[token.start] == "`":
            where = words.position(sql, token.start)
            raise InvalidInputError(
                "sql", f"a backtick at {where}.", 'double quotes around names: "order"'
            )
    try:
        trees = words.DIALECT.parser().parse(list(tokens), sql)
    except ParseError as error:
        raise _syntax(error) from error
    except (SqlglotError, RecursionError) as error:
        raise InvalidInputError("sql", "the statement is too deep.", "fewer levels") from error
    root: exp.Expr = trees[0] or exp.Semicolon()
    if not isinstance(root, _ROOTS):
        raise RefusedError(f"{_name(root)} is not a read.", hint=_ONLY_READS)
    return root


def _syntax(error: ParseError) -> InvalidInputError:
    detail = error.errors[0] if error.errors else {}
    near = detail.get("highlight") or ""
    said = str(detail.get("description") or error).split(" but got <")[0].rstrip(".")
    where = f"line {detail.get('line', 1)}:{detail.get('col', 1)}"
    return InvalidInputError(
        "sql",
        f"{where}: it does not parse near {near!r} ({said}).",
        "one statement of Athena SQL",
    )


def _check_tree(sql: str, tree: exp.Expr, allowed: _Allowed) -> tuple[TableName, ...]:
    tables: set[TableName] = set()
    for node in tree.walk():
        if isinstance(node, _DENIED):
            raise RefusedError(
                f"{_name(node)} is not a read ({_where(sql, node)}).",
                hint=_ONLY_READS,
            )
        if isinstance(node, exp.Table):
            tables.update(_table(sql, node, allowed))
        elif isinstance(node, exp.Lateral):
            _check_function(sql, node)
        elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
            raise RefusedError(
                f"Functions of other catalogs may not be called ({_where(sql, node)})."
            )
    return tuple(sorted(tables))


def _table(sql: str, node: exp.Table, allowed: _Allowed) -> Iterable[TableName]:
    if not isinstance(node.this, exp.Identifier):
        _check_function(sql, node)
        return ()
    parts = [part.name for part in node.parts]
    if len(parts) == 1 and is_common_table(node):
        return ()
    return (allowed.table(parts, _where(sql, node)),)


def _check_function(sql: str, mention: exp.Table | exp.Lateral) -> None:
    """Lets table functions through that read nothing but their arguments."""
    function: exp.Expr | None = mention.this
    if isinstance(function, exp.Anonymous) and function.name.upper() == "TABLE":
        function = function.expressions[0] if len(function.expressions) == 1 else function
    if not isinstance(function, (*_TABLE_FUNCTIONS, exp.Subquery)):
        name = _function_name(function)
        raise RefusedError(
            f"The table function {name!r} may not be called ({_where(sql, mention)}).",
            hint="UNNEST, SEQUENCE and JSON_TABLE may.",
        )


def _function_name(function: exp.Expr | None) -> str:
    """What a function is called; of those that the parser knows, ``name`` is an argument."""
    if isinstance(function, exp.Func) and not isinstance(function, exp.Anonymous):
        return function.sql_name().lower()
    return (function.name if function is not None else "") or type(function).__name__


def is_common_table(table: exp.Table) -> bool:
    """Whether the name is a common table expression that is visible where it stands.

    Visible are those of every enclosing query's WITH; inside a WITH, only the earlier ones, and
    the expression itself when the WITH is recursive.
    """
    name = table.name.lower()
    return any(
        common.alias.lower() == name
        for clause, inside in _clauses(table)
        for common in _visible(clause, inside)
    )


def _clauses(node: exp.Expr) -> Iterator[tuple[exp.With, exp.CTE | None]]:
    """Every WITH around a node, and which of its expressions the node stands in."""
    inside: exp.CTE | None = None
    child: exp.Expr = node
    while (parent := child.parent) is not None:
        if isinstance(parent, exp.CTE):
            inside = parent
        elif isinstance(parent, exp.With):
            yield parent, inside
        else:
            clause = parent.args.get("with_")
            if clause is not None and clause is not child:
                yield clause, None
        child = parent


def _visible(clause: exp.With, inside: exp.CTE | None) -> list[exp.Expr]:
    known: list[exp.Expr] = clause.expressions
    if inside is None:
        return known
    place = next(number for number, common in enumerate(known) if common is inside)
    return known[: place + 1] if clause.recursive else known[:place]


def _name(node: exp.Expr) -> str:
    """What people call the node."""
    return _SPOKEN.get(type(node), type(node).__name__.upper())


def _where(sql: str, node: exp.Expr) -> str:
    """``line 1:8`` of the first named thing in a node, else around it."""
    around: exp.Expr | None = node
    while around is not None:
        if starts := [found.meta["start"] for found in around.walk() if "start" in found.meta]:
            return words.position(sql, min(starts))
        around = around.parent
    return words.position(sql, 0)
