"""Reads a query token by token, knowing where each stands."""

import re
from dataclasses import dataclass

from datalfred.local.aws.logs.insights.database import regex_problem
from datalfred.local.aws.logs.insights.extraction import named_groups

_TOKEN = re.compile(
    r"""
      (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    | (?P<period>\d+(?:ms|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?
        |d|days?|w|weeks?|mo|mons?|months?|q|qtrs?|quarters?|y|yrs?|years?)\b)
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<name>(?:@{0,2}[A-Za-z_][\w@]*|`[^`]+`)(?:\.(?:@?[A-Za-z_]\w*|`[^`]+`)|\.\d+|\[\d+\])*)
    | (?P<operator>=~|!=|<=|>=|==|[-+*/^%=<>(),|\[\]])
    """,
    re.VERBOSE,
)
_BLANK = re.compile(r"(?:\s|\#[^\n]*)*")
_PATH = re.compile(r"(?:\.(?:@?[A-Za-z_]\w*|`[^`]+`|\d+)|\[\d+\])+")
_STEP = re.compile(r"`([^`]+)`|([@\w]+)")


class MalformedQueryError(ValueError):
    """A query that is not understood; the message says where.

    Attributes:
        start: where the part that is wrong begins in the query; None when that is not known.
        end: where it ends.
    """

    def __init__(self, problem: str, start: int | None = None, end: int | None = None) -> None:
        super().__init__(problem)
        self.start = start
        self.end = end


class UnsupportedQueryError(MalformedQueryError):
    """A query that CloudWatch would answer, and nothing here can."""


@dataclass(frozen=True)
class Token:
    """One word of a query.

    Attributes:
        kind: ``string``, ``period``, ``number``, ``name``, ``operator`` or ``end``.
        text: as it stands in the query.
        start: where it begins.
        end: where it ends.
    """

    kind: str
    text: str
    start: int
    end: int

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, in any letter case."""
        return self.kind == "name" and self.text.lower() in words

    def is_sign(self, *signs: str) -> bool:
        """Whether it is one of these operators."""
        return self.kind == "operator" and self.text in signs

    @property
    def string(self) -> str:
        """The content of a string token, without quotes and escapes."""
        return re.sub(r"\\(.)", r"\1", self.text[1:-1])

    @property
    def path(self) -> tuple[str, ...]:
        """The steps of a name: ``user.id`` and ``tags[0]`` have two."""
        return tuple(quoted or plain for quoted, plain in _STEP.findall(self.text))


class Lexer:
    """A query and a place in it."""

    def __init__(self, query: str) -> None:
        self.query = query
        self._position = 0

    def peek(self) -> Token:
        """The next token; stays before it.

        Raises:
            MalformedQueryError: no token begins there.
        """
        blank = _BLANK.match(self.query, self._position)
        start = blank.end() if blank else self._position
        if start == len(self.query):
            return Token("end", "", start, start)
        found = _TOKEN.match(self.query, start)
        if found is None or found.lastgroup is None:
            raise self.error(Token("", self.query[start], start, start + 1))
        return Token(found.lastgroup, found.group(), start, found.end())

    def next(self) -> Token:
        """The next token; moves behind it."""
        token = self.peek()
        self._position = token.end
        return token

    def word(self, *words: str) -> bool:
        """Whether the next token is one of these keywords; then moves behind it."""
        return self._when(self.peek().is_word(*words))

    def sign(self, *signs: str) -> str:
        """The next token if it is one of these operators, and moves behind it; else nothing."""
        token = self.peek()
        return token.text if self._when(token.is_sign(*signs)) else ""

    def expect(self, sign: str) -> None:
        """Moves behind an operator that must stand there.

        Raises:
            MalformedQueryError: another token stands there.
        """
        if not self.sign(sign):
            raise self.error(self.peek())

    def regex(self) -> str | None:
        """The regular expression between slashes that stands next, if one does.

        Raises:
            MalformedQueryError: what stands there is no regular expression.
        """
        start = self.peek_start()
        if not self.query.startswith("/", start):
            return None
        end, in_class = start + 1, False
        while end < len(self.query) and (in_class or self.query[end] != "/"):
            sign = self.query[end]
            in_class = (in_class or sign == "[") and sign != "]"
            end += 2 if sign == "\\" else 1
        text = self.query[start + 1 : end].replace("\\/", "/")
        if end >= len(self.query) or not text:
            return None
        self._position = end + 1
        if problem := regex_problem(named_groups(text)[0]):
            written = self.query[start : end + 1]
            raise self.error(Token("regex", written, start, end + 1), problem)
        return text

    def steps(self) -> tuple[str, ...]:
        """The path that follows at once, as ``.user[0]`` after a call; moves behind it."""
        found = _PATH.match(self.query, self._position)
        if found is None:
            return ()
        self._position = found.end()
        return tuple(quoted or plain for quoted, plain in _STEP.findall(found.group()))

    def verbatim(self, *texts: str) -> str:
        """The longest of ``texts`` that stands next, and moves behind it; else nothing."""
        start = self.peek_start()
        for text in sorted(texts, key=len, reverse=True):
            if self.query.startswith(text, start):
                self._position = start + len(text)
                return text
        return ""

    def peek_start(self) -> int:
        """Where the next token begins, whatever it is."""
        blank = _BLANK.match(self.query, self._position)
        return blank.end() if blank else self._position

    def text_since(self, start: int) -> str:
        """What was read since ``start``, as it was written."""
        return self.query[start : self._position].strip()

    def at_end_of_command(self) -> bool:
        """Whether the next token ends the command."""
        token = self.peek()
        return token.kind == "end" or token.is_sign("|")

    def error(self, token: Token, problem: str = "") -> MalformedQueryError:
        """The error of a token that may not stand where it stands."""
        before = self.query[: token.start]
        line, position = before.count("\n") + 1, token.start - (before.rfind("\n") + 1) + 1
        found = problem or f"unexpected symbol found {token.text or 'end of query'}"
        where = f"{found} at line {line} and position {position}"
        return MalformedQueryError(where, token.start, token.end)

    def unsupported(self, token: Token, what: str) -> UnsupportedQueryError:
        """The error of a part of the language that nothing here can answer."""
        error = self.error(token, f"{what} is not supported by the embedded AWS")
        return UnsupportedQueryError(str(error), error.start, error.end)

    def _when(self, fits: bool) -> bool:  # noqa: FBT001 -- the condition itself
        if fits:
            self.next()
        return fits
