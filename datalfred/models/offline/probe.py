"""Words that the catalog does not know may be values in the data: one look tells.

Where no values are declared ("customers in Lisbon"), the text columns in reach are searched for the
unknown words in a single query. What is found becomes a filter; what is not stays unknown.
"""

# ruff: noqa: PLR2004 -- lengths and weights of words mean what they are compared with

from collections.abc import Sequence

from datalfred.models.offline import thesaurus
from datalfred.models.offline.catalog_view import Catalog, Table
from datalfred.models.offline.conversation import Conversation, Step, ToolCall
from datalfred.models.offline.planner import Plan, unread_names
from datalfred.models.offline.scope import Scope
from datalfred.models.offline.spans import Span
from datalfred.models.offline.sql_text import identifier, literal
from datalfred.models.offline.wording import rows_of

_MARK = "AS found_value"
_MOST_COLUMNS = 12
_LONGEST_NAME = 4
_LEADS = ("in", "on", "out of", "not")
"""Words before an unknown one that may belong to the value: "in transit"."""


def is_probe(step: Step) -> bool:
    """Whether a query of this turn only looked values up."""
    return _MARK in str(step.input.get("sql", ""))


def call(
    talk: Conversation,
    catalog: Catalog,
    spans: Sequence[Span],
    best: Plan | None,
    corrected: Sequence[str] = (),
) -> ToolCall | None:
    """The look-up for the unknown words, once a turn; None when it cannot help.

    Args:
        talk: the talk so far.
        catalog: the described tables.
        spans: the question as it was read.
        best: its best plan.
        corrected: words, as written, that were taken for misspelt; they may be values.
    """
    if best is None or any(is_probe(s) for s in talk.results("run_query")):
        return None
    said = [*_phrases(spans), *(w.lower() for w in corrected)]
    columns = _columns(catalog, best.draft.scope)
    if not said or not columns:
        return None
    variants = sorted({v for phrase in said for v in _variants(phrase)})
    wanted = ", ".join(literal(v) for v in variants)
    selects = [
        f"SELECT {literal(table.id)} AS table_name, {literal(name)} AS column_name, "
        f"CAST({identifier(name)} AS varchar) {_MARK}\n"
        f"FROM {identifier(table.database)}.{identifier(table.name)}\n"
        f"WHERE replace(replace(lower({identifier(name)}), '_', ' '), '-', ' ') IN "
        f"({wanted})\nGROUP BY {identifier(name)}"
        for table, name in columns
    ]
    return ToolCall("run_query", {"sql": "\nUNION ALL\n".join(selects) + "\nLIMIT 50"})


def _phrases(spans: Sequence[Span]) -> list[str]:
    """Every run of up to four words out of the unknown ones."""
    phrases: dict[str, None] = {}
    for name in unread_names(spans):
        words = name.lower().replace("_", " ").replace("-", " ").split()[:8]
        phrases |= dict.fromkeys(f"{lead} {name.lower()}" for lead in _LEADS)
        for size in range(min(_LONGEST_NAME, len(words)), 0, -1):
            for start in range(len(words) - size + 1):
                phrases[" ".join(words[start : start + size])] = None
    return [p for p in phrases if len(p) > 1][:40]


def _variants(phrase: str) -> list[str]:
    """A value may be written in the singular, or as a code."""
    found = [phrase]
    if phrase.endswith("s") and len(phrase) > 3:
        found.append(phrase[:-1])
    else:
        found.append(phrase + "s")
    return [*found, *thesaurus.codes(phrase)]


def _columns(catalog: Catalog, scope: Scope) -> list[tuple[Table, str]]:
    """Text columns without declared values, the base's first."""
    found: list[tuple[Table, str]] = []
    for identity in [*scope.paths, *catalog.tables]:
        table = catalog.tables[identity]
        for column in table.columns:
            fits = (
                column.kind == "text"
                and not column.personal
                and not column.partition_key
                and not column.values
            )
            if fits and not column.is_key and (table, column.name) not in found:
                found.append((table, column.name))
    return found[:_MOST_COLUMNS]


def found(talk: Conversation) -> dict[str, list[tuple[str, str, str]]]:
    """Values that the look-up found: words -> (table, column, value as it is written)."""
    places: dict[str, list[tuple[str, str, str]]] = {}
    for step in talk.results("run_query"):
        if not is_probe(step) or step.error:
            continue
        for row in rows_of(step.result)[1]:
            if len(row) == 3 and row[0] and row[1] and row[2]:  # the look-up's own columns
                for words in _said_as(row[2]):
                    places.setdefault(words, []).append((row[0], row[1], row[2]))
    return places


def _said_as(value: str) -> list[str]:
    plain = value.lower().replace("_", " ").replace("-", " ").strip()
    return [plain, *thesaurus.words_for(plain)]
