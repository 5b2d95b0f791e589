"""A statement as tokens: what is read is what runs.

The text that goes to Athena is the user's own, byte for byte, without its comments. Nothing is
regenerated from a tree (that would turn ``DECIMAL '1.10'`` into a number without decimals), and
nothing hides in a comment that two parsers end at different places.
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from sqlglot import Dialect, Token, TokenType
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError

from datalfred.errors import InvalidInputError, RefusedError

MAX_CHARACTERS = 20_000
"""TPC-DS, 99 queries of analysts, needs 13,000."""
MAX_TOKENS = 4_000
"""TPC-DS needs 1,700; a list of 1,900 ids fits."""
MAX_NESTING = 60

DIALECT = Dialect.get_or_raise("trino")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_QUOTES = "'\"`"
_SPACE = " \t\r\n"
"""What Trino takes for space."""
_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END})


class _Tokenizer(Trino.Tokenizer):
    """Trino's tokens, for every statement alike: sqlglot keeps ``SHOW ...`` as one opaque text.

    SHOW and DESCRIBE take backticks around names; the guard refuses them elsewhere.
    """

    COMMANDS: ClassVar[set[TokenType]] = set()
    IDENTIFIERS: ClassVar[list[str | tuple[str, str]]] = ['"', "`"]


def tokens_of(sql: str) -> list[Token]:
    """The tokens of the one statement in ``sql``, without its closing semicolon.

    Raises:
        InvalidInputError: it is empty, too large, too deep or not made of tokens.
        RefusedError: it holds more than one statement.
    """
    if len(sql) > MAX_CHARACTERS:
        raise _too_much(f"has {len(sql):,} characters", f"at most {MAX_CHARACTERS:,} characters")
    if found := _CONTROL.search(sql):
        raise _syntax(f"control character {found[0]!r} at {position(sql, found.start())}")
    tokens = _tokenize(sql)
    while tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise InvalidInputError("sql", "it is empty.", "one SELECT, SHOW, DESCRIBE or EXPLAIN")
    _check_size(tokens)
    _check_characters(sql, tokens)
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            raise RefusedError(
                f"A second statement follows the ';' at {position(sql, token.start)}.",
                hint="Send one statement at a time.",
            )
    return tokens


def text_of(sql: str, tokens: Sequence[Token]) -> str:
    """The statement that runs: the user's text from the first token to the last, no comments.

    Line breaks stay, so that the lines of Athena's messages are those of the user.

    Raises:
        RefusedError: the text does not read back as the same tokens.
    """
    parts = [raw(sql, tokens[0])]
    for previous, token in pairwise(tokens):
        gap = sql[previous.end + 1 : token.start]
        if gap.strip(_SPACE):
            gap = "\n" if "\n" in gap else " "
        parts += (gap, raw(sql, token))
    text = "".join(parts)
    as_it_was = text == sql[tokens[0].start : tokens[-1].end + 1]
    if not as_it_was and _words(text, _tokenize(text)) != _words(sql, tokens):
        raise RefusedError("The statement reads differently without its comments.")
    return text


def raw(sql: str, token: Token) -> str:
    """The token as it was written."""
    return sql[token.start : token.end + 1]


def position(sql: str, offset: int) -> str:
    """``line 1:8``, as Athena says it."""
    before = sql[:offset]
    return f"line {before.count(chr(10)) + 1}:{offset - before.rfind(chr(10))}"


def _words(sql: str, tokens: Sequence[Token]) -> list[tuple[TokenType, str]]:
    return [(token.token_type, raw(sql, token)) for token in tokens]


def _tokenize(sql: str) -> list[Token]:
    try:
        return _Tokenizer(dialect=DIALECT).tokenize(sql)
    except SqlglotError as error:
        raise _syntax(str(error).splitlines()[0]) from error


def _check_size(tokens: Sequence[Token]) -> None:
    if len(tokens) > MAX_TOKENS:
        raise _too_much(f"has {len(tokens):,} tokens", f"at most {MAX_TOKENS:,} tokens")
    depth = deepest = 0
    for token in tokens:
        if token.token_type in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        elif token.token_type in _CLOSING:
            depth -= 1
    if deepest > MAX_NESTING:
        raise _too_much(f"nests {deepest} deep", f"at most {MAX_NESTING} levels")


def _check_characters(sql: str, tokens: Sequence[Token]) -> None:
    """Refuses letters outside quotes that Trino has not: look-alikes, and what nobody sees."""
    if sql.isascii():
        return
    for token in tokens:
        text = raw(sql, token)
        if text.isascii() or text[-1] in _QUOTES:
            continue
        odd = next(letter for letter in text if not letter.isascii())
        where = position(sql, token.start + text.index(odd))
        raise InvalidInputError(
            "sql",
            f"the character U+{ord(odd):04X} at {where} stands outside quotes.",
            "'text' in single quotes, \"name\" in double quotes, ASCII letters elsewhere",
        )


def _too_much(given: str, allowed: str) -> InvalidInputError:
    return InvalidInputError("sql", f"the statement {given}.", allowed)


def _syntax(problem: str) -> InvalidInputError:
    return InvalidInputError("sql", f"{problem}.", "one statement of Athena SQL")
