"""Words as people type them and as tables are named, made comparable.

A word is folded (``Größe`` is ``grosse``), cut out of names (``webOrders`` is two) and put into the
singular. :func:`likeness` forgives a typing mistake, an ending and a usual abbreviation. The edit
distance is twenty lines of our own: a compiled library of distances would add megabytes to a
function that compares a few hundred short words.
"""

import re
import unicodedata
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SHORT = 4
_LONG = 8
_LIKE_ABBREVIATION = 0.8
_LIKE_BEGINNING = 0.75
_LIKE_ONE_EDIT = 0.85
_LIKE_TWO_EDITS = 0.7
_ENDINGS = ("ing", "ed", "er", "en", "d", "e", "n", "r")
_NOISE_WORDS = """
a about all an and any are as at by can column columns contain contains data database did do
does each every field fields find for from get give had has have hold holding holds how i in
info information is it last list made make me much my next number of on or our past per please
related search show some table tables tell than that the their there these they this those to
today us was we were what when where which who with yesterday you your
das dem den der des die ein eine im und von wie wo d de du elle en est et la le les ou un une
cual donde el las los por que y che con dei del della di e gli il
"""
_NOISE = frozenset(_NOISE_WORDS.split())
_ABBREVIATIONS = {
    "account": "acc acct",
    "address": "addr adr",
    "amount": "amt",
    "average": "avg",
    "category": "cat ctg",
    "country": "ctry cntry",
    "customer": "cust cstmr",
    "date": "dt",
    "department": "dept",
    "description": "descr",
    "discount": "disc",
    "employee": "emp",
    "impression": "impr",
    "invoice": "inv",
    "location": "loc",
    "manager": "mgr",
    "message": "msg",
    "month": "mth",
    "number": "nbr nr num",
    "order": "ord",
    "payment": "pmt",
    "percent": "pct",
    "price": "prc",
    "product": "prd prod",
    "quantity": "qty",
    "revenue": "rev",
    "segment": "seg",
    "session": "sess",
    "shipment": "shpmt",
    "telephone": "phone tel",
    "temperature": "temp",
    "timestamp": "ts",
    "transaction": "trx txn",
    "user": "usr",
    "year": "yr",
}
_SPELLED = {short: word for word, shorts in _ABBREVIATIONS.items() for short in shorts.split()}


def fold(text: str) -> str:
    """The text without case and accents."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


@lru_cache(maxsize=65_536)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text or a name, each in the singular: ``webOrders`` is two."""
    return tuple(singular(word) for word in _typed(text))


def meant(text: str) -> list[str]:
    """The words of a question that can name something, each once."""
    return list(dict.fromkeys(_telling(text)))


@lru_cache(maxsize=65_536)
def phrase_of(text: str) -> tuple[str, ...]:
    """The words of a synonym that can name something, each in the singular."""
    return tuple(singular(word) for word in _telling(text))


def singular(word: str) -> str:
    """The singular of an English plural, roughly: ``categories`` is ``category``."""
    if len(word) < _SHORT or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word.removesuffix("s")


def likeness(typed: str, known: str) -> float:
    """1 for the same word, 0 for another, between for what was probably meant.

    Args:
        typed: a folded word of a question.
        known: a folded word of the catalog.
    """
    if typed == known:
        return 1.0
    if _SPELLED.get(typed) == known or _SPELLED.get(known) == typed:
        return _LIKE_ABBREVIATION
    if len(typed) >= _SHORT and (known.startswith(typed) or _is_inflected(typed, known)):
        return _LIKE_BEGINNING
    edits = _edits(typed, known)
    return {1: _LIKE_ONE_EDIT, 2: _LIKE_TWO_EDITS}.get(edits, 0.0)


def _typed(text: str) -> list[str]:
    return _WORD.findall(fold(_CAMEL.sub(" ", text)))


def _telling(text: str) -> list[str]:
    typed = _typed(text)
    return [word for word in typed if word not in _NOISE] or typed


def _is_inflected(typed: str, known: str) -> bool:
    return (
        len(known) >= _SHORT and typed.startswith(known) and typed.removeprefix(known) in _ENDINGS
    )


def _edits(typed: str, known: str) -> int:
    """The mistakes between two words, 0 for too many to be one: two in long words, else one.

    Short words are too near to each other: one of four letters may lack or double one, or have two
    swapped, but not hold another. A wrong first letter is the only mistake of its word.
    """
    least = min(len(typed), len(known))
    most = 2 if least >= _LONG else 1
    if least < _SHORT or abs(len(typed) - len(known)) > most:
        return 0
    if typed[0] != known[0]:
        return int(least > _SHORT and _differ_first(typed, known))
    if least == _SHORT and len(typed) == len(known) and sorted(typed) != sorted(known):
        return 0
    edits = _distance(typed, known, most)
    return edits if edits <= most else 0


def _differ_first(typed: str, known: str) -> bool:
    swapped = typed[1] + typed[0] + typed[2:]
    return known in {typed[1:], swapped} or known[1:] in {typed, typed[1:]}


def _distance(one: str, other: str, most: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours; above ``most``, anything.

    Optimal string alignment: https://doi.org/10.1145/363958.363994 (Damerau, 1964).
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, start=1):
        last, row, before_last = row, [place], before
        before = last
        for at, there in enumerate(other, start=1):
            best = min(last[at] + 1, row[at - 1] + 1, last[at - 1] + (letter != there))
            if at > 1 and place > 1 and letter == other[at - 2] and one[place - 2] == there:
                best = min(best, before_last[at - 2] + 1)
            row.append(best)
        if min(row) > most:
            break
    return row[-1]
