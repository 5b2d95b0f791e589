"""Reads a statement with SQLGlot's Trino grammar, minus what SQLGlot allows and Trino does not.

Function calls are kept as they were written: SQLGlot would turn them into its own functions, whose
meaning is not Trino's in every case.
"""

import bisect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.trino import TrinoParser
from sqlglot.tokenizer_core import Token, TokenType

from datalfred.local.aws.athena.failures import RequestError

_OWN_SYNTAX = (
    *("CAST", "TRY_CAST", "EXTRACT", "TRIM", "SUBSTRING", "POSITION", "LISTAGG"),
    *("JSON_VALUE", "JSON_QUERY"),
)
_STATEMENTS = (
    "'ALTER', 'ANALYZE', 'CALL', 'COMMENT', 'COMMIT', 'CREATE', 'DEALLOCATE', 'DELETE', 'DENY', "
    "'DESC', 'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'GRANT', 'INSERT', 'MERGE', 'PREPARE', "
    "'REFRESH', 'RESET', 'REVOKE', 'ROLLBACK', 'SET', 'SHOW', 'START', 'TRUNCATE', 'UNLOAD', "
    "'UPDATE', 'USE', <query>"
)
_DEEPEST = 200
"""Parentheses in parentheses: translation takes the square of it, whatever the interpreter's limit
of recursion is (the library that evaluates JSONata raises it for the whole process)."""
QUERY_WORDS = {"SELECT", "WITH", "VALUES", "TABLE", "("}
READ_WORDS = {"SHOW", "DESCRIBE", "DESC", "EXPLAIN"}
WRITE_WORDS = {
    *("ALTER", "ANALYZE", "CALL", "COMMENT", "COMMIT", "CREATE", "DEALLOCATE", "DELETE", "DROP"),
    *("EXECUTE", "GRANT", "INSERT", "MERGE", "MSCK", "OPTIMIZE", "PREPARE", "REFRESH", "REVOKE"),
    *("RESET", "ROLLBACK", "SET", "START", "TRUNCATE", "UNLOAD", "UPDATE", "USE", "USING"),
    "VACUUM",
}
# Operators of other databases that SQLGlot reads in every dialect.
_FOREIGN = {
    *("DCOLON", "NULLSAFE_EQ", "DQMARK", "CARET", "AMP", "PIPE", "TILDE", "UNKNOWN", "COLON"),
    *("COLON_EQ", "PARAMETER", "L_BRACE", "R_BRACE", "DARROW"),
    *("HASH", "HASH_ARROW", "DHASH_ARROW", "LT_AT", "AT_GT", "DAMP", "DPIPE_SLASH", "SIMILAR_TO"),
    *("BACKSLASH", "EXCLAMATION", "DOLLAR", "HEREDOC_STRING", "RAW_STRING", "SESSION_PARAMETER"),
}
_NOT_AFTER_COMMA = {"FROM", "WHERE", "GROUP BY", "ORDER BY", "HAVING", "LIMIT", "UNION", ")"}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class PlainTrino(Trino):
    """Trino's grammar with every function call left as it was written."""

    INDEX_OFFSET = 0

    class Parser(TrinoParser):
        """The parser of :class:`PlainTrino`."""

        FUNCTIONS: ClassVar[dict[str, Any]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {
            name: parse
            for name, parse in TrinoParser.FUNCTION_PARSERS.items()
            if name in _OWN_SYNTAX
        }
        ARRAY_CONSTRUCTORS: ClassVar[dict[str, Any]] = {}

        def _parse_bracket(self, this: exp.Expr | None = None) -> exp.Expr | None:
            """``ARRAY[1]`` makes an array; a column may be called array or list as well."""
            name = this.this if isinstance(this, exp.Column) and len(this.parts) == 1 else this
            word = isinstance(name, exp.Identifier) and not name.quoted and name.name.upper()
            if word == "ARRAY" and self._curr and self._curr.token_type is TokenType.L_BRACKET:
                return super()._parse_bracket(None)
            return super()._parse_bracket(this)


_DIALECT = PlainTrino()


_NOWHERE = 1 << 62


class Source:
    """The text of a statement, to say where its parts stand."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.tokens = _tokenize(sql)
        self._starts = [token.start for token in self.tokens]
        self._lines = [match.end() for match in re.finditer("\n", sql)]
        self._spans: dict[int, tuple[exp.Expr, int, int]] = {}

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character offset."""
        line = bisect.bisect_right(self._lines, offset)
        return line + 1, offset - (self._lines[line - 1] if line else 0) + 1

    def at(self, node: exp.Expr) -> tuple[int, int]:
        """Where the first named or literal part of ``node`` stands; (1, 1) when unknown."""
        if "start" in node.meta:
            return self.position(node.meta["start"])
        start, _ = self._span(node)
        return self.position(start) if start < _NOWHERE else (1, 1)

    def _span(self, node: exp.Expr) -> tuple[int, int]:
        """Offsets of the first and of the last part of a node that say where they stand."""
        known = self._known_span(node)
        if known is None:
            # Children come after their parents in a walk, so that its reverse meets them first.
            for part in reversed(
                list(node.walk(bfs=False, prune=lambda part: self._known_span(part) is not None))
            ):
                if self._known_span(part) is not None:
                    continue
                inner = [self._spans[id(child)] for child in part.iter_expressions()]
                starts = [part.meta.get("start", _NOWHERE), *(start for _, start, _ in inner)]
                ends = [part.meta.get("end", -1), *(end for _, _, end in inner)]
                self._spans[id(part)] = (part, min(starts), max(ends))
            known = self._spans[id(node)]
        return known[1:]

    def _known_span(self, node: exp.Expr) -> tuple[exp.Expr, int, int] | None:
        known = self._spans.get(id(node))
        return known if known is not None and known[0] is node else None

    def operator(self, left: exp.Expr, *words: str) -> tuple[int, int]:
        """Where the operator that follows ``left`` stands, written as one of ``words``."""
        _, after = self._span(left)
        for place in range(bisect.bisect_right(self._starts, after), len(self.tokens)):
            token = self.tokens[place]
            if token.text.upper() in words:
                return self.position(token.start)
        return self.at(left)


@dataclass(frozen=True)
class Parsed:
    """A query's tree, and the text that says where its parts stand."""

    source: Source
    tree: exp.Query | exp.Values


def parsed(sql: str) -> Parsed:
    """One query, read.

    Raises:
        RequestError: no query of Trino; Athena refuses it at once.
    """
    source = Source(sql)
    return Parsed(source, parse_query(source))


def _tokenize(sql: str) -> list[Token]:
    try:
        return list(_DIALECT.tokenize(sql))
    except TokenError as error:
        raise RequestError(
            "line 1:1: the statement ends inside a string, a quoted name or a comment",
            "MALFORMED_QUERY",
        ) from error


def _too_deep() -> RequestError:
    return RequestError("The statement is nested too deeply.", "MALFORMED_QUERY")


def _nesting(tokens: Sequence[Token]) -> int:
    """How many parentheses are open at most."""
    depth = deepest = 0
    for token in tokens:
        if token.token_type is TokenType.L_PAREN:
            depth += 1
            deepest = max(deepest, depth)
        elif token.token_type is TokenType.R_PAREN:
            depth -= 1
    return deepest


def first_word(source: Source) -> str:
    """The word that says what kind of statement this is, in capitals.

    Raises:
        RequestError: the statement is empty, or starts with a word that starts no statement.
    """
    if not source.tokens:
        raise RequestError("Query string is empty.", "MALFORMED_QUERY")
    first = source.tokens[0]
    word = first.text.split()[0].upper()
    if word not in QUERY_WORDS | READ_WORDS | WRITE_WORDS:
        raise _mismatched(source, first, _STATEMENTS)
    return word


def parse_query(source: Source) -> exp.Query | exp.Values:
    """The tree of one query.

    Raises:
        RequestError: no query of Trino; Athena refuses it at once.
    """
    tokens = source.tokens
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens = tokens[:-1]
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise RequestError(
            f"Only one sql statement is allowed. Got: {source.sql[:200]}", "INVALID_QUERY"
        )
    _refuse_foreign_syntax(source, tokens)
    if _nesting(tokens) > _DEEPEST:
        raise _too_deep()
    try:
        trees = _DIALECT.parser().parse(_with_decimal_literals(tokens), source.sql)
    except ParseError as error:
        raise _clause_not_read(tokens) or _syntax_error(source, tokens, error) from error
    except RecursionError:
        raise _too_deep() from None
    tree = trees[0] if trees else None
    if not isinstance(tree, exp.Query | exp.Values):
        raise _mismatched(source, tokens[0], "<query>")
    _refuse_foreign_operators(source, tree)
    _refuse_quoted_names(source, tree)
    return tree


def _with_decimal_literals(tokens: list[Token]) -> list[Token]:
    """``DECIMAL '2.50'`` is the number 2.50, not a cast of a text to decimal(38, 0)."""
    folded: list[Token] = []
    for token in tokens:
        before = folded[-1] if folded else None
        if (
            token.token_type is TokenType.STRING
            and before
            and before.token_type is TokenType.DECIMAL
        ):
            folded[-1] = Token(
                TokenType.NUMBER,
                _decimal_text(token.text),
                line=before.line,
                col=before.col,
                start=before.start,
                end=token.end,
            )
        else:
            folded.append(token)
    return folded


def _decimal_text(written: str) -> str:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", written):
        raise RequestError(f"Invalid decimal literal: DECIMAL '{written}'", "MALFORMED_QUERY")
    return written if "." in written else f"{written}."


def _refuse_foreign_syntax(source: Source, tokens: list[Token]) -> None:
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.token_type.name in _FOREIGN or token.text == "==":
            if token.text == "`":
                line, column = source.position(token.start)
                raise RequestError(
                    f"line {line}:{column}: backquoted identifiers are not supported; "
                    "use double quotes to quote identifiers",
                    "MALFORMED_QUERY",
                )
            raise _mismatched(source, token, "<expression>")
        if token.token_type is TokenType.VAR and not _IDENTIFIER.fullmatch(token.text):
            raise _mismatched(source, token, "<identifier>")
        if before is not None and _do_not_follow(before, token):
            raise _mismatched(source, token, "<expression>")
    _refuse_limit_before_offset(source, tokens)


def _do_not_follow(before: Token, token: Token) -> bool:
    first, word = before.text.upper(), token.text.upper()
    if before.token_type is TokenType.COMMA:
        return token.token_type is not TokenType.STRING and word in _NOT_AFTER_COMMA
    if before.token_type is TokenType.INTERVAL:
        return token.token_type is TokenType.NUMBER
    both_texts = before.token_type is token.token_type is TokenType.STRING
    return both_texts or (first == "SELECT" and word == "FROM")


_FOREIGN_NODES = (exp.IntDiv, exp.RegexpLike, exp.ILike, exp.Glob, exp.SimilarTo)


def _refuse_foreign_operators(source: Source, tree: exp.Expr) -> None:
    """``x DIV y`` and its like; as names of columns the words are free."""
    for node in tree.find_all(*_FOREIGN_NODES):
        line, column = source.operator(node.this, "DIV", "RLIKE", "REGEXP", "ILIKE", "GLOB")
        raise RequestError(
            f"line {line}:{column}: mismatched input. Expecting: <operator>", "MALFORMED_QUERY"
        )


def _refuse_quoted_names(source: Source, tree: exp.Expr) -> None:
    """A name in single quotes is a name to SQLGlot, a text to Trino."""
    for node in tree.find_all(exp.Identifier):
        start = node.meta.get("start", 0)
        if source.sql[start : start + 1] == "'":
            line, column = source.position(start)
            raise RequestError(
                f"line {line}:{column}: mismatched input '{node.name}'. Expecting: <identifier>",
                "MALFORMED_QUERY",
            )


def _refuse_limit_before_offset(source: Source, tokens: list[Token]) -> None:
    for limit, _, offset in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if limit.token_type is TokenType.LIMIT and offset.token_type is TokenType.OFFSET:
            raise _mismatched(source, offset, "<EOF>")


def _mismatched(source: Source, token: Token, expected: str) -> RequestError:
    line, column = source.position(token.start)
    return RequestError(
        f"line {line}:{column}: mismatched input '{token.text}'. Expecting: {expected}",
        "MALFORMED_QUERY",
    )


_SQL_JSON = {"JSON_EXISTS", "JSON_QUERY", "JSON_VALUE", "JSON_OBJECT", "JSON_ARRAY", "JSON_TABLE"}
_CLAUSES = {"CONDITIONAL", "ERROR", "PASSING", "KEEP", "OMIT", "EMPTY", "ABSENT", "UNIQUE"}


def _clause_not_read(tokens: list[Token]) -> RequestError | None:
    """The refusal of clauses of SQL's JSON functions that are Trino's but not read here."""
    words = {token.text.upper() for token in tokens if token.token_type is not TokenType.STRING}
    called, clauses = sorted(words & _SQL_JSON), sorted(words & _CLAUSES)
    if not (called and clauses):
        return None
    message = f"{' and '.join(called).lower()} with {' and '.join(clauses)}"
    said = "is not supported by the embedded Athena; real Athena may run this statement"
    return RequestError(f"{message} {said}", "NOT_SUPPORTED")


def _syntax_error(source: Source, tokens: list[Token], error: ParseError) -> RequestError:
    known = error.errors[0] if error.errors else {}
    highlight = known.get("highlight") or ""
    description = known.get("description") or str(error)
    at = [t for t in tokens if (t.line, t.col) == (known.get("line"), known.get("col"))]
    ended = bool(at) and at[-1] is tokens[-1] and not description.startswith("Invalid expression")
    if ended or not at:
        line, column = source.position(len(source.sql.rstrip()))
        highlight = "<EOF>"
    else:
        line, column = source.position(at[-1].start)
    return RequestError(
        f"line {line}:{column}: mismatched input '{highlight}'. Expecting: <expression>",
        "MALFORMED_QUERY",
    )


def with_parameters(sql: str, parameters: list[str]) -> str:
    """The statement with each ``?`` replaced by the literal that stands for it, in order.

    Raises:
        RequestError: more or fewer parameters than question marks.
    """
    marks = [t for t in _tokenize(sql) if t.token_type is TokenType.PLACEHOLDER and t.text == "?"]
    if len(marks) != len(parameters):
        raise RequestError(
            f"Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}",
            "INVALID_INPUT",
        )
    pieces, after = [], 0
    for mark, parameter in zip(marks, parameters, strict=True):
        if len(_tokenize(f"{parameter}")) == 0 or _is_no_literal(parameter):
            raise RequestError(
                f"An execution parameter must be one literal: {parameter}", "INVALID_INPUT"
            )
        pieces += [sql[after : mark.start], parameter]
        after = mark.end + 1
    return "".join(pieces) + sql[after:]


def _is_no_literal(parameter: str) -> bool:
    try:
        tree = sqlglot.parse_one(f"SELECT {parameter}", read=_DIALECT)
    except (ParseError, TokenError):
        return True
    bare = {part for part, value in tree.args.items() if value} == {"expressions"}
    if not isinstance(tree, exp.Select) or not bare or len(tree.expressions) != 1:
        return True
    allowed = (exp.Literal, exp.Cast, exp.Neg, exp.Boolean, exp.Null, exp.DataType, exp.HexString)
    parts = tree.expressions[0].walk()
    return not all(isinstance(part, (*allowed, exp.DataTypeParam)) for part in parts)
