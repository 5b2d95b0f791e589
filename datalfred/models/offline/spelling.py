"""Repairs misspelt words with the words that the catalog and the grammar know."""

from collections.abc import Iterable, Sequence

from datalfred.models.offline.text import Token, nearest


def correct(
    tokens: Sequence[Token], known: Iterable[str], stems: Iterable[str]
) -> tuple[list[Token], list[tuple[str, str]]]:
    """Replaces misspelt words by the only known word near them.

    Returns:
        The tokens, and each (written, read) pair for the interpretation line.
    """
    words, known_stems = set(known), set(stems)
    fixed: list[Token] = []
    notes: list[tuple[str, str]] = []
    for token in tokens:
        right = token.kind != "word" or token.norm in words or token.stem in known_stems
        near = "" if right or "_" in token.norm else nearest(token.norm, sorted(words))
        if near:
            notes.append((token.text, near))
        fixed.append(Token(near, near, "word") if near else token)
    return fixed, notes
