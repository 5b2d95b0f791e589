"""The guard: one statement, read-only, over the databases that may be read.

A parser decides, never a regular expression. In order: caps on characters, tokens and nesting,
before anything costs time; one statement; its first word; its tree, where no node may write,
define or lock; its table functions, by allow-list; every table it names, by catalog and database,
with common table expressions known only where SQL knows them. A refusal says what and where.

The guard stands in front of Athena on AWS and on a laptop alike. Athena's own limits (the
workgroup's bytes, the role's permissions) stand behind it.
"""

from collections.abc import Iterable, Sequence

from sqlglot import Token, TokenType, exp

from datalfred.errors import InvalidInputError, RefusedError
from datalfred.lake.access import ATHENA_CATALOG, Access
from datalfred.lake.sql import metadata, parsing, scopes
from datalfred.lake.sql import tokens as words
from datalfred.lake.sql.checked import Checked, Kind, TableName
from datalfred.lake.sql.scopes import is_common_table

__all__ = ["check", "is_common_table"]

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
    exp.Parameter,
    exp.Placeholder,
    exp.PropertyEQ,
    exp.SessionParameter,
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
    exp.Parameter: "A parameter",
    exp.Placeholder: "A parameter",
    exp.PropertyEQ: "An assignment",
    exp.SessionParameter: "A parameter",
}
_TABLE_FUNCTIONS = (exp.GenerateSeries, exp.JSONTable, exp.Unnest)
_KNOWN_HARMLESS = frozenset({exp.Alias, exp.Column, exp.Identifier, exp.Literal, exp.Select})
"""The commonest kinds of node, of which there is nothing to check."""
_EXPLAIN_OPTIONS = {
    *(("TYPE", kind) for kind in ("LOGICAL", "DISTRIBUTED", "VALIDATE", "IO")),
    *(("FORMAT", form) for form in ("TEXT", "GRAPHVIZ", "JSON")),
}
_OPTIONS = "TYPE LOGICAL, DISTRIBUTED, VALIDATE or IO; FORMAT TEXT, GRAPHVIZ or JSON"
_ONLY_READS = "Only reads run here: SELECT, WITH, VALUES, SHOW, DESCRIBE, EXPLAIN of a read."


def check(
    sql: str, *, database: str = "", databases: Sequence[str] = (), tables: Sequence[str] = ()
) -> Checked:
    """Lets a read through.

    Args:
        sql: one statement of Athena SQL.
        database: the database of tables that are named without one.
        databases: the only databases that may be read; empty means all.
        tables: patterns of the tables that may be read, as ``settings.tables`` describes them.

    Raises:
        RefusedError: the statement does, or may do, more than read what may be read.
        InvalidInputError: it is no statement, or a larger one than is looked at.
    """
    tokens = words.tokens_of(sql)
    text = words.text_of(sql, tokens)
    named = _Named(database.lower() or DEFAULT_DATABASE, Access(databases, tables))
    first = words.raw(sql, tokens[0]).upper()
    if first in metadata.STARTS:
        return Checked(text, "metadata", named.asked(metadata.read(sql, tokens)))
    kind: Kind = "query"
    if first == "EXPLAIN":
        runs, tokens = _explained(sql, tokens)
        kind = "analyze" if runs else "explain"
    tree = _parse(sql, tokens)
    read = _check_tree(sql, tree, named)
    parsing.check_whole(sql, tokens, tree)
    return Checked(text, kind, read, tree)


class _Named:
    """The tables that a statement names, each of which must be one that may be read."""

    def __init__(self, database: str, access: Access) -> None:
        self._default = database
        self._access = access

    def table(self, parts: Sequence[str], where: str) -> TableName:
        """The table, its name filled in."""
        *path, name = (part.lower() for part in parts)
        database = path[-1] if path else self._default
        catalog = path[0] if len(path) > 1 else ATHENA_CATALOG
        self._access.check_table(database, name, catalog, where)
        return TableName(database, name, catalog)

    def asked(self, asked: metadata.Named) -> tuple[TableName, ...]:
        """The tables of a metadata statement."""
        if asked.databases and self._access.restricted:
            raise RefusedError(
                f"Not all databases may be read, so they are not listed ({asked.where}).",
                hint="list_databases lists those that may.",
            )
        if asked.table:
            return (self.table(asked.table, asked.where),)
        if asked.database is not None:
            *path, database = asked.database or [self._default]
            catalog = ".".join(path) or ATHENA_CATALOG
            self._access.check_list(database, catalog, asked.where)
        return ()


def _explained(sql: str, tokens: Sequence[Token]) -> tuple[bool, list[Token]]:
    """Reads ``EXPLAIN [ANALYZE] [VERBOSE] [(option value, ...)]``, as Athena documents it [1]_.

    Returns:
        Whether the statement runs what it explains, and the tokens of that.

    .. [1] https://docs.aws.amazon.com/athena/latest/ug/athena-explain-statement.html
    """
    rest = list(tokens[1:])
    runs = bool(rest) and rest[0].text.upper() == "ANALYZE"
    for word in ("ANALYZE", "VERBOSE") if runs else ():
        if rest and rest[0].text.upper() == word:
            rest.pop(0)
    if len(rest) > 1 and rest[0].text == "(" and rest[1].text.upper() in {"TYPE", "FORMAT"}:
        rest.pop(0)
        more = True
        while more:
            said = [token.text.upper() for token in rest[:3]]
            if len(said) < 3 or tuple(said[:2]) not in _EXPLAIN_OPTIONS or said[2] not in ",)":  # noqa: PLR2004 -- option, value, and what follows
                where = words.position(sql, rest[0].start if rest else len(sql))
                raise InvalidInputError("sql", f"EXPLAIN has no such option ({where}).", _OPTIONS)
            more = said[2] == ","
            del rest[:3]
    return runs, rest


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
    root = parsing.tree_of(sql, tokens)
    if not isinstance(root, _ROOTS):
        raise RefusedError(f"{_name(root)} is not a read.", hint=_ONLY_READS)
    return root


def _check_tree(sql: str, tree: exp.Expr, named: _Named) -> tuple[TableName, ...]:
    tables: set[TableName] = set()
    for node in scopes.walk(tree):
        if type(node) in _KNOWN_HARMLESS:
            continue
        if isinstance(node, _DENIED):
            raise RefusedError(
                f"{_name(node)} is not a read ({_where(sql, node)}).",
                hint=_ONLY_READS,
            )
        if isinstance(node, exp.Table):
            tables.update(_table(sql, node, named))
        elif isinstance(node, exp.Lateral):
            _check_function(sql, node)
        elif isinstance(node, exp.Dot) and isinstance(node.expression, exp.Func):
            raise RefusedError(
                f"Functions of other catalogs may not be called ({_where(sql, node)}).",
                hint="Athena's own functions may, by their plain names.",
            )
    return tuple(sorted(tables))


def _table(sql: str, node: exp.Table, named: _Named) -> Iterable[TableName]:
    if not isinstance(node.this, exp.Identifier):
        _check_function(sql, node)
        return ()
    if scopes.is_common_table(node):
        return ()
    return (named.table([part.name for part in node.parts], _where(sql, node)),)


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
