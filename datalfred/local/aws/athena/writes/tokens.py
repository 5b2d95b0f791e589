"""The words of a statement that writes, in Trino's and in Hive's quoting, one after the other."""

import re
from dataclasses import dataclass

from datalfred.local.aws.athena.failures import RequestError

_REST = r"""
    | (?P<tick>`(?:[^`]|``)*`)
    | (?P<number>\d+(?:\.\d+)?)
    | (?P<word>[A-Za-z_@$][A-Za-z0-9_@$]*)
    | (?P<space>\s+|--[^\r\n]*|/\*.*?\*/)
    | (?P<mark>.)
"""
_TRINO = re.compile(
    r"""(?P<text>'(?:[^']|'')*') | (?P<double>"(?:[^"]|"")*")""" + _REST, re.VERBOSE | re.DOTALL
)
_HIVE = re.compile(
    r"""(?P<text>'(?:[^'\\]|''|\\.)*') | (?P<double>"(?:[^"\\]|""|\\.)*")""" + _REST,
    re.VERBOSE | re.DOTALL,
)
_HIVE_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|[0-7]{3}|.)", re.DOTALL)
_CONTROL = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}


@dataclass(frozen=True)
class Token:
    """A piece of the statement.

    Attributes:
        kind: ``word``, ``text``, ``double``, ``tick``, ``number``, ``mark`` or ``end``.
        raw: as it stands there.
        start: offset of its first character.
        end: offset behind its last.
    """

    kind: str
    raw: str
    start: int
    end: int

    @property
    def inside(self) -> str:
        """What stands between the quotes."""
        quote = self.raw[0]
        return self.raw[1:-1].replace(quote * 2, quote)

    @property
    def text(self) -> str:
        """A string with Hive's backslashes resolved."""
        return _HIVE_ESCAPE.sub(_escaped, self.inside)


def _escaped(match: re.Match[str]) -> str:
    said = match[1]
    if len(said) > 1:
        return chr(int(said[1:], 16) if said[0] == "u" else int(said, 8))
    return _CONTROL.get(said, said)


def _tokens(sql: str, *, hive: bool) -> list[Token]:
    found = []
    for match in (_HIVE if hive else _TRINO).finditer(sql):
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Token(kind, match[0], match.start(), match.end()))
    while found and found[-1].raw == ";":
        found.pop()
    return found


class Words:
    """Reads a statement from left to right."""

    def __init__(self, sql: str, *, hive: bool = False) -> None:
        """Cuts the statement into tokens.

        Args:
            sql: the statement.
            hive: whether a backslash in a string escapes the next character.
        """
        self.sql = sql
        self.tokens = _tokens(sql, hive=hive)
        self.place = 0

    @property
    def next(self) -> Token:
        """The token that comes now; of kind ``end`` behind the last."""
        if self.place < len(self.tokens):
            return self.tokens[self.place]
        end = len(self.sql.rstrip())
        return Token("end", "<EOF>", end, end)

    def sees(self, *words: str) -> bool:
        """Whether these words or marks come now."""
        ahead = self.tokens[self.place : self.place + len(words)]
        return [each.raw.upper() for each in ahead] == list(words)

    def takes(self, *words: str) -> bool:
        """Passes these words, if they come now."""
        if not self.sees(*words):
            return False
        self.place += len(words)
        return True

    def need(self, *words: str) -> None:
        """Passes these words.

        Raises:
            RequestError: something else comes.
        """
        for word in words:
            if not self.takes(word):
                raise self.mismatched(f"'{word}'")

    def name(self) -> str:
        """Passes an identifier, in whichever quotes; in lower case, as Glue keeps it.

        Raises:
            RequestError: something else comes.
        """
        token = self.next
        if token.kind not in {"word", "double", "tick"}:
            raise self.mismatched("<identifier>")
        self.place += 1
        return (token.raw if token.kind == "word" else token.inside).lower()

    def string(self) -> str:
        """Passes a string of Trino, in which a backslash is a backslash.

        Raises:
            RequestError: something else comes.
        """
        if self.next.kind != "text":
            raise self.mismatched("<string>")
        token = self.next
        self.place += 1
        return token.inside

    def hive_string(self) -> str:
        """Passes a string of Hive, in single or double quotes.

        Raises:
            RequestError: something else comes.
        """
        if self.next.kind not in {"text", "double"}:
            raise self.mismatched("<string>")
        token = self.next
        self.place += 1
        return token.text

    def end(self) -> None:
        """Fails unless the statement ends here.

        Raises:
            RequestError: something else comes.
        """
        if self.next.kind != "end":
            raise self.mismatched("<EOF>")

    def mismatched(self, expected: str) -> RequestError:
        """The refusal of the token that comes now."""
        line, column = self.position(self.next.start)
        return RequestError(
            f"line {line}:{column}: mismatched input '{self.next.raw}'. Expecting: {expected}",
            "MALFORMED_QUERY",
        )

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column, both from 1."""
        before = self.sql[:offset]
        return before.count("\n") + 1, offset - before.rfind("\n")

    def between(self, start: int, end: int) -> str:
        """That part of the statement with blanks before it, so that its positions stay."""
        return re.sub(r"[^\n]", " ", self.sql[:start]) + self.sql[start:end]
