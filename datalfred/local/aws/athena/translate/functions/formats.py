"""Format strings of dates: MySQL's (date_format, date_parse) and Joda's (format_datetime)."""

import re

from datalfred.local.aws.athena.failures import StatementError, not_supported
from datalfred.local.aws.athena.translate.typed import text

At = tuple[int, int]

# https://trino.io/docs/current/functions/datetime.html#mysql-date-functions
_MYSQL = {
    "a": "%a",
    "b": "%b",
    "c": "%-m",
    "d": "%d",
    "e": "%-d",
    "H": "%H",
    "h": "%I",
    "I": "%I",
    "i": "%M",
    "j": "%j",
    "k": "%-H",
    "l": "%-I",
    "M": "%B",
    "m": "%m",
    "p": "%p",
    "S": "%S",
    "s": "%S",
    "r": "%I:%M:%S %p",
    "T": "%H:%M:%S",
    "v": "%V",
    "x": "%G",
    "W": "%A",
    "Y": "%Y",
    "y": "%y",
    "%": "%%",
    "f": "%g000",
}
_MYSQL_REFUSED = "DUuVwX"  # Trino refuses them, too
_NOT_PARSED = {"%A", "%a", "%j"}
_CENTURY_PIVOT = 69  # of two digits, DuckDB's last year of 20xx is 68, Trino's is 69

# https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html: letter to the
# number that it stands for, in DuckDB's text.
_JODA_NUMBERS = {
    "y": "year({0})",
    "Y": "year({0})",
    "x": "isoyear({0})",
    "w": "weekofyear({0})",
    "e": "isodow({0})",
    "D": "dayofyear({0})",
    "M": "month({0})",
    "d": "day({0})",
    "H": "hour({0})",
    "h": "(hour({0}) + 11) % 12 + 1",
    "K": "hour({0}) % 12",
    "k": "(hour({0}) + 23) % 24 + 1",
    "m": "minute({0})",
    "s": "second({0})",
}
_JODA_READ = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "y": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%m",
    "dd": "%d",
    "d": "%d",
    "HH": "%H",
    "H": "%H",
    "hh": "%I",
    "h": "%I",
    "mm": "%M",
    "m": "%M",
    "ss": "%S",
    "s": "%S",
    "SSS": "%g",
    "SSSSSS": "%f",
    "a": "%p",
}
_JODA_TOKEN = re.compile(r"'((?:[^']|'')*)(?:'|$)|(?P<letter>[A-Za-z])(?P=letter)*|[^A-Za-z']+")
_NAMED = 3  # from so many letters on, a month is a name
_WHOLE_NAME = 4  # from so many letters on, a name is written out


def from_mysql(written: str) -> str:
    """DuckDB's format for MySQL's.

    Raises:
        StatementError: a specifier that Trino refuses.
    """
    pieces = []
    for token in re.findall(r"%.|[^%]+|%", written, re.DOTALL):
        if token[0] != "%":
            pieces.append(token)
        elif len(token) > 1 and token[1] in _MYSQL_REFUSED:
            raise StatementError(
                "INVALID_FUNCTION_ARGUMENT", f"{token} not supported in date format string"
            )
        else:
            pieces.append(_MYSQL.get(token[1:], token[1:]))
    return "".join(pieces)


def joda_text(written: str, zone: str, at: At) -> str:
    """DuckDB's text of a moment in Joda's pattern; ``{0}`` is the local time, ``{1}`` the offset.

    Args:
        written: the pattern.
        zone: id of the zone that the moment prints in.
        at: where the call stands.

    Raises:
        StatementError: a letter that cannot be written here.
    """
    pieces = []
    for match in _JODA_TOKEN.finditer(written):
        token = match[0]
        if match["letter"]:
            pieces.append(_joda_piece(token, zone, at))
        else:
            plain = match[1].replace("''", "'") or "'" if token.startswith("'") else token
            pieces.append(text(plain).replace("{", "{{").replace("}", "}}"))
    return " || ".join(pieces) or "''"


def _joda_piece(token: str, zone: str, at: At) -> str:
    letter, count = token[0], len(token)
    if letter in "yYx" and count == len("yy"):
        return f"lpad(CAST({_JODA_NUMBERS[letter]} % 100 AS VARCHAR), 2, '0')"
    if letter in _JODA_NUMBERS and not (letter == "M" and count >= _NAMED):
        return f"trino_digits({_JODA_NUMBERS[letter]}, {count})"
    if letter in "MEa":
        short, whole = {"M": ("%b", "%B"), "E": ("%a", "%A"), "a": ("%p", "%p")}[letter]
        return f"strftime({{0}}, '{whole if count >= _WHOLE_NAME else short}')"
    if letter == "S":
        return f"rpad(left(strftime({{0}}, '%g'), {count}), {count}, '0')"
    if letter == "Z":
        offsets = ("replace({1}, ':', '')", "{1}", text(zone))
        return offsets[min(count, len(offsets)) - 1]
    raise not_supported(f"the pattern {token} in a date format", at=at)


def from_joda(written: str, at: At) -> str:
    """DuckDB's format to read what Joda's pattern says.

    Raises:
        StatementError: a letter that DuckDB does not read as Joda does.
    """
    pieces = []
    for match in _JODA_TOKEN.finditer(written):
        token = match[0]
        if match["letter"]:
            if token not in _JODA_READ:
                raise not_supported(f"reading the pattern {token} of a date", at=at)
            pieces.append(_JODA_READ[token])
        elif token.startswith("'"):
            pieces.append((match[1].replace("''", "'") or "'").replace("%", "%%"))
        else:
            pieces.append(token.replace("%", "%%"))
    return "".join(pieces)


def reading(pattern: str, value: str, at: At) -> tuple[str, str]:
    """DuckDB's texts of the moment that ``value`` holds (NULL: it has another format).

    Args:
        pattern: DuckDB's format.
        value: DuckDB's text of a string.
        at: where the call stands.

    Returns:
        Whether the value has the format, and the moment.

    Raises:
        StatementError: the format has parts that DuckDB does not read as Trino does.
    """
    pattern = re.sub(r"%-([A-Za-z])", r"%\1", pattern)
    parts = set(re.findall(r"%[A-Za-z]", pattern))
    weekly = "%G" in parts
    if parts & _NOT_PARSED or (weekly and parts != {"%G", "%V"}) or ("%V" in parts and not weekly):
        raise not_supported("reading a date by names of days, days of years or weeks", at=at)
    given = value
    if "%g000" in pattern:
        # DuckDB reads six digits of a second, Trino nine; what follows the third is dropped.
        pattern = pattern.replace("%g000", "%f")
        given = f"regexp_replace({value}, '([0-9]{{3}})[0-9]{{0,6}}([^0-9]*)$', '\\1\\2')"
        many = f"regexp_matches({value}, '[0-9]{{7,9}}[^0-9]*$')"
        given = f"CASE WHEN {many} THEN {given} ELSE {value} END"
    read = f"try_strptime({given}, {text(pattern)})"
    if weekly:
        read = f"try_strptime({given} || ' 1', {text(pattern + ' %u')})"
    fits = f"{read} IS NOT NULL"
    if pattern == pattern.strip():
        # DuckDB overlooks blanks around the text.
        fits += f" AND {value} = trim({value}, ' ' || chr(9) || chr(10) || chr(13))"
    return fits, _dated(read, parts)


def _dated(read: str, parts: set[str]) -> str:
    """The moment with the year that Trino takes where the text names none, or two digits of it."""
    if "%I" in parts and "%p" not in parts:
        read = f"(CASE WHEN hour({read}) = 12 THEN {read} - INTERVAL 12 HOUR ELSE {read} END)"
    if not parts & {"%Y", "%y", "%G"}:
        return f"({read} + INTERVAL 70 YEAR)"  # 1970, where DuckDB takes 1900
    if "%y" not in parts:
        return read
    last = f"{1900 + _CENTURY_PIVOT}"
    return f"(CASE WHEN year({read}) = {last} THEN {read} + INTERVAL 100 YEAR ELSE {read} END)"
