"""Reading words: cleaning, splitting into tokens, stems and near misses."""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with
# ruff: noqa: RUF001 -- people type curly quotes

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

LONGEST_QUESTION = 4_000
"""Characters that are read; nobody asks a longer question, but people paste longer texts."""

_CONTRACTIONS = (
    (r"\b(what|who|how|where|when|which|that|there|it|here)[’']s\b", r"\1 is"),
    (r"\b(what|who|how|where|when)s\b", r"\1 is"),
    (r"\b(do|does|did|is|are|was|were|has|have|had)nt\b", r"\1 not"),
    (r"\bcant\b", "can not"),
    (r"\bw/o\b", "without"),
    (r"\bw/ ?", "with "),
    (r"\bb/w\b", "between"),
    (r"\byday\b|\byest\b", "yesterday"),
    (r"\bcan[’']t\b", "can not"),
    (r"\bwon[’']t\b", "will not"),
    (r"n[’']t\b", " not"),
    (r"[’']re\b", " are"),
    (r"[’']ve\b", " have"),
    (r"[’'](?:ll|d|m)\b", " "),
    (r"\blet[’']s\b", "let us"),
    (r"(?<=\w)[’']s\b", ""),
    (r"(?<=s)[’'](?=\s|$)", ""),
)
_EXPANSIONS: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"\be-mails?\b", "email"),
    (r"\b(\d{4})/(\d{2})/(\d{2})\b", r"\1-\2-\3"),
    (r"\brevs?\b(?! ?\d)", "revenue"),
    (
        r"\b(than|over|under|above|below|at least|at most) an? (hour|minute|day|week|second)\b",
        r"\1 1 \2",
    ),
    (r"\bmths?\b", "month"),
    (r"\bqtrs?\b", "quarter"),
    (r"\byrs?\b", "year"),
    (r"(?<!\d)(?<!\d )\bwk\b", "week"),
    (
        (
            r"\bhow (?:long|many (?P<unit>hours|minutes|seconds|days)) "
            r"(?:does|do|did|will|would) it "
            r"(?:usually |typically |normally |generally |on average )?take (?:us |them |you )?"
            r"(?:usually |typically |on average )?to\b"
        ),
        lambda m: f"average{' in ' + m['unit'] if m['unit'] else ''} time to",
    ),
    (r"\bn°|\bnr\.|\bno\.? of\b", "number of"),
    (r"#(?= of\b)", "number"),
    (r"\bvs\.", "vs"),
    (r"\bturn(?:ed)? over\b", "turnover"),
    (r"&", " and "),
    (r"(?<=\d)\s?%", " percent"),
    (r"(?<=\s)%(?= of\b)", " percent"),
    (r"\b(\d+)\s?(?:hrs?|h)\b", r"\1 hours"),
    (r"\b(\d+)\s?d\b", r"\1 days"),
    (r"\b(\d+)\s?(?:mins?)\b", r"\1 minutes"),
    (r"\b(\d+)\s?(?:secs?)\b", r"\1 seconds"),
    (r"\b(\d+)\s?w(?:ks?)?\b", r"\1 weeks"),
    (r"[€]\s?(?=\d)|(?<=\d)\s?€", " eur "),
    (r"[$]\s?(?=\d)|(?<=\d)\s?[$]", " usd "),
    (r"£\s?(?=\d)|(?<=\d)\s?£", " gbp "),
)
_TOKEN = re.compile(
    r"""
    (?P<quoted>(?<![\w])(?:"[^"]{1,200}"|'[^']{1,200}'|“[^”]{1,200}”|‘[^’]{1,200}’|`[^`]{1,200}`)(?!\w))
  | (?P<date>\b\d{4}-\d{2}(?:-\d{2})?\b)
  | (?P<ordinal>\b\d{1,2}(?:st|nd|rd|th)\b)
  | (?P<number>(?<![\w.])-?\d[\d,]*(?:\.\d+)?(?:k|m|mio|bn)?\b)
  | (?P<name>\b[^\W\d]\w*(?:\.[^\W\d]\w*)+)
  | (?P<word>\w+)
  | (?P<operator>>=|<=|<>|!=|>|<|=)
  | (?P<punctuation>[,;])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_SCALE = {"k": 1_000, "m": 1_000_000, "mio": 1_000_000, "bn": 1_000_000_000}


@dataclass(frozen=True)
class Token:
    """One piece of a question.

    Attributes:
        text: as it was written (of a quoted string: what stands between the quotes).
        norm: lower case, without spaces; what patterns match.
        kind: ``word``, ``name`` (dotted), ``number``, ``ordinal``, ``date``, ``quoted``,
            ``operator`` or ``punctuation``.
    """

    text: str
    norm: str
    kind: str

    @property
    def stem(self) -> str:
        """What is left when the ending is taken off."""
        return stem(self.norm)

    @property
    def number(self) -> float | int | None:
        """The value of a number, with its thousands separators and suffix read."""
        return number_of(self.norm) if self.kind == "number" else None


def clean(text: str) -> str:
    """The question without control characters, odd spaces and what is too long."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST_QUESTION])
    kept = (" " if unicodedata.category(c).startswith(("C", "Z")) else c for c in plain)
    return re.sub(r" +", " ", "".join(kept)).strip()


def tokenize(text: str) -> list[Token]:
    """Splits a cleaned question. Contractions are opened and currency signs become words."""
    for pattern, replacement in (*_CONTRACTIONS, *_EXPANSIONS):
        text = re.sub(pattern, replacement, text, flags=re.IGNORECASE)
    return [_token(match, index) for index, match in enumerate(_TOKEN.finditer(text))]


def _token(match: re.Match[str], index: int) -> Token:
    kind = match.lastgroup or "word"
    raw = match[0]
    if kind == "quoted":
        return Token(raw[1:-1].strip(), f"«{index}»", kind)
    return Token(raw, raw.lower(), kind)


def number_of(text: str) -> float | int | None:
    """The value of ``1,200``, ``2.5``, ``10k`` or ``3m``; None for anything else."""
    match = re.fullmatch(r"(-?\d[\d,]*(?:\.\d+)?)(k|m|mio|bn)?", text.lower())
    if not match:
        return None
    value = float(match[1].replace(",", "")) * _SCALE.get(match[2] or "", 1)
    return int(value) if value.is_integer() else value


@lru_cache(maxsize=8_192)
def stem(word: str) -> str:
    """A light English stemmer: plural, -ed, -ing, -ation and doubled consonants come off."""
    if word == "ads":
        return "ad"
    if len(word) <= 3 or not word.isalpha():  # "is", "gas", "p95" stay
        return word
    for ending, replacement in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(replacement) >= 3:
            word = word[: len(word) - len(ending)] + replacement
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeous":
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


_ENDINGS = (
    ("ellations", "el"),
    ("ellation", "el"),
    ("ications", "y"),
    ("sses", "ss"),
    ("ies", "y"),
    ("ied", "y"),
    ("xes", "x"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("ings", ""),
    ("ing", ""),
    ("eed", "eed"),
    ("ed", ""),
    ("ss", "ss"),
    ("us", "us"),
    ("is", "is"),
    ("s", ""),
)


@lru_cache(maxsize=8_192)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a technical name: ``orderItems_v2`` is order, items, v2."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    plain = tuple(w.lower() for w in re.split(r"[^0-9A-Za-zÀ-ÿ]+", spaced) if w)
    return plain or ((name.lower(),) if name.strip() else ())


def words_in(text: str) -> list[str]:
    """The words of a list that is written as a text."""
    return text.split()


def stems_of(phrase: str) -> tuple[str, ...]:
    """The stems of a name or a phrase, in order."""
    return tuple(stem(w) for w in words_of(phrase))


def distance(a: str, b: str, limit: int) -> int:
    """Edits between two words (a swap of neighbours is one), or ``limit + 1`` when more."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        current = [i]
        for j, y in enumerate(b, 1):
            best = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        if min(current) > limit:
            return limit + 1
        before, row = row, current
    return row[-1]


def nearest(word: str, known: Iterable[str]) -> str:
    """The one known word that ``word`` is a misspelling of, or empty.

    Words of five letters or more may differ by one edit, of eight or more by two. Two equally
    near words are no match: a guess would be worse than a question.
    """
    limit = 0 if len(word) < 5 else 1 if len(word) < 8 else 2
    if not limit or not word.isalpha():
        return ""
    best: tuple[int, str] = (limit + 1, "")
    tie = False
    for other in known:
        if len(other) < 4 or (other[0] != word[0] and word[:2] != other[1::-1]):
            continue
        far = distance(word, other, limit)
        if far < best[0]:
            best, tie = (far, other), False
        elif far == best[0] and other != best[1]:
            tie = True
    return "" if tie else best[1]
