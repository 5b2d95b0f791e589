"""The words that do not name data: aggregates, ranks, comparisons, groups, times, negation.

``read_spans`` turns a question's tokens into spans, left to right. A rule is a pattern over the
lower-case words with single spaces between them; an earlier rule wins. What no rule reads is left
for the entities of the catalog, and what they do not read is *unknown*: such a word makes the
verifier refuse.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from datalfred.models.offline import time_ranges
from datalfred.models.offline.rules import EARLY, LATE, Make
from datalfred.models.offline.spans import Kind, Span
from datalfred.models.offline.text import Token
from datalfred.models.offline.time_ranges import Found
from datalfred.models.offline.vocabulary import CHATTER


class _Claims:
    """Which tokens a rule has read already."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.text = " ".join(token.norm for token in tokens)
        self.starts: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        position = 0
        for index, token in enumerate(tokens):
            self.starts[position] = index
            position += len(token.norm)
            self.ends[position] = index + 1
            position += 1
        self.taken = [False] * len(tokens)
        self.spans: list[Span] = []

    def claim(self, start: int, end: int, kind: Kind, value: object) -> None:
        """Takes the tokens between two characters, if they are whole and free."""
        while end > start and self.text[end - 1] == " ":
            end -= 1
        while start < end and self.text[start] == " ":
            start += 1
        first, last = self.starts.get(start), self.ends.get(end)
        if first is not None and last is not None and not any(self.taken[first:last]):
            self.take(first, last, kind, value)

    def take(self, first: int, last: int, kind: Kind, value: object) -> None:
        """Takes tokens by their index."""
        self.taken[first:last] = [True] * (last - first)
        text = " ".join(token.text for token in self.tokens[first:last])
        self.spans.append(Span(first, last, kind, text, value))

    def masked(self) -> str:
        """The text with claimed tokens blotted out, so that a pattern cannot reach over them."""
        words = (
            "\x00" * len(token.norm) if taken else token.norm
            for token, taken in zip(self.tokens, self.taken, strict=True)
        )
        return " ".join(words)

    def apply(self, rules: Iterable[tuple[Kind, re.Pattern[str], Make]]) -> None:
        """Lets every rule claim what it matches."""
        text = self.masked()
        for kind, pattern, make in rules:
            before = len(self.spans)
            for match in pattern.finditer(text):
                self.claim(match.start(), match.end(), kind, make(match))
            if len(self.spans) > before:
                text = self.masked()


Link = Callable[[int, Sequence[bool]], tuple[int, object] | None]
"""Given a token's index and which tokens are taken: how many tokens name something, and what."""


def read_spans(
    tokens: Sequence[Token],
    now: datetime,
    compound: Link,
    single: Link,
    quoted: Callable[[str], object],
) -> list[Span]:
    """Reads a whole question.

    Args:
        tokens: the question.
        now: the moment that "yesterday" counts from.
        compound: links names of several words; asked before the grammar, so that a column
            "average_order" is not read as an aggregate.
        single: links what the grammar left.
        quoted: what a quoted string may be.
    """
    claims = _Claims(tokens)
    for index, token in enumerate(tokens):
        if token.kind == "quoted":
            claims.take(index, index + 1, Kind.QUOTED, quoted(token.text))
    _link_longest(claims, compound)
    claims.apply(EARLY)
    for found in _times(claims.masked(), now):
        claims.claim(found.start, found.end, Kind.TIME, found)
    claims.apply(LATE)
    _link(claims, single)
    for index, token in enumerate(tokens):
        if claims.taken[index]:
            continue
        kind = Kind.CHATTER if token.norm in CHATTER else Kind.UNKNOWN
        kind = Kind.NUMBER if token.kind == "number" else kind
        claims.take(index, index + 1, kind, token.number)
    return sorted(claims.spans, key=lambda span: span.start)


def _times(text: str, now: datetime) -> list[Found]:
    return time_ranges.find_ranges(text, now)


def _link_longest(claims: _Claims, link: Link) -> None:
    """Longer names first, wherever they stand: "pages per session" before "average pages"."""
    found = [(i, f) for i in range(len(claims.tokens)) if (f := link(i, claims.taken))]
    for index, (size, value) in sorted(found, key=lambda x: (-x[1][0], x[0])):
        if not any(claims.taken[index : index + size]):
            claims.take(index, index + size, Kind.ENTITY, value)


def _link(claims: _Claims, link: Link) -> None:
    index = 0
    while index < len(claims.tokens):
        found = None if claims.taken[index] else link(index, claims.taken)
        if found:
            claims.take(index, index + found[0], Kind.ENTITY, found[1])
            index += found[0]
        else:
            index += 1
