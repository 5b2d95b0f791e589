"""How tables join: as somebody declared, or only as their names suggest."""

from collections.abc import Sequence

from datalfred.models.offline import catalog_reading, search
from datalfred.models.offline.catalog_reading import read_hits
from datalfred.models.offline.catalog_view import Catalog, Column, Hit, Join, Table
from datalfred.models.offline.catalog_words import WHICH_JOIN
from datalfred.models.offline.conversation import Conversation, Decision, ToolCall
from datalfred.models.offline.table_answers import all_named, evidence_of
from datalfred.models.offline.wording import CANNOT, fitted

_MOST_NAMED = 4


def tell_joins(talk: Conversation, text: str, _earlier: Sequence[str]) -> Decision | None:
    """How the named tables join; of one table, with which others."""
    steps = talk.results("search_tables")
    if not steps:
        return Decision(calls=(ToolCall("search_tables", {"text": ""}),))
    hits = read_hits(steps[-1].result)
    named = all_named(text, hits)[:_MOST_NAMED]
    if not named:
        return None
    described = talk.results("describe_table")
    if not described:
        others = _sharing_keys(named[0], hits) if _asks_others(text, named) else []
        calls = [
            ToolCall("describe_table", {"database": h.database, "table": h.name})
            for h in dict.fromkeys([*named, *others])
        ]
        return Decision(calls=tuple(calls[: search.MOST_DESCRIBED]))
    catalog = catalog_reading.build([s.result for s in described])
    return Decision(_told(catalog, named, evidence_of(described[0])))


def _asks_others(text: str, named: Sequence[Hit]) -> bool:
    return len(named) == 1 and WHICH_JOIN.search(text) is not None


def _sharing_keys(one: Hit, hits: Sequence[Hit]) -> list[Hit]:
    """The tables that have a key of this one: perhaps they refer to it."""
    keys = {c for c in one.columns if Column(c, "").is_key}
    return [h for h in hits if h.id != one.id and keys.intersection(h.columns)]


def _told(catalog: Catalog, named: Sequence[Hit], evidence: str) -> str:
    asked = {h.id for h in named}
    found = [
        (table, join, join.guessed)
        for table in catalog.tables.values()
        for join in _joins(catalog, table)
        if table.id in asked or join.target in asked
    ]
    found = list({_pair(table, join): (table, join, g) for table, join, g in found[::-1]}.values())
    both = [each for each in found if {each[0].id, each[1].target} <= asked]
    shown = both if both and len(asked) > 1 else found
    if not shown:
        none = f"the catalog declares no join for {', '.join(sorted(asked))}"
        gaps = [table.unknown for table in catalog.tables.values() if table.unknown]
        return " ".join([f"{CANNOT}: {none}, and no names suggest one.", *dict.fromkeys(gaps)])
    declared = [_line(table, join) for table, join, guessed in shown if not guessed]
    likely = [_line(table, join) for table, join, guessed in shown if guessed]
    return fitted(
        [
            "\n".join(["Many-to-one joins:", "", *declared]) if declared else "",
            "\n".join([_LIKELY, "", *likely]) if likely else "",
            evidence,
        ]
    )


_LIKELY = "Likely joins, which nobody declared (check that the values fit):"


def _joins(catalog: Catalog, table: Table) -> list[Join]:
    likely = {(j.target, j.columns): j for j in table.likely_joins}
    plain = {(j.target, j.columns): j for j in catalog.joins_of(table)}
    return list({**plain, **likely}.values())


def _pair(table: Table, join: Join) -> frozenset[tuple[str, str]]:
    """The columns that meet; a likely join is found from both its ends."""
    here = {(table.id, column) for column, _ in join.columns}
    return frozenset(here | {(join.target, column) for _, column in join.columns})


def _line(table: Table, join: Join) -> str:
    on = ", ".join(f"{table.name}.{here} = {join.table}.{there}" for here, there in join.columns)
    why = f" ({join.reason})" if join.guessed and join.reason else ""
    return f"- {table.id} to {join.target}: {on}{why}"
