"""Words as people type them and as tables are named, made comparable.

Plain rules and ``difflib`` suffice for the names of a catalog; a library of edit distances would
add megabytes to every function for the same hits.
"""

import difflib
import re

_WORD = re.compile(r"[a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SHORT = 4
_TYPO_RATIO = 0.8
_NOISE_WORDS = """
a about all an and any are as at by can column columns contain contains data database did do
does each every field fields find for from get give had has have hold holding holds how i in
info information is it last list made make me much my next number of on or our past per please
related search show some table tables tell than that the their there these they this those to
today us was we were what when where which who with yesterday you your
"""
_NOISE = frozenset(_NOISE_WORDS.split())


def words_of(text: str) -> list[str]:
    """The words of a text or a name, lower case, each in the singular: ``webOrders`` is two."""
    return [singular(word) for word in _WORD.findall(_CAMEL.sub(" ", text).lower())]


def meant(text: str) -> list[str]:
    """The words of a question that can name something, each once."""
    typed = _WORD.findall(_CAMEL.sub(" ", text).lower())
    kept = [word for word in typed if word not in _NOISE] or typed
    return list(dict.fromkeys(kept))


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
    """1 for the same word, less for a typing mistake, 0 for another word."""
    if typed == known:
        return 1.0
    if min(len(typed), len(known)) <= _SHORT or typed[0] != known[0]:
        return 0.0
    matcher = difflib.SequenceMatcher(None, typed, known, autojunk=False)
    if matcher.real_quick_ratio() < _TYPO_RATIO or matcher.quick_ratio() < _TYPO_RATIO:
        return 0.0
    ratio = matcher.ratio()
    return ratio if ratio >= _TYPO_RATIO else 0.0
