r"""The regular expressions of filter patterns: ``%[Ee]rror \d+%``.

CloudWatch knows a subset of the usual syntax: characters, classes, ``^ $ . | ? * +``, ``{m,n}`` and
escapes; no parentheses.
"""

import re
from functools import lru_cache

from datalfred.local.aws.logs.patterns.automaton import OTHERS, Automaton, TooLargeError

_PIECE = re.compile(
    r"\\[dDsSwW]|\\x[0-9A-Fa-f]{2}|\\[\^$?\[\]{}|\\*+.:_#=@/;,-]|[\w:#=@/;, \-^$?\[\]{}|*+.]",
    re.ASCII,
)
_REPEATS = re.compile(r"[?*+]|\{(?=[\d,])(\d*)(,?)(\d*)\}")
_SIMPLE = {"?": (0, 1), "*": (0, None), "+": (1, None)}

_ALL = frozenset(map(chr, range(128))) | {OTHERS}
_DIGITS = frozenset("0123456789")
_BLANKS = frozenset(" \t\n\r\f\v")
_WORDS = frozenset(c for c in _ALL - {OTHERS} if c.isalnum() or c == "_")
_SHORT = {"d": _DIGITS, "s": _BLANKS, "w": _WORDS}
_SHORT |= {name.upper(): _ALL - characters for name, characters in _SHORT.items()}


class ExpressionError(ValueError):
    """An expression that CloudWatch would refuse."""


@lru_cache(maxsize=256)
def compile_expression(text: str) -> Automaton:
    """The expression between two percent signs.

    Raises:
        ExpressionError: it uses what is outside of the subset, such as a parenthesis.
    """
    pieces, position = [], 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            raise ExpressionError(f"{text[position]!r} is not supported in a regular expression")
        pieces.append(piece.group())
        position = piece.end()
    try:
        return _Reader(pieces).automaton()
    except TooLargeError:
        raise ExpressionError(f"%{text}% repeats too much") from None
    except IndexError:
        raise ExpressionError(f"%{text}% ends too early") from None


class _Reader:
    """Reads the pieces of an expression into an automaton."""

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = pieces
        self._position = 0
        self._automaton = Automaton()

    def automaton(self) -> Automaton:
        """The automaton of all alternatives."""
        states = self._automaton
        first, last = states.state(), states.state()
        states.finish(first, last)
        while True:
            states.lead(self._sequence(first), last)
            if self._position == len(self._pieces):
                return states
            self._position += 1  # the bar

    def _sequence(self, first: int) -> int:
        """One alternative, begun at a state of its own; its last state."""
        end = self._automaton.state()
        self._automaton.lead(first, end)
        while self._position < len(self._pieces) and self._pieces[self._position] != "|":
            end = self._part(end)
        return end

    def _part(self, start: int) -> int:
        """A character, class or place, with what says how often."""
        piece = self._pieces[self._position]
        if piece in {"^", "$"}:
            self._position += 1
            end = self._automaton.state()
            self._automaton.lead(start, end, piece)
            if self._repeats() is not None:
                raise ExpressionError(f"{piece!r} cannot repeat")
            return end
        characters = self._characters()
        least, most = self._repeats() or (1, 1)
        return self._repeated(start, characters, least, most)

    def _repeated(
        self, start: int, characters: frozenset[str], least: int, most: int | None
    ) -> int:
        states, end = self._automaton, start
        for _ in range(least):
            end = self._once(end, characters)
        if most is None:
            loop = states.state()
            states.lead(end, loop)
            states.read(loop, characters, loop)
            end = states.state()
            states.lead(loop, end)
        for _ in range((most or 0) - least):
            after = self._once(end, characters)
            states.lead(end, after)
            end = after
        return end

    def _once(self, start: int, characters: frozenset[str]) -> int:
        reading, end = self._automaton.state(), self._automaton.state()
        self._automaton.lead(start, reading)
        self._automaton.read(reading, characters, end)
        return end

    def _repeats(self) -> tuple[int, int | None] | None:
        """How often the part before may stand there; None where nothing says it."""
        found = _REPEATS.match("".join(self._pieces[self._position :]))
        if found is None or len(self._pieces[self._position]) > 1:
            return None
        self._position += len(found.group())
        if self._pieces[self._position : self._position + 1] == ["?"]:
            self._position += 1  # as few as possible: the same messages match
        elif self._pieces[self._position : self._position + 1] in (["*"], ["+"]):
            raise ExpressionError(f"{self._pieces[self._position]!r} follows another repetition")
        if found.group() in _SIMPLE:
            return _SIMPLE[found.group()]
        least = int(found[1] or 0)
        most = int(found[3]) if found[3] else None if found[2] else least
        if most is not None and most < least:
            raise ExpressionError(f"{found.group()} has its limits the wrong way round")
        return least, most

    def _characters(self) -> frozenset[str]:
        """What a single part reads."""
        piece = self._pieces[self._position]
        self._position += 1
        if piece in _SIMPLE:
            raise ExpressionError(f"there is nothing for {piece!r} to repeat")
        if piece == "[":
            return self._class()
        return _ALL - {"\n"} if piece == "." else _one(piece)

    def _class(self) -> frozenset[str]:
        negated = self._pieces[self._position] == "^"
        self._position += negated
        begin, found = self._position, frozenset[str]()
        while self._position == begin or self._pieces[self._position] != "]":
            found |= self._range()
        self._position += 1
        return _ALL - found if negated else found

    def _range(self) -> frozenset[str]:
        low = _one(self._pieces[self._position])
        self._position += 1
        if self._pieces[self._position] != "-" or self._pieces[self._position + 1] == "]":
            return low
        high = _one(self._pieces[self._position + 1])
        self._position += 2
        if len(low) > 1 or len(high) > 1 or min(low) > min(high):
            raise ExpressionError("a range of characters is the wrong way round")
        return frozenset(map(chr, range(ord(min(low)), ord(min(high)) + 1)))


def _one(piece: str) -> frozenset[str]:
    r"""The characters of one piece: itself, ``\d`` and others, ``\x3A``."""
    if len(piece) == 1:
        return frozenset(piece)
    if piece[1] in _SHORT:
        return _SHORT[piece[1]]
    character = bytes.fromhex(piece[2:]).decode("latin-1") if piece[1] == "x" else piece[1]
    # Beyond ASCII there is nothing that an expression can name.
    return frozenset(character) if character < OTHERS else frozenset()
