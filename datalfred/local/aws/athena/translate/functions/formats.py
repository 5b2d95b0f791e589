"""Format strings of dates: MySQL's (date_format, date_parse) and Joda's (format_datetime)."""

import re

from datalfred.local.aws.athena.failures import StatementError, not_supported

# https://trino.io/docs/current/functions/datetime.html, "MySQL date functions"
_MYSQL = {
    "a": "%a",
    "b": "%b",
    "c": "%-m",
    "d": "%d",
    "e": "%-d",
    "f": "%f",
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
    "r": "%I:%M:%S %p",
    "S": "%S",
    "s": "%S",
    "T": "%H:%M:%S",
    "v": "%V",
    "x": "%G",
    "W": "%A",
    "Y": "%Y",
    "y": "%y",
    "%": "%%",
}
_MYSQL_REFUSED = "DUuVwX"  # Trino refuses them, too
_NOT_PARSED = {"%V", "%G", "%A", "%a", "%j"}

# https://www.joda.org/joda-time/apidocs/org/joda/time/format/DateTimeFormat.html
_JODA = {
    "yyyy": "%Y",
    "YYYY": "%Y",
    "y": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "M": "%-m",
    "dd": "%d",
    "d": "%-d",
    "DDD": "%j",
    "HH": "%H",
    "H": "%-H",
    "hh": "%I",
    "h": "%-I",
    "mm": "%M",
    "m": "%-M",
    "ss": "%S",
    "s": "%-S",
    "SSS": "%g",
    "SSSSSS": "%f",
    "EEEE": "%A",
    "EEE": "%a",
    "EE": "%a",
    "E": "%a",
    "a": "%p",
    "e": "%u",
    "ww": "%V",
    "xxxx": "%G",
}

_JODA_TOKEN = re.compile(r"'((?:[^']|'')*)'|(?P<letter>[A-Za-z])(?P=letter)*|[^A-Za-z']+")


def from_mysql(written: str, at: tuple[int, int]) -> str:
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
                "INVALID_FUNCTION_ARGUMENT", f"{token} not supported in date format string", at=at
            )
        else:
            pieces.append(_MYSQL.get(token[1:], token[1:]))
    return "".join(pieces)


def from_joda(written: str, at: tuple[int, int]) -> str:
    """DuckDB's format for Joda's.

    Raises:
        StatementError: a letter that DuckDB has nothing for.
    """
    pieces = []
    for match in _JODA_TOKEN.finditer(written):
        token = match[0]
        if match["letter"]:
            if token not in _JODA:
                raise not_supported(f"the pattern {token} in a date format", at=at)
            pieces.append(_JODA[token])
        elif token.startswith("'"):
            pieces.append((match[1].replace("''", "'") or "'").replace("%", "%%"))
        else:
            pieces.append(token.replace("%", "%%"))
    return "".join(pieces)


def for_parsing(pattern: str, at: tuple[int, int]) -> str:
    """The same format, if a date can be read with it as Joda reads it.

    Raises:
        StatementError: it has no year, or parts that DuckDB does not read.
    """
    parts = set(re.findall(r"%-?[A-Za-z]", pattern))
    if not parts & {"%Y", "%y"} or parts & _NOT_PARSED:
        raise not_supported("reading a date without a plain year, month or day", at=at)
    return re.sub(r"%-([A-Za-z])", r"%\1", pattern)
