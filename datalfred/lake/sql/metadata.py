"""The grammar of the statements that ask about tables: SHOW and DESCRIBE.

sqlglot keeps them as opaque text, so they are read here, token by token, in the forms that Athena
documents [1]_. What fits no form is refused.

.. [1] https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import Token, TokenType

from datalfred.errors import RefusedError
from datalfred.lake.sql import tokens as words

FORMS = (
    "SHOW DATABASES|SCHEMAS [LIKE 'x']",
    "SHOW TABLES|VIEWS [IN database] ['x']",
    "SHOW COLUMNS IN table [IN database]",
    "SHOW PARTITIONS table",
    "SHOW CREATE TABLE|VIEW table",
    "SHOW TBLPROPERTIES table [('x')]",
    "SHOW FUNCTIONS [LIKE 'x']",
    "DESCRIBE [EXTENDED|FORMATTED] table [PARTITION (key = 'x')] [column]",
)
_OTHER_KINDS = ("CATALOG", "DATABASE", "FUNCTION", "INPUT", "OUTPUT", "SCHEMA")
STARTS = ("SHOW", "DESCRIBE", "DESC")


@dataclass
class Named:
    """What a metadata statement names: parts of a table's name, or of a database's."""

    table: list[str] = field(default_factory=list)
    database: list[str] | None = None
    """Without parts for the database that the statement runs in."""
    databases: bool = False
    """Whether it asks for all databases."""
    where: str = ""
    """Of the name, such as ``line 1:10``."""


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, sql: str, tokens: Sequence[Token]) -> None:
        self._sql = sql
        self._left = list(tokens)
        self.where = words.position(sql, tokens[0].start)

    def accept(self, *expected: str) -> str:
        """Takes the next token if it is one of the words."""
        if self._left and self._left[0].text.upper() in expected and not self._quoted():
            return self._left.pop(0).text.upper()
        return ""

    def expect(self, word: str) -> None:
        """Takes the word; nothing else may stand here."""
        if not self.accept(word):
            raise self.unexpected()

    def key_value(self) -> None:
        """Takes ``key = 'value'``."""
        self._part()
        self.expect("=")
        if not self.text():
            raise self.unexpected()

    def more(self) -> bool:
        """Whether tokens are left."""
        return bool(self._left)

    def text(self) -> bool:
        """Takes a string literal; a backslash in it means one thing to Hive, another to Trino."""
        token = self._left[0] if self._left else None
        if token is None or token.token_type is not TokenType.STRING or "\\" in token.text:
            return False
        self._left.pop(0)
        return True

    def name(self) -> list[str]:
        """Takes ``a``, ``a.b`` or ``a.b.c``."""
        self.where = self._position()
        parts = [self._part()]
        while self.accept("."):
            parts.append(self._part())
        return parts

    def names_another_kind(self) -> bool:
        """Whether a word for something else than a table stands here, with its name behind it."""
        if len(self._left) < 2 or self._quoted() or self._left[1].text == ".":  # noqa: PLR2004 -- the word and a name
            return False
        return self._left[0].text.upper() in _OTHER_KINDS

    def end(self) -> None:
        """Refuses whatever is left."""
        if self._left:
            raise self.unexpected()

    def unexpected(self) -> RefusedError:
        """What to say of the next token."""
        where = "at its end"
        if self._left:
            token = self._left[0]
            where = f"at {words.raw(self._sql, token)!r}, "
            where += words.position(self._sql, token.start)
        return RefusedError(
            f"This is no form of SHOW or DESCRIBE that runs here ({where}).",
            hint=f"The forms are: {'; '.join(FORMS)}.",
        )

    def _position(self) -> str:
        token = self._left[0] if self._left else None
        return words.position(self._sql, token.start if token else len(self._sql))

    def _quoted(self) -> bool:
        return self._left[0].token_type in {TokenType.IDENTIFIER, TokenType.STRING}

    def _part(self) -> str:
        if self._left:
            token = self._left[0]
            if token.token_type is TokenType.IDENTIFIER or token.text.isidentifier():
                return self._left.pop(0).text.lower()
        raise self.unexpected()


def read(sql: str, tokens: Sequence[Token]) -> Named:
    """What the statement names.

    Raises:
        RefusedError: the statement has none of :data:`FORMS`.
    """
    reader = _Reader(sql, tokens)
    if reader.accept("SHOW"):
        named = _show(reader)
    else:
        reader.accept("DESCRIBE", "DESC")
        named = _describe(reader)
    reader.end()
    named.where = reader.where
    if len(named.table) > 3:  # noqa: PLR2004 -- catalog, database, table
        raise reader.unexpected()
    return named


def _describe(reader: _Reader) -> Named:
    reader.accept("EXTENDED", "FORMATTED")
    if reader.names_another_kind():
        raise reader.unexpected()
    table = reader.name()
    where = reader.where
    if reader.accept("PARTITION"):
        reader.expect("(")
        reader.key_value()
        while reader.accept(","):
            reader.key_value()
        reader.expect(")")
    if reader.more():
        reader.name()
    reader.where = where
    return Named(table)


def _show(reader: _Reader) -> Named:
    if asked := reader.accept("DATABASES", "SCHEMAS", "FUNCTIONS"):
        reader.accept("LIKE")
        reader.text()
        return Named(databases=asked != "FUNCTIONS")
    if reader.accept("TABLES", "VIEWS"):
        database = reader.name() if reader.accept("IN", "FROM") else []
        reader.accept("LIKE")
        reader.text()
        return Named(database=database)
    if reader.accept("COLUMNS"):
        return _columns(reader)
    if reader.accept("TBLPROPERTIES"):
        table = reader.name()
        if reader.accept("(") and not (reader.text() and reader.accept(")")):
            raise reader.unexpected()
        return Named(table)
    if reader.accept("PARTITIONS") or (reader.accept("CREATE") and reader.accept("TABLE", "VIEW")):
        return Named(reader.name())
    raise reader.unexpected()


def _columns(reader: _Reader) -> Named:
    if not reader.accept("IN", "FROM"):
        raise reader.unexpected()
    table = reader.name()
    inside = reader.name() if reader.accept("IN", "FROM") else []
    return Named([*inside, table[-1]] if inside else table)
