"""What Athena checks before a statement gets an id: its kind, its syntax, its parameters."""

from collections.abc import Sequence

from datalfred.local.aws.athena import statements
from datalfred.local.aws.athena.translate.dialect import (
    QUERY_WORDS,
    READ_WORDS,
    Parsed,
    Source,
    first_word,
    parse_query,
    with_parameters,
)

NOTHING = "SELECT 1 WHERE false"
"""What runs for a statement that was carried out when it was read, such as PREPARE."""

LONGEST = 262_144  # characters of a statement, as the API's model says


def read(sql: str, parameters: Sequence[str]) -> tuple[str, str, Parsed | None]:
    """The statement with its parameters in place; its kind, the first word, in capitals; its query.

    Raises:
        RequestError: Athena would refuse it at once.
    """
    if parameters:
        sql = with_parameters(sql, list(parameters))
    source = Source(sql)
    kind = first_word(source)
    if kind in QUERY_WORDS:
        return sql, "SELECT", Parsed(source, parse_query(source))
    if kind == "EXPLAIN":
        parse_query(Source(statements.explained(sql)))
    elif kind in READ_WORDS:
        statements.check(sql)
    return sql, kind, None
