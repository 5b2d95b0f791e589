r"""Regular expressions: Trino matches with Joni in Java's syntax, DuckDB with RE2.

What both read alike is translated (``\d``, ``\w``, ``\s`` know all of Unicode in Joni, and ASCII
alone in RE2); what RE2 cannot do, such as looking around, is refused.

Source: https://trino.io/docs/current/functions/regexp.html
"""

import re
from dataclasses import dataclass

from datalfred.local.aws.athena.failures import StatementError, not_supported

At = tuple[int, int]

# What Joni calls a word character, a digit and white space, in RE2's classes.
_CLASSES = {
    "w": r"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}",
    "d": r"\p{Nd}",
    "s": r"\t-\r\x{85}\p{Z}",
}
_TOKEN = re.compile(
    r"(?P<escape>\\(?:[pP]\{[^}]*\}|x\{[0-9a-fA-F]+\}|.))"
    r"|(?P<look>\(\?(?:=|!|<=|<!|>))"
    r"|(?P<name>\(\?<[A-Za-z]\w*>)"
    r"|(?P<open>\[\^?)"
    r"|(?P<possessive>(?:[*+?]|\{\d+(?:,\d*)?\})\+)"
    r"|(?P<flags>\(\?[a-zA-Z-]+[:)])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_PLAIN_ESCAPES = set("tnrfaexbBAz\\.[]{}()*+?^$|/-'\"#@!%&=,;:<>~`_ ")
_FLAGS = {"(?i)", "(?i:", "(?s)", "(?s:", "(?m)", "(?m:", "(?:", "(?is)", "(?si)", "(?-i)"}


@dataclass(frozen=True)
class Pattern:
    """A regular expression that RE2 reads.

    Attributes:
        text: in RE2's syntax.
        names: of its groups, in order; None for a group without a name.
        optional: whether a group may take no part in a match.
        nothing: whether it may match nothing at all.
        end: whether it holds ``$``, which Joni takes to stand before a last line feed, too.
        edge: whether it holds a word boundary, which RE2 knows in ASCII only.
    """

    text: str
    names: tuple[str | None, ...] = ()
    optional: bool = False
    nothing: bool = False
    end: bool = False
    edge: bool = False


def pattern(written: str, at: At) -> Pattern:
    """The expression for RE2.

    Raises:
        StatementError: it is none, or RE2 cannot match it as Joni would.
    """
    pieces: list[str] = []
    place = 0
    while place < len(written):
        match = _TOKEN.match(written, place)
        if match is None:  # a backslash at the end
            raise StatementError(
                "INVALID_FUNCTION_ARGUMENT", f"Invalid regular expression: {written}"
            )
        place = match.end()
        if match["open"]:
            inside, place = _class(written, match.end(), at)
            pieces.append(match["open"] + inside)
        else:
            pieces.append(_piece(match, written, at))
    text = "".join(pieces)
    names = tuple(
        found[1] or None
        for found in re.finditer(r"\((?:\?P<(\w+)>|(?!\?))", _without_classes(text))
    )
    bare = _without_classes(text)
    return Pattern(
        text,
        names,
        optional=re.search(r"\)[?*]|\)\{0|\|", bare) is not None,
        nothing=_may_be_empty(text),
        end="$" in bare,
        edge=re.search(r"\\[bB]", text) is not None,
    )


def _piece(match: re.Match[str], written: str, at: At) -> str:
    unknown = match["flags"] is not None and match["flags"] not in _FLAGS
    if match["look"] or match["possessive"] or unknown:
        raise _refused(written, at)
    if match[0] == "\\":
        raise StatementError("INVALID_FUNCTION_ARGUMENT", f"end pattern at escape: {written}")
    if match["name"]:
        return "(?P" + match["name"][2:]
    if match["escape"]:
        return _escape(match["escape"], written, at, inside=False)
    return match[0]


def _escape(token: str, written: str, at: At, *, inside: bool) -> str:
    letter = token[1]
    if letter in _CLASSES:
        return _CLASSES[letter] if inside else f"[{_CLASSES[letter]}]"
    if letter.lower() in _CLASSES and not inside:
        return f"[^{_CLASSES[letter.lower()]}]"
    if letter in "pP" and re.fullmatch(r"\\[pP]\{(L|Lu|Ll|M|N|Nd|P|S|Z|Greek|Latin|Han)\}", token):
        return token
    if letter not in _PLAIN_ESCAPES or (inside and letter in "bBAz"):
        raise _refused(written, at)
    return r"\x{1b}" if letter == "e" else token


def _class(written: str, start: int, at: At) -> tuple[str, int]:
    """What stands in brackets, and where they end."""
    pieces: list[str] = []
    place = start
    while place < len(written):
        if written[place] == "]" and place > start:
            return "".join(pieces) + "]", place + 1
        if written.startswith("&&", place) or written[place] == "[":
            if not (named := re.match(r"\[:\^?[a-z]+:\]", written[place:])):
                raise _refused(written, at)
            pieces.append(named[0])
            place += named.end()
            continue
        escape = re.match(r"\\(?:[pP]\{[^}]*\}|x\{[0-9a-fA-F]+\}|.)", written[place:], re.DOTALL)
        if escape:
            pieces.append(_escape(escape[0], written, at, inside=True))
            place += escape.end()
        else:
            pieces.append(written[place])
            place += 1
    raise StatementError("INVALID_FUNCTION_ARGUMENT", f"premature end of char-class: {written}")


def _without_classes(text: str) -> str:
    """The expression without escapes and without what stands in brackets."""
    return re.sub(r"\\[pP]\{[^}]*\}|\\.|\[\^?\]?[^]]*\]", "x", text, flags=re.DOTALL)


def _may_be_empty(text: str) -> bool:
    """Whether some branch needs no character."""
    bare = _without_classes(text)
    bare = re.sub(r"\(\?(P<\w+>|[a-z-]*:)", "(", re.sub(r"\(\?[a-z-]+\)", "", bare))
    try:
        return re.compile(bare).fullmatch("") is not None or _width(bare) == 0
    except re.error:
        return True


def _width(bare: str) -> int:
    from re import _parser  # type: ignore[attr-defined]  # the only place that knows the width

    return int(_parser.parse(bare).getwidth()[0])


def _refused(written: str, at: At) -> StatementError:
    return not_supported(f"the regular expression {written}", at=at)


def replacement(written: str, found: Pattern, at: At) -> str:
    r"""Java's ``$1``, ``${name}`` and ``\$`` as RE2's ``\1`` and ``$``.

    Raises:
        StatementError: Joni knows no such group, or the text ends in a lone backslash.
    """
    pieces = []
    for token in re.findall(r"\\.|\\|\$\d+|\$\{\w*\}|\$|[^\\$]+", written, re.DOTALL):
        if token[0] in "\\$" and not token[1:]:
            raise _bad_replacement(written)
        if token.startswith("$"):
            pieces.append(_group(token, written, found, at))
        elif token.startswith("\\"):
            pieces.append("\\\\" if token[1:] == "\\" else token[1:])
        else:
            pieces.append(token)
    return "".join(pieces)


def _group(token: str, written: str, found: Pattern, at: At) -> str:
    """One reference; digits are taken while they make the number of a group."""
    if token.startswith("${"):
        name = token[2:-1]
        if name not in found.names:
            raise _bad_replacement(written)
        return f"\\{found.names.index(name) + 1}"
    number, taken = int(token[1]), 1
    while taken + 1 < len(token) and number * 10 + int(token[taken + 1]) <= len(found.names):
        number, taken = number * 10 + int(token[taken + 1]), taken + 1
    if number > len(found.names):
        raise _bad_replacement(written)
    if number > len("123456789"):
        raise not_supported("a reference to a tenth group in a replacement", at=at)
    return f"\\{number}{token[taken + 1 :]}"


def _bad_replacement(written: str) -> StatementError:
    return StatementError("INVALID_FUNCTION_ARGUMENT", f"Illegal replacement sequence: {written}")
