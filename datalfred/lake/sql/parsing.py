"""Tokens to a tree, in bounded time.

The parser tries, goes back and tries again: ``a JOIN a JOIN a ...`` without conditions takes it
twice as long for every JOIN. So its steps are counted. A read takes 1.3 steps for each token, 3.2
at most where the text is short (of 830 public queries, TPC-DS among them); hostile text runs into
the limit, which lies above that, within tens of milliseconds.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from sqlglot import Token, TokenType, exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError
from sqlglot.parsers.trino import TrinoParser

from datalfred.errors import InvalidInputError
from datalfred.lake.sql.tokens import position

_STEPS_PER_TOKEN = 2
_STEPS = 3_000
_NAMED = 5
_MADE = "made"
"""Key of a SELECT's ``meta``: the parser made it of VALUES."""
_ALLOWED = "one statement of Athena SQL, with double quotes around names that are words of SQL"


class _TooManyStepsError(Exception):
    """The parser goes back and forth; no error of the parser's own, which it would catch."""


class _Parser(TrinoParser):
    """Trino's parser: no other dialect's texts as tables and braces, steps counted, no log."""

    BRACKETS: ClassVar[frozenset[TokenType]] = frozenset({TokenType.L_BRACKET})
    """Braces would replace what stands before them: ``hr.pay{x}`` would name no table."""

    steps = 0
    limit = 0

    def _advance(self, times: int = 1) -> None:
        self.steps += 1
        if self.steps == self.limit:  # once: the parser goes back on its way out
            raise _TooManyStepsError
        super()._advance(times)

    def _parse_string_as_identifier(self) -> exp.Identifier | None:
        """Takes no text for a name: ``FROM '/etc/passwd'`` is another engine's file."""
        return None

    def _values_to_select(self, values: exp.Values) -> exp.Select:
        made = super()._values_to_select(values)
        made.meta[_MADE] = True
        return made

    def _warn_unsupported(self) -> None:
        """Says nothing: the warning would quote the statement."""


class _Dialect(Trino):
    """Trino as it is read here: never written again, so indexes and paths stay as they are.

    Shifting the index of ``a[1][1]...`` takes the parser the square of its length.
    """

    INDEX_OFFSET = 0
    Parser = _Parser

    def to_json_path(self, path: exp.Expr | None) -> exp.Expr | None:
        return path


_DIALECT = _Dialect()


def tree_of(sql: str, tokens: Sequence[Token]) -> exp.Expr:
    """The tree of one statement.

    Raises:
        InvalidInputError: it does not parse, or not in bounded time.
    """
    parser = _Parser(dialect=_DIALECT)
    parser.limit = _STEPS + _STEPS_PER_TOKEN * len(tokens)
    try:
        trees = parser.parse(list(tokens), sql)
    except ParseError as error:
        raise _syntax(error) from error
    except RecursionError as error:
        raise InvalidInputError("sql", "the statement is too deep.", "fewer levels") from error
    except _TooManyStepsError as error:
        where = f"line {parser._curr.line}:{parser._curr.col}" if parser._curr else "its end"  # noqa: SLF001 -- where it gave up is said nowhere else
        raise InvalidInputError(
            "sql",
            f"the statement can be read in too many ways (at {where}).",
            "fewer nested brackets, and a condition for every JOIN",
        ) from error
    except Exception as error:  # the parser trips over calls such as var_map(a)
        raise InvalidInputError(
            "sql", "it does not parse: a call has arguments that do not fit.", _ALLOWED
        ) from error
    return trees[0] or exp.Semicolon()


def check_whole(sql: str, tokens: Sequence[Token], tree: exp.Expr) -> None:
    """Refuses a statement of which the tree holds less than the text.

    The parser drops what it has no place for: of ``listagg(a, ',', (SELECT ...))`` the third
    argument. What reads a table starts with SELECT or TABLE, so these are counted.

    Raises:
        InvalidInputError: there are more or fewer in the tree.
    """
    starts = [token for token in tokens if token.token_type is TokenType.SELECT]
    starts += [
        token
        for token, following in pairwise(tokens)
        if token.token_type is TokenType.TABLE and following.token_type is not TokenType.L_PAREN
    ]
    read = sum(1 for select in tree.find_all(exp.Select) if not select.meta.get(_MADE))
    if len(starts) != read:
        places = ", ".join(position(sql, token.start) for token in starts[:_NAMED])
        raise InvalidInputError(
            "sql",
            f"not every SELECT could be read (there is one at {places}): a call may have too "
            "many arguments.",
            _ALLOWED,
        )


def _syntax(error: ParseError) -> InvalidInputError:
    detail = error.errors[0] if error.errors else {}
    near = detail.get("highlight") or ""
    said = str(detail.get("description") or error)
    said = re.split(r" but got <| for <class ", said)[0].rstrip(".")
    where = f"line {detail.get('line', 1)}:{detail.get('col', 1)}"
    return InvalidInputError(
        "sql",
        f"{where}: it does not parse near {near!r} ({said}).",
        _ALLOWED,
    )
