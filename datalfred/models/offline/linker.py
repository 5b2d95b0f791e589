"""Finds what the words at a place of a question may name."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

from collections.abc import Sequence
from dataclasses import replace

from datalfred.models.offline import thesaurus
from datalfred.models.offline.linking import LONGEST_NAME, Candidate, Lexicon
from datalfred.models.offline.text import Token, stem, words_in, words_of
from datalfred.models.offline.vocabulary import CHATTER, FUNCTION_WORDS

_SUMS = {
    stem(w) for w in words_in("revenue money turnover income earnings takings amount total sum")
}
"""Words for sums; no table is called so, even where it is called sales."""
Linked = tuple[int, tuple[Candidate, ...]]
"""How many tokens name something, and what they may name."""


class Linker:
    """Finds candidates at a place of a question."""

    def __init__(self, lexicon: Lexicon, tokens: Sequence[Token]) -> None:
        self.lexicon = lexicon
        self.tokens = tokens
        self.shouting = sum(t.text.isupper() for t in tokens) * 2 > len(tokens) > 3

    def compound(self, index: int, taken: Sequence[bool]) -> Linked | None:
        """Names of two words and more."""
        for size in range(LONGEST_NAME, 1, -1):
            if index + size <= len(self.tokens) and not any(taken[index : index + size]):
                found = self._timeless(index, size, self._at(index, size))
                found = self._singular(index, size, found)
                if found and min(c.penalty for c in found) <= 0.45:
                    return size, found
        return None

    def _timeless(
        self, index: int, size: int, found: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """As in "daily revenue" is a name, but more often revenue by day."""
        if not any(t.norm in _ADVERBS for t in self.tokens[index : index + size]):
            return found
        return tuple(
            c if c.kind == "table" else replace(c, penalty=c.penalty + 0.35) for c in found
        )

    def _singular(
        self, index: int, size: int, found: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """As in "average orders per day": an average of counts, not the "average order"."""
        first, last = self.tokens[index].norm, self.tokens[index + size - 1].norm
        if first not in ("average", "avg", "mean"):
            return found
        return tuple(
            replace(c, penalty=c.penalty + 0.5) if last == c.form.split()[-1] + "s" else c
            for c in found
        )

    def single(
        self, index: int, taken: Sequence[bool], longest: int = LONGEST_NAME
    ) -> Linked | None:
        """The longest name of what is left; else words that may mean the same."""
        for size in range(longest, 0, -1):
            if index + size <= len(self.tokens) and not any(taken[index : index + size]):
                found = self._at(index, size)
                if found:
                    return size, self._with_meant(index, size, found)
        token = self.tokens[index]
        if token.kind != "word" or (token.norm in CHATTER and token.norm not in _MEANT):
            return None
        meant = self._meant(token.stem)
        return (1, meant) if meant else None

    def alone(self, index: int, taken: Sequence[bool]) -> Linked | None:
        """What a single word names, as if there were no names of several words."""
        return self.single(index, taken, longest=1)

    def quoted(self, text: str) -> tuple[Candidate, ...]:
        """The values that a quoted string is."""
        stems = tuple(stem(w) for w in words_of(text.lower()))
        return tuple(c for c in self.lexicon.entries.get(stems, ()) if c.kind == "value")

    def _with_meant(
        self, index: int, size: int, found: tuple[Candidate, ...]
    ) -> tuple[Candidate, ...]:
        """Weak direct hits compete with what a synonym hits fully."""
        if size > 1:
            return found
        return (*found, *self._meant(self.tokens[index].stem))

    def _meant(self, word: str) -> tuple[Candidate, ...]:
        return tuple(
            replace(entry, penalty=entry.penalty + 1 + rank * 0.02)
            for rank, other in enumerate(thesaurus.alternatives(word))
            for entry in self.lexicon.entries.get((other,), ())
            if entry.kind not in (("value", "table") if word in _SUMS else ("value",))
            and entry.penalty <= (0.05 if entry.kind == "flag" else 0.45)
        )

    def _at(self, index: int, size: int) -> tuple[Candidate, ...]:
        window = self.tokens[index : index + size]
        if any(token.kind not in ("word", "name", "number") for token in window):
            return ()
        stems = tuple(part for token in window for part in _token_stems(token))
        entries = self.lexicon.entries.get(stems, ())
        if size == 1 and "_" in window[0].norm:
            entries = self.lexicon.entries.get((window[0].norm,), ()) or entries
        said = " ".join(token.norm.replace("_", " ") for token in window)
        return tuple(
            replace(entry, penalty=entry.penalty + _farness(said, entry.form))
            for entry in entries
            if self._is_meant(entry, window)
        )

    def _is_meant(self, entry: Candidate, window: Sequence[Token]) -> bool:
        """A short code such as ``IT`` must be written as a code; "it" is a word."""
        word = window[0]
        if len(window) > 1:
            return True
        if entry.kind == "value" and word.norm.endswith("ing") and entry.form.endswith("ed"):
            return False  # "returning customers" sent nothing back
        if entry.kind in ("table", "measure"):
            return word.norm not in CHATTER or _is_said(word, entry)
        if entry.kind == "value" and len(word.norm) <= 3:
            written = word.text == entry.value and not (self.shouting and word.norm in CHATTER)
            return written or (word.norm == entry.form and word.norm not in CHATTER | _SHORT_WORDS)
        if word.norm in FUNCTION_WORDS:
            return entry.kind == "column" and entry.penalty < 0.1 and len(word.norm) > 3
        return word.norm not in CHATTER or (entry.penalty < 0.2 and _is_said(word, entry))


def _is_said(word: Token, entry: Candidate) -> bool:
    """Whether a word that mostly means nothing is the name itself: "take" is no "takings"."""
    plural = {word.norm + "s", word.norm + "es", word.norm.removesuffix("s")}
    return entry.form == word.norm or entry.form in plural


def _farness(said: str, form: str) -> float:
    """A plural is as good as the word itself; "marketing" is not quite "market"."""
    if said == form:
        return 0.0
    bent = any(
        a != b and (a.endswith(("ing", "ed")) != b.endswith(("ing", "ed")))
        for a, b in zip(said.split(), form.split(), strict=False)
    )
    return 0.65 if bent else 0.05


_ADVERBS = {"hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "annual"}
_SHORT_WORDS = {
    "in",
    "is",
    "no",
    "it",
    "at",
    "be",
    "me",
    "so",
    "us",
    "or",
    "by",
    "to",
    "de",
    "and",
    "per",
    "top",
}
_MEANT: set[str] = {"people", "person"}


def _token_stems(token: Token) -> tuple[str, ...]:
    if token.kind == "name":
        return (token.norm,)
    return tuple(stem(w) for w in words_of(token.norm)) if "_" in token.norm else (token.stem,)
