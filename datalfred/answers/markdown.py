"""Words from elsewhere in a Markdown document: they are read, and nothing else.

Log lines, cells, questions and answers may hold marks, tags, links and mentions. In what leaves
here none of them means anything to a program that shows Markdown: marks are escaped, addresses and
mentions are broken as reports on attacks break them (``http[:]//x``), because GitHub's flavour
links them without any mark, and looks for them after escapes are gone.

Sources: CommonMark 0.31, https://spec.commonmark.org; GitHub Flavored Markdown, section 6.9.
"""

import re
from collections.abc import Iterable, Sequence

from datalfred.bedrock.untrusted import neutral
from datalfred.lake.redaction import redact

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~&$])")
_LEADING = re.compile(r"^(?:(?=[-+=])|(\d{1,9})(?=[.)]))")
_SCHEME = re.compile(r":(?=//)")
_HOST = re.compile(r"\b(www)\.", re.IGNORECASE)
_TICKS = re.compile(r"`+")
_SHORTEST_FENCE = 3


def line(text: str) -> str:
    """A text on one line, masked, without what is not seen."""
    return " ".join(redact(neutral(text)).split())


def plain(text: str, longest: int = 0) -> str:
    """A text that Markdown shows as it stands: no mark in it means anything.

    Args:
        text: of anybody.
        longest: letters after which it is cut, with a mark; 0 for all of it.
    """
    shown = line(text)
    if longest and len(shown) > longest:
        shown = f"{shown[:longest]}…"
    shown = _HOST.sub(r"\1[.]", _SCHEME.sub("[:]", shown)).replace("@", "[@]")
    return _LEADING.sub(r"\1\\", _MARKS.sub(r"\\\1", shown))


def code(text: str) -> str:
    """A text within a line of code; an empty one is a dash."""
    return f"`{line(text).replace('`', chr(39)) or '-'}`"


def block(text: str, language: str = "") -> str:
    """A text with its lines, fenced so that it cannot end the fence itself."""
    kept = redact(neutral(text)).strip("\n")
    longest = max(map(len, _TICKS.findall(kept)), default=0)
    fence = "`" * max(longest + 1, _SHORTEST_FENCE)
    return f"{fence}{language}\n{kept}\n{fence}"


def bullets(sentences: Iterable[str], otherwise: str) -> str:
    """A list of what is Markdown already."""
    return "\n".join(f"- {sentence}" for sentence in sentences) or otherwise


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of what is Markdown already."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)
